//! The log: one for the process, all streams interleaved, append only, and the truth.
//!
//! Reading order: `placed` (what others see of it), `frame`, `group`, `segment` (bytes), `seal` (bodies),
//! `walk` and
//! `recover` (finding one's way), `heads`, `segments`, `committer` (the running log), `append`, `read`,
//! `cut`.

mod append;
pub(crate) mod committer;
pub(crate) mod cut;
pub(crate) mod fields;
pub(crate) mod frame;
pub(crate) mod group;
pub(crate) mod heads;
mod open;
pub mod placed;
mod read;
pub(crate) mod recover;
pub(crate) mod seal;
pub(crate) mod segment;
pub(crate) mod segments;
pub(crate) mod walk;

pub use cut::{NewCut, SignedHead, SignedHeads};
pub(crate) use open::Shared;
pub use open::{Log, LogFile, LogOptions};
pub use recover::{Blemish, Findings, TornTail};
