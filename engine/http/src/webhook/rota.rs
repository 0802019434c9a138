//! The rota: which webhooks are told now. One task for the whole server, and one for each round under way.
//!
//! At the start it asks the index which communities ever added a webhook, and opens only those. From then on
//! it listens to what lands, as long as there is a webhook at all; of a community whose webhooks know
//! everything it keeps the id and nothing else. Nothing here is waited for by whoever writes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kith_core::ids::{CommunityId, WebhookId};
use kith_core::ports::{Head, Records, StoreError};
use kith_core::stream::Stream;
use kith_core::webhook::{self, State};
use kith_runtime::draft::AskError;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, Semaphore, broadcast, mpsc};

use super::round::{Kit, Passed, Round};
use super::wire::Wire;
use crate::live::Closing;
use crate::place::Place;

/// Requests at once of the whole server.
const REQUESTS_MAX: usize = 64;
/// Requests at once of one community: slow receivers of one leave seats to the others.
const REQUESTS_OF_ONE_MAX: usize = 8;
/// Communities that are looked at at once: a look may have to open the stream.
const LOOKS_MAX: usize = 8;
/// How long is waited before a look, so that a busy community is not looked at for every frame.
const LOOK_AFTER: Duration = Duration::from_millis(50);
/// How often it is looked whether somebody is to be tried again.
const TICK: Duration = Duration::from_millis(250);
/// When a community is looked at again that could not be read, milliseconds.
const RETRY_MS: u64 = 10_000;
/// How long is waited for the index.
const INDEX_AFTER: Duration = Duration::from_secs(1);

/// Rung for a community whose webhooks have changed.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<BTreeSet<CommunityId>>,
    rings: Notify,
}

impl Bell {
    /// Has a community looked at.
    pub(crate) fn ring(&self, community: CommunityId) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).insert(community);
        self.rings.notify_one();
    }

    /// The communities it was rung for, once it was.
    async fn heard(&self) -> BTreeSet<CommunityId> {
        loop {
            let rung = std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner));
            if !rung.is_empty() {
                return rung;
            }
            self.rings.notified().await;
        }
    }
}

/// What a look at a community found.
#[derive(Default)]
struct Found {
    /// Webhooks that are to be told now.
    due: Vec<WebhookId>,
    /// When the next one is to be tried again.
    next_ms: Option<u64>,
    /// How many are not off.
    on: usize,
}

/// What tasks tell the rota.
enum Word {
    Looked(CommunityId, Result<Found, AskError>),
    Ended(CommunityId, WebhookId, Result<(), AskError>),
}

/// Whether something is to be done once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    Yes,
}

/// A community of which something is under way.
struct Busy {
    /// A look, and whether another is wanted after it.
    looking: Option<Again>,
    /// Rounds, and whether there was something new since they began.
    running: BTreeMap<WebhookId, Again>,
    seats: Arc<Semaphore>,
}

impl Busy {
    fn new() -> Self {
        let seats = Arc::new(Semaphore::new(REQUESTS_OF_ONE_MAX));
        Self { looking: None, running: BTreeMap::new(), seats }
    }
}

/// Who is told now.
struct Rota {
    place: Place,
    wire: Arc<Wire>,
    passed: Arc<Passed>,
    seats: Arc<Semaphore>,
    looks: Arc<Semaphore>,
    words: mpsc::UnboundedSender<Word>,
    /// Communities with a webhook that is not off.
    known: HashSet<CommunityId>,
    busy: HashMap<CommunityId, Busy>,
    /// When communities are looked at although nothing lands.
    later: BTreeSet<(u64, CommunityId)>,
    landings: Option<broadcast::Receiver<(CommunityId, Head)>>,
}

