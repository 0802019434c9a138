//! Walks the groups of a segment and finds its way past damage.
//!
//! An outline says which frames a group holds and where, from its directory; where that is damaged, from the
//! frames' own headers; where those are, by looking for the next intact mark. Whether a frame's content is
//! sound is asked for separately, so that a reader of one stream does not pay for the others.

use std::io;

use kith_core::ids::CommunityId;

use super::frame::{FRAME_HEADER_BYTES, FRAME_MAGIC, FrameHeader, RawFrame};
use super::group::{GROUP_HEADER_BYTES, GroupHeader};
use super::segment::{FOOTER_HEADER_BYTES, Footer};
use crate::disk::File;
use crate::limits::WINDOW_BYTES;

/// A frame's place, and the name under which it is known before its content was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) community: CommunityId,
    pub(crate) frame_no: u64,
}

/// Damage that belongs to no frame: a group's own header or directory, or what lies between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
}

/// One group as far as it can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// `None` where the group's header is damaged.
    pub(crate) group_id: Option<u64>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) flaws: Vec<Flaw>,
}

/// A cursor over one segment with a read-ahead window.
pub(crate) struct Walk<'a> {
    file: &'a dyn File,
    salt: u32,
    len: u64,
    window_start: u64,
    window: Vec<u8>,
}

enum Mark {
    Group(GroupHeader),
    Frame(FrameHeader),
    Footer,
}

impl<'a> Walk<'a> {
    /// `len` bounds what is looked at: the durable end of the segment.
    pub(crate) fn new(file: &'a dyn File, salt: u32, len: u64) -> Self {
        Self { file, salt, len, window_start: 0, window: Vec::new() }
    }

    /// Up to `count` bytes at `offset`; fewer only at the end.
    pub(crate) fn bytes(&mut self, offset: u64, count: usize) -> io::Result<&[u8]> {
        let count = count.min(self.len.saturating_sub(offset) as usize);
        let window_end = self.window_start + self.window.len() as u64;
        if offset < self.window_start || offset + count as u64 > window_end {
            let wanted = count.max(WINDOW_BYTES).min((self.len - offset.min(self.len)) as usize);
            self.window.resize(wanted, 0);
            let read = self.file.read_at(offset, &mut self.window)?;
            self.window.truncate(read);
            self.window_start = offset;
        }
        let from = (offset - self.window_start) as usize;
        let to = (from + count).min(self.window.len());
        Ok(self.window.get(from..to).unwrap_or_default())
    }

    /// What the group at `offset` holds; `None` at the end, at the footer and where nothing was written yet.
    pub(crate) fn outline(&mut self, offset: u64) -> io::Result<Option<Outline>> {
        if offset >= self.len {
            return Ok(None);
        }
        match self.mark(offset)? {
            Some(Mark::Footer) => Ok(None),
            Some(Mark::Group(header)) => self.outline_of_group(offset, header).map(Some),
            None if self.is_room(offset)? => Ok(None),
            Some(Mark::Frame(_)) | None => {
                let (slots, mut flaws, end) = self.salvage(offset, self.len)?;
                flaws.push(Flaw { offset, what: "a group's header is damaged" });
                Ok(Some(Outline { start: offset, end, group_id: None, slots, flaws }))
            }
        }
    }

    /// The frame of a slot, if its content is sound and is what the slot says.
    pub(crate) fn frame(&mut self, slot: &Slot) -> io::Result<Result<RawFrame<'_>, &'static str>> {
        let salt = self.salt;
        let raw = RawFrame::parse(self.bytes(slot.offset, slot.bytes as usize)?, salt);
        Ok(raw.and_then(|raw| {
            let same = raw.header.community == slot.community && raw.header.frame_no == slot.frame_no;
            same.then_some(raw).ok_or("another frame lies in its place")
        }))
    }

    /// The header of the frame at `offset`, if one is there.
    pub(crate) fn frame_header(&mut self, offset: u64) -> io::Result<Option<FrameHeader>> {
        let salt = self.salt;
        Ok(FrameHeader::parse(self.bytes(offset, FRAME_HEADER_BYTES)?, salt))
    }

