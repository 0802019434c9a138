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
pub struct DataLock(File);

impl DataLock {
    /// Takes the lock of `data`, or fails naming the process that has it (`io::ErrorKind::ResourceBusy`).
    pub fn take(data: &Path) -> Result<Self, StoreError> {
        let path = data.join("lock");
        let mut options = std::fs::OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.context("open", &path)?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            let taken = error == rustix::io::Errno::WOULDBLOCK;
            return Err(if taken { busy(&mut file) } else { error.into() }).context("lock", &path);
        }
        file.set_len(0).context("write", &path)?;
        file.rewind().context("write", &path)?;
        file.write_all(std::process::id().to_string().as_bytes()).context("write", &path)?;
        Ok(Self(file))
    }
}

impl Drop for DataLock {
    /// Closing the file is not enough: a child process that is just being started has it open too.
    fn drop(&mut self) {
        // Without it the lock goes with the last open file.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

fn busy(file: &mut File) -> io::Error {
    // Without its name it is still another's.
    let _ = file.rewind();
    let mut pid = String::new();
    let holder = match file.read_to_string(&mut pid) {
        Ok(_) if !pid.is_empty() => format!("process {pid} has it"),
        _ => "another process has it".to_owned(),
    };
    io::Error::new(io::ErrorKind::ResourceBusy, holder)
}
