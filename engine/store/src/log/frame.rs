//! One frame in bytes: a header of 140 bytes, the hashed part (facts), the sealed part (what people wrote).
//!
//! ```text
//! header  magic 4, header crc 4, community 16, epoch 8, frame_no 8, prev_hash 32, hash 32, first_seq 8,
//!         at_ms 8, records 4, kind 4, hashed_bytes 4, sealed_bytes 4, payload crc 4
//! hashed  per record: at_ms 8, bytes 4, ids 4, ids × 16; then every record's bytes
//! sealed  per body: record 4, id 16, owner 16, length 4, ciphertext and tag
//! ```
//! The hash covers the header's facts and the hashed part as stored, never re-encoded; the sealed part proves
//! itself by its tags. Parsing checks everything but the chain, which needs the frame before. Does no I/O.

use kith_core::ids::CommunityId;
use kith_core::ports::{Hash, Head};
use sha2::{Digest, Sha256};

use super::fields::{Fields, PutFields, checksum, header_checksum};

pub(crate) const FRAME_MAGIC: [u8; 4] = [0xb5, b'K', b'F', 1];
pub(crate) const FRAME_HEADER_BYTES: usize = 140;
const HASH_DOMAIN: &[u8] = b"kith frame 1\0";

/// What a frame is for. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Records of the stream.
    Records = 1,
    /// A signed snapshot that stands for all frames up to the one it names.
    Cut = 2,
    /// Nothing but a higher epoch.
    Epoch = 3,
    /// The stream is gone; compaction takes its bytes.
    Removed = 4,
    /// Left by compaction in the place of frames it dropped: carries the number and hash of the last of them.
    Base = 5,
    /// The same for a stream that was removed.
    Grave = 6,
}

impl Kind {
    fn from_stored(value: u32) -> Option<Self> {
        [Self::Records, Self::Cut, Self::Epoch, Self::Removed, Self::Base, Self::Grave]
            .into_iter()
            .find(|kind| *kind as u32 == value)
    }

    /// Whether the frame stands for dropped ones and is no link of the chain itself.
    pub(crate) fn is_base(self) -> bool {
        matches!(self, Self::Base | Self::Grave)
    }

    /// Whether the stream is gone with this frame.
    pub(crate) fn ends_stream(self) -> bool {
        matches!(self, Self::Removed | Self::Grave)
    }
}

/// The facts of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) community: CommunityId,
    pub(crate) epoch: u64,
    pub(crate) frame_no: u64,
    pub(crate) prev_hash: Hash,
    pub(crate) hash: Hash,
    pub(crate) first_seq: u64,
    pub(crate) at_ms: u64,
    pub(crate) records: u32,
    pub(crate) kind: Kind,
    pub(crate) hashed_bytes: u32,
    pub(crate) sealed_bytes: u32,
    pub(crate) payload_crc: u32,
}

impl FrameHeader {
    /// `None` where there is no intact header, or one with numbers that no log reaches.
    pub(crate) fn parse(bytes: &[u8], salt: u32) -> Option<Self> {
        let mut fields = Fields(bytes.get(..FRAME_HEADER_BYTES)?);
        if fields.array()? != FRAME_MAGIC || fields.u32()? != header_checksum(salt, FRAME_MAGIC, fields.0) {
            return None;
        }
        Some(Self {
            community: CommunityId(fields.id()?),
            epoch: fields.number()?,
            frame_no: fields.number()?,
            prev_hash: fields.array()?,
            hash: fields.array()?,
            first_seq: fields.number()?,
            at_ms: fields.at_ms()?,
            records: fields.u32()?,
            kind: Kind::from_stored(fields.u32()?)?,
            hashed_bytes: fields.u32()?,
            sealed_bytes: fields.u32()?,
            payload_crc: fields.u32()?,
        })
    }

    fn encode(&self, salt: u32) -> [u8; FRAME_HEADER_BYTES] {
        let mut out = Vec::with_capacity(FRAME_HEADER_BYTES);
        out.put(&FRAME_MAGIC);
        out.put_u32(0);
        out.put_id(self.community.0);
        out.put_u64(self.epoch);
        out.put_u64(self.frame_no);
        out.put(&self.prev_hash);
        out.put(&self.hash);
        out.put_u64(self.first_seq);
        out.put_u64(self.at_ms);
        out.put_u32(self.records);
        out.put_u32(self.kind as u32);
        out.put_u32(self.hashed_bytes);
        out.put_u32(self.sealed_bytes);
        out.put_u32(self.payload_crc);
        let crc = header_checksum(salt, FRAME_MAGIC, &out[8..]);
        out[4..8].copy_from_slice(&crc.to_le_bytes());
        let mut header = [0; FRAME_HEADER_BYTES];
        header.copy_from_slice(&out);
        header
    }

