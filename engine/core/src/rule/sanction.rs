//! What is done to a member: strikes, warnings, mutes, by the ladder or by a moderator; and taking it back.
//!
//! Each leaves a receipt. Sending out and banning are the member's noun; the ladder asks for them here.

use super::judge::INDEX_FROM;
use super::ladder::Rung;
use super::strike::Mute;
use super::{Event, Lifted, Timer};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, ReceiptId};
use crate::limits::{MUTE_MS_MAX, REASON_BYTES_MAX};
use crate::member::{self, Member, Standing};
use crate::notice::{Arg, Text};
use crate::queue::{self, Receipt, Verdict};
use crate::refusal::Refusal;
use crate::role;
use crate::stream::Community;
use crate::timer::{self, Purpose};

/// Timers of one command, told apart.
const MUTE_TIMER: u32 = INDEX_FROM;
const BAN_TIMER: u32 = INDEX_FROM + 1;

/// Does what a rung says to an author who is inside. The owner is never silenced or sent out, only warned.
pub(super) fn follow(ctx: &Ctx<'_>, author: &Member, (receipt, rung): (&Receipt, Rung), out: &mut Outcome) {
    out.event(Event::Struck { member: author.id, receipt: receipt.id });
    let explained = |code: &str| Text::new(code).with("receipt", Arg::Receipt(receipt.id));
    let owner = ctx.community.profile.owner == Some(author.id);
    match rung {
        Rung::Hold => {}
        Rung::Remind | Rung::Warn => out.notify(author.id, receipt.reason.clone()),
        _ if owner => out.notify(author.id, receipt.reason.clone()),
        Rung::Mute(time) => silence(ctx, author.id, (time.0, receipt.id, None), out),
        Rung::Remove => {
            out.notify(author.id, explained("sanction.removed"));
            member::remove(ctx, author, None, out);
        }
        Rung::Ban(time) => {
            let until = Arg::Time(ctx.at_ms().saturating_add(time.0));
            out.notify(author.id, explained("sanction.banned").with("until", until));
            member::banish(ctx, author, Some(time.0), None, out);
        }
        Rung::BanForGood => {
            out.notify(author.id, explained("sanction.banned_for_good"));
            member::banish(ctx, author, None, None, out);
        }
    }
}

/// Mutes, never for a shorter time than a mute that holds already.
fn silence(
    ctx: &Ctx<'_>,
    member: MemberId,
    (for_ms, receipt, reason): (u64, ReceiptId, Option<BodyRef>),
    out: &mut Outcome,
) {
    let old = ctx.community.rules.record.mute(member, ctx.at_ms()).copied();
    let until_ms = ctx.at_ms().saturating_add(for_ms).max(old.map_or(0, |old| old.until_ms));
    let by = ctx.actor.map(|actor| actor.id).filter(|by| *by != member);
    out.event(Event::Muted { member, mute: Mute { until_ms, receipt }, by, reason, old });
    timer::set(ctx, MUTE_TIMER, until_ms, Purpose::Rule(Timer::MuteEnds { member, until_ms }), out);
    let text = Text::new("sanction.muted").with("until", Arg::Time(until_ms));
    out.notify(member, text.with("receipt", Arg::Receipt(receipt)));
}

/// A moderator warns: a receipt and a strike.
pub(super) fn warn(
    ctx: &Ctx<'_>,
    member: MemberId,
    reason: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let target = subordinate(ctx, member)?;
    let receipt = receipt_by_hand(ctx, target.id, ("sanction.warned", reason), out)?;
    out.event(Event::Struck { member, receipt: receipt.id });
    out.notify(member, receipt.reason.with("receipt", Arg::Receipt(receipt.id)));
    Ok(())
}

/// A moderator mutes: a receipt, no strike.
pub(super) fn mute(
    ctx: &Ctx<'_>,
    (member, for_ms): (MemberId, u64),
    reason: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let target = subordinate(ctx, member)?;
    if for_ms == 0 || for_ms > MUTE_MS_MAX {
        let expected = format!("1 to {MUTE_MS_MAX} ms");
        return Err(Refusal::ValueInvalid { name: "for_ms".to_owned(), expected });
    }
    let receipt = receipt_by_hand(ctx, target.id, ("sanction.muted_by_hand", reason), out)?;
    silence(ctx, member, (for_ms, receipt.id, reason), out);
    Ok(())
}

fn subordinate<'a>(ctx: &Ctx<'a>, member: MemberId) -> Result<&'a Member, Refusal> {
    if ctx.actor.is_some_and(|actor| actor.id == member) || ctx.community.profile.owner == Some(member) {
        return Err(Refusal::RankTooLow);
    }
    let target = ctx.member_inside(member)?;
    role::outranks(ctx, target)?;
    Ok(target)
}

fn receipt_by_hand(
    ctx: &Ctx<'_>,
    member: MemberId,
    (code, reason): (&str, Option<BodyRef>),
    out: &mut Outcome,
) -> Result<Receipt, Refusal> {
    let mut text = Text::new(code);
    if let Some(reason) = reason {
        ctx.fresh_text("reason", &reason, REASON_BYTES_MAX)?;
        text = Text::new(&format!("{code}_because")).with("reason", Arg::Body(reason));
    }
    let by = ctx.actor.map(|actor| actor.id);
    let ground = queue::Ground::Person { by, verdict: Verdict::Deny };
    let id = ReceiptId::of(ctx.command.id, INDEX_FROM);
    let receipt = Receipt {
        id,
        member,
        at_ms: ctx.at_ms(),
        verdict: Verdict::Deny,
        ground,
        reason: text,
        remedy: None,
    };
    out.decisions.push(receipt.clone());
    Ok(receipt)
}

