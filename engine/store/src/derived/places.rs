//! Where the records of every stream lie: full chunks in rows, the unfinished one of each busy stream in
//! memory.
//!
//! Promises exact answers whatever clocks did: an id is searched by its own time, in buckets that name the
//! chunks holding such ids, so nothing rests on how an id's time relates to its record's. Rows may run ahead
//! of the watermark after a crash; `check` cuts them back to it. Does not read the log.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::chunk::{self, Entry, Place, Writer};
use super::key::{self, ChunkKey, Tag};
use super::limits::{CHUNK_BYTES_MAX, TAIL_BYTES_MAX};
use super::rows::{Change, Rows};
use crate::log::placed::{LogPosition, Placed};

/// First and last millisecond of the ids of one bucket that are in one chunk.
type Span = (u64, u64);

/// The unfinished chunk of a stream.
#[derive(Debug)]
struct Tail {
    key: ChunkKey,
    writer: Writer,
    buckets: BTreeMap<u64, Span>,
    state: TailState,
}

/// Whether a tail differs from its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TailState {
    Changed,
    Written,
    Resting,
}

impl Tail {
    fn new(key: ChunkKey, follows_seq: u64) -> Self {
        Self { key, writer: Writer::new(follows_seq), buckets: BTreeMap::new(), state: TailState::Changed }
    }

    fn resume(key: ChunkKey, bytes: Vec<u8>) -> Option<Self> {
        let buckets = spans(chunk::entries(&bytes)?.iter().flat_map(|entry| &entry.ids));
        Some(Self { key, writer: Writer::resume(bytes)?, buckets, state: TailState::Resting })
    }

    fn changes(&self, community: CommunityId, into: &mut Vec<Change>) {
        into.push(Change::Put(key::chunk(community, self.key), self.writer.bytes().to_vec()));
        into.extend(bucket_rows(community, self.key, &self.buckets));
    }
}

fn spans<'a>(ids: impl Iterator<Item = &'a u128>) -> BTreeMap<u64, Span> {
    let mut spans = BTreeMap::new();
    ids.for_each(|id| widen(&mut spans, *id));
    spans
}

fn widen(spans: &mut BTreeMap<u64, Span>, id: u128) {
    let at_ms = chunk::id_ms(id);
    let span = spans.entry(chunk::bucket(id)).or_insert((at_ms, at_ms));
    *span = (span.0.min(at_ms), span.1.max(at_ms));
}

fn bucket_rows(
    community: CommunityId,
    at: ChunkKey,
    buckets: &BTreeMap<u64, Span>,
) -> impl Iterator<Item = Change> {
    buckets.iter().map(move |(bucket, (first, last))| {
        let value = [first.to_be_bytes(), last.to_be_bytes()].concat();
        Change::Put(key::bucket(community, *bucket, at), value)
    })
}

/// The places of all streams.
#[derive(Debug, Default)]
pub(super) struct PlaceIndex {
    tails: BTreeMap<CommunityId, Tail>,
    last_seqs: BTreeMap<CommunityId, u64>,
}

impl PlaceIndex {
    /// Takes in frames in log order. Frames that are known already are passed over; a hole means that the
    /// rows lost something, and fails them.
    pub(super) fn add(&mut self, rows: &Rows, frames: &[Placed]) -> Result<(), StoreError> {
        let mut full = Vec::new();
        for frame in frames.iter().filter(|frame| (1..=frame.last_seq).contains(&frame.first_seq)) {
            let known = self.last_seqs.get(&frame.community).copied();
            if known.is_some_and(|seq| frame.last_seq <= seq) {
                continue;
            }
            if known.is_some_and(|seq| frame.first_seq - 1 != seq) {
                return Err(rows.fail(format!("records before {} of {}", frame.first_seq, frame.community)));
            }
            self.add_frame(rows, frame, &mut full)?;
            self.last_seqs.insert(frame.community, frame.last_seq);
        }
        rows.write(full)
    }

    fn add_frame(&mut self, rows: &Rows, frame: &Placed, full: &mut Vec<Change>) -> Result<(), StoreError> {
        let tail = match self.tails.entry(frame.community) {
            std::collections::btree_map::Entry::Occupied(tail) => tail.into_mut(),
            std::collections::btree_map::Entry::Vacant(room) => room.insert(load_tail(rows, frame)?),
        };
        let place = |seq| Place { seq, frame_no: frame.frame_no, position: frame.position };
        if frame.ids.first().is_none_or(|(seq, _)| *seq != frame.first_seq) {
            push(tail, place(frame.first_seq), &[], frame.community, full);
        }
        for (seq, ids) in &frame.ids {
            push(tail, place(*seq), ids, frame.community, full);
        }
        if tail.writer.last_seq() < frame.last_seq {
            push(tail, place(frame.last_seq), &[], frame.community, full);
        }
        Ok(())
    }

