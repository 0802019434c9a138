//! The mailbox of one stream: letters in, one writer, answers only when the frame that holds them is durable.
//!
//! The writer drains what has arrived, decides it, hands it to the log as one frame and goes on with the next
//! letters while the disk works. Whatever was read or refused meanwhile is answered no earlier than the
//! records it rests on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use kith_core::command::Actor;
use kith_core::ids::{CommandId, derive};
use kith_core::moment::MINUTE_MS;
use kith_core::ports::{Head, StoreError};
use kith_core::stream::Stream;
use kith_core::timer;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::draft::{AskError, Draft, Reply};
use crate::engine::Shared;
use crate::writer::Writer;

/// Letters decided before their frame is handed over: bounds the wait of the first of them.
const LETTERS_PER_FRAME_MAX: usize = 256;
/// Timers fired in a row before other letters get their turn.
const TIMERS_PER_WAKE_MAX: usize = 256;
/// Records after which a new snapshot is taken: folding these takes a fraction of a second.
const RECORDS_PER_SNAPSHOT: u64 = 20_000;

/// When undelivered parcels, and timers that were refused, are tried again, after a restart too.
const RETRY_MS: u64 = MINUTE_MS;

/// Runs when what a letter rests on is durable, or never will be.
type Deliver = Box<dyn FnOnce(Result<(), AskError>) + Send>;

/// A look at a state, and how what it saw is delivered.
type View = Box<dyn FnOnce(Option<&Stream>) -> Deliver + Send>;

/// What can be put into a mailbox.
pub(crate) enum Letter {
    /// A command and where its reply goes.
    Ask(Box<Draft>, oneshot::Sender<Result<Reply, AskError>>),
    /// A look at the state; what it returns is delivered once that state is durable. `None` for a stream that
    /// cannot be read.
    View(View),
    /// A timer is due.
    Wake,
    /// Nobody has asked for a while: take a snapshot and go.
    Rest,
}

impl Letter {
    /// Answers a letter that no writer will read.
    pub(crate) fn fail(self, error: AskError) {
        match self {
            // A caller that has gone away does not want its answer.
            Self::Ask(_, reply_to) => drop(reply_to.send(Err(error))),
            Self::View(view) => view(None)(Err(error)),
            Self::Wake | Self::Rest => {}
        }
    }
}

/// How far a stream's frames are durable, or why they never will be.
#[derive(Default)]
struct Durable {
    frame_no: AtomicU64,
    lost: OnceLock<StoreError>,
    changed: Notify,
}

/// One running writer.
pub(crate) struct Office {
    writer: Writer,
    letters: mpsc::Receiver<Letter>,
    shared: Arc<Shared>,
    durable: Arc<Durable>,
    waiting: Vec<Deliver>,
    snapshot_seq: u64,
    courier_due: bool,
    erasing: bool,
    /// Whether anybody has asked, or only timers have woken it.
    asked: bool,
    /// A timer that was refused is not tried again before.
    timers_after_ms: u64,
}

impl Office {
    /// An office for an opened writer.
    pub(crate) fn new(writer: Writer, letters: mpsc::Receiver<Letter>, shared: Arc<Shared>) -> Self {
        let durable = Arc::new(Durable::default());
        durable.frame_no.store(writer.frame_no(), Ordering::Release);
        let snapshot_seq = writer.stream().seq;
        let courier_due = has_errands(writer.stream());
        let erasing = !writer.stream().erasures.is_empty();
        Self {
            writer,
            letters,
            shared,
            durable,
            waiting: Vec::new(),
            snapshot_seq,
            courier_due,
            erasing,
            asked: false,
            timers_after_ms: 0,
        }
    }

