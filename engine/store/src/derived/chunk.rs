//! A chunk: where the records of one stream lie and which ids they carry, packed into one row's value.
//!
//! One row covers about a hundred records; one row a record would cost fifty times the writes. A chunk is
//! only ever appended to. Numbers are LEB128 differences to the entry before; an id is its time's difference
//! and its ten random bytes. Reading never panics: malformed bytes are `None`, and the index is rebuilt.

use super::limits::{BUCKET_MS_LOG2, CHUNK_BYTES_MAX};
use crate::log::placed::LogPosition;

const FORMAT: u8 = 1;
const RANDOM_BYTES: usize = 10;
/// The most that an entry's head and one id can take: five numbers, one time, ten random bytes.
const ENTRY_BYTES_MAX: usize = 6 * 10 + RANDOM_BYTES;

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) seq: u64,
    pub(super) frame_no: u64,
    pub(super) position: LogPosition,
}

/// A record's place and those of its ids that are in this chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) ids: Vec<u128>,
}

/// The time of an id, Unix milliseconds.
pub(super) fn id_ms(id: u128) -> u64 {
    (id >> 80) as u64
}

/// The bucket of time that an id is searched by.
pub(super) fn bucket(id: u128) -> u64 {
    id_ms(id) >> BUCKET_MS_LOG2
}

/// What the next entry is a difference to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Before {
    seq: u64,
    frame_no: u64,
    segment: u64,
    offset: u64,
    id_ms: u64,
}

impl Before {
    fn after(place: Place, id_ms: u64) -> Self {
        let LogPosition { segment, offset } = place.position;
        Self { seq: place.seq, frame_no: place.frame_no, segment, offset, id_ms }
    }
}

/// Writes a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    before: Before,
}

impl Writer {
    /// An empty chunk that follows a record, 0 at a stream's beginning.
    pub(super) fn new(follows_seq: u64) -> Self {
        let mut bytes = vec![FORMAT];
        put(&mut bytes, follows_seq);
        Self { bytes, before: Before::default() }
    }

    /// Goes on with a chunk that was read.
    pub(super) fn resume(bytes: Vec<u8>) -> Option<Self> {
        let mut reader = Reader::new(&bytes)?;
        while reader.entry()?.is_some() {}
        let before = reader.before;
        Some(Self { bytes, before })
    }

    /// Adds a record's place and as many of its ids as have room. Returns how many were taken, or `None` if
    /// not even the place has room.
    pub(super) fn push(&mut self, place: Place, ids: &[u128]) -> Option<usize> {
        let room = CHUNK_BYTES_MAX.checked_sub(self.bytes.len() + ENTRY_BYTES_MAX)?;
        let taken = ids.len().min(1 + room / (10 + RANDOM_BYTES));
        let before = self.before;
        put_difference(&mut self.bytes, before.seq, place.seq);
        put_difference(&mut self.bytes, before.frame_no, place.frame_no);
        put_difference(&mut self.bytes, before.segment, place.position.segment);
        put_difference(&mut self.bytes, before.offset, place.position.offset);
        put(&mut self.bytes, taken as u64);
        let mut last_ms = before.id_ms;
        for id in &ids[..taken] {
            put_difference(&mut self.bytes, last_ms, id_ms(*id));
            self.bytes.extend_from_slice(&id.to_be_bytes()[16 - RANDOM_BYTES..]);
            last_ms = id_ms(*id);
        }
        self.before = Before::after(place, last_ms);
        Some(taken)
    }

    /// The chunk so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The last record in it.
    pub(super) fn last_seq(&self) -> u64 {
        self.before.seq
    }
}

/// Reads a chunk entry by entry.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    before: Before,
    /// The record before the chunk's first.
    pub(super) follows_seq: u64,
}