    /// Where the stream stands after this frame.
    pub(crate) fn head(&self) -> Head {
        Head {
            epoch: self.epoch,
            frame_no: self.frame_no,
            hash: self.hash,
            seq: (self.first_seq + u64::from(self.records)).saturating_sub(1),
            at_ms: self.at_ms,
        }
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.hashed_bytes) + u64::from(self.sealed_bytes)
    }

    /// Says why this frame cannot follow `head`; `None` if it can.
    pub(crate) fn breaks_chain_after(&self, head: &Head) -> Option<&'static str> {
        let epoch_fits = match self.kind {
            Kind::Epoch => self.epoch > head.epoch,
            _ => self.epoch == head.epoch,
        };
        if self.frame_no != head.frame_no + 1 {
            Some("a frame is missing or out of order")
        } else if self.prev_hash != head.hash {
            Some("the frame does not follow the one before it")
        } else if !epoch_fits {
            Some("the frame has the wrong epoch")
        } else if self.first_seq != head.seq + 1 || self.at_ms < head.at_ms {
            Some("the frame's records do not follow those before it")
        } else {
            None
        }
    }

    fn hash_of(&self, hashed: &[u8]) -> Hash {
        let mut hash = Sha256::new();
        hash.update(HASH_DOMAIN);
        hash.update(self.community.0.to_be_bytes());
        for number in [self.epoch, self.frame_no, self.first_seq, self.at_ms] {
            hash.update(number.to_le_bytes());
        }
        for number in [self.records, self.kind as u32] {
            hash.update(number.to_le_bytes());
        }
        hash.update(self.prev_hash);
        hash.update(hashed);
        hash.finalize().into()
    }
}

/// A frame whose checksums hold, still in its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawFrame<'a> {
    pub(crate) header: FrameHeader,
    pub(crate) hashed: &'a [u8],
    pub(crate) sealed: &'a [u8],
}

/// One record of a frame, still in its bytes.
pub(crate) struct RawRecord<'a> {
    pub(crate) seq: u64,
    pub(crate) at_ms: u64,
    ids: &'a [u8],
    pub(crate) bytes: &'a [u8],
}

impl RawRecord<'_> {
    pub(crate) fn ids(&self) -> Vec<u128> {
        self.ids.as_chunks::<16>().0.iter().map(|id| u128::from_be_bytes(*id)).collect()
    }
}

impl<'a> RawFrame<'a> {
    /// Checks header and payload checksums.
    pub(crate) fn parse(bytes: &'a [u8], salt: u32) -> Result<Self, &'static str> {
        let header = FrameHeader::parse(bytes, salt).ok_or("the frame's header is damaged")?;
        let mut fields = Fields(bytes.get(FRAME_HEADER_BYTES..).unwrap_or_default());
        let hashed = fields.take(header.hashed_bytes as usize).ok_or("the frame ends early")?;
        let sealed = fields.take(header.sealed_bytes as usize).ok_or("the frame ends early")?;
        let crc = checksum(checksum(salt, hashed), sealed);
        if crc != header.payload_crc {
            return Err("the frame's checksum does not fit");
        }
        Ok(Self { header, hashed, sealed })
    }

    /// Whether the hash in the header is that of the stored facts. A base carries the hash of what it
    /// replaces.
    pub(crate) fn hash_holds(&self) -> bool {
        self.header.kind.is_base() || self.header.hash == self.header.hash_of(self.hashed)
    }

    /// The records; empty for frames of other kinds. `None` if the table contradicts itself.
    pub(crate) fn records(&self) -> Option<Vec<RawRecord<'a>>> {
        if self.header.kind != Kind::Records {
            return Some(Vec::new());
        }
        let mut fields = Fields(self.hashed);
        let mut table = Vec::with_capacity((self.header.records as usize).min(self.hashed.len() / 16));
        for place in 0..self.header.records {
            let at_ms = fields.at_ms()?;
            let bytes = fields.u32()? as usize;
            let ids = fields.u32()? as usize;
            let ids = fields.take(ids.checked_mul(16)?)?;
            table.push((self.header.first_seq + u64::from(place), at_ms, ids, bytes));
        }
        let mut records = Vec::with_capacity(table.len());
        for (seq, at_ms, ids, bytes) in table {
            records.push(RawRecord { seq, at_ms, ids, bytes: fields.take(bytes)? });
        }
        fields.0.is_empty().then_some(records)
    }
}

/// A frame being written: hashed part first, then the sealed part, then `finish`.
pub(crate) struct FrameDraft {
    pub(crate) bytes: Vec<u8>,
    hashed_bytes: usize,
}

impl FrameDraft {
    /// Leaves room for the header; `bytes_expected` saves reallocation.
    pub(crate) fn new(bytes_expected: usize) -> Self {
        let mut bytes = Vec::with_capacity(FRAME_HEADER_BYTES + bytes_expected);
        bytes.resize(FRAME_HEADER_BYTES, 0);
        Self { bytes, hashed_bytes: 0 }
    }

    /// Ends the hashed part; what is appended from here on is sealed.
    pub(crate) fn end_hashed(&mut self) {
        self.hashed_bytes = self.bytes.len() - FRAME_HEADER_BYTES;
    }

    /// Fills in lengths, hash and checksums, and returns the header and the whole frame.
    pub(crate) fn finish(mut self, facts: FrameHeader, salt: u32) -> (FrameHeader, Vec<u8>) {
        let sealed_bytes = self.bytes.len() - FRAME_HEADER_BYTES - self.hashed_bytes;
        let mut header = FrameHeader {
            hashed_bytes: self.hashed_bytes as u32,
            sealed_bytes: sealed_bytes as u32,
            ..facts
        };
        let payload = &self.bytes[FRAME_HEADER_BYTES..];
        if !header.kind.is_base() {
            header.hash = header.hash_of(&payload[..self.hashed_bytes]);
        }
        header.payload_crc = checksum(salt, payload);
        self.bytes[..FRAME_HEADER_BYTES].copy_from_slice(&header.encode(salt));
        (header, self.bytes)
    }
}
