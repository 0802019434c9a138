//! The life of a command inside the core: prepare, decide, apply.
//!
//! `prepare` refuses what can be refused from memory and names the facts that must be loaded; `decide` turns
//! the command into events or a refusal; `apply` folds an event and cannot fail. All three are pure.

use std::collections::BTreeSet;

use crate::answer::{self, Answer};
use crate::body::{Bodies, BodyRef};
use crate::command::{Command, CommandKind};
use crate::event::Event;
use crate::handoff::Outgoing;
use crate::hook::Extensions;
use crate::ids::{MemberId, MessageId};
use crate::member::{Member, Standing};
use crate::message::Evidence;
use crate::moment::Moment;
use crate::notice::Text;
use crate::queue::Receipt;
use crate::record::{FORMAT, Record};
use crate::refusal::Refusal;
use crate::script::Run;
use crate::stream::{Community, Kind, Stream};
use crate::{
    card, channel, community, connector, gate, handoff, host, import, ledger, limits, member, message,
    privacy, queue, role, rule, script, timer, topic, webhook,
};

/// What `prepare` says of a command that it does not refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// The key was answered before: this is the answer, and nothing happens again.
    Known(Answer),
    /// Go on: load these facts, then decide.
    Ready(Facts),
}

/// Facts that are not in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Headers of messages older than the window.
    pub messages: BTreeSet<MessageId>,
}

/// What a noun may look at when it decides.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The whole stream.
    pub stream: &'a Stream,
    /// Its community.
    pub community: &'a Community,
    /// What is asked.
    pub command: &'a Command,
    /// What came with the command.
    pub bodies: &'a Bodies,
    /// What was loaded for it.
    pub evidence: &'a Evidence,
    /// The acting member; `None` for the host, timers, other streams and strangers.
    pub actor: Option<&'a Member>,
    /// Runs the scripts that have a say.
    pub extensions: &'a dyn Extensions,
    /// Whether a script is the actor: what scripts do asks no scripts.
    pub by_script: bool,
    /// The row of somebody whom this very command lets in or turns away: the state has it only afterwards.
    pub entering: Option<&'a Member>,
}

impl<'a> Ctx<'a> {
    /// The command's time, Unix milliseconds.
    pub fn at_ms(&self) -> u64 {
        self.command.at_ms
    }

    /// The text of a body that came with the command or is kept by the state.
    pub fn text(&self, reference: &BodyRef) -> Option<&'a str> {
        self.bodies.text(reference).or_else(|| self.stream.bodies.text(reference))
    }

    /// The text of a body that must have come with the command, checked against its length limit.
    pub fn fresh_text(&self, field: &str, reference: &BodyRef, bytes_max: usize) -> Result<&'a str, Refusal> {
        let body = self.bodies.get(reference).ok_or(Refusal::BodyMissing)?;
        if !body.matches(reference) {
            return Err(Refusal::BodyMissing);
        }
        let text = body.text().ok_or(Refusal::BodyMissing)?;
        if text.len() > bytes_max {
            return Err(Refusal::TextTooLong { field: field.to_owned(), max: bytes_max as u64 });
        }
        Ok(text)
    }

    /// The row of a member, wherever they stand once this command is done.
    pub fn row(&self, id: MemberId) -> Option<&'a Member> {
        self.entering.filter(|row| row.id == id).or_else(|| self.community.members.get(id))
    }

    /// A member who is inside.
    pub fn member_inside(&self, id: MemberId) -> Result<&'a Member, Refusal> {
        match self.row(id) {
            Some(member) if member.standing == Standing::Active => Ok(member),
            _ => Err(Refusal::NotFound { what: id.to_string() }),
        }
    }

    /// The acting member.
    pub fn acting(&self) -> Result<&'a Member, Refusal> {
        self.actor.ok_or(Refusal::NotAMember)
    }
}

/// What a command came to: collected by `decide`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Why.
    pub decisions: Vec<Receipt>,
    /// What has to be delivered.
    pub outbox: Vec<Outgoing>,
    /// The scripts that were asked.
    pub runs: Vec<Run>,
    /// The command's dice, where a script read them.
    pub seed: Option<[u8; 32]>,
    /// What scripts wrote; events refer to it.
    pub bodies: Bodies,
    /// How many effects were tried: each has an id of its own.
    pub effects: u32,
}

impl Outcome {
    /// Adds an event.
    pub fn event(&mut self, event: impl Into<Event>) {
        self.events.push(event.into());
    }

    /// Tells a member something.
    pub fn notify(&mut self, member: MemberId, text: Text) {
        self.event(member::Event::Notified { member, text });
    }
}

