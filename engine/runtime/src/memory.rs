//! The ports in memory, for tests and harnesses: nothing here survives the process.
//!
//! Keeps the promises that the engine rests on: a frame is taken only as the next one, frames are chained by
//! hash, a destroyed key takes everything sealed under it along, a snapshot whose bodies are gone is none. A
//! frame is durable at once, and `done` runs before `append` returns. It seals nothing and never fails on its
//! own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::body::Body;
use kith_core::hook::NoExtensions;
use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{
    Appended, Blobs, Clock, DueIndex, Hash, Head, Keys, NewFrame, NewRecord, Records, Snapshot, Snapshots,
    StoreError, StoredFrame, StoredRecord,
};
use sha2::{Digest, Sha256};

use crate::engine::Ports;

/// One log with everything beside it. Shared: two engines in turn on the same memory are a restart.
#[derive(Debug, Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    frames: BTreeMap<CommunityId, Vec<StoredFrame>>,
    places: BTreeMap<(CommunityId, u128), (usize, usize)>,
    snapshots: BTreeMap<CommunityId, Snapshot>,
    peppers: BTreeMap<CommunityId, [u8; 32]>,
    blobs: BTreeMap<(CommunityId, MemberId, Hash), Vec<u8>>,
    due: BTreeMap<CommunityId, u64>,
}

impl Memory {
    /// An empty log.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The ports of an engine on this memory.
    pub fn ports(self: &Arc<Self>, clock: Arc<dyn Clock>) -> Ports {
        Ports {
            records: Arc::clone(self) as _,
            snapshots: Arc::clone(self) as _,
            keys: Arc::clone(self) as _,
            blobs: Arc::clone(self) as _,
            due: Arc::clone(self) as _,
            clock,
            extensions: Arc::new(NoExtensions),
        }
    }

    /// Whether the bytes stand anywhere: in a record, a body, a snapshot or a blob. For tests of erasure.
    pub fn contains(&self, needle: &[u8]) -> bool {
        let inner = self.lock();
        let in_body = |body: &Body| found(&body.bytes, needle);
        let in_record =
            |record: &StoredRecord| found(&record.bytes, needle) || record.bodies.iter().any(in_body);
        let in_snapshot =
            |snapshot: &Snapshot| found(&snapshot.bytes, needle) || snapshot.bodies.iter().any(in_body);
        inner.frames.values().flatten().flat_map(|frame| &frame.records).any(in_record)
            || inner.snapshots.values().any(in_snapshot)
            || inner.blobs.values().any(|blob| found(blob, needle))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn found(bytes: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle)
}

impl Inner {
    fn head(&self, community: CommunityId) -> Head {
        self.frames.get(&community).and_then(|frames| frames.last()).map_or(Head::EMPTY, |frame| frame.head)
    }

    fn take(&mut self, frame: NewFrame) -> Result<Head, StoreError> {
        let head = self.head(frame.community);
        if frame.epoch != head.epoch || frame.frame_no != head.frame_no + 1 {
            return Err(StoreError::Fenced {
                community: frame.community,
                epoch: frame.epoch,
                frame_no: frame.frame_no,
                current: head.epoch,
                next: head.frame_no + 1,
            });
        }
        let frames = self.frames.entry(frame.community).or_default();
        for (row, record) in frame.records.iter().enumerate() {
            for id in &record.ids {
                self.places.insert((frame.community, *id), (frames.len(), row));
            }
        }
        let next = next_head(&head, &frame);
        frames.push(StoredFrame {
            community: frame.community,
            head: next,
            prev_hash: head.hash,
            records: frame.records.into_iter().map(store).collect(),
        });
        Ok(next)
    }

