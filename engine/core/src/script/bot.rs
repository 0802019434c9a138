//! Who a script acts as: a row among the members that takes no seat, with the role `script`.

use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::MemberId;
use crate::member::{self, Member, Standing};
use crate::stream::Community;

/// What a script's bot is called.
pub fn nickname(script: &str) -> String {
    format!("⚙ {script}")
}

/// The row of a new script's bot.
pub(super) fn row(ctx: &Ctx<'_>, script: &str, out: &mut Outcome) -> Member {
    let id = MemberId::of(ctx.command.id, 0);
    let nickname = out.bodies.put(ctx.extensions.body(ctx.at_ms(), id, &nickname(script)));
    Member::bot(id, nickname, ctx.at_ms())
}

/// Puts a bot's row in.
pub(super) fn apply(community: &mut Community, bot: &Member, shelf: &mut Shelf<'_>) {
    member::keep(shelf.0, bot, shelf.1);
    community.members.put(bot.clone());
}

/// A bot whose script is gone: what it posted stays.
pub(super) fn leave(community: &mut Community, bot: MemberId, at_ms: u64) {
    community.members.change(bot, |member| {
        member.standing = Standing::Left { at_ms };
        member.roles.clear();
    });
}