    fn outline_of_group(&mut self, start: u64, header: GroupHeader) -> io::Result<Outline> {
        let salt = self.salt;
        let directory_at = start + GROUP_HEADER_BYTES as u64;
        let frames_at = directory_at + header.directory_bytes() as u64;
        let end = frames_at + u64::from(header.frames_bytes);
        let group_id = Some(header.group_id);
        let mut flaws = Vec::new();
        let directory = header.directory(self.bytes(directory_at, header.directory_bytes())?, salt);
        let slots = if let Some(entries) = directory {
            let mut offset = frames_at;
            let slots = entries.iter().map(|entry| {
                let slot = Slot {
                    offset,
                    bytes: u64::from(entry.bytes),
                    community: entry.community,
                    frame_no: entry.frame_no,
                };
                offset += slot.bytes;
                slot
            });
            slots.collect()
        } else {
            flaws.push(Flaw { offset: directory_at, what: "a group's directory is damaged" });
            let (slots, further, _) = self.salvage(frames_at, end.min(self.len))?;
            flaws.extend(further);
            slots
        };
        if end > self.len {
            flaws.push(Flaw { offset: self.len, what: "a group ends early" });
        }
        Ok(Outline { start, end: end.min(self.len), group_id, slots, flaws })
    }

    /// Finds frames by their own headers, up to the next group, the footer or `limit`.
    fn salvage(&mut self, from: u64, limit: u64) -> io::Result<(Vec<Slot>, Vec<Flaw>, u64)> {
        let (mut slots, mut flaws, mut offset) = (Vec::new(), Vec::new(), from);
        let mut lost_at = None;
        while offset < limit {
            match self.mark(offset)? {
                Some(Mark::Group(_) | Mark::Footer) => break,
                Some(Mark::Frame(header)) => {
                    let bytes = header.frame_bytes();
                    let (community, frame_no) = (header.community, header.frame_no);
                    slots.push(Slot { offset, bytes, community, frame_no });
                    offset = (offset + bytes).min(limit);
                    lost_at = None;
                }
                None => {
                    if lost_at.replace(offset).is_none() {
                        flaws.push(Flaw { offset, what: "bytes that are no frame" });
                    }
                    offset = self.next_mark_byte(offset + 1)?.min(limit);
                }
            }
        }
        Ok((slots, flaws, offset))
    }

    fn mark(&mut self, offset: u64) -> io::Result<Option<Mark>> {
        let salt = self.salt;
        let bytes = self.bytes(offset, FRAME_HEADER_BYTES)?;
        if let Some(header) = GroupHeader::parse(bytes, salt) {
            return Ok(Some(Mark::Group(header)));
        }
        if Footer::parse(&bytes[..bytes.len().min(FOOTER_HEADER_BYTES)], offset, salt).is_some() {
            return Ok(Some(Mark::Footer));
        }
        Ok(FrameHeader::parse(bytes, salt).map(Mark::Frame))
    }

    /// Whether there are only zeros up to the end: room that the committer made for later groups.
    pub(crate) fn is_room(&mut self, from: u64) -> io::Result<bool> {
        let mut offset = from;
        while offset < self.len {
            let bytes = self.bytes(offset, WINDOW_BYTES / 4)?;
            if bytes.is_empty() || bytes.iter().any(|byte| *byte != 0) {
                return Ok(bytes.is_empty());
            }
            offset += bytes.len() as u64;
        }
        Ok(true)
    }

    /// The next byte at which a mark may begin, or the end.
    fn next_mark_byte(&mut self, from: u64) -> io::Result<u64> {
        let mut offset = from;
        while offset < self.len {
            let bytes = self.bytes(offset, WINDOW_BYTES / 4)?;
            if bytes.is_empty() {
                break;
            }
            if let Some(place) = bytes.iter().position(|byte| *byte == FRAME_MAGIC[0]) {
                return Ok(offset + place as u64);
            }
            offset += bytes.len() as u64;
        }
        Ok(self.len)
    }
}
