//! A round: one webhook is told of everything it was not told of yet, letter after letter, until nothing is
//! left, it does not answer, or the server stops.
//!
//! What was taken is noted in the community's own stream now and then and at the end, so that a round that
//! was cut off begins again a little before where it was, with the same ids. Rows of the state are looked at
//! again every few records: what was deleted, erased, hidden or paused meanwhile is not told.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kith_core::command::Actor;
use kith_core::ids::{ChannelId, CommunityId, WebhookId};
use kith_core::ports::NewRecord;
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::stream::Stream;
use kith_core::webhook::{Command, State, Webhook};
use kith_runtime::draft::{AskError, Draft};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::letter::{Letter, is_told};
use super::wire::{Line, Post, Target, Trouble, Wire};
use crate::live::{self, Closing, When, look_up, of_record};
use crate::past::Past;
use crate::place::Place;

/// Records between two looks at the state.
const SLICE_RECORDS: usize = 16;
/// How long what was taken may be unnoted: every note is a record.
const NOTE_AFTER: Duration = Duration::from_millis(500);
/// How long a round waits for more before it looks again.
const PAUSE: Duration = Duration::from_millis(50);
/// Records of which nothing was to be told, until that is noted: so many are read again after a restart.
const SILENT_RECORDS_MAX: u64 = 4_096;
/// How long a receiver may still take once the server stops.
const GRACE: Duration = Duration::from_secs(3);
/// Webhooks of which it is kept how far they were told.
const KEPT_MAX: usize = 10_000;

/// How far webhooks were told since the process began, ahead of what is noted. May be lost.
#[derive(Default)]
pub(super) struct Passed(Mutex<HashMap<(CommunityId, WebhookId), u64>>);

impl Passed {
    /// The last record that a webhook is done with, as far as is known.
    pub(super) fn get(&self, community: CommunityId, webhook: WebhookId) -> u64 {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(community, webhook)).copied().unwrap_or(0)
    }

    fn set(&self, community: CommunityId, webhook: WebhookId, seq: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX && !kept.contains_key(&(community, webhook)) {
            kept.clear();
        }
        kept.insert((community, webhook), seq);
    }
}

/// What a round works with.
pub(super) struct Kit {
    pub(super) place: Place,
    pub(super) wire: Arc<Wire>,
    pub(super) passed: Arc<Passed>,
    /// Seats of the community, then of the server: whoever sends holds one of each.
    pub(super) seats: [Arc<Semaphore>; 2],
    pub(super) closing: watch::Receiver<Closing>,
}

/// One webhook's round.
pub(super) struct Round {
    kit: Kit,
    community: CommunityId,
    webhook: WebhookId,
    line: Option<Line>,
    /// What the state has noted.
    acked_seq: u64,
    /// Everything up to here is done with.
    done_seq: u64,
    /// Since when something is taken and not noted.
    unnoted: Option<Instant>,
}

/// What the state says of the webhook now.
struct Sight {
    row: Webhook,
    url: String,
    secret: String,
    /// Channels that every member reads.
    open: BTreeSet<ChannelId>,
}

/// Whether a round goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    More,
    Over,
}

impl Round {
    /// A round of one webhook.
    pub(super) fn new(kit: Kit, community: CommunityId, webhook: WebhookId) -> Self {
        let (line, unnoted) = (None, None);
        Self { kit, community, webhook, line, acked_seq: 0, done_seq: 0, unnoted }
    }

    /// Tells the webhook.
    pub(super) async fn run(mut self) -> Result<(), AskError> {
        let Some(sight) = self.sight().await? else { return Ok(()) };
        self.acked_seq = sight.row.acked_seq;
        self.done_seq = self.acked_seq.max(self.kit.passed.get(self.community, self.webhook));
        let mut past = Past::after(&self.kit.place.engine, self.community, self.done_seq);
        while !self.is_closing() {
            let records = if self.is_behind() { past.next().await? } else { Vec::new() };
            if records.is_empty() && self.unnoted.is_none() {
                break;
            }
            for slice in records.chunks(SLICE_RECORDS) {
                if self.tell(slice).await? == Next::Over {
                    return self.note().await;
                }
            }
            if records.is_empty() {
                self.pause().await;
            }
            if self.unnoted.is_some_and(|since| since.elapsed() >= NOTE_AFTER)
                || self.done_seq - self.acked_seq >= SILENT_RECORDS_MAX
            {
                self.note().await?;
            }
        }
        self.note_taken().await
    }

    fn is_closing(&self) -> bool {
        *self.kit.closing.borrow() == Closing::Closed
    }

    fn is_behind(&self) -> bool {
        let head = self.kit.place.engine.ports().records.head(self.community);
        head.is_some_and(|head| head.seq > self.done_seq)
    }

