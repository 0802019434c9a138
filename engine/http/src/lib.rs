//! The HTTP side of Kith: the API under `/api/v1`, live streams, and pages for members and operators.
//!
//! Knows the core and the runtime; never Rhai, sled or the command line. Decides nothing: every change is a
//! command of the core, every answer a look at a stream that rests on durable records only.
//!
//! Reading order: `server` (the listener and what wraps every request), `place` (what handlers are given),
//! `doors` and `caller` (who asks), `room` (asking in one community), `problem` (the answer no), then `api`,
//! `live` and `pages`.

pub mod api;
pub mod limit;
pub mod live;
pub mod pages;
pub mod place;
pub mod problem;
pub mod server;
pub mod webhook;
pub mod words;

mod caller;
mod connector;
mod doors;
mod finding;
mod health;
mod jobs;
mod moment;
mod older;
mod past;
mod room;
mod scripted;
mod sent;
mod shield;
mod storage;
mod talk;

pub use limit::Quota;
pub use place::Place;
pub use server::{Server, Settings};