    /// Forgets what was sealed under the keys of the owners that `gone` names.
    fn forget(&mut self, community: CommunityId, gone: impl Fn(MemberId) -> bool) {
        for record in
            self.frames.entry(community).or_default().iter_mut().flat_map(|frame| &mut frame.records)
        {
            let before = record.bodies.len();
            record.bodies.retain(|body| !gone(body.owner));
            record.erased += u32::try_from(before - record.bodies.len()).unwrap_or(u32::MAX);
        }
        if self.snapshots.get(&community).is_some_and(|kept| kept.bodies.iter().any(|body| gone(body.owner)))
        {
            self.snapshots.remove(&community);
        }
        self.blobs.retain(|(of, owner, _), _| *of != community || !gone(*owner));
    }
}

fn next_head(head: &Head, frame: &NewFrame) -> Head {
    let mut hash = Sha256::new();
    hash.update(head.hash);
    hash.update(frame.community.0.to_be_bytes());
    hash.update(frame.epoch.to_be_bytes());
    hash.update(frame.frame_no.to_be_bytes());
    for record in &frame.records {
        hash.update(record.seq.to_be_bytes());
        hash.update(record.at_ms.to_be_bytes());
        hash.update((record.bytes.len() as u64).to_be_bytes());
        hash.update(&record.bytes);
    }
    let last = frame.records.last();
    Head {
        epoch: frame.epoch,
        frame_no: frame.frame_no,
        hash: hash.finalize().into(),
        seq: last.map_or(head.seq, |record| record.seq),
        at_ms: last.map_or(head.at_ms, |record| record.at_ms),
    }
}

fn store(record: NewRecord) -> StoredRecord {
    let NewRecord { seq, at_ms, bytes, bodies, .. } = record;
    StoredRecord { seq, at_ms, bytes, bodies, erased: 0 }
}

impl Records for Memory {
    fn append(&self, frame: NewFrame, done: Appended) -> Result<(), StoreError> {
        let head = self.lock().take(frame)?;
        done(Ok(head));
        Ok(())
    }

    fn head(&self, community: CommunityId) -> Option<Head> {
        Some(self.lock().head(community)).filter(|head| head.frame_no > 0)
    }

    fn streams(&self) -> Vec<CommunityId> {
        let inner = self.lock();
        inner.frames.iter().filter(|(_, frames)| !frames.is_empty()).map(|(id, _)| *id).collect()
    }

    fn read(
        &self,
        community: CommunityId,
        first_frame: u64,
        visit: &mut dyn FnMut(StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        // One frame at a time, so that the visitor may use the other ports.
        let first = usize::try_from(first_frame.saturating_sub(1)).unwrap_or(usize::MAX);
        for place in first.. {
            let frame = self.lock().frames.get(&community).and_then(|frames| frames.get(place)).cloned();
            match frame.map(&mut *visit) {
                Some(ControlFlow::Continue(())) => {}
                Some(ControlFlow::Break(())) | None => break,
            }
        }
        Ok(())
    }

    fn locate(&self, community: CommunityId, id: u128) -> Result<Option<StoredRecord>, StoreError> {
        let inner = self.lock();
        let Some((place, row)) = inner.places.get(&(community, id)) else { return Ok(None) };
        let frame = inner.frames.get(&community).and_then(|frames| frames.get(*place));
        Ok(frame.and_then(|frame| frame.records.get(*row)).cloned())
    }

    fn cut(&self, _community: CommunityId) -> Result<Option<Snapshot>, StoreError> {
        // Nothing is ever compacted here.
        Ok(None)
    }
}

impl Snapshots for Memory {
    fn put(&self, community: CommunityId, snapshot: Snapshot) -> Result<(), StoreError> {
        self.lock().snapshots.insert(community, snapshot);
        Ok(())
    }

    fn newest(&self, community: CommunityId) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.lock().snapshots.get(&community).cloned())
    }

    fn purge(&self, community: CommunityId) -> Result<(), StoreError> {
        self.lock().snapshots.remove(&community);
        Ok(())
    }
}

impl Keys for Memory {
    fn destroy(&self, community: CommunityId, member: MemberId) -> Result<(), StoreError> {
        self.lock().forget(community, |owner| owner == member);
        Ok(())
    }

    fn destroy_all(&self, community: CommunityId) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.forget(community, |_| true);
        inner.peppers.remove(&community);
        Ok(())
    }

    fn pepper(&self, community: CommunityId) -> Result<[u8; 32], StoreError> {
        // Repeatable on purpose: a harness compares runs.
        let made = Sha256::digest(community.0.to_be_bytes()).into();
        Ok(*self.lock().peppers.entry(community).or_insert(made))
    }
}

