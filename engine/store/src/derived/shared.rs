//! What the indexer's thread and the callers of the derived half share, and in which order it is locked.
//!
//! Locks are taken in the order places, feed or places, due; the tree's own lock is innermost.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::ports::StoreError;

use super::due::DueTable;
use super::feed::Feed;
use super::places::PlaceIndex;
use super::rows::Rows;
use crate::log::placed::{LogPosition, PlacedFrames};

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Sled is not open yet.
    Opening,
    /// The log is read from where the index ended.
    CatchingUp,
    /// The index answers.
    Ready,
}

/// How far the log has been read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The last frame that was read.
    pub at: LogPosition,
    /// The end of the log.
    pub end: LogPosition,
    /// Frames indexed since the last checkpoint.
    pub records: u64,
}

/// Told now and then while the log is read again.
pub type OnProgress = Box<dyn Fn(Progress) + Send + Sync>;

pub(super) struct Shared {
    pub(super) data: PathBuf,
    pub(super) source: Arc<dyn PlacedFrames>,
    pub(super) feed: Feed,
    pub(super) rows: Mutex<Option<Arc<Rows>>>,
    places: Mutex<PlaceIndex>,
    due: Mutex<DueTable>,
    phase: Mutex<Phase>,
    on_progress: OnProgress,
}

impl Shared {
    pub(super) fn new(data: PathBuf, source: Arc<dyn PlacedFrames>, on_progress: OnProgress) -> Self {
        let feed = Feed::default();
        feed.stop();
        Self {
            data,
            source,
            feed,
            rows: Mutex::new(None),
            places: Mutex::default(),
            due: Mutex::default(),
            phase: Mutex::new(Phase::Opening),
            on_progress,
        }
    }

    /// The tree, while it is open.
    pub(super) fn rows(&self) -> Result<Arc<Rows>, StoreError> {
        let rows = locked(&self.rows).clone();
        rows.ok_or_else(|| if self.feed.closing() { StoreError::Closed } else { StoreError::NotReady })
    }

    /// Closes the tree, also for those who are looking into it.
    pub(super) fn shut(&self) {
        let rows = locked(&self.rows).take();
        if let Some(rows) = rows {
            rows.close();
        }
    }

    pub(super) fn publish(&self, rows: &Arc<Rows>) {
        *locked(&self.rows) = Some(Arc::clone(rows));
    }

    pub(super) fn places(&self) -> MutexGuard<'_, PlaceIndex> {
        locked(&self.places)
    }

    pub(super) fn due(&self) -> MutexGuard<'_, DueTable> {
        locked(&self.due)
    }

    pub(super) fn phase(&self) -> Phase {
        *locked(&self.phase)
    }

    pub(super) fn enter(&self, phase: Phase) {
        *locked(&self.phase) = phase;
    }

    pub(super) fn tell(&self, progress: Progress) {
        (self.on_progress)(progress);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
