//! The engine: every stream's mailbox, opened on demand and closed when idle.
//!
//! A stream has at most one writer in the process. A mailbox is found or opened under the registry's lock; a
//! closing one refuses letters, finishes what it has, and only then leaves the registry.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kith_core::hook::Extensions;
use kith_core::ids::CommunityId;
use kith_core::ports::{Blobs, Clock, DueIndex, Head, Keys, Records, Snapshots, StoreError};
use kith_core::stream::Stream;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};

use crate::audience::{Audiences, Landed};
use crate::courier;
use crate::draft::{AskError, Draft, Reply};
use crate::due::{self, Due};
use crate::mailbox::{Letter, Office};
use crate::writer::Writer;

/// Letters that can wait in one mailbox; beyond it callers are told to come back.
const LETTERS_MAX: usize = 4_096;

/// What the engine needs of the world.
#[derive(Clone)]
pub struct Ports {
    /// The log.
    pub records: Arc<dyn Records>,
    /// Snapshots.
    pub snapshots: Arc<dyn Snapshots>,
    /// Keys of members and communities.
    pub keys: Arc<dyn Keys>,
    /// Attachments.
    pub blobs: Arc<dyn Blobs>,
    /// When idle streams are due.
    pub due: Arc<dyn DueIndex>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Scripts and plugins.
    pub extensions: Arc<dyn Extensions>,
}

/// How the engine behaves; the defaults are for a server.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// A stream that nobody asks for this long is dropped to its snapshot.
    pub idle_after: Duration,
    /// How often idle streams are looked for.
    pub sweep_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { idle_after: Duration::from_secs(60), sweep_every: Duration::from_secs(5) }
    }
}

/// A mailbox as the registry knows it.
struct Entry {
    letters: mpsc::Sender<Letter>,
    used_ms: AtomicU64,
    /// Closed once the writer is gone and another may be opened.
    gone: Semaphore,
}

/// What writers share.
pub(crate) struct Shared {
    pub(crate) ports: Ports,
    pub(crate) due: Due,
    pub(crate) courier: mpsc::UnboundedSender<CommunityId>,
    pub(crate) audience: Audiences,
    entries: Mutex<HashMap<CommunityId, Arc<Entry>>>,
    stopping: AtomicBool,
    failed: AtomicBool,
    failure: tokio::sync::Notify,
}

/// A running engine. Clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// A command that is in its stream's mailbox.
pub struct Pending(oneshot::Receiver<Result<Reply, AskError>>);

impl Pending {
    /// Waits until its outcome is durable.
    pub async fn reply(self) -> Result<Reply, AskError> {
        self.0.await.unwrap_or(Err(AskError::Stopping))
    }
}

impl Engine {
    /// Starts an engine on the current tokio runtime.
    pub fn start(ports: Ports, options: Options) -> Self {
        let (courier, mail) = mpsc::unbounded_channel();
        let due = Due::new(Arc::clone(&ports.due));
        let shared = Arc::new(Shared {
            ports,
            due,
            courier,
            audience: Audiences::default(),
            entries: Mutex::default(),
            stopping: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            failure: tokio::sync::Notify::new(),
        });
        let engine = Self { shared };
        tokio::spawn(courier::run(engine.clone(), mail));
        tokio::spawn(due::run(engine.clone()));
        tokio::spawn(sweep(engine.clone(), options));
        engine
    }

    /// Asks for a command and waits until its outcome is durable.
    pub async fn ask(&self, draft: Draft) -> Result<Reply, AskError> {
        self.post(draft).await?.reply().await
    }

    /// Puts a command into its stream's mailbox; commands that one caller posts are decided in that order.
    pub async fn post(&self, draft: Draft) -> Result<Pending, AskError> {
        let community = draft.community;
        let (reply_to, reply) = oneshot::channel();
        self.send(community, Letter::Ask(Box::new(draft), reply_to)).await?;
        Ok(Pending(reply))
    }

