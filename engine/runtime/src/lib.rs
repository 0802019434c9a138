//! The runtime of Kith: one writer a stream, recovery, timers, hand-offs.
//!
//! Knows the core's traits; never Rhai, wasmtime, sled or HTTP.

mod courier;
pub mod draft;
mod due;
pub mod engine;
mod mailbox;
pub mod mint;
pub mod recover;
pub mod texts;
pub mod writer;
