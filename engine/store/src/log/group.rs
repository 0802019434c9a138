//! A group in bytes: what one write and one sync made durable together.
//!
//! ```text
//! header     magic 4, header crc 4, group_id 8, frames 4, frames_bytes 4, directory crc 4, reserved 4
//! directory  per frame: community 16, frame_no 8, bytes 4
//! frames     one after the other
//! ```
//! The directory repeats what the frames' headers say, so that one damaged byte anywhere leaves the other
//! frames findable and the damaged one with a name.

use kith_core::ids::CommunityId;

use super::fields::{Fields, PutFields, checksum, header_checksum};
use super::frame::FrameHeader;

pub(crate) const GROUP_MAGIC: [u8; 4] = [0xb5, b'K', b'G', 1];
pub(crate) const GROUP_HEADER_BYTES: usize = 32;
pub(crate) const DIRECTORY_ENTRY_BYTES: usize = 28;

/// The facts of a group's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupHeader {
    pub(crate) group_id: u64,
    pub(crate) frames: u32,
    pub(crate) frames_bytes: u32,
    directory_crc: u32,
}

/// One line of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DirectoryEntry {
    pub(crate) community: CommunityId,
    pub(crate) frame_no: u64,
    pub(crate) bytes: u32,
}

impl DirectoryEntry {
    /// The line of a frame in its bytes.
    pub(crate) fn of(header: &FrameHeader, bytes: &[u8]) -> Self {
        Self { community: header.community, frame_no: header.frame_no, bytes: bytes.len() as u32 }
    }
}

impl GroupHeader {
    /// `None` where there is no intact header, or one with a number that no log reaches.
    pub(crate) fn parse(bytes: &[u8], salt: u32) -> Option<Self> {
        let mut fields = Fields(bytes.get(..GROUP_HEADER_BYTES)?);
        if fields.array()? != GROUP_MAGIC || fields.u32()? != header_checksum(salt, GROUP_MAGIC, fields.0) {
            return None;
        }
        Some(Self {
            group_id: fields.number()?,
            frames: fields.u32()?,
            frames_bytes: fields.u32()?,
            directory_crc: fields.u32()?,
        })
    }

    pub(crate) fn directory_bytes(&self) -> usize {
        self.frames as usize * DIRECTORY_ENTRY_BYTES
    }

    /// The directory, if its checksum holds, its numbers can be and its lengths add up.
    pub(crate) fn directory(&self, bytes: &[u8], salt: u32) -> Option<Vec<DirectoryEntry>> {
        if bytes.len() != self.directory_bytes() || checksum(salt, bytes) != self.directory_crc {
            return None;
        }
        let mut fields = Fields(bytes);
        let mut entries = Vec::with_capacity(self.frames as usize);
        for _ in 0..self.frames {
            entries.push(DirectoryEntry {
                community: CommunityId(fields.id()?),
                frame_no: fields.number()?,
                bytes: fields.u32()?,
            });
        }
        let total: u64 = entries.iter().map(|entry| u64::from(entry.bytes)).sum();
        (total == u64::from(self.frames_bytes)).then_some(entries)
    }
}

/// Writes header and directory in front of where the frames go.
pub(crate) fn put_group_head(out: &mut Vec<u8>, group_id: u64, entries: &[DirectoryEntry], salt: u32) {
    let start = out.len();
    let frames_bytes: u32 = entries.iter().map(|entry| entry.bytes).sum();
    out.put(&GROUP_MAGIC);
    out.put_u32(0);
    out.put_u64(group_id);
    out.put_u32(entries.len() as u32);
    out.put_u32(frames_bytes);
    out.put_u32(0);
    out.put_u32(0);
    for entry in entries {
        out.put_id(entry.community.0);
        out.put_u64(entry.frame_no);
        out.put_u32(entry.bytes);
    }
    let directory_crc = checksum(salt, &out[start + GROUP_HEADER_BYTES..]);
    out[start + 24..start + 28].copy_from_slice(&directory_crc.to_le_bytes());
    let crc = header_checksum(salt, GROUP_MAGIC, &out[start + 8..start + GROUP_HEADER_BYTES]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}