impl<'a> Reader<'a> {
    /// Begins to read; `None` if this is no chunk.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (format, mut rest) = bytes.split_first()?;
        let follows_seq = take(&mut rest)?;
        (*format == FORMAT).then_some(Self { rest, before: Before::default(), follows_seq })
    }

    /// The next entry; `Some(None)` at the end, `None` if the bytes are malformed.
    pub(super) fn entry(&mut self) -> Option<Option<Entry>> {
        if self.rest.is_empty() {
            return Some(None);
        }
        let before = self.before;
        let seq = take_difference(&mut self.rest, before.seq)?;
        let frame_no = take_difference(&mut self.rest, before.frame_no)?;
        let segment = take_difference(&mut self.rest, before.segment)?;
        let offset = take_difference(&mut self.rest, before.offset)?;
        let place = Place { seq, frame_no, position: LogPosition { segment, offset } };
        let count = usize::try_from(take(&mut self.rest)?).ok()?;
        let mut ids = Vec::with_capacity(count.min(CHUNK_BYTES_MAX / RANDOM_BYTES));
        let mut last_ms = before.id_ms;
        for _ in 0..count {
            last_ms = take_difference(&mut self.rest, last_ms)?;
            ids.push(self.id(last_ms)?);
        }
        self.before = Before::after(place, last_ms);
        Some(Some(Entry { place, ids }))
    }

    fn id(&mut self, at_ms: u64) -> Option<u128> {
        let (random, rest) = self.rest.split_at_checked(RANDOM_BYTES)?;
        self.rest = rest;
        let mut bytes = [0; 16];
        bytes[16 - RANDOM_BYTES..].copy_from_slice(random);
        Some((u128::from(at_ms) << 80) | u128::from_be_bytes(bytes))
    }
}

/// All entries of a chunk; `None` if it is malformed.
pub(super) fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut reader = Reader::new(bytes)?;
    let mut all = Vec::new();
    while let Some(entry) = reader.entry()? {
        all.push(entry);
    }
    Some(all)
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Differences may be negative where clocks step or segments change; the sign moves to the lowest bit.
fn put_difference(bytes: &mut Vec<u8>, before: u64, now: u64) {
    let difference = now.wrapping_sub(before) as i64;
    put(bytes, ((difference << 1) ^ (difference >> 63)) as u64);
}

fn take_difference(rest: &mut &[u8], before: u64) -> Option<u64> {
    let folded = take(rest)?;
    let difference = (folded >> 1) ^ (folded & 1).wrapping_neg();
    Some(before.wrapping_add(difference))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = Place> {
        (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()).prop_map(
            |(seq, frame_no, segment, offset)| Place {
                seq,
                frame_no,
                position: LogPosition { segment, offset },
            },
        )
    }

    fn pushes() -> impl Strategy<Value = Vec<(Place, Vec<u128>)>> {
        prop::collection::vec((place(), prop::collection::vec(any::<u128>(), 0..9)), 0..60)
    }

    proptest! {
        #[test]
        fn what_was_pushed_is_read_back(pushed in pushes()) {
            let mut writer = Writer::new(7);
            let mut expected = Vec::new();
            for (place, ids) in pushed {
                let Some(taken) = writer.push(place, &ids) else { break };
                expected.push(Entry { place, ids: ids[..taken].to_vec() });
            }
            prop_assert!(writer.bytes().len() <= CHUNK_BYTES_MAX);
            prop_assert_eq!(entries(writer.bytes()), Some(expected));
            prop_assert_eq!(Writer::resume(writer.bytes().to_vec()), Some(writer));
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(first) = bytes.first_mut() { *first = FORMAT; }
            let _ = entries(&bytes);
            let _ = Writer::resume(bytes);
        }
    }

    #[test]
    fn a_hundred_small_records_fit_one_chunk() {
        let mut writer = Writer::new(0);
        let mut count = 0;
        loop {
            let position = LogPosition { segment: 3, offset: count * 400_000 % 60_000_000 };
            let id = (u128::from(1_700_000_000_000 + count * 7) << 80) | u128::from(count);
            let place = Place { seq: count, frame_no: count, position };
            if writer.push(place, &[id]).is_none() {
                break;
            }
            count += 1;
        }
        assert!(count > 90, "{count}");
    }
}
