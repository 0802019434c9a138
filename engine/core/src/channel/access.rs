//! Who may read a channel and who may post in it.

use super::{Channel, Kind};
use crate::decide::Ctx;
use crate::ids::ChannelId;
use crate::member::Member;
use crate::refusal::Refusal;
use crate::role::{self, Permission};
use crate::stream::Community;

/// Whether a member may read a channel. Whoever manages channels sees all of them.
pub fn may_read(community: &Community, member: &Member, channel: &Channel) -> bool {
    community.roles.allow(member, Permission::Read)
        && (channel.read_roles.is_empty()
            || !channel.read_roles.is_disjoint(&member.roles)
            || community.roles.allow(member, Permission::ManageChannels))
}

/// The channel, if the actor may know of it. A channel they may not read is not found: its very existence is
/// nobody's business.
pub fn find_readable<'a>(ctx: &Ctx<'a>, id: ChannelId) -> Result<&'a Channel, Refusal> {
    let hidden = |channel: &Channel| ctx.actor.is_some_and(|actor| !may_read(ctx.community, actor, channel));
    match ctx.community.channels.get(id) {
        Some(channel) if !hidden(channel) => Ok(channel),
        _ => Err(Refusal::NotFound { what: id.to_string() }),
    }
}

/// Refuses an actor who may not post in the channel, whether it is open or not.
pub fn may_post(ctx: &Ctx<'_>, author: &Member, channel: &Channel) -> Result<(), Refusal> {
    let permission = match channel.kind {
        Kind::Broadcast => Permission::Broadcast,
        Kind::Group => Permission::Post,
        Kind::Feed { member } if member == author.id => Permission::Post,
        Kind::Feed { .. } => return Err(Refusal::NotYours { what: channel.id.to_string() }),
    };
    role::may(ctx, permission)?;
    if channel.post_roles.is_empty() || !channel.post_roles.is_disjoint(&author.roles) {
        return Ok(());
    }
    Err(Refusal::PermissionMissing { permission: permission.code().to_owned() })
}
