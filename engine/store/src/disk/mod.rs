//! The file layer under the log and the keys: a real disk, and a simulated one that loses power.
//!
//! Promises no more than POSIX does: a write is durable after `sync_data` of its file, a name after
//! `sync_dir` of its folder. Does no buffering, no retries and no locking. Public because the conformance
//! suite drives it.

mod real;
mod simulated;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use real::RealDisk;
pub use simulated::{Failure, SimulatedDisk};

/// A folder tree with files in it.
pub trait Disk: Send + Sync {
    /// Makes a new, empty file, readable by its owner only. Fails where the name is taken.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Makes a folder and those above it, for the owner only; no error where it exists.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Names of the files in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Gives a file a new name in the same folder, replacing what had that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file. Calls with explicit offsets only, so that any thread may use it.
pub trait File: Send + Sync {
    /// Reads until `bytes` is full or the file ends; returns how many bytes were read.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes`, growing the file as needed.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts or extends the file.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes content and length durable. After an error nothing may be assumed, and the call must not be
    /// repeated.
    fn sync_data(&self) -> io::Result<()>;

    /// The file's length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}
