//! After-hooks: scripts are told of what happened, by a command of the stream itself that follows the record.
//!
//! What waits to be told is state: folding a record puts its events into a queue where a live script asks
//! for events, and each `Attended` takes the first one off, so a restart goes on where it stopped. The writer
//! drains the queue behind each record, before anything else is decided: the command and its after-hooks
//! reach the disk in this order, and no effect is seen without its cause. One command tells of one event, so
//! that what a script remembers of one is there at the next.
//!
//! Bounds: what after-hooks do is told to after-hooks again, `DEPTH_MAX` deep; `RUNS_MAX` runs follow from
//! one root record; a script is not told of its own doing. Imports, notices and the engine's own bookkeeping
//! tell nobody. A run that fails is tried again later (`again`).

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Command, Event, Script, Timer, Version, again};
use crate::command::{self, Actor, CommandKind};
use crate::community::Status;
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::hook::{Chain, Happening, Hook, Input};
use crate::ids::{CommandId, MessageId, derive};
use crate::limits::{EVENT_DEPTH_MAX, EVENT_RUNS_MAX};
use crate::message::posted_id;
use crate::queue::Verdict;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::stream::{Community, Stream};
use crate::{connector, member, privacy, timer, webhook};

/// Something that scripts are to be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// The record.
    pub seq: u64,
    /// Which of its events.
    pub index: u32,
    /// The record's command.
    pub command: CommandId,
    /// The record's time, Unix milliseconds.
    pub at_ms: u64,
    /// What happened.
    pub event: Box<AnyEvent>,
    /// The script whose doing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u32>,
    /// 1 for what a root record did, 2 for what an after-hook did upon that, and so on.
    pub depth: u32,
    /// The root record.
    pub root: u64,
}

/// What waits to be told, and how many runs each root record has led to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// In the order in which it happened.
    queue: VecDeque<Happened>,
    /// Runs by root record, for those of which something waits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    runs: BTreeMap<u64, u32>,
}

impl Attention {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn used(&self, root: u64) -> u32 {
        self.runs.get(&root).copied().unwrap_or(0)
    }

    /// Takes the first one off.
    pub(super) fn attended(&mut self) {
        self.queue.pop_front();
    }
}

impl Happened {
    /// The id of the command that tells of it.
    pub fn attend_id(&self) -> CommandId {
        CommandId(derive(self.command.0, "attend", self.index))
    }
}

/// The command that tells of what has waited longest: its id derives from what it tells of.
pub fn due(stream: &Stream) -> Option<(CommandId, CommandId, Command)> {
    let first = stream.community()?.scripts.attention.queue.front()?;
    Some((first.attend_id(), first.command, Command::Attend { seq: first.seq, index: first.index }))
}

