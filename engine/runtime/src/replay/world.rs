//! The recorded state with one version's own doing laid over it: its memory, its timers, what it did to
//! people, and what it wants done with something held.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use kith_core::body::{Bodies, Body};
use kith_core::command::{Actor, Command, CommandKind};
use kith_core::decide::{self, Ctx, Outcome};
use kith_core::event::Event;
use kith_core::hook::{self, Chain, Extensions, Hook, Waiting};
use kith_core::ids::{self, BodyId, CommandId, MemberId, MessageId, TimerId};
use kith_core::member::{self, Member};
use kith_core::message::{self, Evidence};
use kith_core::moment::Moment;
use kith_core::ports::Records;
use kith_core::record::Record;
use kith_core::script::{self, Script, Version};
use kith_core::stream::{Kind, Stream};
use kith_core::timer::{self, Purpose};
use kith_core::{card, rule};
use sha2::{Digest, Sha256};

use super::{Cascade, Draft};
use crate::draft::AskError;
use crate::words::Telling;

/// What tells the commands of a replay from the recorded ones that they stand for: what a version does must
/// not meet what happened under the same ids.
const REPLAYED: u128 = 1 << 64;

/// The command of a replay that stands for a recorded one, and back.
pub(super) const fn replayed(command: CommandId) -> CommandId {
    CommandId(command.0 ^ REPLAYED)
}

/// With which command something is put before the version.
pub(super) struct Asking<'a> {
    /// The recorded command that it stands for.
    pub(super) command: CommandId,
    /// When, Unix milliseconds.
    pub(super) at_ms: u64,
    /// Who asks.
    pub(super) actor: Actor,
    /// What.
    pub(super) kind: CommandKind,
    /// What came with it.
    pub(super) bodies: &'a Bodies,
    /// Runs the version.
    pub(super) extensions: &'a dyn Extensions,
}

/// What the version did upon something, not laid over the state yet.
pub(super) struct Doing {
    pub(super) record: Record,
    added: Bodies,
}

/// Something that was held, as history names it when it lets it go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Message(MessageId),
    Join(MemberId),
    Card(MemberId),
}

impl Held {
    const fn hook(self) -> Hook {
        match self {
            Self::Message(_) => Hook::Message,
            Self::Join(_) => Hook::Join,
            Self::Card(_) => Hook::Card,
        }
    }

    /// What an event lets go.
    fn released(event: &Event) -> Option<Self> {
        match event {
            Event::Message(message::Event::Posted { header, .. }) => Some(Self::Message(header.id)),
            Event::Message(message::Event::Edited { message, .. }) => Some(Self::Message(*message)),
            Event::Member(member::Event::Joined { member, .. }) => Some(Self::Join(*member)),
            Event::Card(card::Event::Changed { change, .. }) => Some(Self::Card(change.member)),
            _ => None,
        }
    }
}

/// A state with one script in it.
pub(super) struct World<'a> {
    records: &'a dyn Records,
    /// Why something that the version asked for could not be read.
    failed: OnceCell<AskError>,
    /// What was read for the record that is passed.
    pub(super) evidence: Evidence,
    pub(super) stream: Stream,
    pub(super) no: u32,
    pub(super) cascade: Cascade,
    pub(super) draft: Draft,
    muted: BTreeMap<MemberId, u64>,
    /// What the version's effects of this record came to: laid over once the record is.
    doing: Vec<Doing>,
    waiting: BTreeMap<Held, Vec<Waiting>>,
    /// The version's own timers, with what was quoted to those that tell it again.
    timers: BTreeMap<(u64, TimerId), Bodies>,
    /// Runs of after-hooks that followed from the newest root record.
    pub(super) root: (u64, u32),
}

impl<'a> World<'a> {
    pub(super) fn new(records: &'a dyn Records, stream: Stream, draft: &Draft, cascade: Cascade) -> Self {
        Self {
            records,
            failed: OnceCell::new(),
            evidence: Evidence::default(),
            stream,
            no: u32::MAX,
            cascade,
            draft: draft.clone(),
            muted: BTreeMap::new(),
            doing: Vec::new(),
            waiting: BTreeMap::new(),
            timers: BTreeMap::new(),
            root: (0, 0),
        }
    }