    async fn pause(&mut self) {
        let mut closing = self.kit.closing.clone();
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = closing.wait_for(|closing| *closing == Closing::Closed) => {}
        }
    }

    /// The webhook as it is now; `None` where it is not to be told.
    async fn sight(&self) -> Result<Option<Sight>, AskError> {
        let (webhook, now_ms) = (self.webhook, self.kit.place.now_ms());
        let look = move |stream: &Stream| {
            let community = stream.community()?;
            let row = community.webhooks.get(webhook).filter(|row| row.is_due(now_ms))?;
            let text = |body| stream.bodies.text(body).map(str::to_owned);
            let open = community.channels.iter().filter(|channel| channel.read_roles.is_empty());
            Some(Sight {
                url: text(&row.url)?,
                secret: text(&row.secret)?,
                open: open.map(|channel| channel.id).collect(),
                row: row.clone(),
            })
        };
        self.kit.place.engine.view(self.community, look).await
    }

    /// Tells of some records.
    async fn tell(&mut self, records: &[NewRecord]) -> Result<Next, AskError> {
        let Some(sight) = self.sight().await? else { return Ok(Next::Over) };
        let letters = self.letters(records, &sight).await?;
        let mut letters = letters.iter().peekable();
        for record in records {
            while let Some(letter) = letters.next_if(|letter| letter.id.seq == record.seq) {
                match self.send(letter, &sight).await {
                    Some(Ok(())) => self.unnoted = self.unnoted.or_else(|| Some(Instant::now())),
                    Some(Err(trouble)) => return self.failed(record.seq, trouble).await,
                    // The server stops.
                    None => return Ok(Next::Over),
                }
            }
            self.done_seq = record.seq;
        }
        self.kit.passed.set(self.community, self.webhook, self.done_seq);
        if matches!(sight.row.state, State::Failing { .. }) {
            self.note_taken().await?;
        }
        Ok(Next::More)
    }

    async fn letters(&self, records: &[NewRecord], sight: &Sight) -> Result<Vec<Letter>, AskError> {
        let mut drafts: Vec<live::Draft> = Vec::new();
        for stored in records {
            let Ok(record) = Record::decode(&stored.bytes) else { continue };
            let wanted = |draft: &live::Draft| sight.row.wants(draft.kind());
            drafts.extend(of_record(&record, &stored.bodies).filter(wanted));
        }
        let known = look_up(&self.kit.place.engine, self.community, &drafts, When::Again).await?;
        let settled = drafts.into_iter().map(|draft| draft.settle(&known, When::Again));
        let told = settled.filter(|event| is_told(event, &sight.open));
        Ok(told.filter_map(|event| Letter::of(self.community, &event)).collect())
    }

    /// Sends a letter once there is a seat; `None` if the server stops before it is taken.
    async fn send(&mut self, letter: &Letter, sight: &Sight) -> Option<Result<(), Trouble>> {
        let mut closing = self.kit.closing.clone();
        let stops = async move {
            // The hub lives as long as the place.
            let _ = closing.wait_for(|closing| *closing == Closing::Closed).await;
        };
        tokio::pin!(stops);
        let Some(to) = Target::of(&sight.url) else { return Some(Err(Trouble::NoAddress)) };
        let [own, all] = self.kit.seats.clone();
        let seats = async { (own.acquire_owned().await, all.acquire_owned().await) };
        let _seats = tokio::select! {
            seats = seats => seats,
            () = &mut stops => return None,
        };
        let signature = letter.signature(&sight.secret, self.kit.place.now_ms() / 1_000);
        let post = Post { to: &to, signature, body: letter.body.clone() };
        tokio::select! {
            sent = self.kit.wire.send(&mut self.line, &post) => Some(sent),
            () = async { stops.await; tokio::time::sleep(GRACE).await } => None,
        }
    }

    /// Notes that a record was not taken; when it is tried again is for the core to say.
    async fn failed(&mut self, seq: u64, trouble: Trouble) -> Result<Next, AskError> {
        let (community, webhook) = (self.community, self.webhook);
        tracing::info!(%community, %webhook, %trouble, "a webhook was not told");
        self.kit.passed.set(community, webhook, self.done_seq);
        self.note_taken().await?;
        self.ask(Command::Failed { webhook, seq }).await?;
        Ok(Next::Over)
    }

    /// Notes how far it was told, if anything was taken since.
    async fn note_taken(&mut self) -> Result<(), AskError> {
        if self.unnoted.is_some() { self.note().await } else { Ok(()) }
    }

    async fn note(&mut self) -> Result<(), AskError> {
        self.unnoted = None;
        if self.done_seq > self.acked_seq {
            self.ask(Command::Delivered { webhook: self.webhook, seq: self.done_seq }).await?;
            self.acked_seq = self.done_seq;
        }
        Ok(())
    }

    async fn ask(&self, command: Command) -> Result<(), AskError> {
        let place = &self.kit.place;
        let id = place.mint.command(place.now_ms());
        match place.engine.ask(Draft::new(id, self.community, Actor::Host, command)).await {
            // It was removed or turned off meanwhile.
            Err(AskError::Refused(Refusal::NothingToChange | Refusal::NotFound { .. })) => Ok(()),
            asked => asked.map(drop),
        }
    }
}