/// Has webhooks told until the server stops, then waits for rounds under way.
pub(crate) async fn run(place: Place) {
    let mut closing = place.hub.closing();
    let (words, mut heard) = mpsc::unbounded_channel();
    let finding = tokio::spawn(find(place.clone()));
    let mut rota = Rota {
        wire: Arc::new(Wire::new(place.settings.webhooks)),
        passed: Arc::default(),
        seats: Arc::new(Semaphore::new(REQUESTS_MAX)),
        looks: Arc::new(Semaphore::new(LOOKS_MAX)),
        words,
        known: HashSet::new(),
        busy: HashMap::new(),
        later: BTreeSet::new(),
        landings: None,
        place: place.clone(),
    };
    loop {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing == Closing::Closed) => break,
            rung = place.webhooks.heard() => rung.into_iter().for_each(|community| rota.look(community)),
            // The rota holds the other end.
            Some(word) = heard.recv() => rota.hear(word),
            landed = landed(&mut rota.landings) => rota.landed(landed),
            () = tokio::time::sleep(TICK), if !rota.later.is_empty() => rota.try_again(),
        }
    }
    finding.abort();
    // Every task holds one end.
    drop(rota);
    while heard.recv().await.is_some() {}
}

/// What lands next; for ever nothing where nobody listens.
async fn landed(
    landings: &mut Option<broadcast::Receiver<(CommunityId, Head)>>,
) -> Result<CommunityId, RecvError> {
    match landings {
        Some(landings) => landings.recv().await.map(|(community, _)| community),
        None => std::future::pending().await,
    }
}

impl Rota {
    fn landed(&mut self, landed: Result<CommunityId, RecvError>) {
        match landed {
            Ok(community) if self.known.contains(&community) => self.look(community),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => self.known.clone().into_iter().for_each(|it| self.look(it)),
            Err(RecvError::Closed) => self.landings = None,
        }
    }

    fn try_again(&mut self) {
        let now_ms = self.place.now_ms();
        while let Some((_, community)) = self.later.first().copied().filter(|(at_ms, _)| *at_ms <= now_ms) {
            self.later.pop_first();
            self.look(community);
        }
    }

    /// Looks at a community soon.
    fn look(&mut self, community: CommunityId) {
        let busy = self.busy.entry(community).or_insert_with(Busy::new);
        if let Some(again) = &mut busy.looking {
            *again = Again::Yes;
            return;
        }
        busy.looking = Some(Again::No);
        let (place, passed) = (self.place.clone(), Arc::clone(&self.passed));
        let (looks, words) = (Arc::clone(&self.looks), self.words.clone());
        tokio::spawn(async move {
            tokio::time::sleep(LOOK_AFTER).await;
            // The semaphore is never closed.
            let _seat = looks.acquire_owned().await;
            // Whoever stopped the rota does not want to know.
            let _ = words.send(Word::Looked(community, look(&place, passed, community).await));
        });
    }

    fn hear(&mut self, word: Word) {
        match word {
            Word::Looked(community, found) => self.looked(community, found),
            Word::Ended(community, webhook, ended) => self.ended(community, webhook, ended),
        }
    }

    fn looked(&mut self, community: CommunityId, found: Result<Found, AskError>) {
        self.later.retain(|(_, of)| *of != community);
        let again = self.busy.get_mut(&community).and_then(|busy| busy.looking.take());
        match found {
            Ok(found) => {
                self.mind(community, &found);
                found.due.into_iter().for_each(|webhook| self.start(community, webhook));
            }
            Err(error) => self.retry(community, &error),
        }
        if again == Some(Again::Yes) {
            self.look(community);
        }
        self.forget_idle(community);
    }

    /// Listens where there is a webhook, and comes back where one is to be tried again.
    fn mind(&mut self, community: CommunityId, found: &Found) {
        self.later.extend(found.next_ms.map(|at_ms| (at_ms, community)));
        if found.on == 0 {
            self.known.remove(&community);
        } else if self.known.insert(community) && self.landings.is_none() {
            self.landings = Some(self.place.engine.landings());
        } else {
            return;
        }
        if self.known.is_empty() {
            self.landings = None;
        } else if found.on > 0 {
            // What landed before it was listened to is looked for once more.
            self.look(community);
        }
    }

