//! The store of Kith: the log that is the truth, the keys to what people wrote, and what is derived from the
//! log.
//!
//! Reading order: `store` (one DATA folder), `disk` (the file layer), `log`, `keys`, `lock`, `limits`,
//! `threads`, `derived`, `blobs`, `backup`. No type of a storage library leaves this crate, and no other
//! crate knows one.

mod backup;
mod blobs;
mod compact;
pub mod derived;
pub mod disk;
mod failure;
mod keys;
pub mod limits;
pub mod lock;
pub mod log;
mod store;
#[cfg(test)]
mod tests;
mod threads;
mod verify;

pub use backup::{
    BackedUpFile, BackedUpHead, BackupError, BackupFolders, BackupManifest, BackupProgress, Restored,
};
pub use blobs::{BLOB_BYTES_MAX, BlobFolder, KeptBlob, Sweep};
pub use compact::Compacted;
pub use store::Store;
pub use verify::{Problem, VerifyReport};
