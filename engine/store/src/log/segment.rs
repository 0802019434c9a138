//! A segment file: its head, its name, and the footer that seals it.
//!
//! ```text
//! head    twice: magic 8, number 8, salt 4, crc 4, reserved 8
//! groups
//! footer  magic 4, crc 4, last group_id 8, entries 4, entries crc 4, reserved 8; entries;
//!         its own offset 8, crc 4, magic 4
//! ```
//! A footer entry says where one stream stands at the segment's end, so that opening reads footers only. The
//! salt is that of the whole log and stands in every head twice. File names: `00000007.seg`, or
//! `00000001-00000006.0002.seg` for what compaction made of segments 1 to 6 in generation 2.

use std::collections::BTreeMap;
use std::io;

use kith_core::ids::CommunityId;
use kith_core::ports::{Hash, Head};

use super::fields::{Fields, PutFields, checksum, header_checksum};
use crate::disk::File;
use crate::limits::NUMBER_MAX;

const SEGMENT_MAGIC: [u8; 8] = *b"KITHLOG1";
const SEGMENT_HEAD_COPY_BYTES: usize = 32;
pub(crate) const SEGMENT_HEAD_BYTES: u64 = 64;
pub(crate) const FOOTER_MAGIC: [u8; 4] = [0xb5, b'K', b'E', 1];
pub(crate) const FOOTER_HEADER_BYTES: usize = 32;
const FOOTER_ENTRY_BYTES: usize = 168;
const TRAILER_BYTES: u64 = 16;

/// What a segment's file name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentName {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// 0 for a segment as the committer wrote it.
    pub(crate) generation: u64,
}

impl SegmentName {
    pub(crate) fn written(number: u64) -> Self {
        Self { first: number, last: number, generation: 0 }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".seg")?;
        let number = |digits: &str| digits.parse().ok().filter(|number| *number <= NUMBER_MAX);
        match stem.split_once('-') {
            None => number(stem).map(Self::written),
            Some((first, rest)) => {
                let (last, generation) = rest.split_once('.')?;
                Some(Self { first: number(first)?, last: number(last)?, generation: number(generation)? })
            }
        }
    }

    pub(crate) fn file_name(&self) -> String {
        if self.generation == 0 {
            format!("{:08}.seg", self.first)
        } else {
            format!("{:08}-{:08}.{:04}.seg", self.first, self.last, self.generation)
        }
    }

    /// Whether compaction made this one of the other (and perhaps more).
    pub(crate) fn supersedes(&self, other: &Self) -> bool {
        self.generation > other.generation && self.first <= other.first && self.last >= other.last
    }
}

/// The 64 bytes at the start of a segment.
pub(crate) fn segment_head(number: u64, salt: u32) -> Vec<u8> {
    let mut copy = Vec::with_capacity(SEGMENT_HEAD_BYTES as usize);
    copy.put(&SEGMENT_MAGIC);
    copy.put_u64(number);
    copy.put_u32(salt);
    copy.put_u32(crc32c::crc32c(&copy));
    copy.put_u64(0);
    copy.extend_from_within(..);
    copy
}

/// The salt, from whichever copy of the head is intact.
pub(crate) fn read_salt(file: &dyn File) -> io::Result<Option<u32>> {
    let mut head = [0; SEGMENT_HEAD_BYTES as usize];
    let count = file.read_at(0, &mut head)?;
    Ok(head[..count].chunks_exact(SEGMENT_HEAD_COPY_BYTES).find_map(|copy| {
        let mut fields = Fields(copy);
        let magic: [u8; 8] = fields.array()?;
        let _number = fields.u64()?;
        let salt = fields.u32()?;
        (magic == SEGMENT_MAGIC && fields.u32()? == crc32c::crc32c(&copy[..20])).then_some(salt)
    }))
}

/// Where damage begins in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flawed {
    pub(crate) frame_no: u64,
    pub(crate) offset: u64,
}

/// What one segment has of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// 0 if the segment has no sound frame of the stream.
    pub(crate) first_frame: u64,
    pub(crate) first_prev_hash: Hash,
    /// Byte of the group that holds the first frame.
    pub(crate) first_group: u64,
    /// Where the stream stands at the end of the segment.
    pub(crate) last: Head,
    /// Number of the frame that a base stands for; 0 without a base.
    pub(crate) base_frame: u64,
    /// Byte of the last cut; 0 without one.
    pub(crate) cut: u64,
    /// Whether the stream was removed by then.
    pub(crate) removed: bool,
    pub(crate) flawed: Option<Flawed>,
}

/// The extents of one segment by stream.
pub(crate) type Extents = BTreeMap<CommunityId, Extent>;

/// Where a sealed segment's footer lies, so that entries can be read one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) offset: u64,
    pub(crate) entries: u32,
    pub(crate) last_group: u64,
    entries_crc: u32,
}

/// Encodes a footer that begins at `offset`.
pub(crate) fn encode_footer(extents: &Extents, last_group: u64, offset: u64, salt: u32) -> (Footer, Vec<u8>) {
    let mut entries = Vec::with_capacity(extents.len() * FOOTER_ENTRY_BYTES);
    for (community, extent) in extents {
        put_entry(&mut entries, *community, extent, salt);
    }
    let entries_crc = checksum(salt, &entries);
    let mut out = Vec::with_capacity(entries.len() + FOOTER_HEADER_BYTES + TRAILER_BYTES as usize);
    out.put(&FOOTER_MAGIC);
    out.put_u32(0);
    out.put_u64(last_group);
    out.put_u32(extents.len() as u32);
    out.put_u32(entries_crc);
    out.put_u64(0);
    let crc = header_checksum(salt, FOOTER_MAGIC, &out[8..]);
    out[4..8].copy_from_slice(&crc.to_le_bytes());
    out.append(&mut entries);
    out.put_u64(offset);
    out.put_u32(checksum(salt, &offset.to_le_bytes()));
    out.put(&FOOTER_MAGIC);
    (Footer { offset, entries: extents.len() as u32, last_group, entries_crc }, out)
}

