//! Answers already given: what makes a retry safe, and how fast a member may ask.
//!
//! Scope of a key is (community, actor, key). The same key with the same input gets the recorded answer,
//! refusals included; with another input it is `key_reused`. Answers are state and are kept for
//! `OUTCOME_KEPT_MS` of event time.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::command::{self, Actor, CommandKind};
use crate::decide::{Ctx, Outcome, check_key};
use crate::ids::CommandId;
use crate::limits::{COMMANDS_PER_MINUTE_MAX, OUTCOME_KEPT_MS};
use crate::moment::MINUTE_MS;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::script;

/// Actors that one count of refusals names.
pub const REFUSED_ACTORS_MAX: usize = 256;

/// What only the stream's own writer asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Keep in mind that commands above the rate were refused: once a minute, however many there were.
    CountRefused(Refused),
}

impl Command {
    /// What the actor must be.
    pub fn needs(&self) -> Need {
        Need::Stream
    }
}

/// What happened to answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// In a minute more was asked than may be.
    RateExceeded(Refused),
}

/// Commands that were refused in one minute because there were too many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The minute, counted from the Unix epoch.
    pub minute: u64,
    /// How many, by who asked; of at most `REFUSED_ACTORS_MAX`.
    pub by_actor: BTreeMap<Actor, u32>,
    /// How many by all others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Refused {
    /// Counts one more.
    pub fn count(&mut self, actor: Actor) {
        let room = self.by_actor.len() < REFUSED_ACTORS_MAX || self.by_actor.contains_key(&actor);
        let count = if room { self.by_actor.entry(actor).or_default() } else { &mut self.others };
        *count = count.saturating_add(1);
    }

    /// Whether nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.by_actor.is_empty()
    }
}

/// Decides what the writer asks of its own stream.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let Command::CountRefused(refused) = command;
    if ctx.command.actor != Actor::Stream(ctx.stream.id) {
        return Err(Refusal::HostOnly);
    }
    if refused.is_empty() {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::RateExceeded(refused.clone()));
    Ok(())
}

/// Whether a command counts towards its actor's rate. A connector speaks for many: quotas, slow mode and
/// rules bound each of them. One undo is many commands, one after another.
fn is_counted(command: &command::Command) -> bool {
    matches!(command.actor, Actor::Member(_) | Actor::Person(_))
        && !matches!(command.kind, CommandKind::Connector(_) | CommandKind::Script(script::Command::Undo(_)))
}

/// What was answered to a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// MAC of the input.
    #[serde(with = "serde_bytes")]
    pub(crate) input: [u8; 16],
    /// The record that answered.
    pub seq: u64,
    /// The command of that record: ids of what it created derive from it.
    pub command: CommandId,
    /// The refusal, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// Answers by actor and key, and commands of the running minute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    by_key: BTreeMap<(Actor, String), Answer>,
    oldest: VecDeque<(u64, Actor, String)>,
    minute: u64,
    rates: BTreeMap<Actor, u32>,
}

impl Answers {
    /// The answer to this command's key, if there is one; refuses a key that was used with another input.
    pub fn known(&self, command: &command::Command) -> Result<Option<&Answer>, Refusal> {
        check_key(command)?;
        let Some(key) = &command.key else { return Ok(None) };
        match self.by_key.get(&(command.actor, key.text.clone())) {
            Some(answer) if answer.input == key.input => Ok(Some(answer)),
            Some(_) => Err(Refusal::KeyReused),
            None => Ok(None),
        }
    }

    /// Refuses a member's command above the rate.
    pub fn within_rate(&self, command: &command::Command) -> Result<(), Refusal> {
        let counted = is_counted(command);
        let this_minute = command.at_ms / MINUTE_MS == self.minute;
        let asked = self.rates.get(&command.actor).copied().unwrap_or(0);
        if counted && this_minute && asked >= COMMANDS_PER_MINUTE_MAX {
            return Err(Refusal::TooManyCommands { max: u64::from(COMMANDS_PER_MINUTE_MAX) });
        }
        Ok(())
    }

    /// Takes note of a record.
    pub fn apply(&mut self, record: &Record) {
        let command = &record.command;
        let minute = command.at_ms / MINUTE_MS;
        if minute != self.minute {
            self.minute = minute;
            self.rates.clear();
        }
        if is_counted(command) {
            *self.rates.entry(command.actor).or_insert(0) += 1;
        }
        self.forget_before(command.at_ms.saturating_sub(OUTCOME_KEPT_MS));
        let Some(key) = &command.key else { return };
        let answer = Answer {
            input: key.input,
            seq: record.seq,
            command: command.id,
            refusal: record.refusal.clone(),
        };
        self.by_key.insert((command.actor, key.text.clone()), answer);
        self.oldest.push_back((command.at_ms, command.actor, key.text.clone()));
    }

    fn forget_before(&mut self, at_ms: u64) {
        while self.oldest.front().is_some_and(|(kept_ms, ..)| *kept_ms < at_ms) {
            if let Some((_, actor, key)) = self.oldest.pop_front() {
                self.by_key.remove(&(actor, key));
            }
        }
    }
}
