//! The one sled tree, and the only file that names sled.
//!
//! It promises that whatever sled does, also a panic, comes out as `StoreError::Derived`, after which every
//! further call answers so: a database that has panicked once is not asked again but rebuilt. One caller at a
//! time, because sled 0.34 has been seen to lock up between concurrent scans and writes, and because a scan
//! is only then a picture of one moment. Sled's own `flush` reaches the page cache only; `sync` adds the
//! `fdatasync` that it lacks.

use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::key::{self, Tag};
use super::limits::{BATCH_ROWS_MAX, CACHE_BYTES, VALUE_BYTES_MAX};

/// A key and its value.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// What a scan hands its rows to: key, then value.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// A change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The row has this value from now on.
    Put(Vec<u8>, Vec<u8>),
    /// The row is gone.
    Remove(Vec<u8>),
}

/// The rows of everything derived.
pub(super) struct Rows {
    /// `None` once it is closed.
    db: Mutex<Option<sled::Db>>,
    file: File,
    path: PathBuf,
    failed: AtomicBool,
}

impl Rows {
    /// Opens or creates the tree in a folder.
    pub(super) fn open(folder: &Path) -> Result<Self, OpenError> {
        let db = catch_unwind(|| configured(folder).open())
            .map_err(|panic| OpenError::Unusable(said(panic.as_ref())))?
            .map_err(OpenError::from_sled)?;
        let path = folder.join("db");
        let file = File::open(&path).map_err(|error| OpenError::Unusable(error.to_string()))?;
        Ok(Self { db: Mutex::new(Some(db)), file, path, failed: AtomicBool::new(false) })
    }

    /// Whether a call has failed; nothing here can be trusted then.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Closes the tree for good after somebody found its rows wrong.
    pub(super) fn fail(&self, what: impl Into<String>) -> StoreError {
        self.failed.store(true, Ordering::Release);
        StoreError::Derived(what.into())
    }

    /// One row.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    /// Visits the rows whose key starts with `prefix`.
    pub(super) fn scan(&self, prefix: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        self.ask(|db| {
            for row in db.scan_prefix(prefix) {
                let (key, value) = row?;
                if visit(&key, &value).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The last row whose key starts with `prefix` and is not above `upto`.
    pub(super) fn last(&self, prefix: &[u8], upto: &[u8]) -> Result<Option<Row>, StoreError> {
        self.ask(|db| {
            let Some(row) = db.range(prefix.to_vec()..=upto.to_vec()).next_back() else { return Ok(None) };
            let (key, value) = row?;
            Ok(Some((key.to_vec(), value.to_vec())))
        })
    }

    /// Every community that has a row of this tag, found by leaping from one to the next.
    pub(super) fn communities(&self, tag: Tag) -> Result<Vec<CommunityId>, StoreError> {
        self.ask(|db| {
            let mut found = Vec::new();
            let mut from = key::of_community(tag, CommunityId(0));
            while let Some(row) = db.range(from..key::of_tag_after(tag)).next() {
                let Some(community) = key::community_of(&row?.0) else { break };
                found.push(community);
                let Some(next) = community.0.checked_add(1) else { break };
                from = key::of_community(tag, CommunityId(next));
            }
            Ok(found)
        })
    }

    /// Removes every row whose key starts with `prefix`.
    pub(super) fn remove_all(&self, prefix: &[u8]) -> Result<(), StoreError> {
        loop {
            let mut changes = Vec::new();
            self.scan(prefix, &mut |key, _| {
                changes.push(Change::Remove(key.to_vec()));
                if changes.len() < BATCH_ROWS_MAX {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            if changes.is_empty() {
                return Ok(());
            }
            self.write(changes)?;
        }
    }

    /// Applies changes in order, in as many batches as needed; a crash keeps a prefix of the batches.
    pub(super) fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let mut batch = sled::Batch::default();
            for change in changes.by_ref().take(BATCH_ROWS_MAX) {
                match change {
                    Change::Put(_, value) if value.len() > VALUE_BYTES_MAX => {
                        let (what, bytes) = ("derived row", value.len());
                        return Err(StoreError::TooLarge { what, bytes, max: VALUE_BYTES_MAX });
                    }
                    Change::Put(key, value) => batch.insert(key, value),
                    Change::Remove(key) => batch.remove(key),
                }
            }
            self.ask(|db| db.apply_batch(batch))?;
        }
        Ok(())
    }

    /// Makes everything written so far durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.ask(|db| db.flush().map(drop))?;
        self.file.sync_data().map_err(|error| self.fail(format!("{}: {error}", self.path.display())))
    }

    /// Closes the database after the call that is under way. One that has failed is not dropped: that could
    /// panic again or wait for ever, and leaking one open file is the lesser evil.
    pub(super) fn close(&self) {
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner).take();
        if self.failed() {
            std::mem::forget(db);
        }
    }

    /// Bytes of the tree on disk.
    pub(super) fn disk_bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |facts| facts.len())
    }

    fn ask<T>(&self, question: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StoreError> {
        if self.failed() {
            return Err(StoreError::Derived("an earlier failure closed the index".into()));
        }
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(db) = db.as_ref() else { return Err(StoreError::Closed) };
        match catch_unwind(AssertUnwindSafe(|| question(db))) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.fail(error.to_string())),
            Err(panic) => Err(self.fail(said(panic.as_ref()))),
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.close();
    }
}

/// Why a tree could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OpenError {
    /// Another handle still holds the file; sled lets go of it some time after a close.
    Locked,
    /// It cannot be used.
    Unusable(String),
}

impl OpenError {
    fn from_sled(error: sled::Error) -> Self {
        let text = error.to_string();
        if text.contains("could not acquire lock") { Self::Locked } else { Self::Unusable(text) }
    }
}

fn configured(folder: &Path) -> sled::Config {
    // Without its flusher thread nothing is written behind the indexer's back; `sync` decides when.
    sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None)
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    format!("sled panicked: {}", text.lines().next().unwrap_or_default())
}