fn put_entry(out: &mut Vec<u8>, community: CommunityId, extent: &Extent, salt: u32) {
    let start = out.len();
    out.put_id(community.0);
    out.put_u64(extent.first_frame);
    out.put(&extent.first_prev_hash);
    out.put_u64(extent.first_group);
    out.put_u64(extent.last.epoch);
    out.put_u64(extent.last.frame_no);
    out.put(&extent.last.hash);
    out.put_u64(extent.last.seq);
    out.put_u64(extent.last.at_ms);
    out.put_u64(extent.base_frame);
    out.put_u64(extent.cut);
    out.put_u32(u32::from(extent.removed));
    let flawed = extent.flawed.unwrap_or(Flawed { frame_no: 0, offset: 0 });
    out.put_u64(flawed.frame_no);
    out.put_u64(flawed.offset);
    let crc = checksum(salt, &out[start..]);
    out.put_u32(crc);
}

fn parse_entry(bytes: &[u8], salt: u32) -> Option<(CommunityId, Extent)> {
    let crc = u32::from_le_bytes(*bytes.last_chunk()?);
    let mut fields = Fields(bytes.get(..FOOTER_ENTRY_BYTES - 4)?);
    if checksum(salt, fields.0) != crc {
        return None;
    }
    let community = CommunityId(fields.id()?);
    let first_frame = fields.number()?;
    let first_prev_hash = fields.array()?;
    let first_group = fields.u64()?;
    let last = Head {
        epoch: fields.number()?,
        frame_no: fields.number()?,
        hash: fields.array()?,
        seq: fields.number()?,
        at_ms: fields.at_ms()?,
    };
    let (base_frame, cut, removed) = (fields.number()?, fields.u64()?, fields.u32()? == 1);
    let flawed = Flawed { frame_no: fields.number()?, offset: fields.u64()? };
    let flawed = (flawed.frame_no > 0).then_some(flawed);
    let extent = Extent { first_frame, first_prev_hash, first_group, last, base_frame, cut, removed, flawed };
    Some((community, extent))
}

impl Footer {
    /// Parses the footer's header alone, as a walk meets it.
    pub(crate) fn parse(bytes: &[u8], offset: u64, salt: u32) -> Option<Self> {
        let mut fields = Fields(bytes.get(..FOOTER_HEADER_BYTES)?);
        if fields.array()? != FOOTER_MAGIC || fields.u32()? != header_checksum(salt, FOOTER_MAGIC, fields.0) {
            return None;
        }
        let last_group = fields.number()?;
        Some(Self { offset, entries: fields.u32()?, last_group, entries_crc: fields.u32()? })
    }

    /// Finds the footer from the end of the file and reads all of it; `None` unless every byte of it is
    /// intact.
    pub(crate) fn load(file: &dyn File, salt: u32) -> io::Result<Option<(Self, Extents)>> {
        let len = file.len()?;
        if len < SEGMENT_HEAD_BYTES + TRAILER_BYTES + FOOTER_HEADER_BYTES as u64 {
            return Ok(None);
        }
        let trailer = read_exactly(file, len - TRAILER_BYTES, TRAILER_BYTES as usize)?;
        let mut fields = Fields(&trailer);
        let (Some(offset), Some(crc), Some(magic)) = (fields.u64(), fields.u32(), fields.array()) else {
            return Ok(None);
        };
        if magic != FOOTER_MAGIC
            || crc != checksum(salt, &offset.to_le_bytes())
            || offset > len - TRAILER_BYTES
        {
            return Ok(None);
        }
        let bytes = read_exactly(file, offset, (len - TRAILER_BYTES - offset) as usize)?;
        Ok(Self::parse(&bytes, offset, salt).and_then(|footer| {
            let entries = &bytes[FOOTER_HEADER_BYTES..];
            let whole = entries.len() == footer.entries as usize * FOOTER_ENTRY_BYTES
                && checksum(salt, entries) == footer.entries_crc;
            let extents = entries.chunks_exact(FOOTER_ENTRY_BYTES).map(|entry| parse_entry(entry, salt));
            whole.then(|| extents.collect::<Option<Extents>>())?.map(|extents| (footer, extents))
        }))
    }

    /// Looks one stream up by binary search in the file. `Err` where an entry on the way is damaged.
    pub(crate) fn find(
        &self,
        file: &dyn File,
        community: CommunityId,
        salt: u32,
    ) -> io::Result<Option<Extent>> {
        let (mut low, mut high) = (0, u64::from(self.entries));
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.offset + FOOTER_HEADER_BYTES as u64 + middle * FOOTER_ENTRY_BYTES as u64;
            let bytes = read_exactly(file, at, FOOTER_ENTRY_BYTES)?;
            let (found, extent) = parse_entry(&bytes, salt)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a footer entry is damaged"))?;
            match found.cmp(&community) {
                std::cmp::Ordering::Equal => return Ok(Some(extent)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }
}

fn read_exactly(file: &dyn File, offset: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let read = file.read_at(offset, &mut bytes)?;
    if read < count { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) } else { Ok(bytes) }
}
