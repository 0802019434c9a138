//! Answers already given: what makes a retry safe, and how fast a member may ask.
//!
//! Scope of a key is (community, actor, key). The same key with the same input gets the recorded answer,
//! refusals included; with another input it is `key_reused`. Answers are state and are kept for
//! `OUTCOME_KEPT_MS` of event time.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::command::{Actor, Command};
use crate::decide::check_key;
use crate::ids::CommandId;
use crate::limits::{COMMANDS_PER_MINUTE_MAX, OUTCOME_KEPT_MS};
use crate::moment::MINUTE_MS;
use crate::record::Record;
use crate::refusal::Refusal;

/// What was answered to a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// MAC of the input.
    #[serde(with = "serde_bytes")]
    input: [u8; 16],
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
    pub fn known(&self, command: &Command) -> Result<Option<&Answer>, Refusal> {
        check_key(command)?;
        let Some(key) = &command.key else { return Ok(None) };
        match self.by_key.get(&(command.actor, key.text.clone())) {
            Some(answer) if answer.input == key.input => Ok(Some(answer)),
            Some(_) => Err(Refusal::KeyReused),
            None => Ok(None),
        }
    }

    /// Refuses a member's command above the rate.
    pub fn within_rate(&self, command: &Command) -> Result<(), Refusal> {
        let counted = matches!(command.actor, Actor::Member(_) | Actor::Person(_));
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
        if matches!(command.actor, Actor::Member(_) | Actor::Person(_)) {
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
