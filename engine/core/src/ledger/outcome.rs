//! What became of keys, for ever: a retry of last year must not move money today.
//!
//! The answers of `answer.rs` are complete and are forgotten after two days; these are small and stay. A
//! refusal from outside the ledger is remembered as one without its words. Promises at most
//! `OUTCOME_BYTES_MAX` bytes a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Failure;
use crate::answer::Answer;
use crate::command::{Command, CommandKind};
use crate::ids::CommandId;
use crate::record::Record;
use crate::refusal::Refusal;

/// Bytes of one key and its outcome.
pub const OUTCOME_BYTES_MAX: usize = 64;

/// SHA-256 of actor and key, cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
struct Print(#[serde(with = "serde_bytes")] [u8; 16]);

impl Print {
    fn of(command: &Command) -> Option<Self> {
        let key = command.key.as_ref()?;
        let actor = rmp_serde::to_vec(&command.actor).expect("an actor has only types that MessagePack has");
        let mut hash = Sha256::new();
        hash.update((actor.len() as u64).to_be_bytes());
        hash.update(actor);
        hash.update(key.text.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        Some(Self(short))
    }
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Done(Print, u64, Print),
    Failed(Print, u64, Failure),
}

/// Outcomes by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outcomes(BTreeMap<Print, Outcome>);

impl Outcomes {
    /// Whether no key was ever used.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys were used.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The answer to this command's key; refuses a key that was used with another input.
    pub fn known(&self, command: &Command) -> Result<Option<Answer>, Refusal> {
        let Some(outcome) = Print::of(command).and_then(|print| self.0.get(&print)) else { return Ok(None) };
        let (input, seq, id, failure) = match *outcome {
            Outcome::Done(input, seq, id) => (input, seq, u128::from_be_bytes(id.0), None),
            Outcome::Failed(input, seq, failure) => (input, seq, command.id.0, Some(failure)),
        };
        if command.key.as_ref().is_none_or(|key| key.input != input.0) {
            return Err(Refusal::KeyReused);
        }
        let refusal = failure.map(Refusal::from);
        Ok(Some(Answer { input: input.0, seq, command: CommandId(id), refusal }))
    }

    /// Takes note of a record, if it was asked of the ledger under a key.
    pub fn note(&mut self, record: &Record) {
        if !matches!(record.command.kind, CommandKind::Ledger(_)) {
            return;
        }
        let (Some(print), Some(key)) = (Print::of(&record.command), &record.command.key) else { return };
        let input = Print(key.input);
        let outcome = match &record.refusal {
            None => Outcome::Done(input, record.seq, Print(record.command.id.0.to_be_bytes())),
            Some(refusal) => Outcome::Failed(input, record.seq, Failure::of(refusal)),
        };
        self.0.entry(print).or_insert(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_small_enough_to_stay_for_ever() {
        let bytes = size_of::<Print>() + size_of::<Outcome>();
        assert!(bytes <= OUTCOME_BYTES_MAX, "{bytes}");
    }
}
