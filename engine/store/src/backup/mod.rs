//! Backups: a copy of the log and the blobs beside a manifest, and of the keys in a place of their own.
//!
//! Keys are apart because erasure is the destruction of a key: whoever keeps backups of the log for years
//! must let backups of the keys expire. Nothing derived is copied; it is built again.

mod make;
mod manifest;
mod restore;
#[cfg(test)]
mod tests;

pub use make::{BackupFolders, BackupProgress};
pub use manifest::{BackedUpFile, BackedUpHead, BackupError, BackupManifest};
pub use restore::Restored;
