//! The hub: one task for each community that somebody listens to.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::event::Event;
use kith_core::ids::{CommunityId, MessageId};
use kith_core::member::Standing;
use kith_core::ports::{NewRecord, Records, StoreError, StoredRecord};
use kith_core::record::Record;
use kith_runtime::audience::Landed;
use kith_runtime::draft::AskError;
use kith_runtime::engine::Engine;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::event::{Draft, EventId, Happened, Known, Place, When, of_record};

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
}

impl Hub {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, rooms: Arc::default(), closing: watch::Sender::new(Closing::Open) }
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
        let records = Arc::clone(&self.engine.ports().records);
        let read = tokio::task::spawn_blocking(move || drafts_since(records.as_ref(), community, after));
        let Some(drafts) = read.await.unwrap_or(Err(StoreError::Closed))? else {
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
        let touches = |record: &&NewRecord| Record::decode(&record.bytes).is_ok_and(|it| touches_rights(&it));
        if let Some(record) = landed.records.iter().rev().find(touches) {
            *rights_seq = record.seq;
        }
        let drafts: Vec<Draft> = landed.records.iter().flat_map(of_record).collect();
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
async fn look_up(
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
fn drafts_since(
    records: &dyn Records,
    community: CommunityId,
    after: EventId,
) -> Result<Option<Vec<Draft>>, StoreError> {
    let Some(head) = records.head(community) else { return Ok(Some(Vec::new())) };
    let newer = head.seq.saturating_sub(after.seq);
    if newer > AGAIN_RECORDS_MAX {
        return Ok(None);
    }
    // A frame holds at least one record, so the wanted one is in no frame before this.
    let first_frame = head.frame_no.saturating_sub(newer).max(1);
    let mut drafts = Vec::new();
    records.read(community, first_frame, &mut |frame| {
        for stored in frame.records.into_iter().filter(|stored| stored.seq >= after.seq) {
            drafts.extend(of_record(&as_new(stored)).into_iter().filter(|draft| draft.id() > after));
        }
        ControlFlow::Continue(())
    })?;
    Ok(Some(drafts))
}

fn as_new(stored: StoredRecord) -> NewRecord {
    let StoredRecord { seq, at_ms, bytes, bodies, .. } = stored;
    NewRecord { seq, at_ms, ids: Vec::new(), bytes, bodies }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
