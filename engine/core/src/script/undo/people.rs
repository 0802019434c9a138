//! Undoing what was done to members: removals, strikes, mutes, tags, roles.

use std::collections::BTreeSet;

use super::{Left, UndoItem};
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::ids::{MemberId, ReceiptId};
use crate::member::{self, Member, Standing};
use crate::rule::{self, Mute};
use crate::{gate, limits, role};

pub(super) fn undo(ctx: &Ctx<'_>, item: &UndoItem, out: &mut Outcome) -> Result<(), Left> {
    match item {
        UndoItem::Standing { member, standing, roles } => readmit(ctx, *member, (*standing, roles), out),
        UndoItem::Strike { member, receipt } => strike(ctx, *member, *receipt, out),
        UndoItem::Mute { member, mute, old } => unmute(ctx, *member, (*mute, *old), out),
        UndoItem::Tagged { member, tag } => {
            let row = known(ctx, *member)?;
            row.tags.contains(tag).then_some(()).ok_or(Left::Over)?;
            out.event(member::Event::Untagged { member: *member, tag: tag.clone() });
            Ok(())
        }
        UndoItem::Untagged { member, tag } => tag_again(ctx, *member, tag, out),
        UndoItem::Given { member, role } => {
            let row = known(ctx, *member)?;
            row.roles.contains(role).then_some(()).ok_or(Left::Over)?;
            out.event(role::Event::Taken { member: *member, name: role.clone() });
            Ok(())
        }
        UndoItem::Taken { member, role } => give_again(ctx, *member, role, out),
        _ => Err(Left::Missing),
    }
}

/// A row that was not erased: tags stay on it when somebody leaves.
fn known<'a>(ctx: &Ctx<'a>, id: MemberId) -> Result<&'a Member, Left> {
    let row = ctx.community.members.get(id);
    row.filter(|row| !matches!(row.standing, Standing::Erased { .. })).ok_or(Left::Gone)
}

/// Lets somebody in again as they were; without a free seat they may come back, and nothing more.
fn readmit(
    ctx: &Ctx<'_>,
    id: MemberId,
    (standing, roles): (Standing, &BTreeSet<String>),
    out: &mut Outcome,
) -> Result<(), Left> {
    let row = known(ctx, id)?;
    match row.standing {
        now if now == standing => {}
        Standing::Active => return Err(Left::Over),
        _ => return Err(Left::Changed),
    }
    if !matches!(standing, Standing::Removed { .. } | Standing::Banned { .. }) {
        return Err(Left::Missing);
    }
    if !has_seat(ctx, out) {
        out.event(member::Event::Unbanned { member: id });
        return Err(Left::NoSeat);
    }
    let there = |name: &&String| ctx.community.roles.0.contains_key(*name) && *name != role::OWNER;
    let mut roles: BTreeSet<String> = roles.iter().filter(there).cloned().collect();
    if roles.is_empty() {
        roles.insert(role::MEMBER.to_owned());
    }
    out.event(member::Event::Reinstated { member: id, roles, old: standing });
    Ok(())
}

fn has_seat(ctx: &Ctx<'_>, out: &Outcome) -> bool {
    let back = |event: &&AnyEvent| matches!(event, AnyEvent::Member(member::Event::Reinstated { .. }));
    let inside = ctx.community.members.active_count() + out.events.iter().filter(back).count() as u64;
    let within = ctx.community.hosted.quotas().is_none_or(|quotas| inside < quotas.members);
    within && gate::free_seats(ctx, out) > 0
}

fn strike(ctx: &Ctx<'_>, member: MemberId, receipt: ReceiptId, out: &mut Outcome) -> Result<(), Left> {
    let strikes = ctx.community.rules.record.strikes.get(&member).ok_or(Left::Over)?;
    if !strikes.receipts.contains(&receipt) {
        return Err(Left::Over);
    }
    out.event(rule::Event::StrikeTakenBack { member, receipt });
    Ok(())
}

/// Ends a mute, or puts the one in its place that would hold without it.
fn unmute(
    ctx: &Ctx<'_>,
    member: MemberId,
    (mute, old): (Mute, Option<Mute>),
    out: &mut Outcome,
) -> Result<(), Left> {
    let now = *ctx.community.rules.record.mutes.get(&member).ok_or(Left::Over)?;
    if now != mute {
        return Err(Left::Changed);
    }
    out.event(match old.filter(|old| old.until_ms > ctx.at_ms()) {
        // Its own timer is still set: timers are never taken back.
        Some(mute) => rule::Event::Muted { member, mute, by: None, reason: None, old: Some(now) },
        None => rule::Event::Unmuted { member, by: None, old: now },
    });
    Ok(())
}

fn tag_again(ctx: &Ctx<'_>, member: MemberId, tag: &str, out: &mut Outcome) -> Result<(), Left> {
    let row = known(ctx, member)?;
    if row.tags.contains(tag) {
        return Err(Left::Over);
    }
    if row.tags.len() >= limits::TAGS_MAX {
        return Err(Left::Full);
    }
    out.event(member::Event::Tagged { member, tag: tag.to_owned() });
    Ok(())
}

fn give_again(ctx: &Ctx<'_>, member: MemberId, role: &str, out: &mut Outcome) -> Result<(), Left> {
    let row = known(ctx, member)?;
    if row.standing != Standing::Active {
        return Err(Left::Gone);
    }
    if row.roles.contains(role) {
        return Err(Left::Over);
    }
    if role == role::OWNER || !ctx.community.roles.0.contains_key(role) {
        return Err(Left::Missing);
    }
    out.event(role::Event::Given { member, name: role.to_owned() });
    Ok(())
}
