//! The reference of everything durable: a plain file, one write and one `fdatasync` a group, nothing else.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::run::BenchError;
use super::stopwatch::Stopwatch;

/// A file that only grows.
pub(super) struct Plain {
    file: File,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Plain {
    /// Makes the file.
    pub(super) fn create(path: &Path) -> Result<Self, BenchError> {
        let file = File::create(path).map_err(|source| BenchError::Io { path: path.to_owned(), source })?;
        Ok(Self { file, path: path.to_owned(), bytes: Vec::new() })
    }

    /// One write of so many bytes and one `fdatasync`; microseconds.
    pub(super) fn group(&mut self, bytes: usize) -> Result<f64, BenchError> {
        self.bytes.resize(bytes, 0x5a);
        let watch = Stopwatch::start();
        let written = self.file.write_all(&self.bytes).and_then(|()| self.file.sync_data());
        written.map_err(|source| BenchError::Io { path: self.path.clone(), source })?;
        Ok(watch.micros())
    }

    /// Groups of `in_flight` items, one after another, for so long: the closed loop of as many writers who
    /// need no time of their own. Items a second.
    pub(super) fn groups_for(&mut self, time: Duration, load: Load) -> Result<f64, BenchError> {
        let watch = Stopwatch::start();
        let mut items = 0_u64;
        while watch.elapsed() < time {
            self.group(load.item_bytes * load.in_flight)?;
            items += load.in_flight as u64;
        }
        Ok(items as f64 / watch.seconds())
    }
}

/// What writers bring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) item_bytes: usize,
    pub(super) in_flight: usize,
}
