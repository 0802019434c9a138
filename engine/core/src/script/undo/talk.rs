//! Undoing what was done to messages, cards and those at the gate.

use super::{Left, UndoItem, Wording};
use crate::card;
use crate::channel::Status;
use crate::decide::{Ctx, Outcome};
use crate::ids::{ChannelId, HoldId, MemberId, MessageId, ReceiptId};
use crate::limits;
use crate::member::Standing;
use crate::message::{self, Event, Header, Held};
use crate::queue::{self, Item};

/// A script's number and version.
type Doer = (u32, u32);

pub(super) fn undo(ctx: &Ctx<'_>, doer: Doer, item: &UndoItem, out: &mut Outcome) -> Result<(), Left> {
    match item {
        UndoItem::Held { hold, wording, .. } => held(ctx, doer, (*hold, *wording), out),
        UndoItem::Denied { held, receipts } => denied(ctx, doer, (held, receipts), out),
        UndoItem::Card { change } => change_card(ctx, change, out),
        UndoItem::Rewritten { .. } => rewritten(ctx, item, out),
        UndoItem::Deleted { message, .. } => {
            // One that left the window deleted is known by its id only.
            ctx.community.messages.is_deleted(*message).then_some(()).ok_or(Left::Over)?;
            out.event(Event::Undeleted { message: *message });
            Ok(())
        }
        UndoItem::Posted { message } => take_down(ctx, *message, out),
        UndoItem::Reacted { message, bot, emoji } => unreact(ctx, *message, (*bot, emoji), out),
        UndoItem::Pinned { message, channel } => {
            let pinned = ctx.community.messages.pins(*channel).contains(message);
            pinned.then_some(()).ok_or(Left::Over)?;
            out.event(Event::Unpinned { message: *message, channel: *channel });
            Ok(())
        }
        UndoItem::Unpinned { message, channel } => pin_again(ctx, *message, *channel, out),
        UndoItem::Unaccepted { question, answer, answerer } => {
            accept_again(ctx, *question, (*answer, *answerer), out)
        }
        _ => Err(Left::Missing),
    }
}

/// Lets go what still waits, unless a rule or another script wants it to wait as well.
fn held(ctx: &Ctx<'_>, doer: Doer, (id, wording): (HoldId, Wording), out: &mut Outcome) -> Result<(), Left> {
    let hold = ctx.community.queue.holds.get(&id).ok_or(Left::Over)?;
    alone(ctx, doer, &hold.receipts)?;
    let mut item = hold.item.clone();
    if let Item::Message(held) = &mut item {
        may_post(ctx, held)?;
        if wording == Wording::Original {
            own_words(ctx, held)?;
        }
    }
    queue::let_go(ctx, (id, &item), doer, out);
    Ok(())
}

/// Refuses where anything but this version is known to have objected.
fn alone(ctx: &Ctx<'_>, (no, version): Doer, receipts: &[ReceiptId]) -> Result<(), Left> {
    let mut grounds = receipts.iter().filter_map(|id| ctx.community.queue.receipts.get(id));
    let other = grounds.any(|receipt| match &receipt.ground {
        queue::Ground::Script(ground) => (ground.no, ground.version) != (no, version),
        queue::Ground::Deadline { .. } => false,
        _ => receipt.objects(),
    });
    if other { Err(Left::Objected) } else { Ok(()) }
}

/// Posts a denied message under its own id, or makes a denied edit.
fn denied(
    ctx: &Ctx<'_>,
    doer: Doer,
    (held, receipts): (&Held, &[ReceiptId]),
    out: &mut Outcome,
) -> Result<(), Left> {
    let messages = &ctx.community.messages;
    let id = held.header.id;
    let posted = ctx.evidence.messages.get(&id).is_some_and(Option::is_some);
    if held.edits.is_none() && (posted || messages.get(id).is_some() || messages.is_deleted(id)) {
        return Err(Left::Over);
    }
    alone(ctx, doer, receipts)?;
    may_post(ctx, held)?;
    let mut held = held.clone();
    held.original = held.parts.clone();
    own_words(ctx, &mut held)?;
    message::release(ctx, &held, out);
    let kept = ctx.community.queue.denied.iter();
    let kept = kept.flat_map(|denied| &denied.receipts).find(|receipt| receipts.contains(receipt));
    if let Some(receipt) = kept {
        out.event(queue::Event::Restored { receipt: *receipt });
    }
    Ok(())
}

/// Refuses a message whose author is not inside or whose channel is closed, and an edit that is out of date.
fn may_post(ctx: &Ctx<'_>, held: &Held) -> Result<(), Left> {
    let header = &held.header;
    let author = ctx.community.members.get(header.author);
    author.filter(|author| author.standing == Standing::Active).ok_or(Left::Gone)?;
    open(ctx, header.channel)?;
    let Some(edits) = &held.edits else { return Ok(()) };
    unchanged(ctx, header.id, edits.edited_ms)
}

fn open(ctx: &Ctx<'_>, channel: ChannelId) -> Result<(), Left> {
    let channel = ctx.community.channels.get(channel);
    channel.filter(|channel| channel.status == Status::Open).map(drop).ok_or(Left::Closed)
}

