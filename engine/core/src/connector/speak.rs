//! Speaking through a connector: a post of the member somebody is, decided by the code that decides posts.

use serde::{Deserialize, Serialize};

use super::{Command, change};
use crate::body::BodyRef;
use crate::command::{self, Actor, CommandKind};
use crate::decide::{Ctx, Facts, Outcome};
use crate::ids::{ConnectorId, MessageId};
use crate::import::Short;
use crate::message::{self, Mentions, Origin, Part, Sort};
use crate::refusal::Refusal;
use crate::role;
use crate::stream::Community;

/// What somebody of a network said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speech {
    /// By which connector.
    pub connector: ConnectorId,
    /// Who said it: the short MAC of their id there.
    pub person: Short,
    /// Where: the short MAC of the channel's id there.
    pub channel: Short,
    /// The network's own id of the message, owned by the member.
    pub external_id: BodyRef,
    /// What.
    pub parts: Vec<Part>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
}

/// What was said by a command through a connector, if it was that.
pub fn relayed(kind: &CommandKind) -> Option<&Speech> {
    match kind {
        CommandKind::Connector(Command::Speak(speech)) => Some(speech),
        _ => None,
    }
}

/// Names the messages that a command is about and that the state no longer knows of.
pub fn facts(community: &Community, kind: &CommandKind, facts: &mut Facts) {
    let reply_to = relayed(kind).and_then(|speech| speech.reply_to);
    reply_to.into_iter().for_each(|id| message::missing(community, id, facts));
}

/// Posts it as the member. Who was never met is not found; what the bot's token was narrowed to does not
/// narrow the member.
pub(super) fn speak(ctx: &Ctx<'_>, speech: &Speech, out: &mut Outcome) -> Result<(), Refusal> {
    let not_found = |what: &str| Refusal::NotFound { what: what.to_owned() };
    let connectors = &ctx.community.connectors;
    let connector = connectors.find(speech.connector)?;
    let met = connectors.met(&connector.network, speech.person);
    let member = met.ok_or_else(|| not_found("member"))?.member;
    let mapped = connector.channels.get(&speech.channel).ok_or_else(|| not_found("channel"))?;
    change::external_id(ctx, &speech.external_id, member)?;
    let post = message::Command::Post {
        channel: mapped.channel,
        parts: speech.parts.clone(),
        reply_to: speech.reply_to,
        sort: Sort::Talk,
        mentions: Mentions::default(),
    };
    let command = command::Command {
        id: ctx.command.id,
        community: ctx.command.community,
        at_ms: ctx.command.at_ms,
        actor: Actor::Member(member),
        scope: None,
        key: None,
        cause: ctx.command.cause,
        kind: post.into(),
    };
    let actor = role::check(ctx.community, &command)?;
    let (connector, channel, external_id) = (connector.id, speech.channel, speech.external_id);
    let ctx = Ctx { command: &command, actor, ..*ctx };
    message::relay(&ctx, Origin { connector, channel, external_id }, out)
}
