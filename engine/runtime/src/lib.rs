//! The runtime of Kith: one writer a stream, recovery, timers, hand-offs, imports.
//!
//! Knows the core's traits; never Rhai, wasmtime, sled or HTTP.

pub mod audience;
pub mod blueprint;
pub mod draft;
pub mod engine;
pub mod host;
pub mod writer;

pub mod export;
pub mod extend;
pub mod import;
pub mod indexing;
pub mod reading;
pub mod recover;
pub mod replay;
pub mod retention;
pub mod scripting;
pub mod secret;
pub mod solo;
pub mod statistics;
pub mod texts;
pub mod transfer;
pub mod undo;

mod courier;
mod due;
mod erasure;
mod mailbox;
pub mod memory;
pub mod mint;
#[cfg(test)]
mod tests;
mod words;