    /// Looks at a stream's state; the answer rests on durable records only.
    pub async fn view<T: Send + 'static>(
        &self,
        community: CommunityId,
        look: impl FnOnce(&Stream) -> T + Send + 'static,
    ) -> Result<T, AskError> {
        let (reply_to, reply) = oneshot::channel();
        let view = Box::new(move |stream: Option<&Stream>| {
            let seen = stream.map(look);
            let deliver: Box<dyn FnOnce(Result<(), AskError>) + Send> = Box::new(move |durable| {
                // A caller that has gone away does not want its answer.
                let _ = reply_to.send(durable.and_then(|()| seen.ok_or(AskError::Stopping)));
            });
            deliver
        });
        self.send(community, Letter::View(view)).await?;
        reply.await.unwrap_or(Err(AskError::Stopping))
    }

    /// What of one stream becomes durable from now on, in order. Whoever lags too far behind is told so and
    /// reads the log instead.
    pub fn subscribe(&self, community: CommunityId) -> broadcast::Receiver<Arc<Landed>> {
        self.shared.audience.join(community)
    }

    /// Which streams have something new, for whoever follows them all; what it is stands in the log.
    pub fn landings(&self) -> broadcast::Receiver<(CommunityId, Head)> {
        self.shared.audience.landings()
    }

    /// The ports the engine was started with.
    pub fn ports(&self) -> &Ports {
        &self.shared.ports
    }

    /// How many streams have a writer now.
    pub fn open_streams(&self) -> usize {
        self.shared.entries().len()
    }

    /// Lets a stream finish and drop to its snapshot.
    pub async fn rest(&self, community: CommunityId) {
        let entry = self.shared.entries().get(&community).cloned();
        if let Some(entry) = entry {
            // A mailbox that is closed already is resting.
            let _ = entry.letters.send(Letter::Rest).await;
            // The semaphore has no permits: acquiring ends when it is closed.
            let _ = entry.gone.acquire().await;
        }
    }

    /// Takes no more commands, finishes those taken, and drops every stream to its snapshot.
    pub async fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        let open: Vec<CommunityId> = self.shared.entries().keys().copied().collect();
        for community in open {
            self.rest(community).await;
        }
    }

    /// Ends when the log has failed: nothing may be acknowledged any more, and the process has to go.
    pub async fn failure(&self) {
        let failure = self.shared.failure.notified();
        tokio::pin!(failure);
        failure.as_mut().enable();
        if !self.shared.is_failed() {
            failure.await;
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Whether the engine has stopped or failed.
    pub(crate) fn is_over(&self) -> bool {
        self.shared.is_failed() || self.shared.stopping.load(Ordering::Acquire)
    }

    /// Wakes a stream whose timer is due.
    pub(crate) async fn wake(&self, community: CommunityId) -> Result<(), AskError> {
        self.send(community, Letter::Wake).await
    }

    async fn send(&self, community: CommunityId, letter: Letter) -> Result<(), AskError> {
        let mut letter = letter;
        loop {
            if self.shared.is_failed() || self.shared.stopping.load(Ordering::Acquire) {
                return Err(AskError::Stopping);
            }
            let entry = self.entry(community);
            entry.used_ms.store(self.shared.ports.clock.monotonic_ms(), Ordering::Relaxed);
            match entry.letters.try_send(letter) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(_)) => return Err(AskError::Overloaded),
                Err(mpsc::error::TrySendError::Closed(back)) => letter = back,
            }
            // Wait until the old writer is gone, then open a new one.
            let _ = entry.gone.acquire().await;
        }
    }

    /// The mailbox of a stream, opened if need be. Letters wait in it while the writer reads the stream back.
    fn entry(&self, community: CommunityId) -> Arc<Entry> {
        let mut entries = self.shared.entries();
        if let Some(entry) = entries.get(&community) {
            return Arc::clone(entry);
        }
        let (sender, letters) = mpsc::channel(LETTERS_MAX);
        let used_ms = AtomicU64::new(self.shared.ports.clock.monotonic_ms());
        let entry = Arc::new(Entry { letters: sender, used_ms, gone: Semaphore::new(0) });
        entries.insert(community, Arc::clone(&entry));
        tokio::spawn(open(Arc::clone(&self.shared), community, letters));
        entry
    }
}

/// Reads a stream back and works on its letters; a stream that cannot be read answers each letter with why.
async fn open(shared: Arc<Shared>, community: CommunityId, mut letters: mpsc::Receiver<Letter>) {
    let reader = Arc::clone(&shared);
    let opened = tokio::task::spawn_blocking(move || {
        let ports = &reader.ports;
        let (records, extensions) = (Arc::clone(&ports.records), Arc::clone(&ports.extensions));
        Writer::open(community, records, ports.snapshots.as_ref(), extensions)
    });
    let _leaving = Leaving { shared: Arc::clone(&shared), community };
    let error = match opened.await {
        Ok(Ok(writer)) => return Office::new(writer, letters, shared).run().await,
        Ok(Err(error)) => error,
        Err(panic) => AskError::Unreadable { community, what: panic.to_string() },
    };
    tracing::error!(%community, %error, "a stream could not be opened");
    letters.close();
    while let Some(letter) = letters.recv().await {
        letter.fail(match &error {
            AskError::Store(error) => AskError::again(error),
            other => AskError::Unreadable { community, what: other.to_string() },
        });
    }
}

/// Makes room for another writer however this one ends: a panic must not shut the stream for good.
struct Leaving {
    shared: Arc<Shared>,
    community: CommunityId,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.closed(self.community);
    }
}

impl Shared {
    fn entries(&self) -> MutexGuard<'_, HashMap<CommunityId, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A writer is gone: another may be opened.
    fn closed(&self, community: CommunityId) {
        if let Some(entry) = self.entries().remove(&community) {
            entry.gone.close();
        }
    }

    /// A frame was refused or lost. A damaged stream is closed alone; anything else ends the engine.
    pub(crate) fn broken(&self, community: CommunityId, error: &StoreError) {
        tracing::error!(%community, %error, "the log took no frame");
        if !matches!(error, StoreError::Damaged(_) | StoreError::Fenced { .. } | StoreError::TooLarge { .. })
        {
            self.failed.store(true, Ordering::Release);
            self.failure.notify_waiters();
        }
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}

/// Sends streams that nobody asks to rest.
async fn sweep(engine: Engine, options: Options) {
    let mut tick = tokio::time::interval(options.sweep_every);
    loop {
        tick.tick().await;
        if engine.shared.stopping.load(Ordering::Acquire) {
            return;
        }
        engine.shared.audience.forget_empty();
        let now_ms = engine.shared.ports.clock.monotonic_ms();
        let idle_ms = u64::try_from(options.idle_after.as_millis()).unwrap_or(u64::MAX);
        let idle: Vec<Arc<Entry>> = engine
            .shared
            .entries()
            .values()
            .filter(|entry| now_ms.saturating_sub(entry.used_ms.load(Ordering::Relaxed)) >= idle_ms)
            .cloned()
            .collect();
        for entry in idle {
            // A full or closed mailbox is not idle after all.
            let _ = entry.letters.try_send(Letter::Rest);
        }
    }
}
