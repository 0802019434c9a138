//! Fixed-width fields in byte strings, little endian; ids and hashes as they are. Reading never panics: what
//! is too short is `None`.

use crate::limits::{AT_MS_MAX, NUMBER_MAX};

/// Reads fields one after the other.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number that the log counts with.
    pub(crate) fn number(&mut self) -> Option<u64> {
        self.u64().filter(|number| *number <= NUMBER_MAX)
    }

    /// A time that a record can have.
    pub(crate) fn at_ms(&mut self) -> Option<u64> {
        self.u64().filter(|at_ms| *at_ms <= AT_MS_MAX)
    }

    pub(crate) fn id(&mut self) -> Option<u128> {
        self.array().map(u128::from_be_bytes)
    }
}

/// Appends fields.
pub(crate) trait PutFields {
    fn put(&mut self, bytes: &[u8]);

    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }

    fn put_id(&mut self, value: u128) {
        self.put(&value.to_be_bytes());
    }
}

impl PutFields for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// CRC-32C that only a reader of this log can match: seeded, so that no record can carry a plausible header.
pub(crate) fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(salt, bytes)
}

/// The checksum of a header: it covers the magic too, or one flipped bit would make a group's header a
/// footer, which ends its segment.
pub(crate) fn header_checksum(salt: u32, magic: [u8; 4], rest: &[u8]) -> u32 {
    checksum(checksum(salt, &magic), rest)
}
