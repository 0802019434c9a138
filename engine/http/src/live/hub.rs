//! The hub: one task for each community that somebody listens to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::event::Event;
use kith_core::ids::{CommunityId, MessageId};
use kith_core::member::Standing;
use kith_core::ports::StoreError;
use kith_core::record::Record;
use kith_runtime::audience::Landed;
use kith_runtime::draft::AskError;
use kith_runtime::engine::Engine;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::ending::Endings;
use super::event::{Draft, EventId, Happened, Known, Place, When, of_record};
use crate::past::Past;

/// Batches of events that a listener may lag behind before they are sent away to come back.
const BATCHES_BEHIND_MAX: usize = 256;
/// Records that a listener who comes back is told again; whoever was away longer reads pages.
const AGAIN_RECORDS_MAX: u64 = 10_000;

/// Events of records that landed together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Happened>,
    /// The last record by which somebody's rights may have changed.
    pub(crate) rights_seq: u64,
}

/// What a listener hears.
pub(crate) struct Listener {
    /// What happened between the event they know last and now; `None` where that is too long ago.
    pub(crate) missed: Option<VecDeque<Happened>>,
    /// What happens from now on.
    pub(crate) batches: broadcast::Receiver<Arc<Batch>>,
}

/// Whether streams are to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Not yet.
    Open,
    /// The server stops.
    Closed,
}

type Rooms = Arc<Mutex<HashMap<CommunityId, broadcast::Sender<Arc<Batch>>>>>;

/// All communities that somebody listens to.
pub(crate) struct Hub {
    engine: Engine,
    rooms: Rooms,
    closing: watch::Sender<Closing>,
    /// What ends on the host.
    pub(crate) endings: Endings,
}

impl Hub {
    pub(crate) fn new(engine: Engine) -> Self {
        let closing = watch::Sender::new(Closing::Open);
        Self { engine, rooms: Arc::default(), closing, endings: Endings::default() }
    }

    /// Tells every stream to end: the server stops.
    pub(crate) fn close(&self) {
        self.closing.send_replace(Closing::Closed);
    }

    /// Tells when streams are to end.
    pub(crate) fn closing(&self) -> watch::Receiver<Closing> {
        self.closing.subscribe()
    }

    /// Listens to a community from now on, and what happened after an event.
    pub(crate) async fn listen(
        &self,
        community: CommunityId,
        after: Option<EventId>,
    ) -> Result<Listener, AskError> {
        // First listen, then read: what lands in between comes twice rather than never, and a listener drops
        // what they were told already.
        let batches = self.join(community);
        let Some(after) = after else { return Ok(Listener { missed: Some(VecDeque::new()), batches }) };
        let Some(drafts) = drafts_since(&self.engine, community, after).await? else {
            return Ok(Listener { missed: None, batches });
        };
        let known = look_up(&self.engine, community, &drafts, When::Again).await?;
        let told = drafts.into_iter().filter_map(|draft| draft.finish(community, &known, When::Again));
        Ok(Listener { missed: Some(told.collect()), batches })
    }

    fn join(&self, community: CommunityId) -> broadcast::Receiver<Arc<Batch>> {
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(&community) {
            return room.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BATCHES_BEHIND_MAX);
        rooms.insert(community, sender.clone());
        let relay = Relay { engine: self.engine.clone(), community, rooms: Arc::clone(&self.rooms), sender };
        let landed = self.engine.subscribe(community);
        tokio::spawn(relay.run(landed));
        receiver
    }
}

/// Makes events of what lands in one community.
struct Relay {
    engine: Engine,
    community: CommunityId,
    rooms: Rooms,
    sender: broadcast::Sender<Arc<Batch>>,
}

impl Relay {
    /// Works until nobody listens, or until it has lost something: then its listeners are sent away, and come
    /// back to what the log says.
    async fn run(self, mut landed: broadcast::Receiver<Arc<Landed>>) {
        let mut rights_seq = 0;
        loop {
            let landed = match landed.recv().await {
                Ok(landed) => landed,
                Err(RecvError::Lagged(_) | RecvError::Closed) => return self.leave(),
            };
            let Some(batch) = self.batch(&landed, &mut rights_seq).await else { return self.leave() };
            // Under the lock, so that nobody joins a room that is being left.
            let mut rooms = lock(&self.rooms);
            if self.sender.send(Arc::new(batch)).is_err() {
                rooms.remove(&self.community);
                return;
            }
        }
    }

    async fn batch(&self, landed: &Landed, rights_seq: &mut u64) -> Option<Batch> {
        let mut drafts: Vec<Draft> = Vec::new();
        for stored in &landed.records {
            let Ok(record) = Record::decode(&stored.bytes) else { continue };
            if touches_rights(&record) {
                *rights_seq = record.seq;
            }
            drafts.extend(of_record(&record, &stored.bodies));
        }
        let known = look_up(&self.engine, self.community, &drafts, When::Now).await.ok()?;
        let told = drafts.into_iter().filter_map(|draft| draft.finish(self.community, &known, When::Now));
        Some(Batch { events: told.collect(), rights_seq: *rights_seq })
    }

    fn leave(self) {
        lock(&self.rooms).remove(&self.community);
    }
}

/// Whether who may know what may have changed by a record: anything but talk.
fn touches_rights(record: &Record) -> bool {
    let talk = |event: &Event| {
        matches!(event, Event::Message(_) | Event::Queue(_) | Event::Timer(_) | Event::Topic(_))
    };
    !record.events.iter().all(talk)
}

/// What the state knows of the messages that events are about.
pub(crate) async fn look_up(
    engine: &Engine,
    community: CommunityId,
    drafts: &[Draft],
    when: When,
) -> Result<Known, AskError> {
    let wanted: Vec<MessageId> = drafts.iter().filter_map(|draft| draft.asks_for(when)).collect();
    if wanted.is_empty() {
        return Ok(Known::new());
    }
    let look = move |stream: &kith_core::stream::Stream| {
        let Some(community) = stream.community() else { return Known::new() };
        let messages = &community.messages;
        let places = wanted.iter().filter_map(|id| {
            let header = messages.get(*id)?;
            let author = community.members.get(header.author);
            let is_erased = author.is_some_and(|it| matches!(it.standing, Standing::Erased { .. }));
            let is_gone = header.deleted.is_some() || messages.is_deleted(*id) || is_erased;
            let is_unchanged = !is_gone && header.edited_ms.is_none();
            Some((*id, Place { channel: header.channel, is_unchanged }))
        });
        places.collect()
    };
    engine.view(community, look).await
}

/// What the log says happened after an event; `None` where that is more than is told again.
async fn drafts_since(
    engine: &Engine,
    community: CommunityId,
    after: EventId,
) -> Result<Option<Vec<Draft>>, StoreError> {
    let head = engine.ports().records.head(community).map_or(0, |head| head.seq);
    if head.saturating_sub(after.seq) > AGAIN_RECORDS_MAX {
        return Ok(None);
    }
    let (mut past, mut drafts) = (Past::after(engine, community, after.seq.saturating_sub(1)), Vec::new());
    while past.seq < head {
        let found = past.next().await?;
        if found.is_empty() {
            break;
        }
        for stored in found {
            let Ok(record) = Record::decode(&stored.bytes) else { continue };
            drafts.extend(of_record(&record, &stored.bodies).filter(|draft| draft.id() > after));
        }
    }
    Ok(Some(drafts))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
