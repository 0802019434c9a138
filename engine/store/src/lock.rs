//! The exclusive lock on a DATA folder: an advisory `flock` on `lock`, which also names the holder.
//!
//! The kernel drops it when the process ends, however it ends, so there is no stale lock to clean up.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use kith_core::ports::StoreError;
use rustix::fs::{FlockOperation, flock};

use crate::failure::IoContext;

/// Held for as long as it lives.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl DataLock {
    /// Takes the lock of `data`, or fails naming the process that has it (`io::ErrorKind::ResourceBusy`).
    pub fn take(data: &Path) -> Result<Self, StoreError> {
        let path = data.join("lock");
        let mut options = std::fs::OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.context("open", &path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(busy(&mut file)).context("lock", &path),
            Err(error) => return Err(io::Error::from(error)).context("lock", &path),
        }
        file.set_len(0).context("write", &path)?;
        file.rewind().context("write", &path)?;
        file.write_all(std::process::id().to_string().as_bytes()).context("write", &path)?;
        Ok(Self(file))
    }
}

fn busy(file: &mut File) -> io::Error {
    let mut pid = String::new();
    let holder = match file.read_to_string(&mut pid) {
        Ok(_) if !pid.is_empty() => format!("process {pid} has it"),
        _ => "another process has it".to_owned(),
    };
    io::Error::new(io::ErrorKind::ResourceBusy, holder)
}