impl Blobs for Memory {
    fn put(&self, community: CommunityId, owner: MemberId, bytes: &[u8]) -> Result<Hash, StoreError> {
        let name: Hash = Sha256::digest(bytes).into();
        self.lock().blobs.insert((community, owner, name), bytes.to_vec());
        Ok(name)
    }

    fn get(
        &self,
        community: CommunityId,
        owner: MemberId,
        name: &Hash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().blobs.get(&(community, owner, *name)).cloned())
    }

    fn stored_bytes(&self, community: CommunityId) -> Result<u64, StoreError> {
        let inner = self.lock();
        let of = inner.blobs.iter().filter(|((of, ..), _)| *of == community);
        Ok(of.map(|(_, bytes)| bytes.len() as u64).sum())
    }

    fn release(&self, _: CommunityId, _: Option<&BTreeSet<MemberId>>) -> Result<(), StoreError> {
        // They went with the keys.
        Ok(())
    }
}

impl DueIndex for Memory {
    fn set(&self, community: CommunityId, due_ms: Option<u64>) -> Result<(), StoreError> {
        let mut inner = self.lock();
        match due_ms {
            Some(due_ms) => inner.due.insert(community, due_ms),
            None => inner.due.remove(&community),
        };
        Ok(())
    }

    fn due(&self, now_ms: u64, max: usize) -> Result<Vec<(u64, CommunityId)>, StoreError> {
        let inner = self.lock();
        let mut due: Vec<_> = inner.due.iter().map(|(id, due_ms)| (*due_ms, *id)).collect();
        due.retain(|(due_ms, _)| *due_ms <= now_ms);
        due.sort_unstable();
        due.truncate(max);
        Ok(due)
    }
}

/// A clock that stands until it is moved; wall and monotonic time move together.
#[derive(Debug)]
pub struct HandClock(AtomicU64);

impl HandClock {
    /// A clock that shows `now_ms`, Unix milliseconds.
    pub fn at(now_ms: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(now_ms)))
    }

    /// Moves it on.
    pub fn advance(&self, by_ms: u64) {
        self.0.fetch_add(by_ms, Ordering::AcqRel);
    }
}

impl Clock for HandClock {
    fn wall_ms(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMUNITY: CommunityId = CommunityId(7);

    fn frame(frame_no: u64, text: &str) -> NewFrame {
        let bytes = text.as_bytes().into();
        let body =
            Body { id: kith_core::ids::BodyId(frame_no.into()), owner: MemberId(1), key: [0; 16], bytes };
        let record =
            NewRecord { seq: frame_no, at_ms: frame_no, ids: vec![9], bytes: vec![1], bodies: vec![body] };
        NewFrame { community: COMMUNITY, epoch: 1, frame_no, records: vec![record] }
    }

    #[test]
    fn a_frame_is_taken_only_as_the_next_one() {
        let memory = Memory::new();
        assert!(memory.append(frame(1, "one"), Box::new(|head| assert_eq!(head.unwrap().seq, 1))).is_ok());
        for wrong in [1, 3] {
            let refused = memory.append(frame(wrong, "again"), Box::new(|_| panic!("not the next")));
            assert!(matches!(refused, Err(StoreError::Fenced { next: 2, .. })));
        }
    }

    #[test]
    fn a_destroyed_key_takes_everything_along() {
        let memory = Memory::new();
        memory.append(frame(1, "secret"), Box::new(|_| {})).unwrap();
        let name = Blobs::put(memory.as_ref(), COMMUNITY, MemberId(1), b"secret picture").unwrap();
        assert!(memory.contains(b"secret"));
        memory.destroy(COMMUNITY, MemberId(1)).unwrap();
        assert!(!memory.contains(b"secret"));
        assert_eq!(memory.locate(COMMUNITY, 9).unwrap().unwrap().erased, 1);
        assert_eq!(memory.get(COMMUNITY, MemberId(1), &name).unwrap(), None);
    }
}