    /// Works until it is told to rest and nothing is left, or the engine stops.
    pub(crate) async fn run(mut self) {
        while let Some(letter) = self.letters.recv().await {
            let mut rest = self.take(letter);
            for _ in 1..LETTERS_PER_FRAME_MAX {
                if rest || self.writer.frame_is_full() {
                    break;
                }
                let Ok(letter) = self.letters.try_recv() else { break };
                rest = self.take(letter);
            }
            if let Err(error) = self.hand_over() {
                return self.abandon(&error).await;
            }
            let erased = std::mem::replace(&mut self.erasing, !self.writer.stream().erasures.is_empty());
            // An erasure purged the snapshots: without a fresh one the next start would fold everything.
            let purged = erased && !self.erasing;
            if purged || self.writer.stream().seq >= self.snapshot_seq + RECORDS_PER_SNAPSHOT {
                self.keep_snapshot().await;
            }
            // A stream that only its timers woke rests at once: thousands can be due in the same minute.
            if rest || (!self.asked && self.letters.is_empty()) {
                self.letters.close();
            }
        }
        self.keep_snapshot().await;
    }

    /// Gives up a state that is ahead of the log: whatever is left is told so, no snapshot is taken, and the
    /// next letter finds the stream read back as it is on disk.
    async fn abandon(mut self, error: &StoreError) {
        self.shared.broken(self.writer.stream().id, error);
        self.letters.close();
        while let Some(letter) = self.letters.recv().await {
            letter.fail(AskError::again(error));
        }
    }

    /// Takes one letter; says whether it asks for rest.
    fn take(&mut self, letter: Letter) -> bool {
        self.asked |= matches!(letter, Letter::Ask(..) | Letter::View(_));
        match letter {
            Letter::Ask(draft, reply_to) => self.ask(*draft, reply_to),
            Letter::View(view) => {
                let deliver = view(Some(self.writer.stream()));
                self.waiting.push(deliver);
            }
            Letter::Wake => self.fire_due(),
            Letter::Rest => {
                self.writer.note_refused(self.shared.ports.clock.wall_ms());
                return true;
            }
        }
        false
    }

    fn ask(&mut self, draft: Draft, reply_to: oneshot::Sender<Result<Reply, AskError>>) {
        let step = self.writer.step(draft, self.shared.ports.clock.wall_ms());
        self.waiting.push(Box::new(move |durable| {
            // A caller that has gone away does not want its reply.
            let _ = reply_to.send(durable.and(step.reply));
        }));
    }

    fn fire_due(&mut self) {
        if self.writer.is_read_only() {
            return;
        }
        self.courier_due |= has_errands(self.writer.stream());
        let now_ms = self.shared.ports.clock.wall_ms();
        for _ in 0..TIMERS_PER_WAKE_MAX {
            let stream = self.writer.stream();
            let Some((due_ms, timer)) = stream.timers.next().filter(|(due_ms, _)| *due_ms <= now_ms) else {
                break;
            };
            let draft = fire(stream.id, timer, due_ms);
            if let Err(error) = self.writer.step(draft, now_ms).reply {
                tracing::error!(%timer, %error, "a due timer was refused");
                self.timers_after_ms = now_ms.saturating_add(RETRY_MS);
                break;
            }
        }
    }

    /// When the stream has to be woken: its earliest timer, or another try for the courier. A stream that
    /// records nothing any more need not be woken.
    fn due_ms(&self) -> Option<u64> {
        if self.writer.is_read_only() {
            return None;
        }
        let stream = self.writer.stream();
        let timer = stream.timers.next().map(|(due_ms, _)| due_ms.max(self.timers_after_ms));
        let now_ms = self.shared.ports.clock.wall_ms();
        let retry = has_errands(stream).then(|| now_ms.saturating_add(RETRY_MS));
        timer.into_iter().chain(retry).min()
    }