/// A moderator takes a mute or all strikes back.
pub(super) fn lift(
    ctx: &Ctx<'_>,
    member: MemberId,
    lifted: Lifted,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let target = subordinate(ctx, member)?;
    let record = &ctx.community.rules.record;
    match lifted {
        Lifted::Mute => {
            let old = *record.mute(target.id, ctx.at_ms()).ok_or(Refusal::NothingToChange)?;
            unmute(ctx, member, old, out);
        }
        Lifted::Strikes => {
            let strikes = record.strikes.get(&member).ok_or(Refusal::NothingToChange)?;
            for receipt in &strikes.receipts {
                out.event(Event::StrikeTakenBack { member, receipt: *receipt });
            }
            out.notify(member, Text::new("sanction.strikes_lifted"));
        }
    }
    Ok(())
}

fn unmute(ctx: &Ctx<'_>, member: MemberId, old: Mute, out: &mut Outcome) {
    out.event(Event::Unmuted { member, by: ctx.actor.map(|actor| actor.id), old });
    out.notify(member, Text::new("sanction.unmuted"));
}

/// Undoes everything that rests on a receipt: its strike, its mute, its removal or ban.
pub fn undo(ctx: &Ctx<'_>, receipt: &Receipt, out: &mut Outcome) {
    let record = &ctx.community.rules.record;
    let id = receipt.member;
    if record.strikes.get(&id).is_some_and(|strikes| strikes.receipts.contains(&receipt.id)) {
        out.event(Event::StrikeTakenBack { member: id, receipt: receipt.id });
    }
    if let Some(mute) = record.mute(id, ctx.at_ms()).filter(|mute| mute.receipt == receipt.id) {
        unmute(ctx, id, *mute, out);
    }
    let sent_out_ms = match ctx.community.members.get(id).map(|member| member.standing) {
        Some(Standing::Banned { at_ms, .. } | Standing::Removed { at_ms, .. }) => at_ms,
        _ => return,
    };
    let climb = match &receipt.ground {
        queue::Ground::Rule(ground) => Some(&ground.climb),
        queue::Ground::Script(ground) => ground.climb.as_ref(),
        _ => None,
    };
    let by_ladder =
        climb.is_some_and(|climb| matches!(climb.rung(), Rung::Remove | Rung::Ban(_) | Rung::BanForGood));
    if by_ladder && sent_out_ms == receipt.at_ms {
        out.event(member::Event::Unbanned { member: id });
    }
}

/// A human denied what a rule had held: that is a strike.
pub fn strike_for_denied_hold(ctx: &Ctx<'_>, receipt: &Receipt, out: &mut Outcome) {
    if ctx.community.members.get(receipt.member).is_some_and(|member| member.standing == Standing::Active) {
        out.event(Event::Struck { member: receipt.member, receipt: receipt.id });
    }
}

/// Sets the timers of bans that end, whoever banned.
pub(super) fn watch_bans(ctx: &Ctx<'_>, out: &mut Outcome) {
    let ends: Vec<(MemberId, u64)> = out
        .events
        .iter()
        .filter_map(|event| match event {
            crate::event::Event::Member(member::Event::Banned {
                member, until_ms: Some(until_ms), ..
            }) => Some((*member, *until_ms)),
            _ => None,
        })
        .collect();
    for (index, (member, until_ms)) in (BAN_TIMER..).zip(ends) {
        timer::set(ctx, index, until_ms, Purpose::Rule(Timer::BanEnds { member, until_ms }), out);
    }
}

/// The time of a mute is over, unless it was lifted or lengthened.
pub(super) fn mute_ends(ctx: &Ctx<'_>, member: MemberId, until_ms: u64, out: &mut Outcome) {
    let mutes = &ctx.community.rules.record.mutes;
    if let Some(old) = mutes.get(&member).filter(|mute| mute.until_ms == until_ms) {
        unmute(ctx, member, *old, out);
    }
}

/// The time of a ban is over, unless it was lifted or changed.
pub(super) fn ban_ends(ctx: &Ctx<'_>, member: MemberId, until: u64, out: &mut Outcome) {
    let standing = ctx.community.members.get(member).map(|member| member.standing);
    if matches!(standing, Some(Standing::Banned { until_ms: Some(until_ms), .. }) if until_ms == until) {
        out.event(member::Event::Unbanned { member });
    }
}

/// Applies what happened to strikes and mutes.
pub(super) fn apply(community: &mut Community, event: &Event, at_ms: u64) {
    let forget_ms = community.rules.ladder.forget_ms();
    let record = &mut community.rules.record;
    match event {
        Event::Struck { member, receipt } => record.strike(*member, *receipt, (at_ms, forget_ms)),
        Event::StrikeTakenBack { member, receipt } => record.take_back(*member, *receipt, (at_ms, forget_ms)),
        Event::Muted { member, mute, .. } => {
            record.mutes.insert(*member, *mute);
        }
        Event::Unmuted { member, .. } => {
            record.mutes.remove(member);
        }
        _ => {}
    }
}