    fn start(&mut self, community: CommunityId, webhook: WebhookId) {
        let busy = self.busy.entry(community).or_insert_with(Busy::new);
        if let Some(again) = busy.running.get_mut(&webhook) {
            *again = Again::Yes;
            return;
        }
        busy.running.insert(webhook, Again::No);
        let kit = Kit {
            place: self.place.clone(),
            wire: Arc::clone(&self.wire),
            passed: Arc::clone(&self.passed),
            seats: [Arc::clone(&busy.seats), Arc::clone(&self.seats)],
            closing: self.place.hub.closing(),
        };
        let words = self.words.clone();
        tokio::spawn(async move {
            let ended = Round::new(kit, community, webhook).run().await;
            // Whoever stopped the rota does not want to know.
            let _ = words.send(Word::Ended(community, webhook, ended));
        });
    }

    fn ended(&mut self, community: CommunityId, webhook: WebhookId, ended: Result<(), AskError>) {
        let again = self.busy.get_mut(&community).and_then(|busy| busy.running.remove(&webhook));
        match ended {
            Err(error) => self.retry(community, &error),
            Ok(()) if again == Some(Again::Yes) => self.look(community),
            Ok(()) => {}
        }
        self.forget_idle(community);
    }

    fn retry(&mut self, community: CommunityId, error: &AskError) {
        tracing::debug!(%community, %error, "webhooks are told later");
        self.later.insert((self.place.now_ms().saturating_add(RETRY_MS), community));
    }

    fn forget_idle(&mut self, community: CommunityId) {
        let is_idle = |busy: &Busy| busy.looking.is_none() && busy.running.is_empty();
        if self.busy.get(&community).is_some_and(is_idle) {
            self.busy.remove(&community);
        }
    }
}

/// Which webhooks of a community are to be told now.
async fn look(place: &Place, passed: Arc<Passed>, community: CommunityId) -> Result<Found, AskError> {
    let now_ms = place.now_ms();
    let look = move |stream: &Stream| {
        let mut found = Found::default();
        for row in stream.community().into_iter().flat_map(|it| it.webhooks.iter()) {
            found.on += usize::from(!matches!(row.state, State::Off { .. }));
            let done_seq = row.acked_seq.max(passed.get(community, row.id));
            match row.state {
                State::Failing { next_ms, .. } if next_ms > now_ms => {
                    found.next_ms = Some(found.next_ms.unwrap_or(u64::MAX).min(next_ms));
                }
                _ if row.is_due(now_ms) && stream.seq > done_seq => found.due.push(row.id),
                _ => {}
            }
        }
        found
    };
    place.engine.view(community, look).await
}

/// Rings for every community that has webhooks, once the index can say which.
async fn find(place: Place) {
    let records = Arc::clone(&place.engine.ports().records);
    let mut left = records.streams();
    while let Some(community) = left.pop() {
        let records = Arc::clone(&records);
        let looked = tokio::task::spawn_blocking(move || may_have_webhooks(records.as_ref(), community));
        match looked.await.unwrap_or(Err(StoreError::Closed)) {
            Ok(Presence::Some) => place.webhooks.ring(community),
            Ok(Presence::None) => {}
            Err(StoreError::NotReady) => {
                left.push(community);
                tokio::time::sleep(INDEX_AFTER).await;
            }
            Err(error) => tracing::warn!(%community, %error, "its webhooks are not told before it changes"),
        }
    }
}

/// Whether a community ever added a webhook.
enum Presence {
    Some,
    None,
}

/// Asks the index; where compaction may have dropped the record that says so, the state that stands for it.
fn may_have_webhooks(records: &dyn Records, community: CommunityId) -> Result<Presence, StoreError> {
    if records.locate(community, webhook::FOUND_BY)?.is_some() {
        return Ok(Presence::Some);
    }
    let has = |stream: Stream| stream.community().is_some_and(|it| !it.webhooks.is_empty());
    let cut = records.cut(community)?;
    let in_cut = cut.and_then(|cut| Stream::decode(&cut.bytes, cut.bodies.into_iter().collect()).ok());
    Ok(if in_cut.is_some_and(has) { Presence::Some } else { Presence::None })
}
