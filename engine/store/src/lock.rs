//! The exclusive lock on a DATA folder: an advisory `flock` on `lock`, which also names the holder.
//!
//! The kernel drops it when the process ends, however it ends, so there is no stale lock to clean up.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use kith_core::ports::StoreError;
use rustix::fs::{FlockOperation, flock};

use crate::failure::IoContext;

/// How often an opening of the same process is waited for: ten seconds in all, for whatever it still has to
/// write.
const OWN_LOOKS_MAX: u32 = 2_000;
/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

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
        let mut looks = 0;
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(io::Error::from(error)).context("lock", &path);
            }
            if looks == OWN_LOOKS_MAX || !is_own(&mut file) {
                return Err(busy(&mut file)).context("lock", &path);
            }
            looks += 1;
            std::thread::sleep(LOOK_EVERY);
        }
        file.set_len(0).context("write", &path)?;
        file.rewind().context("write", &path)?;
        file.write_all(std::process::id().to_string().as_bytes()).context("write", &path)?;
        Ok(Self(file))
    }
}

/// Whether this very process has the lock: an opening before this one whose committer is still ending.
fn is_own(file: &mut File) -> bool {
    let mut pid = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut pid));
    read.is_ok() && pid == std::process::id().to_string()
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