/// Refuses what memory alone can refuse, finds a known answer, or names the facts to load.
pub fn prepare(stream: &Stream, command: &Command) -> Result<Prepared, Refusal> {
    if let Some(answer) = stream.answers.known(command)? {
        return Ok(Prepared::Known(answer.clone()));
    }
    match &stream.kind {
        Kind::New => {}
        Kind::Host(host) => host::check(host, command)?,
        Kind::Community(community) => {
            if let Some(answer) = community.ledger.known(command)? {
                return Ok(Prepared::Known(answer));
            }
            community::open_for(community, &command.kind)?;
            stream.answers.within_rate(command)?;
            host::within_messages(community, command)?;
            role::check(community, command)?;
        }
    }
    let mut facts = Facts::default();
    if let (CommandKind::Message(command), Kind::Community(community)) = (&command.kind, &stream.kind) {
        message::facts(community, command, &mut facts);
    }
    if let Kind::Community(community) = &stream.kind {
        connector::facts(community, &command.kind, &mut facts);
    }
    if let (CommandKind::Script(script::Command::Undo(undo)), Kind::Community(community)) =
        (&command.kind, &stream.kind)
    {
        script::facts(community, undo, &mut facts);
    }
    Ok(Prepared::Ready(facts))
}

/// Decides a prepared command. Pure but for `extensions`, whose answers are recorded as runs.
pub fn decide(
    stream: &Stream,
    command: &Command,
    bodies: &Bodies,
    evidence: &Evidence,
    extensions: &dyn Extensions,
) -> Result<Outcome, Refusal> {
    let mut out = Outcome::default();
    match (&stream.kind, &command.kind) {
        (Kind::New, CommandKind::Host(asked)) => host::found(stream, command, asked, &mut out)?,
        (Kind::New, CommandKind::Community(asked)) => {
            community::found(stream, command, bodies, asked, &mut out)?
        }
        (Kind::New, _) => return Err(Refusal::CommunityNotFound),
        (Kind::Host(host), _) => host::decide(&host::Desk { stream, host, command, bodies }, &mut out)?,
        (Kind::Community(community), kind) => {
            let actor = role::check(community, command)?;
            let ctx = Ctx {
                stream,
                community,
                command,
                bodies,
                evidence,
                actor,
                extensions,
                by_script: false,
                entering: None,
            };
            decide_kind(&ctx, kind, &mut out)?;
            host::tell_links(&mut out);
            host::within_members(community, command, &out)?;
            rule::watch(&ctx, &mut out);
            ledger::watch(&ctx, &mut out);
        }
    }
    if stream.format < FORMAT && !out.events.is_empty() {
        out.events.insert(0, Event::FormatRaised { format: FORMAT });
        out.runs.iter_mut().for_each(|run| run.events.0 += 1);
    }
    Ok(out)
}

pub(crate) fn decide_kind(ctx: &Ctx<'_>, kind: &CommandKind, out: &mut Outcome) -> Result<(), Refusal> {
    match kind {
        CommandKind::Host(command) => host::rehost(ctx, command, out),
        CommandKind::Community(command) => community::decide(ctx, command, out),
        CommandKind::Role(command) => role::decide(ctx, command, out),
        CommandKind::Member(command) => member::decide(ctx, command, out),
        CommandKind::Card(command) => card::decide(ctx, command, out),
        CommandKind::Gate(command) => gate::decide(ctx, command, out),
        CommandKind::Channel(command) => channel::decide(ctx, command, out),
        CommandKind::Message(command) => message::decide(ctx, command, out),
        CommandKind::Rule(command) => rule::decide(ctx, command, out),
        CommandKind::Queue(command) => queue::decide(ctx, command, out),
        CommandKind::Privacy(command) => privacy::decide(ctx, command, out),
        CommandKind::Import(command) => import::decide(ctx, command, out),
        CommandKind::Handoff(command) => handoff::decide(ctx, command, out),
        CommandKind::Timer(command) => timer::decide(ctx, command, out),
        CommandKind::Answer(command) => answer::decide(ctx, command, out),
        CommandKind::Script(command) => script::decide(ctx, command, out),
        CommandKind::Topic(command) => topic::decide(ctx, command, out),
        CommandKind::Connector(command) => connector::decide(ctx, command, out),
        CommandKind::Webhook(command) => webhook::decide(ctx, command, out),
        CommandKind::Ledger(command) => ledger::decide(ctx, command, out),
    }
}

