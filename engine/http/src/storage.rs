//! Storage: attachments within their community's quota, however many are put at once.
//!
//! What counts is what they take on the disk, until their owner is erased. What is under way counts too, so
//! that two that would fit alone do not pass together.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{Blobs, Hash};
use kith_core::refusal::Refusal;
use kith_runtime::draft::AskError;

/// Bytes under way, by community.
#[derive(Default)]
pub(crate) struct Storage(Mutex<HashMap<CommunityId, u64>>);

/// Bytes that nobody else may use until they are put, or are not.
struct Reserved<'a> {
    storage: &'a Storage,
    community: CommunityId,
    bytes: u64,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut under_way = self.storage.under_way();
        if let Some(all) = under_way.get_mut(&self.community) {
            *all = all.saturating_sub(self.bytes);
            if *all == 0 {
                under_way.remove(&self.community);
            }
        }
    }
}

impl Storage {
    /// Puts an attachment, or refuses it beyond `bytes_max`. Waits for the disk.
    pub(crate) fn put(
        &self,
        blobs: &dyn Blobs,
        (community, owner): (CommunityId, MemberId),
        bytes: &[u8],
        bytes_max: Option<u64>,
    ) -> Result<Hash, AskError> {
        let Some(max) = bytes_max else { return Ok(blobs.put(community, owner, bytes)?) };
        let _reserved = self.reserve(blobs, community, (bytes.len() as u64, max))?;
        Ok(blobs.put(community, owner, bytes)?)
    }

    fn reserve(
        &self,
        blobs: &dyn Blobs,
        community: CommunityId,
        (bytes, max): (u64, u64),
    ) -> Result<Reserved<'_>, AskError> {
        let mut under_way = self.under_way();
        let others = under_way.get(&community).copied().unwrap_or(0);
        let all = blobs.stored_bytes(community)?.saturating_add(others).saturating_add(bytes);
        if all > max {
            let quota = "storage_bytes".to_owned();
            return Err(AskError::Refused(Refusal::QuotaExceeded { quota, max }));
        }
        *under_way.entry(community).or_default() += bytes;
        Ok(Reserved { storage: self, community, bytes })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<CommunityId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use kith_runtime::memory::Memory;

    use super::*;

    const GARDEN: CommunityId = CommunityId(7);
    const ORCHARD: CommunityId = CommunityId(8);
    const ANN: MemberId = MemberId(1);

    #[test]
    fn what_is_under_way_counts_until_it_is_over() {
        let (storage, blobs) = (Storage::default(), Memory::default());
        let first = storage.reserve(&blobs, GARDEN, (60, 100)).unwrap();
        assert!(storage.reserve(&blobs, GARDEN, (41, 100)).is_err());
        let other = storage.reserve(&blobs, ORCHARD, (100, 100)).unwrap();
        drop(first);
        storage.put(&blobs, (GARDEN, ANN), &[1; 60], Some(100)).unwrap();
        let refused = storage.put(&blobs, (GARDEN, ANN), &[2; 41], Some(100));
        let expected = Refusal::QuotaExceeded { quota: "storage_bytes".to_owned(), max: 100 };
        assert!(matches!(refused, Err(AskError::Refused(refusal)) if refusal == expected));
        storage.put(&blobs, (GARDEN, ANN), &[2; 40], Some(100)).unwrap();
        storage.put(&blobs, (GARDEN, ANN), &[3; 400], None).unwrap();
        drop(other);
        assert!(storage.under_way().is_empty(), "nothing is kept of whoever is done");
    }
}
