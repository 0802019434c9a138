//! The file of keys in bytes: slots of 72 bytes, seven to a sector of 512, so that no slot is ever half
//! written.
//!
//! ```text
//! slot  community 16, member 16, key 32, state 4 (1 live, 2 destroyed), crc 4
//! ```
//! A slot of zeros was never used, and neither was one that the file ends within: what was synced lies whole
//! in the file. A damaged slot is reported by number; its neighbours stay readable.

use std::io;

use kith_core::ids::{CommunityId, MemberId};
use zeroize::Zeroizing;

use crate::disk::File;

pub(super) const SLOT_BYTES: usize = 72;
const SECTOR_BYTES: u64 = 512;
const SLOTS_PER_SECTOR: u64 = 7;
const SECTORS_PER_READ: u64 = 256;
const LIVE: u32 = 1;
const DESTROYED: u32 = 2;

/// The bytes of a key; overwritten in memory when dropped.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// Where a slot begins in the file.
pub(super) fn slot_offset(slot: u32) -> u64 {
    let slot = u64::from(slot);
    slot / SLOTS_PER_SECTOR * SECTOR_BYTES + slot % SLOTS_PER_SECTOR * SLOT_BYTES as u64
}

/// Whether one write can cover both slots.
pub(super) fn adjacent(slot: u32, next: u32) -> bool {
    slot_offset(next) == slot_offset(slot) + SLOT_BYTES as u64
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) slot: u32,
    pub(super) community: CommunityId,
    pub(super) member: MemberId,
    pub(super) secret: Secret,
    pub(super) destroyed: bool,
}

impl Entry {
    pub(super) fn is_live(&self) -> bool {
        !self.destroyed
    }

    /// The tombstone that takes this entry's place.
    pub(super) fn destroyed(&self) -> Self {
        Self { secret: Zeroizing::new([0; 32]), destroyed: true, ..self.clone() }
    }

    pub(super) fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut out = [0; SLOT_BYTES];
        out[..16].copy_from_slice(&self.community.0.to_be_bytes());
        out[16..32].copy_from_slice(&self.member.0.to_be_bytes());
        out[32..64].copy_from_slice(&*self.secret);
        let state = if self.destroyed { DESTROYED } else { LIVE };
        out[64..68].copy_from_slice(&state.to_le_bytes());
        let crc = crc32c::crc32c(&out[..68]);
        out[68..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// `None` unless the slot is whole.
    pub(super) fn parse(slot: u32, bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SLOT_BYTES] = bytes.try_into().ok()?;
        let state = u32::from_le_bytes(*bytes[64..].first_chunk()?);
        let crc = u32::from_le_bytes(*bytes[68..].first_chunk()?);
        if crc != crc32c::crc32c(&bytes[..68]) || !(state == LIVE || state == DESTROYED) {
            return None;
        }
        Some(Self {
            slot,
            community: CommunityId(u128::from_be_bytes(*bytes.first_chunk()?)),
            member: MemberId(u128::from_be_bytes(*bytes[16..].first_chunk()?)),
            secret: Zeroizing::new(*bytes[32..].first_chunk()?),
            destroyed: state == DESTROYED,
        })
    }
}

/// Visits every slot that was used: its entry, or `None` where it is damaged.
pub(super) fn scan(file: &dyn File, len: u64, mut visit: impl FnMut(u32, Option<Entry>)) -> io::Result<()> {
    let mut buffer = Zeroizing::new(vec![0; (SECTORS_PER_READ * SECTOR_BYTES) as usize]);
    let mut offset = 0;
    while offset < len {
        let count = file.read_at(offset, &mut buffer)?;
        for (sector, bytes) in buffer[..count].chunks(SECTOR_BYTES as usize).enumerate() {
            let first = (offset / SECTOR_BYTES + sector as u64) * SLOTS_PER_SECTOR;
            for (place, bytes) in bytes.chunks_exact(SLOT_BYTES).take(SLOTS_PER_SECTOR as usize).enumerate() {
                if bytes.iter().any(|byte| *byte != 0) {
                    let slot = (first + place as u64) as u32;
                    visit(slot, Entry::parse(slot, bytes));
                }
            }
        }
        if count == 0 {
            break;
        }
        offset += count as u64;
    }
    Ok(())
}
