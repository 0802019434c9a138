//! Audiences: who is told that records of a stream are durable.
//!
//! Promises that nobody hears of a record before it is on disk, and everybody in the stream's order. A stream
//! without listeners costs its writer one look into a map. Whoever does not listen for long loses the oldest
//! and is told that they did; the log has it all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::ids::CommunityId;
use kith_core::ports::{Head, NewRecord};
use tokio::sync::broadcast;

/// Frames that a listener may lag behind.
const FRAMES_BEHIND_MAX: usize = 1_024;
/// Landings that one who follows all streams may lag behind.
const LANDINGS_BEHIND_MAX: usize = 4_096;

/// Records that have become durable together.
#[derive(Debug)]
pub struct Landed {
    /// Where the stream stands after them.
    pub head: Head,
    /// As they were appended.
    pub records: Vec<NewRecord>,
}

/// The listeners of all streams.
pub(crate) struct Audiences {
    streams: Mutex<HashMap<CommunityId, broadcast::Sender<Arc<Landed>>>>,
    landings: broadcast::Sender<(CommunityId, Head)>,
}

impl Default for Audiences {
    fn default() -> Self {
        Self { streams: Mutex::default(), landings: broadcast::channel(LANDINGS_BEHIND_MAX).0 }
    }
}

/// Those who wait for one frame.
pub(crate) struct Audience {
    community: CommunityId,
    listeners: Option<(broadcast::Sender<Arc<Landed>>, Vec<NewRecord>)>,
    landings: Option<broadcast::Sender<(CommunityId, Head)>>,
}

impl Audiences {
    /// Listens to one stream.
    pub(crate) fn join(&self, community: CommunityId) -> broadcast::Receiver<Arc<Landed>> {
        let mut streams = self.streams();
        let sender = streams.entry(community).or_insert_with(|| broadcast::channel(FRAMES_BEHIND_MAX).0);
        sender.subscribe()
    }

    /// Listens to where all streams stand.
    pub(crate) fn landings(&self) -> broadcast::Receiver<(CommunityId, Head)> {
        self.landings.subscribe()
    }

    /// Those who will be told of a frame once it is durable; copies its records only where somebody listens.
    pub(crate) fn of(&self, community: CommunityId, records: &[NewRecord]) -> Audience {
        let sender = self.streams().get(&community).filter(|sender| sender.receiver_count() > 0).cloned();
        let listeners = sender.map(|sender| (sender, records.to_vec()));
        let landings = (self.landings.receiver_count() > 0).then(|| self.landings.clone());
        Audience { community, listeners, landings }
    }

    /// Lets go of streams that nobody listens to any more.
    pub(crate) fn forget_empty(&self) {
        self.streams().retain(|_, sender| sender.receiver_count() > 0);
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<CommunityId, broadcast::Sender<Arc<Landed>>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audience {
    /// Tells them that the frame is durable. That nobody listens any more is no error.
    pub(crate) fn tell(self, head: Head) {
        if let Some((sender, records)) = self.listeners {
            let _ = sender.send(Arc::new(Landed { head, records }));
        }
        if let Some(landings) = self.landings {
            let _ = landings.send((self.community, head));
        }
    }
}