    /// Why something that the version asked for could not be read: what it said since is worth nothing.
    pub(super) fn failed(&mut self) -> Result<(), AskError> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// The recorded state, with what the version did.
    pub(super) fn state(&self) -> &Stream {
        &self.stream
    }

    /// Whether a mute of the version's own holds for somebody.
    pub(super) fn is_muted(&self, member: MemberId, at_ms: u64) -> bool {
        self.muted.get(&member).is_some_and(|until_ms| at_ms < *until_ms)
    }

    /// The version, if the engine would ask it in a hook.
    pub(super) fn asked<'c>(&self, ctx: &Ctx<'c>, hook: Hook) -> Option<(&'c Script, Option<&'c Version>)> {
        let no = self.no;
        Chain::scripts(ctx, hook).find(|(script, _)| script.no == no)
    }

    /// Decides something with the version in the state. Changes nothing yet.
    pub(super) fn decide<T>(
        &self,
        asking: &Asking<'_>,
        work: impl for<'c> FnOnce(&'c Ctx<'c>, &mut Outcome) -> Option<T>,
    ) -> Option<(T, Doing)> {
        let stream = &self.stream;
        let community = stream.community()?;
        let Asking { bodies, extensions, actor, .. } = *asking;
        let command = Command {
            id: replayed(asking.command),
            community: stream.id,
            at_ms: asking.at_ms,
            actor,
            scope: None,
            key: None,
            cause: None,
            kind: asking.kind.clone(),
        };
        let actor = match actor {
            Actor::Member(id) => community.members.get(id),
            Actor::Person(person) => community.members.of_person(person),
            Actor::Host | Actor::Timer(_) | Actor::Stream(_) => None,
        };
        let evidence = self.evidence.clone();
        let mut out = Outcome::default();
        let telling = Telling::new(extensions, self.records, stream);
        let ctx = Ctx {
            stream,
            community,
            command: &command,
            bodies,
            evidence: &evidence,
            actor,
            extensions: &telling,
            by_script: false,
            entering: None,
        };
        let came_to = work(&ctx, &mut out);
        if let Err(error) = telling.end() {
            self.failed.get_or_init(|| error);
        }
        let came_to = came_to?;
        let (record, added) = Record::of(stream.seq, (command, evidence), out);
        Some((came_to, Doing { record, added }))
    }

    /// Keeps what the version did until the record is folded.
    pub(super) fn keep(&mut self, doing: Doing) {
        for event in &doing.record.events {
            if let Event::Rule(rule::Event::Muted { member, mute, .. }) = event {
                self.muted.insert(*member, mute.until_ms);
            }
        }
        self.doing.push(doing);
    }

    /// Keeps what the version wants done once something that waits is let go.
    pub(super) fn hold(&mut self, held: Held, waiting: Vec<Waiting>, doing: &Doing) {
        let texts = waiting.iter().flat_map(Waiting::bodies);
        for body in texts.filter_map(|reference| doing.added.get(reference)) {
            self.stream.bodies.insert(body.clone());
        }
        if !waiting.is_empty() {
            self.waiting.insert(held, waiting);
        }
    }

    /// Lays over the state what the version did; `quoted` are what it was told of.
    pub(super) fn lay_over(&mut self, doing: &Doing, quoted: &Bodies) {
        let Doing { record, added } = doing;
        let moment = Moment { seq: self.stream.seq, at_ms: record.command.at_ms, command: record.command.id };
        for event in &record.events {
            // People follow history: whom the version sends out goes on talking, and is counted.
            let sends_out =
                matches!(event, Event::Member(member::Event::Removed { .. } | member::Event::Banned { .. }));
            if !sends_out {
                decide::apply(&mut self.stream, event, &moment, added);
            }
            self.note_timer(event, quoted);
        }
        if let Kind::Community(community) = &mut self.stream.kind {
            script::saw_runs(&mut community.scripts, record);
        }
    }

    fn note_timer(&mut self, event: &Event, quoted: &Bodies) {
        let Event::Timer(timer::Event::Set { timer, due_ms, purpose: Purpose::Script(purpose) }) = event
        else {
            return;
        };
        let quoted = match purpose {
            script::Timer::TellAgain { happened, .. } if message::posted_id(&happened.event).is_some() => {
                quoted.clone()
            }
            _ => Bodies::default(),
        };
        self.timers.insert((*due_ms, *timer), quoted);
    }

    /// Whether a timer of the version's own is due.
    pub(super) fn has_due(&self, at_ms: u64) -> bool {
        self.timers.first_key_value().is_some_and(|((due_ms, _), _)| *due_ms <= at_ms)
    }

    /// Takes off the version's next timer that is due.
    pub(super) fn next_timer(&mut self, at_ms: u64) -> Option<(u64, TimerId, Bodies)> {
        let first = self.timers.first_entry().filter(|entry| entry.key().0 <= at_ms)?;
        let ((due_ms, timer), quoted) = first.remove_entry();
        Some((due_ms, timer, quoted))
    }

    /// How many of its timers have not rung.
    pub(super) fn timers_waiting(&self) -> u64 {
        let memories = self.stream.community().map(|community| &community.scripts.memories);
        memories.and_then(|memories| memories.get(&self.no)).map_or(0, |memory| memory.timers.len() as u64)
    }

    /// Follows history: folds some of a record's events, then what the version did upon them.
    pub(super) fn follow(
        &mut self,
        record: &Record,
        events: &[Event],
        (bodies, extensions): (&Bodies, &dyn Extensions),
    ) {
        let moment = Moment { seq: record.seq, at_ms: record.command.at_ms, command: record.command.id };
        for event in events {
            decide::apply(&mut self.stream, event, &moment, bodies);
        }
        if !self.waiting.is_empty() {
            for held in events.iter().filter_map(Held::released) {
                self.release(held, record, (bodies, extensions));
            }
        }
        for doing in std::mem::take(&mut self.doing) {
            self.lay_over(&doing, bodies);
        }
    }

    /// Does what waited with something held, now that history lets it go.
    fn release(&mut self, held: Held, record: &Record, (bodies, extensions): (&Bodies, &dyn Extensions)) {
        let Some(waiting) = self.waiting.remove(&held) else { return };
        let (command, at_ms, kind) = (record.command.id, record.command.at_ms, record.command.kind.clone());
        let asking = Asking { command, at_ms, actor: Actor::Host, kind, bodies, extensions };
        let released = self.decide(&asking, |ctx, out| {
            hook::release(ctx, held.hook(), &waiting, out);
            Some(())
        });
        waiting.iter().flat_map(Waiting::bodies).for_each(|body| drop(self.stream.bodies.remove(body.id)));
        self.doing.extend(released.map(|((), doing)| doing));
    }

    /// Ends a record whose events were all followed.
    pub(super) fn close(&mut self, record: &Record) {
        (self.stream.seq, self.stream.at_ms) = (record.seq, record.command.at_ms);
    }

    /// Puts the version in, with a bot, as soon as there is a community.
    pub(super) fn install(&mut self, at_ms: u64) {
        let Kind::Community(community) = &mut self.stream.kind else { return };
        if community.scripts.numbered(self.no).is_some() {
            return;
        }
        let bot = MemberId(ids::derive(self.stream.id.0, "replay", 0));
        let name = script::nickname(&self.draft.name);
        let body = Body { id: BodyId(bot.0), owner: bot, key: [0; 16], bytes: name.as_bytes().into() };
        community.members.put(Member::bot(bot, body.reference(), at_ms));
        self.stream.bodies.insert(body);
        let version = Version {
            number: 1,
            hash: Sha256::digest(&self.draft.source).into(),
            source: self.draft.source.clone(),
            cases: String::new(),
            hooks: self.draft.hooks.clone(),
            at_ms,
            by: None,
        };
        community.scripts.rows.push(Script {
            no: self.no,
            name: self.draft.name.clone(),
            bot,
            origin: script::Origin::Command,
            binding: self.draft.binding.clone(),
            live: Some(1),
            shadow: None,
            versions: vec![version],
            newest: 1,
            health: script::Health::default(),
        });
    }
}
