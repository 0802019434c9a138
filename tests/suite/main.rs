//! The one binary of end-to-end cases.
//!
//! Holds no case itself: each module below is a group of them. A file that no `mod` reaches is never
//! compiled, so `tidy::modules` fails on it.

#![expect(clippy::unwrap_used, reason = "a case ends with a panic wherever something is not as it should be")]

mod browser;
mod cli;
mod examples;
mod golden;
mod hostile;
mod http;
mod recovery;
mod scripts;
mod search;
mod texts;
mod tidy;
mod world;
