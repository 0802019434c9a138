//! The card: fields of the community's own, a name template, counts by field.

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::MemberId;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::Community;

/// The card's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {}

/// A change of card or nickname that waits in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Whose.
    pub member: MemberId,
}

/// Applies a held change that a human released.
pub fn release(_ctx: &Ctx<'_>, _held: &Held, _out: &mut Outcome) {}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match *self {}
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {}

/// Decides a command.
pub fn decide(_ctx: &Ctx<'_>, command: &Command, _out: &mut Outcome) -> Result<(), Refusal> {
    match *command {}
}

/// Applies what happened.
pub fn apply(_community: &mut Community, event: &Event, _moment: &Moment, _shelf: Shelf<'_>) {
    match *event {}
}
