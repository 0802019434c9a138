//! Privacy: a member's export and erasure.

use serde::{Deserialize, Serialize};

use crate::body::Bodies;
use crate::decide::{Ctx, Outcome};
use crate::ids::CommunityId;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::Community;

/// What passes to other streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {}

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

/// Takes a parcel from another stream.
pub fn receive(
    _ctx: &Ctx<'_>,
    _from: CommunityId,
    parcel: &Parcel,
    _out: &mut Outcome,
) -> Result<(), Refusal> {
    match *parcel {}
}

/// Applies what happened.
pub fn apply(_community: &mut Community, event: &Event, _moment: &Moment, _shelf: &mut Bodies) {
    match *event {}
}
