//! Editing and deleting.
//!
//! A message must be found before it is known who may change it, so that refusal comes first here. Who may
//! not read a message does not find it.

use serde::{Deserialize, Serialize};

use super::post::{Held, check_cards, check_open, settle, wrong};
use super::{Event, Header, Measure, Mentions, Part, accepted, evidence, part};
use crate::body::BodyRef;
use crate::channel;
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, MessageId};
use crate::limits;
use crate::moment::MINUTE_MS;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::role::{self, Permission};
use crate::rule;
use crate::text::reading::Reading;

/// That a message was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// By whom; `None` the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
}

/// Gives one's own message other parts, which are judged like a new message's.
pub(super) fn edit(ctx: &Ctx<'_>, id: MessageId, parts: &[Part], out: &mut Outcome) -> Result<(), Refusal> {
    let author = ctx.acting()?;
    let old = evidence::find(ctx, id)?.header;
    if old.author != author.id {
        return Err(Refusal::NotYours { what: id.to_string() });
    }
    let channel = channel::find_readable(ctx, old.channel)?;
    if old.announcement.is_some() {
        role::may(ctx, Permission::Announce)?;
    } else {
        channel::may_post(ctx, author, channel)?;
    }
    rule::may_speak(ctx, author)?;
    let texts = part::check(ctx, parts)?;
    let texts = Reading::of(&texts);
    check_open(channel)?;
    check_cards(ctx, parts)?;
    let window_ms = u64::from(ctx.community.messages.config.edit_window_minutes) * MINUTE_MS;
    if ctx.at_ms().saturating_sub(old.at_ms) >= window_ms {
        return Err(wrong(id, "edit_window_over"));
    }
    let header = Header { edited_ms: Some(ctx.at_ms()), ..old.clone() }.measured(Measure::of(&texts));
    let edits = Some(Box::new(old.clone()));
    let (header, parts, mentions) = (Box::new(header), parts.to_vec(), Mentions::default());
    let held = Held { header, parts, mentions, edits, original: Vec::new() };
    settle(ctx, author, &texts, held, out);
    Ok(())
}

/// Deletes one's own message, or as a moderator that of somebody of lower rank.
pub(super) fn delete(
    ctx: &Ctx<'_>,
    id: MessageId,
    reason: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let header = evidence::find(ctx, id)?.header;
    let by = ctx.actor.map(|actor| actor.id);
    let own = by == Some(header.author);
    role::may(ctx, if own { Permission::Participate } else { Permission::Moderate })?;
    if let Some(author) = ctx.community.members.get(header.author).filter(|_| !own) {
        role::outranks(ctx, author)?;
    }
    if let Some(reason) = &reason {
        ctx.fresh_text("reason", reason, limits::REASON_BYTES_MAX)?;
    }
    accepted::answer_deleted(ctx, header, out);
    out.event(Event::Deleted { message: id, by, reason, origin: header.origin.as_deref().copied() });
    if !own {
        let text = Text::new("message.deleted_by_moderator")
            .with("message", Arg::Message(id))
            .with("channel", Arg::Channel(header.channel));
        out.notify(header.author, text);
    }
    Ok(())
}
