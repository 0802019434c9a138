//! What there was to decide in a record, and what became of it then: a record in stretches, each with what
//! was asked before its events.

use std::collections::BTreeMap;

use kith_core::body::{Bodies, BodyRef};
use kith_core::card;
use kith_core::command::{Actor, CommandKind};
use kith_core::event::Event;
use kith_core::gate::{self, Entry, Placed};
use kith_core::hook::Hook;
use kith_core::ids::{ChannelId, CommandId, MemberId};
use kith_core::member;
use kith_core::message::{self, Part};
use kith_core::queue::{Ground, Verdict};
use kith_core::record::Record;
use kith_core::stream::Stream;
use kith_core::timer::{self, Purpose};
use kith_core::topic;

use super::said::{self, Said};

/// Something that is put before a version.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// Somebody said something.
    Said(Said<'a>),
    /// Somebody asked to be let in.
    Entering(Entering<'a>),
    /// Somebody wanted to change their card or nickname.
    Changing(Changing<'a>),
    /// Somebody typed a command.
    Typed(Typed<'a>),
    /// It was time for topics.
    Topics(Due<'a>),
}

/// Somebody asked to be let in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entering<'a> {
    /// The command.
    pub(super) command: &'a kith_core::command::Command,
    /// Who, and what they brought.
    pub(super) entry: &'a Entry,
    /// Their answers.
    pub(super) answers: &'a BTreeMap<String, BodyRef>,
    /// What became of them.
    pub(super) placed: &'a Placed,
    /// The role they were let in with.
    pub(super) role: &'a str,
    /// What the gate, the rules and the scripts said.
    pub(super) recorded: Verdict,
    /// What the gate and the rules said.
    pub(super) by_rules: Verdict,
}

/// Somebody wanted to change their card or nickname.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changing<'a> {
    /// The command.
    pub(super) command: &'a kith_core::command::Command,
    /// Whose.
    pub(super) member: MemberId,
    /// The new nickname, if it changes.
    pub(super) nickname: Option<&'a BodyRef>,
    /// New values by field; `None` for a nickname alone.
    pub(super) fields: Option<&'a BTreeMap<String, Option<BodyRef>>>,
    /// What became of it.
    pub(super) recorded: Verdict,
    /// What the rules said.
    pub(super) by_rules: Verdict,
}

/// Somebody typed a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed<'a> {
    /// The command it came with.
    pub(super) command: CommandId,
    /// When, Unix milliseconds.
    pub(super) at_ms: u64,
    /// Who.
    pub(super) member: MemberId,
    /// Where.
    pub(super) channel: ChannelId,
    /// Without the slash.
    pub(super) name: &'a str,
    /// Everything after the name.
    pub(super) argument: &'a str,
    /// Whether it stands as a message: nobody answered commands then.
    pub(super) posted_then: bool,
}

/// It was time for topics.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due<'a> {
    /// The timer's command.
    pub(super) command: &'a kith_core::command::Command,
    /// The turn that was meant.
    pub(super) turn: u64,
}

/// Some of a record's events, and what was asked before they happened.
pub(super) struct Stretch<'a> {
    /// When, Unix milliseconds; `None` where an import says nothing of the time.
    pub(super) at_ms: Option<u64>,
    pub(super) asked: Option<Asked<'a>>,
    pub(super) events: &'a [Event],
}

