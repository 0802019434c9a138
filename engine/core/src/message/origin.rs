//! Where a message of another network came from: by which connector, from where, and what it is called there.

use serde::{Deserialize, Serialize};

use super::{Command, post};
use crate::body::BodyRef;
use crate::command::CommandKind;
use crate::decide::{Ctx, Outcome};
use crate::ids::ConnectorId;
use crate::import::Short;
use crate::refusal::Refusal;

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The connector.
    pub connector: ConnectorId,
    /// The network's channel, as the connector has it.
    pub channel: Short,
    /// The network's own id of the message; owned by its author.
    pub external_id: BodyRef,
}

/// Decides a `Post` whose author said it on another network: `ctx` has them as its actor. Everything is
/// decided as for a post from here.
pub fn relay(ctx: &Ctx<'_>, origin: Origin, out: &mut Outcome) -> Result<(), Refusal> {
    match &ctx.command.kind {
        CommandKind::Message(command @ Command::Post { .. }) => {
            post::decide(ctx, command, Some(Box::new(origin)), out)
        }
        _ => Err(Refusal::NothingToChange),
    }
}
