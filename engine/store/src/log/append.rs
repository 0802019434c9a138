//! Appending: on the writer's thread a frame is checked, sealed, hashed and encoded; the committer gets
//! bytes.
//!
//! The fence is checked twice: before the work, so that a stale writer is refused cheaply, and after it under
//! the stream's lock, together with queueing, so that the order in the queue is the order of the chain.

use kith_core::ids::CommunityId;
use kith_core::ports::{Appended, Head, NewFrame, NewRecord, StoreError};

use super::committer::Queued;
use super::fields::PutFields;
use super::frame::{FrameDraft, FrameHeader, Kind};
use super::heads::Stream;
use super::open::{Log, Shared};
use super::seal::{SEALED_EXTRA_BYTES, seal};
use crate::limits::{AT_MS_MAX, FRAME_BYTES_MAX, NUMBER_MAX, RECORD_BYTES_MAX};

const TABLE_LINE_BYTES: usize = 16;

/// The place in a stream that a frame claims.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) community: CommunityId,
    pub(crate) epoch: u64,
    pub(crate) frame_no: u64,
}

impl Claim {
    /// Checks the claim against the stream and returns the head that the frame follows.
    pub(crate) fn check(&self, stream: Option<&Stream>, kind: Kind) -> Result<Head, StoreError> {
        if let Some(damage) = stream.and_then(|stream| stream.closed.as_ref()) {
            return Err(StoreError::Damaged(damage.clone()));
        }
        let tip = stream.map_or(Head::EMPTY, Stream::tip);
        let raises = tip.epoch < self.epoch && self.epoch <= NUMBER_MAX;
        let epoch_fits = if kind == Kind::Epoch { raises } else { self.epoch == tip.epoch };
        let removed = stream.is_some_and(|stream| stream.removed);
        if epoch_fits && self.frame_no == tip.frame_no + 1 && !removed {
            return Ok(tip);
        }
        Err(self.refused(&tip))
    }

    fn refused(&self, tip: &Head) -> StoreError {
        StoreError::Fenced {
            community: self.community,
            epoch: self.epoch,
            frame_no: self.frame_no,
            current: tip.epoch,
            next: tip.frame_no + 1,
        }
    }
}

/// A frame that is encoded except for its place in the chain.
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) draft: FrameDraft,
    pub(crate) records: u32,
    pub(crate) at_ms: u64,
    pub(crate) ids: Vec<(u64, Vec<u128>)>,
}

impl Shared {
    /// The head that a claimed frame would follow.
    pub(crate) fn fence(&self, claim: Claim, kind: Kind) -> Result<Head, StoreError> {
        self.poison.check()?;
        claim.check(self.heads.shard(claim.community).get(&claim.community), kind)
    }

    /// Hashes the content as the frame after `tip` and queues it, if `tip` is still the head and the log is
    /// open.
    pub(crate) fn enqueue(
        &self,
        claim: Claim,
        tip: &Head,
        content: Content,
        done: Appended,
    ) -> Result<(), StoreError> {
        let facts = FrameHeader {
            community: claim.community,
            epoch: claim.epoch,
            frame_no: claim.frame_no,
            prev_hash: tip.hash,
            hash: [0; 32],
            first_seq: tip.seq + 1,
            at_ms: content.at_ms.max(tip.at_ms),
            records: content.records,
            kind: content.kind,
            hashed_bytes: 0,
            sealed_bytes: 0,
            payload_crc: 0,
        };
        let (header, bytes) = content.draft.finish(facts, self.salt);
        self.queue.wait_for_space();
        let mut shard = self.heads.shard(claim.community);
        claim.check(shard.get(&claim.community), header.kind)?;
        let head = header.head();
        if let Some(late) = self.queue.push(Queued { header, bytes, ids: content.ids, done }) {
            drop(shard);
            drop(late);
            return Err(StoreError::Closed);
        }
        // The committer waits for the shard before it calls this head durable.
        shard.entry(claim.community).or_insert(Stream::EMPTY).queued = Some(Box::new(head));
        Ok(())
    }
}