/// A record in stretches, so that each imported message meets the state of its moment. `state` is as it was
/// before the record.
pub(super) fn stretches<'a>(record: &'a Record, bodies: &'a Bodies, state: &Stream) -> Vec<Stretch<'a>> {
    if matches!(record.command.kind, CommandKind::Import(_)) {
        let stretch = |event: &'a Event| {
            let said = said::imported(event);
            let (at_ms, asked) = (said.map(|said| said.at_ms), said.map(Asked::Said));
            Stretch { at_ms, asked, events: std::slice::from_ref(event) }
        };
        return record.events.iter().map(stretch).collect();
    }
    let asked = match &record.command.kind {
        CommandKind::Message(_) | CommandKind::Connector(_) => {
            said::posted(record).map(Asked::Said).or_else(|| typed(record, bodies).map(Asked::Typed))
        }
        CommandKind::Card(asked) => changing(record, asked).map(Asked::Changing),
        CommandKind::Timer(timer::Command::Fire { timer, due_ms }) => {
            match state.timers.get(*due_ms, *timer) {
                Some(Purpose::Topic(topic::Timer::Due { turn })) => {
                    Some(Asked::Topics(Due { command: &record.command, turn: *turn }))
                }
                _ => None,
            }
        }
        CommandKind::Gate(_) | CommandKind::Handoff(_) => entering(record).map(Asked::Entering),
        _ => None,
    };
    vec![Stretch { at_ms: Some(record.command.at_ms), asked, events: &record.events }]
}

/// What all that objected and is no script said, the room that there was left out: it denied nobody.
fn by_rules(record: &Record) -> Verdict {
    let of_rules = record
        .decisions
        .iter()
        .filter(|receipt| !matches!(receipt.ground, Ground::Script(_)) && !is_room(&receipt.ground));
    of_rules.map(|receipt| receipt.verdict).max().unwrap_or(Verdict::Allow)
}

fn is_room(ground: &Ground) -> bool {
    matches!(ground, Ground::Gate(gate::Ground::Capacity(_)))
}

fn entering(record: &Record) -> Option<Entering<'_>> {
    let (entry, answers, placed) = record.events.iter().find_map(|event| match event {
        Event::Gate(gate::Event::Applied { entry, answers, placed, .. }) => Some((entry, answers, placed)),
        _ => None,
    })?;
    let full = record.decisions.iter().any(|receipt| is_room(&receipt.ground));
    let recorded = match placed {
        Placed::Pending(gate::Stage::Review) => Verdict::Hold,
        Placed::TurnedAway if !full => Verdict::Deny,
        _ => Verdict::Allow,
    };
    let role = record.events.iter().find_map(|event| match event {
        Event::Member(member::Event::Joined { role, .. }) => Some(role.as_str()),
        _ => None,
    });
    Some(Entering {
        command: &record.command,
        entry,
        answers,
        placed,
        role: role.unwrap_or(kith_core::role::MEMBER),
        recorded,
        by_rules: by_rules(record),
    })
}

fn changing<'a>(record: &'a Record, asked: &'a card::Command) -> Option<Changing<'a>> {
    let (nickname, fields) = match asked {
        card::Command::ChangeCard { fields, nickname } => (nickname.as_ref(), Some(fields)),
        card::Command::ChangeNickname { nickname } => (Some(nickname), None),
        card::Command::SetSchema { .. } => return None,
    };
    let Actor::Member(by) = record.command.actor else { return None };
    let fate = record.events.iter().find_map(|event| match event {
        Event::Card(card::Event::Changed { .. }) => Some(Verdict::Allow),
        Event::Card(card::Event::Held { .. }) => Some(Verdict::Hold),
        _ => None,
    });
    // A refusal that a key asked to remember decided nothing.
    let recorded = fate.or((!record.decisions.is_empty()).then_some(Verdict::Deny))?;
    let by_rules = by_rules(record);
    Some(Changing { command: &record.command, member: by, nickname, fields, recorded, by_rules })
}

/// What scripts answered then instead of its being posted.
fn typed<'a>(record: &'a Record, bodies: &'a Bodies) -> Option<Typed<'a>> {
    let CommandKind::Message(message::Command::Post { channel, parts, .. }) = &record.command.kind else {
        return None;
    };
    let ([Part::Text { body }], Actor::Member(member)) = (&parts[..], record.command.actor) else {
        return None;
    };
    let answered = record.runs.iter().any(|run| run.hook == Hook::Command);
    let (name, argument) = message::typed(bodies.text(body)?).filter(|_| answered)?;
    let (command, at_ms, channel) = (record.command.id, record.command.at_ms, *channel);
    Some(Typed { command, at_ms, member, channel, name, argument, posted_then: false })
}
