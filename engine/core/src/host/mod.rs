//! The host's own stream: persons, tokens, quotas, the list of communities, suspension.

use serde::{Deserialize, Serialize};

use crate::command;
use crate::decide::{Ctx, Outcome};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::{Kind, Stream};

/// What the host knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {}

/// What the host tells a community, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {}

/// What can be asked of the host's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Found the host's stream.
    Found,
}

impl Command {
    /// What the actor must be.
    pub fn needs(&self) -> Need {
        Need::Host
    }
}

/// What happened on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The host's stream was founded.
    Founded,
}

/// Decides the first command of the host's stream.
pub fn found(
    _stream: &Stream,
    _envelope: &command::Command,
    command: &Command,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    match command {
        Command::Found => out.event(Event::Founded),
    }
    Ok(())
}

/// Decides a command of the host's stream.
pub fn decide(
    _stream: &Stream,
    _host: &Host,
    _envelope: &command::Command,
    _out: &mut Outcome,
) -> Result<(), Refusal> {
    Err(Refusal::WrongStream)
}

/// A community takes what the host told it.
pub fn received_by_community(_ctx: &Ctx<'_>, parcel: &Parcel, _out: &mut Outcome) -> Result<(), Refusal> {
    match *parcel {}
}

/// Applies what happened on the host.
pub fn apply(stream: &mut Stream, event: &Event, _moment: &Moment) {
    match event {
        Event::Founded => stream.kind = Kind::Host(Box::default()),
    }
}
