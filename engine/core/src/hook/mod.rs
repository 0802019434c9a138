//! Hooks: where extensions are asked, what they see, what they may answer.
//!
//! An extension is a function of its inputs with a journal of effects that is kept whole or not at all. It
//! decides nothing by itself: a ruling is one more voice beside the rules, and an effect is a command of the
//! extension's bot that the nouns check like any other. Knows no language: scripts and plugins stand behind
//! `Extensions`.
//!
//! In reading order: which hooks there are; what a call brings; what comes back; who is asked, and in which
//! order; how effects become events.

mod call;
mod chain;
mod effect;
mod enact;
mod name;
mod port;
mod ruling;

pub use call::{Call, CardChange, Happening, Input, JoinRequest, Posting, Ringing, Typed};
pub use chain::{Chain, Heard};
pub use effect::{Effect, Value};
pub use enact::{Waiting, enact, release};
pub use name::{Class, Hook};
pub use port::{Extensions, NoExtensions};
pub use ruling::{Fault, FaultKind, Place, Ran, Reason, Ruling, Topic};