/// Folds a record: its number and time, its answer, its events, its outbox.
pub fn apply_record(stream: &mut Stream, record: &Record, bodies: &Bodies) {
    let moment = Moment { seq: record.seq, at_ms: record.command.at_ms, command: record.command.id };
    stream.seq = moment.seq;
    stream.at_ms = moment.at_ms;
    stream.answers.apply(record);
    for event in &record.events {
        apply(stream, event, &moment, bodies);
    }
    for receipt in &record.decisions {
        if let Kind::Community(community) = &mut stream.kind {
            queue::keep_receipt(community, receipt, (&mut stream.bodies, bodies));
        }
    }
    if let Kind::Community(community) = &mut stream.kind {
        script::saw_runs(&mut community.scripts, record);
        script::saw_record(community, record);
        ledger::note(&mut community.ledger, record);
    }
    stream.handoffs.post(record);
}

/// Folds one event. `bodies` are those of its record; nothing serialized may be derived from them.
pub fn apply(stream: &mut Stream, event: &Event, moment: &Moment, bodies: &Bodies) {
    match event {
        Event::FormatRaised { format } => {
            stream.format = *format;
            return;
        }
        Event::Timer(event) => return timer::apply(&mut stream.timers, event),
        Event::Handoff(event) => return handoff::apply(&mut stream.handoffs, event),
        Event::Host(event) => return host::apply(stream, event, moment, bodies),
        Event::Privacy(event) => return privacy::apply(stream, event, moment),
        Event::Community(community::Event::Created { .. }) if matches!(stream.kind, Kind::New) => {
            stream.kind = Kind::Community(Box::default());
        }
        Event::Community(community::Event::StatusChanged { status: community::Status::Removed, .. }) => {
            stream.erasures.add_everything();
            stream.bodies = Bodies::default();
        }
        Event::Connector(connector::Event::Disconnected { old }) => {
            stream.erasures.add(connector::owner(old.id), None);
        }
        Event::Webhook(webhook::Event::Removed { old }) => {
            stream.erasures.add(webhook::owner(old.id), None);
        }
        _ => {}
    }
    let Kind::Community(community) = &mut stream.kind else { return };
    let kept = &mut stream.bodies;
    rule::saw(community, event, moment);
    queue::saw(community, event, moment, (kept, bodies));
    connector::saw(community, event, (kept, bodies));
    match event {
        Event::Community(event) => community::apply(community, event, moment, (kept, bodies)),
        Event::Role(event) => role::apply(community, event),
        Event::Member(event) => member::apply(community, event, moment, (kept, bodies)),
        Event::Card(event) => card::apply(community, event, moment, (kept, bodies)),
        Event::Gate(event) => gate::apply(community, event, moment, (kept, bodies)),
        Event::Channel(event) => channel::apply(community, event, moment),
        Event::Message(message) => {
            if message::posted_id(event).is_some() {
                community.hosted.count_message(moment);
            }
            if let message::Event::Posted { header, .. } = message {
                topic::saw(community, header, moment);
            }
            message::apply(community, message, moment, (kept, bodies));
        }
        Event::Rule(event) => rule::apply(community, event, moment),
        Event::Queue(event) => queue::apply(community, event, moment, (kept, bodies)),
        Event::Import(event) => import::apply(community, event, moment, (kept, bodies)),
        Event::Script(event) => script::apply(community, event, moment, (kept, bodies)),
        Event::Topic(event) => topic::apply(community, event, (kept, bodies)),
        Event::Connector(event) => connector::apply(community, event, moment, (kept, bodies)),
        Event::Webhook(event) => webhook::apply(community, event, (kept, bodies)),
        Event::Ledger(event) => ledger::apply(community, event, moment, (kept, bodies)),
        Event::FormatRaised { .. }
        | Event::Timer(_)
        | Event::Handoff(_)
        | Event::Answer(_)
        | Event::Host(_)
        | Event::Privacy(_) => {}
    }
}

/// The bodies that a state keeps, and those that came with the record being folded.
pub type Shelf<'a> = (&'a mut Bodies, &'a Bodies);

/// Moves a body of the record to those that the state keeps.
pub fn keep(shelf: &mut Shelf<'_>, reference: &BodyRef) {
    if let Some(body) = shelf.1.get(reference) {
        shelf.0.insert(body.clone());
    }
}

/// Refuses a key that no caller should send.
pub fn check_key(command: &Command) -> Result<(), Refusal> {
    match &command.key {
        Some(key) if key.text.is_empty() || key.text.len() > limits::KEY_BYTES_MAX => {
            Err(Refusal::KeyInvalid { max: limits::KEY_BYTES_MAX as u64 })
        }
        _ => Ok(()),
    }
}