    /// Hands the frame over and leaves the answers with it; answers without a frame of their own wait for the
    /// last one.
    fn hand_over(&mut self) -> Result<(), StoreError> {
        let stream = self.writer.stream();
        self.shared.due.set(stream.id, self.due_ms());
        self.courier_due |= self.writer.has_pending() && has_errands(stream);
        let community = stream.id;
        let waiting = std::mem::take(&mut self.waiting);
        if !self.writer.has_pending() {
            if std::mem::take(&mut self.courier_due) {
                // The courier ends only with the engine.
                let _ = self.shared.courier.send(community);
            }
            self.answer_behind(waiting);
            return Ok(());
        }
        let (durable, shared) = (Arc::clone(&self.durable), Arc::clone(&self.shared));
        let courier = self.courier_due.then(|| self.shared.courier.clone());
        self.courier_due = false;
        let audience = self.shared.audience.of(community, self.writer.pending());
        let answers = Arc::new(std::sync::Mutex::new(waiting));
        let later = Arc::clone(&answers);
        let handed = self.writer.flush(Box::new(move |result: Result<Head, StoreError>| {
            let waiting = std::mem::take(&mut *lock(&later));
            match result {
                Ok(head) => {
                    durable.frame_no.store(head.frame_no, Ordering::Release);
                    durable.changed.notify_waiters();
                    if let Some(courier) = courier {
                        // The courier ends only with the engine.
                        let _ = courier.send(community);
                    }
                    waiting.into_iter().for_each(|deliver| deliver(Ok(())));
                    audience.tell(head);
                }
                Err(error) => {
                    shared.broken(community, &error);
                    waiting.into_iter().for_each(|deliver| deliver(Err(AskError::again(&error))));
                    durable.lose(error);
                }
            }
        }));
        handed.inspect_err(|error| {
            let waiting = std::mem::take(&mut *lock(&answers));
            waiting.into_iter().for_each(|deliver| deliver(Err(AskError::again(error))));
        })
    }

    /// Delivers answers that rest on frames already handed over.
    fn answer_behind(&self, waiting: Vec<Deliver>) {
        if waiting.is_empty() {
            return;
        }
        let frame_no = self.writer.frame_no();
        if self.durable.frame_no.load(Ordering::Acquire) >= frame_no {
            waiting.into_iter().for_each(|deliver| deliver(Ok(())));
            return;
        }
        let durable = Arc::clone(&self.durable);
        tokio::spawn(async move {
            let reached = durable.reach(frame_no).await;
            let answer = || reached.map_or(Ok(()), |error| Err(AskError::again(error)));
            waiting.into_iter().for_each(|deliver| deliver(answer()));
        });
    }

    /// Takes a snapshot of the durable state, if there is something new in it.
    async fn keep_snapshot(&mut self) {
        if self.writer.stream().seq == self.snapshot_seq || self.shared.is_failed() {
            return;
        }
        let community = self.writer.stream().id;
        if self.durable.reach(self.writer.frame_no()).await.is_some() {
            return;
        }
        let Some(head) = self.shared.ports.records.head(community) else { return };
        let snapshot = self.writer.snapshot(head);
        self.snapshot_seq = self.writer.stream().seq;
        let snapshots = Arc::clone(&self.shared.ports.snapshots);
        let kept = tokio::task::spawn_blocking(move || snapshots.put(community, snapshot)).await;
        if let Ok(Err(error)) = kept {
            tracing::debug!(%community, %error, "no snapshot kept; the next start folds more records");
        }
    }
}

impl Durable {
    /// Waits until a frame is durable; returns why it never will be.
    async fn reach(&self, frame_no: u64) -> Option<&StoreError> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.frame_no.load(Ordering::Acquire) >= frame_no {
                return None;
            }
            if let Some(error) = self.lost.get() {
                return Some(error);
            }
            changed.await;
        }
    }

    /// Notes that a frame was lost, and with it all that follow.
    fn lose(&self, error: StoreError) {
        self.lost.get_or_init(|| error);
        self.changed.notify_waiters();
    }
}

/// Whether the courier has something to do for a stream: parcels, or keys to destroy.
fn has_errands(stream: &Stream) -> bool {
    stream.handoffs.outbox().next().is_some() || !stream.erasures.is_empty()
}

/// The command that fires a timer; its id derives from the timer, so that a second firing is the same
/// command.
pub(crate) fn fire(
    community: kith_core::ids::CommunityId,
    timer: kith_core::ids::TimerId,
    due_ms: u64,
) -> Draft {
    let id = CommandId(derive(timer.0, "fire", 0));
    Draft::new(id, community, Actor::Timer(timer), timer::Command::Fire { timer, due_ms })
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