/// The record whose bodies a command quotes without bringing them: its number, and a message by which it can
/// be located.
pub fn quotes(stream: &Stream, command: &command::Command) -> Option<(u64, Option<MessageId>)> {
    let found = |happened: &Happened| (happened.seq, posted_id(&happened.event));
    match &command.kind {
        CommandKind::Script(Command::Attend { .. }) => {
            stream.community()?.scripts.attention.queue.front().map(found)
        }
        CommandKind::Timer(timer::Command::Fire { timer, due_ms }) => {
            match stream.timers.get(*due_ms, *timer)? {
                timer::Purpose::Script(Timer::TellAgain { happened, .. }) => Some(found(happened)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Tells every script that asks for events of the first one that waits.
pub(super) fn attend(ctx: &Ctx<'_>, (seq, index): (u64, u32), out: &mut Outcome) -> Result<(), Refusal> {
    if ctx.command.actor != Actor::Stream(ctx.stream.id) {
        return Err(Refusal::HostOnly);
    }
    let attention = &ctx.community.scripts.attention;
    let first = attention.queue.front().filter(|first| (first.seq, first.index) == (seq, index));
    let happened = first.ok_or_else(|| Refusal::NotFound { what: format!("event {seq}.{index}") })?;
    let (root, depth) = (happened.root, happened.depth);
    out.event(Event::Attended { seq, index, root, depth });
    let others = Chain::scripts(ctx, Hook::Event).filter(|(script, _)| Some(script.no) != happened.by);
    let left = EVENT_RUNS_MAX.saturating_sub(attention.used(root)) as usize;
    for asked in others.take(left) {
        tell(ctx, asked, (happened, 0), out);
    }
    Ok(())
}

/// Tells one script; `tries` is how often it has failed to listen.
pub fn tell<'a>(
    ctx: &'a Ctx<'a>,
    asked: (&'a Script, Option<&'a Version>),
    (happened, tries): (&Happened, u32),
    out: &mut Outcome,
) {
    let script = asked.0;
    let mut chain = Chain::new(ctx, script.bot);
    let input = Input::Event(Happening { event: &happened.event, at_ms: happened.at_ms });
    let failed = chain.ask(asked, &input, out).failed();
    chain.settle(Verdict::Allow, out);
    if failed {
        again::tell(ctx, script, (happened, tries), out);
    }
}

/// Takes note of a record: what it did waits to be told. Called when its events are folded.
pub fn saw_record(community: &mut Community, record: &Record) {
    let scripts = &mut community.scripts;
    let waits = !scripts.attention.is_empty();
    let open = community.profile.status == Status::Open;
    let asked: Vec<u32> =
        scripts.answering(Hook::Event).filter(|_| open).map(|(script, _)| script.no).collect();
    if !waits && asked.is_empty() {
        return;
    }
    let (root, depth) = cause(record);
    let attention = &mut scripts.attention;
    if depth > 1 {
        let runs = record.runs.iter().filter(|run| run.hook == Hook::Event).count() as u32;
        *attention.runs.entry(root).or_insert(0) += runs;
    }
    if attention.used(root) < EVENT_RUNS_MAX {
        let others = |happened: &Happened| asked.iter().any(|no| Some(*no) != happened.by);
        attention.queue.extend(told(record).filter(others));
    }
    let Attention { queue, runs } = attention;
    runs.retain(|root, _| queue.iter().any(|happened| happened.root == *root));
}

/// What scripts are told of a record: nothing of imports, nor of what is too deep.
pub fn told(record: &Record) -> impl Iterator<Item = Happened> {
    let (root, depth) = cause(record);
    let imports = record.events.iter().any(|event| matches!(event, AnyEvent::Import(_)));
    let silent = imports || depth > EVENT_DEPTH_MAX;
    let events = (0..).zip(&record.events).filter(move |(_, event)| !silent && is_told(event));
    events.map(move |(index, event)| Happened {
        seq: record.seq,
        index,
        command: record.command.id,
        at_ms: record.command.at_ms,
        event: Box::new(event.clone()),
        by: doer(record, index),
        depth,
        root,
    })
}

/// The root record of what a record did, and how deep that is.
fn cause(record: &Record) -> (u64, u32) {
    let told = record.events.iter().find_map(|event| match event {
        AnyEvent::Script(Event::Attended { root, depth, .. } | Event::ToldAgain { root, depth, .. }) => {
            Some((*root, depth.saturating_add(1)))
        }
        _ => None,
    });
    told.unwrap_or((record.seq, 1))
}

/// The script whose run an event belongs to.
fn doer(record: &Record, index: u32) -> Option<u32> {
    let own = |(first, count): (u32, u32)| index >= first && index - first < count;
    record.runs.iter().find(|run| own(run.events)).map(|run| run.no)
}

/// Whether scripts are told of an event. What only the engine needs is nobody's news.
fn is_told(event: &AnyEvent) -> bool {
    !matches!(
        event,
        AnyEvent::Member(member::Event::Notified { .. } | member::Event::NoticesRead { .. })
            | AnyEvent::Privacy(privacy::Event::Finished { .. })
            | AnyEvent::Script(_)
            | AnyEvent::Host(_)
            | AnyEvent::Connector(connector::Event::Acked { .. })
            | AnyEvent::Webhook(webhook::Event::Delivered { .. } | webhook::Event::StateChanged { .. })
            | AnyEvent::Import(_)
            | AnyEvent::Ledger(_)
            | AnyEvent::Handoff(_)
            | AnyEvent::Timer(_)
            | AnyEvent::Answer(_)
            | AnyEvent::FormatRaised { .. }
    )
}

#[cfg(test)]
mod tests;
