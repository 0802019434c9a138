//! The handle to everything derived: starts its thread, and answers the store's ports.
//!
//! Opening returns at once. What needs the index answers `NotReady` until it has caught up.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use kith_core::ids::CommunityId;
use kith_core::ports::{DueIndex, Snapshot, Snapshots, StoreError};

use super::feed::carrier;
use super::indexer;
use super::measurements;
use super::sealing::Sealing;
use super::shared::{OnProgress, Phase, Shared};
use super::snapshots;
use crate::failure::IoContext;
use crate::keys::KeyFile;
use crate::log::Log;
use crate::log::placed::{Listener, LogPosition, Placed, PlacedFrames, Places};
use crate::store::Store;
use crate::threads::Threads;

/// The index, the snapshots and the due times of all streams.
pub struct DerivedIndex {
    shared: Arc<Shared>,
    sealing: Arc<dyn Sealing>,
    thread: Threads,
}

impl DerivedIndex {
    /// Starts to open or rebuild what is derived, below the folder DATA, on a thread of its own.
    pub fn start(
        data: PathBuf,
        source: Arc<dyn PlacedFrames>,
        sealing: Arc<dyn Sealing>,
        on_progress: OnProgress,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::new(data.clone(), source, on_progress));
        let theirs = Arc::clone(&shared);
        let mut thread = Threads::default();
        thread.start("kith-indexer", move || indexer::run(&theirs)).context("start the indexer of", &data)?;
        Ok(Self { shared, sealing, thread })
    }

    /// Writes what is in memory only, ends the thread and lets go of the tree; whoever asks later is told
    /// that the store is closed.
    pub(crate) fn close(&self) {
        self.shared.feed.close();
        self.thread.join();
        self.shared.shut();
    }

    /// Whether the calling thread is the index's own.
    pub(crate) fn is_this_thread(&self) -> bool {
        self.thread.are_this()
    }

    /// Lets a panic pass through sled in the midst of its work, as an assertion of its own would.
    #[cfg(test)]
    pub(crate) fn panic_in_sled(&self) {
        let rows = self.shared.rows().expect("an index that is ready");
        let failed = rows.scan(&[], &mut |_, _| panic!("as sled does"));
        let said = failed.expect_err("a panic").to_string();
        assert!(said.contains("sled panicked: as sled does"), "{said}");
    }

    /// What the log tells of durable frames. Never waits.
    pub fn announce(&self, group: Vec<Placed>) {
        self.shared.feed.announce(group);
    }

    /// `announce` as the log takes it. Like `places`, it does not keep the index alive.
    pub fn listener(&self) -> Listener {
        let shared = Arc::downgrade(&self.shared);
        Box::new(move |group| {
            if let Some(shared) = shared.upgrade() {
                shared.feed.announce(group);
            }
        })
    }

    /// The index as the log takes it. It does not keep the index alive: the index keeps the log alive
    /// already.
    pub fn places(self: &Arc<Self>) -> Arc<dyn Places> {
        Arc::new(WeakPlaces(Arc::downgrade(self)))
    }

    /// Records announced and not indexed yet.
    pub fn lag_records(&self) -> u64 {
        self.shared.feed.lag_records()
    }

    /// How far the index is.
    pub fn phase(&self) -> Phase {
        self.shared.phase()
    }

    /// Those of `streams` whose due time is not known: never set, or perhaps changed just before a crash.
    /// Whoever starts the runtime loads these and sets them.
    pub fn streams_without_due(&self, streams: &[CommunityId]) -> Result<Vec<CommunityId>, StoreError> {
        self.shared.due().without(streams)
    }

    /// Bytes on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.shared.rows().map_or(0, |rows| rows.disk_bytes())
    }

    /// Adds rows to the side table, each with the time it is of: of each community the newest are kept. A row
    /// may be lost at any moment, and nothing that anybody wrote may be in it.
    pub fn measure(&self, community: CommunityId, rows: &[(u64, Vec<u8>)]) -> Result<(), StoreError> {
        while_rebuilding(measurements::put(self.shared.rows()?.as_ref(), community, rows))
    }

    /// The newest rows of the side table, newest first.
    pub fn measured(&self, community: CommunityId, max: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        while_rebuilding(measurements::newest(self.shared.rows()?.as_ref(), community, max))
    }

    /// Looks at what is durable and not announced yet, so that a record is found from its acknowledgement on.
    fn locate_after(
        &self,
        last_seen: LogPosition,
        community: CommunityId,
        id: u128,
    ) -> Result<Option<(LogPosition, u64)>, StoreError> {
        let mut found = None;
        self.shared.source.scan_from(last_seen, &mut |frame| {
            if frame.community == community && frame.position > last_seen {
                found = carrier(&frame, id);
            }
            if found.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    fn ready(&self) -> Result<(), StoreError> {
        if self.shared.phase() == Phase::Ready { Ok(()) } else { Err(StoreError::NotReady) }
    }
}

impl Store {
    /// Starts what is derived from this store's log and makes the log use it. Called once. The store closes
    /// it when it goes, if nobody has dropped it before.
    pub fn derive(&self, on_progress: OnProgress) -> Result<Arc<DerivedIndex>, StoreError> {
        let log: Arc<dyn PlacedFrames> = Arc::<Log>::clone(self.log());
        let keys: Arc<dyn Sealing> = Arc::<KeyFile>::clone(&self.log().shared.keys);
        let index = Arc::new(DerivedIndex::start(self.folder().to_owned(), log, keys, on_progress)?);
        self.log().subscribe(index.listener());
        self.log().use_places(index.places());
        self.closes(&index);
        Ok(index)
    }
}

impl Drop for DerivedIndex {
    fn drop(&mut self) {
        self.close();
    }
}

/// A failure of what is derived is told as `NotReady`: it is being rebuilt.
fn while_rebuilding<T>(result: Result<T, StoreError>) -> Result<T, StoreError> {
    result.map_err(|error| match error {
        StoreError::Derived(what) => {
            tracing::error!(what, "the index failed a reader");
            StoreError::NotReady
        }
        other => other,
    })
}

impl Places for DerivedIndex {
    fn locate(&self, community: CommunityId, id: u128) -> Result<Option<(LogPosition, u64)>, StoreError> {
        let rows = self.shared.rows()?;
        let places = self.shared.places();
        self.ready()?;
        // Read before the search: what is announced while it goes on is looked for in the log.
        let last_seen = self.shared.feed.last_seen();
        let found = while_rebuilding(places.locate(&rows, community, id))?;
        let found = found.or_else(|| self.shared.feed.locate(community, id));
        if found.is_some() {
            return Ok(found);
        }
        if self.shared.feed.dropped() {
            return Err(StoreError::NotReady);
        }
        drop(places);
        self.locate_after(last_seen, community, id)
    }

    fn place(&self, community: CommunityId, frame_no: u64) -> Option<LogPosition> {
        self.ready().ok()?;
        let rows = self.shared.rows().ok()?;
        self.shared.places().place(&rows, community, frame_no).ok().flatten()
    }
}

struct WeakPlaces(Weak<DerivedIndex>);

impl Places for WeakPlaces {
    fn locate(&self, community: CommunityId, id: u128) -> Result<Option<(LogPosition, u64)>, StoreError> {
        self.0.upgrade().ok_or(StoreError::NotReady)?.locate(community, id)
    }

    fn place(&self, community: CommunityId, frame_no: u64) -> Option<LogPosition> {
        self.0.upgrade()?.place(community, frame_no)
    }
}

impl DueIndex for DerivedIndex {
    /// Notes the due time. To be called in the callback of the frame that changed it, or before: a due time
    /// counts as written once the checkpoint after its frame's is done.
    fn set(&self, community: CommunityId, due_ms: Option<u64>) -> Result<(), StoreError> {
        self.shared.due().set(community, due_ms);
        Ok(())
    }

    fn due(&self, now_ms: u64, max: usize) -> Result<Vec<(u64, CommunityId)>, StoreError> {
        self.shared.due().due(now_ms, max)
    }

    fn unknown(&self, streams: &[CommunityId]) -> Result<Vec<CommunityId>, StoreError> {
        self.streams_without_due(streams)
    }
}

impl Snapshots for DerivedIndex {
    fn put(&self, community: CommunityId, snapshot: Snapshot) -> Result<(), StoreError> {
        let rows = self.shared.rows()?;
        let sealed = self.sealing.seal(community, &snapshot.bodies)?;
        while_rebuilding(snapshots::put(&rows, community, &snapshot, &sealed))
    }

    fn newest(&self, community: CommunityId) -> Result<Option<Snapshot>, StoreError> {
        let rows = self.shared.rows()?;
        while_rebuilding(snapshots::newest(&rows, community, self.sealing.as_ref()))
    }

    fn purge(&self, community: CommunityId) -> Result<(), StoreError> {
        let rows = self.shared.rows()?;
        while_rebuilding(snapshots::purge(&rows, community))
    }
}
