//! When idle streams must be woken: a table in memory, written behind into one small row a stream.
//!
//! `set` never waits for sled and works before it is open. A row may be older than the log: the streams of
//! frames that the index reads again at a start are left out until they are set again (`without`), so a due
//! time that was lost in a crash is missed for as long as it takes to load those streams, never for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::key::{self, Tag};
use super::rows::{Change, Rows};

const NOTHING_DUE: [u8; 0] = [];

/// The due times of all streams.
#[derive(Debug, Default)]
pub(super) struct DueTable {
    of: BTreeMap<CommunityId, Option<u64>>,
    queue: BTreeSet<(u64, CommunityId)>,
    unwritten: BTreeSet<CommunityId>,
    stored: BTreeMap<CommunityId, Option<u64>>,
    phase: DuePhase,
}

/// Whether the rows of the last run are part of the table.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum DuePhase {
    #[default]
    Waiting,
    Complete,
}

impl DueTable {
    /// Notes when a stream is due.
    pub(super) fn set(&mut self, community: CommunityId, due_ms: Option<u64>) {
        if self.of.get(&community) == Some(&due_ms) {
            return;
        }
        if let Some(Some(before_ms)) = self.of.insert(community, due_ms) {
            self.queue.remove(&(before_ms, community));
        }
        self.queue.extend(due_ms.map(|due_ms| (due_ms, community)));
        self.unwritten.insert(community);
    }

    /// The streams due at `now_ms`, earliest first.
    pub(super) fn due(&self, now_ms: u64, max: usize) -> Result<Vec<(u64, CommunityId)>, StoreError> {
        self.complete()?;
        Ok(self.queue.iter().take_while(|(due_ms, _)| *due_ms <= now_ms).take(max).copied().collect())
    }

    /// Those of `streams` of which nothing is known.
    pub(super) fn without(&self, streams: &[CommunityId]) -> Result<Vec<CommunityId>, StoreError> {
        self.complete()?;
        Ok(streams.iter().filter(|community| !self.of.contains_key(community)).copied().collect())
    }

    /// Reads the rows of the last run; they count only once `adopt` is called.
    pub(super) fn load(&mut self, rows: &Rows) -> Result<(), StoreError> {
        self.stored.clear();
        let mut broken = false;
        rows.scan(&key::of_tag(Tag::Due), &mut |key, value| {
            match key::community_of(key).zip(decode(value)) {
                Some((community, due_ms)) => drop(self.stored.insert(community, due_ms)),
                None => broken = true,
            }
            ControlFlow::Continue(())
        })?;
        if broken { Err(rows.fail("a due row does not read")) } else { Ok(()) }
    }

    /// Forgets what the last run knew of a stream, since the stream went on after it was written.
    pub(super) fn doubt(&mut self, community: CommunityId) {
        if self.stored.remove(&community).is_some() {
            self.unwritten.insert(community);
        }
    }

    /// Makes the rows of the last run count, where this run knows nothing better.
    pub(super) fn adopt(&mut self) {
        for (community, due_ms) in std::mem::take(&mut self.stored) {
            if let std::collections::btree_map::Entry::Vacant(room) = self.of.entry(community) {
                room.insert(due_ms);
                self.queue.extend(due_ms.map(|due_ms| (due_ms, community)));
            }
        }
        self.phase = DuePhase::Complete;
    }

    /// Everything is to be written again, into a fresh tree.
    pub(super) fn rewrite(&mut self) {
        self.unwritten = self.of.keys().copied().collect();
    }

    /// Takes the rows that are not written yet.
    pub(super) fn take_unwritten(&mut self) -> Vec<Change> {
        let unwritten = std::mem::take(&mut self.unwritten);
        unwritten.into_iter().map(|community| self.row(community)).collect()
    }

    fn row(&self, community: CommunityId) -> Change {
        let key = key::of_community(Tag::Due, community);
        match self.of.get(&community) {
            Some(Some(due_ms)) => Change::Put(key, due_ms.to_be_bytes().to_vec()),
            Some(None) => Change::Put(key, NOTHING_DUE.to_vec()),
            None => Change::Remove(key),
        }
    }

    fn complete(&self) -> Result<(), StoreError> {
        if self.phase == DuePhase::Complete { Ok(()) } else { Err(StoreError::NotReady) }
    }
}

fn decode(value: &[u8]) -> Option<Option<u64>> {
    if value == NOTHING_DUE {
        return Some(None);
    }
    Some(Some(u64::from_be_bytes(value.try_into().ok()?)))
}
