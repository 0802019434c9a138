//! Channels: broadcast, group, feed.

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::Community;

/// The channels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {}

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
pub fn apply(_community: &mut Community, event: &Event, _moment: &Moment) {
    match *event {}
}
