//! Where every stream stands: the durable head, the head that is queued, and whether the stream is closed.
//!
//! Sharded, so that writers of different communities do not wait for each other. About 130 bytes a stream.
//! Keeps nothing on disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kith_core::ids::CommunityId;
use kith_core::ports::{Damage, Head};

use super::placed::LogPosition;

const SHARDS: usize = 64;

/// What is known of one stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// Up to here everything is on disk.
    pub(crate) durable: Head,
    /// Up to here frames were taken; `None` while it equals `durable`.
    pub(crate) queued: Option<Box<Head>>,
    /// Set once: no frame is taken any more.
    pub(crate) closed: Option<Box<Damage>>,
    /// Where the newest durable cut lies.
    pub(crate) cut: Option<Box<LogPosition>>,
    /// The last frame that compaction dropped; 0 if it dropped none.
    pub(crate) base_frame: u64,
    pub(crate) removed: bool,
}

impl Stream {
    pub(crate) const EMPTY: Self =
        Self { durable: Head::EMPTY, queued: None, closed: None, cut: None, base_frame: 0, removed: false };

    /// The frame that the next append must follow.
    pub(crate) fn tip(&self) -> Head {
        self.queued.as_deref().copied().unwrap_or(self.durable)
    }

    /// Notes that everything up to `head` is on disk.
    pub(crate) fn reached(&mut self, head: Head) {
        self.durable = head;
        if self.queued.as_deref() == Some(&head) {
            self.queued = None;
        }
    }
}

/// All streams.
pub(crate) struct Heads([Mutex<HashMap<CommunityId, Stream>>; SHARDS]);

impl Default for Heads {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Heads {
    /// Locks the shard of a stream.
    pub(crate) fn shard(&self, community: CommunityId) -> MutexGuard<'_, HashMap<CommunityId, Stream>> {
        let place = (community.0 ^ (community.0 >> 64)) as usize % SHARDS;
        self.0[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of what is known of a stream.
    pub(crate) fn get(&self, community: CommunityId) -> Option<Stream> {
        self.shard(community).get(&community).cloned()
    }

    /// Changes a stream, which is made if need be.
    pub(crate) fn update<T>(&self, community: CommunityId, change: impl FnOnce(&mut Stream) -> T) -> T {
        change(self.shard(community).entry(community).or_insert(Stream::EMPTY))
    }

    /// Closes a stream unless it is closed already.
    pub(crate) fn close(&self, damage: Damage) {
        self.update(damage.community, |stream| {
            stream.closed.get_or_insert_with(|| Box::new(damage));
        });
    }

    /// What `pick` makes of each stream, in the order of ids.
    pub(crate) fn collect<T>(&self, mut pick: impl FnMut(CommunityId, &Stream) -> Option<T>) -> Vec<T> {
        let mut all = Vec::new();
        for shard in &self.0 {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(shard.iter().filter_map(|(id, stream)| Some((*id, pick(*id, stream)?))));
        }
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, picked)| picked).collect()
    }
}