    /// The rows that make everything known durable, leaving out what they hold already.
    pub(super) fn unwritten(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (community, tail) in self.tails.iter().filter(|(_, tail)| tail.state == TailState::Changed) {
            tail.changes(*community, &mut changes);
        }
        changes
    }

    /// Notes that the rows of `unwritten` are written, and lets go of tails that rest, where memory is short.
    pub(super) fn written(&mut self) {
        let bytes: usize = self.tails.values().map(|tail| tail.writer.bytes().len()).sum();
        if bytes > TAIL_BYTES_MAX {
            self.tails.retain(|_, tail| tail.state == TailState::Changed);
        }
        for tail in self.tails.values_mut() {
            tail.state = match tail.state {
                TailState::Changed => TailState::Written,
                TailState::Written | TailState::Resting => TailState::Resting,
            };
        }
    }

    /// Where a frame lies.
    pub(super) fn place(
        &self,
        rows: &Rows,
        community: CommunityId,
        frame_no: u64,
    ) -> Result<Option<LogPosition>, StoreError> {
        if let Some(tail) = self.tails.get(&community) {
            let all = read(rows, tail.writer.bytes())?;
            if all.first().is_some_and(|entry| entry.place.frame_no <= frame_no) {
                return Ok(exact(&all, frame_no));
            }
        }
        // A stream's n-th frame cannot begin before its n-th record, so the search is between the two.
        let (mut low, mut high) = (frame_no.max(1), self.last_seqs.get(&community).copied().unwrap_or(0));
        while low <= high {
            let middle = low + (high - low) / 2;
            let upto = key::chunk(community, ChunkKey { first_seq: middle, part: u16::MAX });
            let row = rows.last(&key::of_community(Tag::Chunk, community), &upto)?;
            let all = row.map_or(Ok(Vec::new()), |(_, value)| read(rows, &value))?;
            match all.first().map(|entry| entry.place) {
                Some(first) if first.frame_no > frame_no => high = middle.min(first.seq) - 1,
                _ => low = all.last().map_or(middle, |entry| entry.place.seq.max(middle)) + 1,
            }
            if let Some(found) = exact(&all, frame_no) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The frame and record that carry an id.
    pub(super) fn locate(
        &self,
        rows: &Rows,
        community: CommunityId,
        id: u128,
    ) -> Result<Option<(LogPosition, u64)>, StoreError> {
        if let Some(tail) = self.tails.get(&community)
            && let Some(found) = carrier(rows, tail.writer.bytes(), id)?
        {
            return Ok(Some(found));
        }
        for at in candidates(rows, community, id)? {
            let Some(bytes) = rows.get(&key::chunk(community, at))? else { continue };
            if let Some(found) = carrier(rows, &bytes, id)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

fn load_tail(rows: &Rows, frame: &Placed) -> Result<Tail, StoreError> {
    let fresh = |follows_seq| Tail::new(ChunkKey { first_seq: frame.first_seq, part: 0 }, follows_seq);
    let upto = key::chunk(frame.community, ChunkKey { first_seq: u64::MAX, part: u16::MAX });
    let Some((key, value)) = rows.last(&key::of_community(Tag::Chunk, frame.community), &upto)? else {
        return Ok(fresh(frame.first_seq.saturating_sub(1)));
    };
    let wrong = || rows.fail(format!("a chunk of {} does not read", frame.community));
    let at = key::chunk_of(&key).ok_or_else(wrong)?;
    let tail = Tail::resume(at, value).ok_or_else(wrong)?;
    let has_room = tail.writer.bytes().len() < CHUNK_BYTES_MAX / 2;
    Ok(if has_room { tail } else { fresh(tail.writer.last_seq()) })
}

fn push(tail: &mut Tail, place: Place, mut ids: &[u128], community: CommunityId, full: &mut Vec<Change>) {
    loop {
        if let Some(taken) = tail.writer.push(place, ids) {
            ids[..taken].iter().for_each(|id| widen(&mut tail.buckets, *id));
            tail.state = TailState::Changed;
            ids = &ids[taken..];
            if ids.is_empty() {
                return;
            }
        }
        tail.changes(community, full);
        let part = if tail.key.first_seq == place.seq { tail.key.part.saturating_add(1) } else { 0 };
        *tail = Tail::new(ChunkKey { first_seq: place.seq, part }, tail.writer.last_seq());
    }
}

fn read(rows: &Rows, bytes: &[u8]) -> Result<Vec<Entry>, StoreError> {
    chunk::entries(bytes).ok_or_else(|| rows.fail("a chunk of places does not read"))
}

fn exact(entries: &[Entry], frame_no: u64) -> Option<LogPosition> {
    let entry = entries.iter().find(|entry| entry.place.frame_no == frame_no)?;
    Some(entry.place.position)
}

fn carrier(rows: &Rows, bytes: &[u8], id: u128) -> Result<Option<(LogPosition, u64)>, StoreError> {
    let wrong = || rows.fail("a chunk of places does not read");
    let mut reader = chunk::Reader::new(bytes).ok_or_else(wrong)?;
    while let Some(entry) = reader.entry().ok_or_else(wrong)? {
        if entry.ids.contains(&id) {
            return Ok(Some((entry.place.position, entry.place.seq)));
        }
    }
    Ok(None)
}

fn candidates(rows: &Rows, community: CommunityId, id: u128) -> Result<Vec<ChunkKey>, StoreError> {
    let at_ms = chunk::id_ms(id);
    let mut found = Vec::new();
    rows.scan(&key::numbered(Tag::Bucket, community, chunk::bucket(id)), &mut |key, value| {
        if let (Some(at), Some((first, last))) = (key::chunk_of_bucket(key), span_of(value))
            && (first..=last).contains(&at_ms)
        {
            found.push(at);
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn span_of(value: &[u8]) -> Option<Span> {
    let (first, last) = value.split_at_checked(8)?;
    Some((u64::from_be_bytes(first.try_into().ok()?), u64::from_be_bytes(last.try_into().ok()?)))
}

/// Reads every chunk, proves that none is missing and that each can be found by its ids, and cuts back what
/// runs ahead of `covered`, which is read from the log again.
pub(super) fn check(rows: &Rows, covered: LogPosition) -> Result<PlaceIndex, StoreError> {
    let mut index = PlaceIndex::default();
    for community in rows.communities(Tag::Chunk)? {
        let mut found = Found::new(covered);
        rows.scan(&key::of_community(Tag::Chunk, community), &mut |key, value| match found
            .take(community, key, value)
        {
            Some(()) => ControlFlow::Continue(()),
            None => {
                found.broken = true;
                ControlFlow::Break(())
            }
        })?;
        rows.scan(&key::of_community(Tag::Bucket, community), &mut |key, _| {
            found.needed.remove(key);
            ControlFlow::Continue(())
        })?;
        if found.broken || !found.needed.is_empty() {
            return Err(rows.fail(format!("places of {community} do not add up")));
        }
        rows.write(found.repairs)?;
        index.last_seqs.extend(found.last_seq.map(|seq| (community, seq)));
    }
    Ok(index)
}

/// What `check` has seen of one stream.
struct Found {
    covered: LogPosition,
    last_seq: Option<u64>,
    needed: BTreeSet<Vec<u8>>,
    repairs: Vec<Change>,
    broken: bool,
}

impl Found {
    fn new(covered: LogPosition) -> Self {
        Self { covered, last_seq: None, needed: BTreeSet::new(), repairs: Vec::new(), broken: false }
    }

    fn take(&mut self, community: CommunityId, row: &[u8], value: &[u8]) -> Option<()> {
        let at = key::chunk_of(row)?;
        let follows_seq = chunk::Reader::new(value)?.follows_seq;
        let all = chunk::entries(value)?;
        if self.last_seq.is_some_and(|seq| seq != follows_seq) && self.repairs.is_empty() {
            return None;
        }
        let kept = all.iter().take_while(|entry| entry.place.position <= self.covered).count();
        if kept == 0 {
            self.repairs.push(Change::Remove(row.to_vec()));
            return Some(());
        }
        if kept < all.len() {
            self.repairs.push(Change::Put(row.to_vec(), again(follows_seq, &all[..kept])));
        }
        for bucket in spans(all[..kept].iter().flat_map(|entry| &entry.ids)).into_keys() {
            self.needed.insert(key::bucket(community, bucket, at));
        }
        self.last_seq = Some(all[kept - 1].place.seq);
        Some(())
    }
}

fn again(follows_seq: u64, entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::new(follows_seq);
    for entry in entries {
        writer.push(entry.place, &entry.ids);
    }
    writer.bytes().to_vec()
}
