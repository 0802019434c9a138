//! The gate: what must hold before somebody is let in; invites, applications, seats, the waiting list.

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::{CommunityId, MemberId};
use crate::moment::Moment;
use crate::queue::Verdict;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::Community;

/// What must hold, and who waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {}

/// What a verdict at the gate rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {}

impl Ground {
    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        match *self {}
    }
}

/// Why a timer was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {}

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

/// A human decided about an applicant in the queue.
pub fn decided(_ctx: &Ctx<'_>, _member: MemberId, _verdict: Verdict, _out: &mut Outcome) {}

/// A timer fired.
pub fn on_timer(_ctx: &Ctx<'_>, timer: &Timer, _out: &mut Outcome) {
    match *timer {}
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

/// A seat became free: offers it to the first who waits.
pub fn seat_freed(_ctx: &Ctx<'_>, _out: &mut Outcome) {}

/// Applies what happened.
pub fn apply(_community: &mut Community, event: &Event, _moment: &Moment, _shelf: Shelf<'_>) {
    match *event {}
}
