//! The deterministic domain core of Kith: state, commands, events, refusals.
//!
//! A function of its inputs: no async, IO, clock, randomness, floats or hash-order iteration. Time, dice, ids and
//! limits come in as arguments. `decide` reads and may refuse; `apply` writes and cannot fail.

pub mod body;
pub mod ids;
pub mod ports;
