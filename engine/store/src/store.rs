//! One DATA folder: its lock, its log and its keys.
//!
//! Opening reads footers and the tail of the log only. Dropping the store makes everything queued durable.

use std::path::Path;
use std::sync::Arc;

use kith_core::ports::{Keys, StoreError};

use crate::compact::Compacted;
use crate::disk::{Disk, RealDisk};
use crate::keys::KeyFile;
use crate::lock::DataLock;
use crate::log::{Log, LogOptions};
use crate::verify::VerifyReport;

/// Everything that is kept in one DATA folder.
pub struct Store {
    log: Arc<Log>,
}

impl Store {
    /// Opens a folder of this machine, which is made if need be, for this process alone.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        RealDisk.create_dir(data).map_err(|source| StoreError::Io {
            action: "create folder",
            path: data.to_owned(),
            source,
        })?;
        let lock = DataLock::take(data)?;
        let log = Log::open(Arc::new(RealDisk), data, LogOptions::default())?;
        log.keep_locked(lock);
        Ok(Self { log: Arc::new(log) })
    }

    /// Opens a folder of any disk, without a lock.
    pub fn open_on(disk: Arc<dyn Disk>, data: &Path, options: LogOptions) -> Result<Self, StoreError> {
        Ok(Self { log: Arc::new(Log::open(disk, data, options)?) })
    }

    /// The DATA folder.
    pub(crate) fn folder(&self) -> &Path {
        let log = &self.log.shared.dir;
        log.parent().unwrap_or(log)
    }

    /// The log of records.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// The keys that bodies are sealed under.
    pub fn keys(&self) -> Arc<dyn Keys> {
        let keys: Arc<KeyFile> = Arc::clone(&self.log.shared.keys);
        keys
    }

    /// Verifies the whole log. `progress` hears of bytes done and bytes in all.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, StoreError> {
        self.log.verify(progress)
    }

    /// Gives back the bytes of what signed cuts stand for and of removed streams. Derived indexes rebuild
    /// afterwards, as the log's generation has changed if anything moved.
    pub fn compact(&self, progress: &mut dyn FnMut(&Compacted)) -> Result<Compacted, StoreError> {
        self.log.compact(progress)
    }

    /// The first I/O error, if there was one: the composition root ends the process then.
    pub fn failed(&self) -> Option<StoreError> {
        self.log.failed()
    }
}