impl Log {
    pub(super) fn append_records(&self, frame: NewFrame, done: Appended) -> Result<(), StoreError> {
        let NewFrame { community, epoch, frame_no, records } = frame;
        let claim = Claim { community, epoch, frame_no };
        let tip = self.shared.fence(claim, Kind::Records)?;
        check_records(claim, &records, &tip)?;
        let content = encode(&self.shared, community, records)?;
        self.shared.enqueue(claim, &tip, content, done)
    }

    /// Appends a frame that only raises the epoch: the right to write has moved, or a backup was restored.
    /// Whoever still writes under the old epoch is refused from now on.
    pub fn raise_epoch(&self, community: CommunityId, epoch: u64, done: Appended) -> Result<(), StoreError> {
        self.append_bare(community, Kind::Epoch, Some(epoch), done)
    }

    /// Appends the frame that ends a stream for good. The next compaction gives its bytes back.
    pub fn remove(&self, community: CommunityId, done: Appended) -> Result<(), StoreError> {
        self.append_bare(community, Kind::Removed, None, done)
    }

    fn append_bare(
        &self,
        community: CommunityId,
        kind: Kind,
        epoch: Option<u64>,
        done: Appended,
    ) -> Result<(), StoreError> {
        let tip = self.shared.heads.get(community).map_or(Head::EMPTY, |stream| stream.tip());
        let epoch = epoch.unwrap_or(tip.epoch);
        let claim = Claim { community, epoch, frame_no: tip.frame_no + 1 };
        let tip = self.shared.fence(claim, kind)?;
        let mut draft = FrameDraft::new(0);
        draft.end_hashed();
        let content = Content { kind, draft, records: 0, at_ms: tip.at_ms, ids: Vec::new() };
        self.shared.enqueue(claim, &tip, content, done)
    }
}

/// A frame without records, with records that skip a number, go back in time or lie beyond all of it comes
/// from a caller who lost count: it is refused as any other that is not the next.
fn check_records(claim: Claim, records: &[NewRecord], tip: &Head) -> Result<(), StoreError> {
    let mut total = 0;
    for record in records {
        let bytes = record_bytes(record);
        if bytes > RECORD_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "a record", bytes, max: RECORD_BYTES_MAX });
        }
        total += bytes;
    }
    if total > FRAME_BYTES_MAX {
        return Err(StoreError::TooLarge { what: "a frame", bytes: total, max: FRAME_BYTES_MAX });
    }
    let numbered = records.iter().zip(tip.seq + 1..).all(|(record, seq)| record.seq == seq);
    let timed = records.is_sorted_by_key(|record| record.at_ms)
        && records.first().is_some_and(|record| record.at_ms >= tip.at_ms)
        && records.last().is_some_and(|record| record.at_ms <= AT_MS_MAX);
    if numbered && timed { Ok(()) } else { Err(claim.refused(tip)) }
}

fn record_bytes(record: &NewRecord) -> usize {
    let bodies: usize = record.bodies.iter().map(|body| body.bytes.len() + SEALED_EXTRA_BYTES).sum();
    TABLE_LINE_BYTES + record.ids.len() * 16 + record.bytes.len() + bodies
}

fn encode(shared: &Shared, community: CommunityId, records: Vec<NewRecord>) -> Result<Content, StoreError> {
    let mut draft = FrameDraft::new(records.iter().map(record_bytes).sum());
    for record in &records {
        draft.bytes.put_u64(record.at_ms);
        draft.bytes.put_u32(record.bytes.len() as u32);
        draft.bytes.put_u32(record.ids.len() as u32);
        record.ids.iter().for_each(|id| draft.bytes.put_id(*id));
    }
    records.iter().for_each(|record| draft.bytes.put(&record.bytes));
    draft.end_hashed();
    for (place, record) in records.iter().enumerate() {
        for body in &record.bodies {
            seal(&mut draft.bytes, &shared.keys, community, (place as u32, body))?;
        }
    }
    let at_ms = records.last().map_or(0, |record| record.at_ms);
    let count = records.len() as u32;
    let ids = records.into_iter().filter(|record| !record.ids.is_empty());
    let ids = ids.map(|record| (record.seq, record.ids)).collect();
    Ok(Content { kind: Kind::Records, draft, records: count, at_ms, ids })
}