/// Refuses a message that was deleted or edited since. Of one that the state has forgotten nobody knows more
/// than whoever read the log.
fn unchanged(ctx: &Ctx<'_>, id: MessageId, edited_ms: Option<u64>) -> Result<(), Left> {
    let messages = &ctx.community.messages;
    if messages.is_deleted(id) {
        return Err(Left::Deleted);
    }
    match messages.get(id) {
        Some(now) if now.edited_ms != edited_ms => Err(Left::Edited),
        _ => Ok(()),
    }
}

/// Puts the author's own words in the place of a script's.
fn own_words(ctx: &Ctx<'_>, held: &mut Held) -> Result<(), Left> {
    if held.original.is_empty() {
        return Ok(());
    }
    held.parts = std::mem::take(&mut held.original);
    let measure = message::measure(ctx, &held.parts).ok_or(Left::TextGone)?;
    *held.header = held.header.as_ref().clone().measured(measure);
    Ok(())
}

/// Makes a denied change of card or nickname, where the member is inside and nothing else waits.
fn change_card(ctx: &Ctx<'_>, change: &card::Held, out: &mut Outcome) -> Result<(), Left> {
    let member = ctx.community.members.get(change.member);
    let member = member.filter(|member| member.standing == Standing::Active).ok_or(Left::Gone)?;
    let same = |(name, value): (&String, &Option<_>)| member.card.get(name) == value.as_ref();
    if change.nickname.is_none_or(|nickname| nickname == member.nickname) && change.fields.iter().all(same) {
        return Err(Left::Over);
    }
    if ctx.community.card.held.contains_key(&change.member) {
        return Err(Left::Changed);
    }
    let known = |name: &String| ctx.community.card.schema.field(name).is_some();
    if !change.fields.keys().all(known) {
        return Err(Left::Missing);
    }
    card::release(ctx, change, out);
    Ok(())
}

fn rewritten(ctx: &Ctx<'_>, item: &UndoItem, out: &mut Outcome) -> Result<(), Left> {
    let UndoItem::Rewritten { message, parts, measure, edited_ms, recalled, .. } = item else {
        return Err(Left::Missing);
    };
    unchanged(ctx, *message, *edited_ms)?;
    let now: &Header = match ctx.community.messages.get(*message) {
        Some(now) => now,
        None => recalled.as_deref().filter(|header| header.id == *message).ok_or(Left::Missing)?,
    };
    if now.measure() != *measure {
        return Err(Left::Over);
    }
    let known = ctx.community.messages.get(*message).is_some();
    out.event(Event::Edited {
        message: *message,
        parts: parts.clone(),
        measure: message::measure(ctx, parts).ok_or(Left::TextGone)?,
        old: *measure,
        old_edited_ms: now.edited_ms,
        recalled: (!known).then(|| Box::new(now.clone())),
        original: Box::default(),
    });
    Ok(())
}

/// Deletes a message of the script's own; an answer that was accepted is none any more.
fn take_down(ctx: &Ctx<'_>, id: MessageId, out: &mut Outcome) -> Result<(), Left> {
    let messages = &ctx.community.messages;
    if messages.is_deleted(id) {
        return Err(Left::Over);
    }
    if let Some(header) = messages.get(id) {
        message::answer_deleted(ctx, header, out);
    }
    out.event(Event::Deleted { message: id, by: None, reason: None, origin: None });
    Ok(())
}

fn unreact(
    ctx: &Ctx<'_>,
    message: MessageId,
    (member, emoji): (MemberId, &str),
    out: &mut Outcome,
) -> Result<(), Left> {
    let header = ctx.community.messages.get(message).ok_or(Left::Over)?;
    if !header.reactions.get(emoji).is_some_and(|members| members.contains(&member)) {
        return Err(Left::Over);
    }
    out.event(Event::Unreacted { message, member, emoji: emoji.to_owned() });
    Ok(())
}

/// Pins a message again that lost its pin with its deletion; it is restored by an earlier command.
fn pin_again(ctx: &Ctx<'_>, message: MessageId, channel: ChannelId, out: &mut Outcome) -> Result<(), Left> {
    let messages = &ctx.community.messages;
    let pins = messages.pins(channel);
    if pins.contains(&message) {
        return Err(Left::Over);
    }
    if messages.is_deleted(message) {
        return Err(Left::Deleted);
    }
    if pins.len() >= limits::PINS_MAX {
        return Err(Left::Full);
    }
    // An older message stays pinned by its id; its header is in the log.
    out.event(Event::Pinned { message, channel, recalled: None });
    Ok(())
}

fn accept_again(
    ctx: &Ctx<'_>,
    question: MessageId,
    (answer, answerer): (MessageId, MemberId),
    out: &mut Outcome,
) -> Result<(), Left> {
    let messages = &ctx.community.messages;
    let asked = messages.get(question).ok_or(Left::Missing)?;
    match asked.accepted {
        Some(accepted) if accepted == answer => return Err(Left::Over),
        Some(_) => return Err(Left::Changed),
        None if asked.deleted.is_some() || messages.is_deleted(answer) => return Err(Left::Deleted),
        None => {}
    }
    out.event(Event::AnswerAccepted { question, answer, answerer, old: None, recalled: None });
    Ok(())
}
