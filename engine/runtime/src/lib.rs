//! The runtime of Kith: one writer a stream, recovery, timers, hand-offs, imports.
//!
//! Knows the core's traits; never Rhai, wasmtime, sled or HTTP.

pub mod draft;
pub mod engine;
pub mod writer;

pub mod import;
pub mod recover;
pub mod retention;
pub mod texts;

mod courier;
mod due;
mod mailbox;
pub mod mint;
