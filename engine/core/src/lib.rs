//! The deterministic domain core of Kith: state, commands, events, refusals.
//!
//! A function of its inputs: no async, IO, clock, randomness, floats or hash-order iteration. Time, dice, ids
//! and limits come in as arguments. `decide` reads and may refuse; `apply` writes and cannot fail.
//!
//! In reading order: what a command is and its life; the nouns of the domain; what the core needs of the
//! world.

pub mod command;
pub mod decide;
pub mod event;
pub mod record;
pub mod refusal;
pub mod stream;

pub mod card;
pub mod channel;
pub mod community;
pub mod connector;
pub mod gate;
pub mod handoff;
pub mod hook;
pub mod host;
pub mod import;
pub mod ledger;
pub mod member;
pub mod message;
pub mod privacy;
pub mod queue;
pub mod role;
pub mod rule;
pub mod script;
pub mod timer;
pub mod topic;
pub mod webhook;

pub mod answer;
pub mod body;
pub mod ids;
pub mod limits;
pub mod moment;
pub mod notice;
pub mod ports;
pub mod text;

#[cfg(test)]
mod testing_host;
#[cfg(test)]
mod testing_rule;
#[cfg(test)]
mod testing_script;
#[cfg(test)]
mod testing_talk;
