//! One DATA folder: its lock, its log and its keys.
//!
//! Opening reads footers and the tail of the log only. Dropping the store closes the folder: everything
//! queued is durable, every thread has ended and the lock is free when the drop returns, whoever still has
//! the log, the keys or the index. They answer `StoreError::Closed` from then on.

use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kith_core::ports::{Keys, StoreError};

use crate::compact::Compacted;
use crate::derived::DerivedIndex;
use crate::disk::{Disk, RealDisk};
use crate::keys::KeyFile;
use crate::lock::DataLock;
use crate::log::{Log, LogOptions};
use crate::verify::VerifyReport;

/// Everything that is kept in one DATA folder.
pub struct Store {
    log: Arc<Log>,
    /// What was derived from it.
    indexes: Mutex<Vec<Weak<DerivedIndex>>>,
    lock: Option<DataLock>,
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
        Ok(Self::over(log, Some(lock)))
    }

    /// Opens a folder of any disk, without a lock.
    pub fn open_on(disk: Arc<dyn Disk>, data: &Path, options: LogOptions) -> Result<Self, StoreError> {
        Ok(Self::over(Log::open(disk, data, options)?, None))
    }

    fn over(log: Log, lock: Option<DataLock>) -> Self {
        Self { log: Arc::new(log), indexes: Mutex::default(), lock }
    }

    /// Closes an index with the store.
    pub(crate) fn closes(&self, index: &Arc<DerivedIndex>) {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(index));
    }

    /// The DATA folder.
    pub fn folder(&self) -> &Path {
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

impl Drop for Store {
    /// A callback on one of the store's own threads cannot wait for its own end: if it is the one who drops
    /// the store, the folder is free a moment later.
    fn drop(&mut self) {
        let indexes = std::mem::take(&mut *self.indexes.lock().unwrap_or_else(PoisonError::into_inner));
        let indexes: Vec<_> = indexes.iter().filter_map(Weak::upgrade).collect();
        let lock = ManuallyDrop::new(self.lock.take());
        let closing = Closing { log: Arc::clone(&self.log), indexes, lock };
        if !closing.is_on_own_thread() {
            return closing.finish();
        }
        let elsewhere = std::thread::Builder::new().name("kith-closing".into());
        if let Err(error) = elsewhere.spawn(move || closing.finish()) {
            tracing::error!(%error, "no thread to close the store on; its folder stays locked");
        }
    }
}

/// A store that is going.
struct Closing {
    log: Arc<Log>,
    indexes: Vec<Arc<DerivedIndex>>,
    /// Let go by `finish` alone: nobody gets the folder while a committer may still write.
    lock: ManuallyDrop<Option<DataLock>>,
}

impl Closing {
    fn is_on_own_thread(&self) -> bool {
        self.log.is_this_thread() || self.indexes.iter().any(|index| index.is_this_thread())
    }

    /// The log first, so that the index hears of everything; the lock last.
    fn finish(self) {
        self.log.drain();
        self.indexes.iter().for_each(|index| index.close());
        self.log.shut();
        drop(ManuallyDrop::into_inner(self.lock));
    }
}
