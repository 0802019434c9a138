//! Search fed from the log, and asked: behind the durable head, in nobody's way.
//!
//! Promises that what is deleted, held, denied or erased is not found: it is taken out when the log says so,
//! and a hit is read from the log and held against the state before anybody sees it. Promises nothing about
//! when: what is said is found a second later or so. Knows the port, not the index behind it.
//!
//! In reading order: what a message says (`said`), how a stream is read into the index (`feeder`), the thread
//! that does it all the time (`thread`), how a question is answered (`find`).

mod feeder;
mod find;
mod last;
mod said;
mod thread;

pub use feeder::{Feeder, OnProgress, Progress};
pub use find::{FindError, Finding, Findings, find};
pub use said::FeedError;
pub use thread::Indexing;
