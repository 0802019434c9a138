//! Handing a community over (群转让): the owner offers, the other consents, and only then it changes hands.

use serde::{Deserialize, Serialize};

use super::{Event, Timer};
use crate::decide::{Ctx, Outcome};
use crate::ids::MemberId;
use crate::moment::DAY_MS;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::role::{ADMIN, OWNER};
use crate::stream::Community;
use crate::timer::{self, Purpose};

/// How long an offer stands: time to think, not to forget.
const OFFER_MS: u64 = 3 * DAY_MS;

/// An offer that waits for consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// To whom.
    pub to: MemberId,
    /// Until when, Unix milliseconds.
    pub until_ms: u64,
}

pub(super) fn offer(ctx: &Ctx<'_>, to: MemberId, out: &mut Outcome) -> Result<(), Refusal> {
    let target = ctx.member_inside(to)?;
    if ctx.community.profile.owner == Some(to) {
        return Err(Refusal::NothingToChange);
    }
    if target.person.is_none() {
        return Err(Refusal::WrongState { what: to.to_string(), state: "unclaimed".to_owned() });
    }
    let until_ms = ctx.at_ms().saturating_add(OFFER_MS);
    out.event(Event::OwnershipOffered {
        offer: Offer { to, until_ms },
        old: ctx.community.profile.offer.clone(),
    });
    out.notify(to, Text::new("community.ownership_offered").with("until", Arg::Time(until_ms)));
    timer::set(ctx, 0, until_ms, Purpose::Community(Timer::OfferEnds), out);
    Ok(())
}

pub(super) fn accept(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.acting()?;
    offer_to(ctx, member.id)?;
    let old = ctx.community.profile.owner;
    out.event(Event::OwnershipHandedOver { to: member.id, old });
    if let Some(old) = old {
        out.notify(old, Text::new("community.ownership_taken").with("member", Arg::Member(member.id)));
    }
    Ok(())
}

pub(super) fn decline(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.acting()?;
    offer_to(ctx, member.id)?;
    out.event(Event::OwnershipOfferEnded { to: member.id });
    if let Some(owner) = ctx.community.profile.owner {
        out.notify(owner, Text::new("community.ownership_declined").with("member", Arg::Member(member.id)));
    }
    Ok(())
}

pub(super) fn withdraw(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let offer = ctx.community.profile.offer.as_ref().ok_or(Refusal::NothingToChange)?;
    out.event(Event::OwnershipOfferEnded { to: offer.to });
    Ok(())
}

pub(super) fn offer_ends(ctx: &Ctx<'_>, out: &mut Outcome) {
    if let Some(offer) = ctx.community.profile.offer.as_ref().filter(|offer| offer.until_ms <= ctx.at_ms()) {
        out.event(Event::OwnershipOfferEnded { to: offer.to });
    }
}

fn offer_to(ctx: &Ctx<'_>, member: MemberId) -> Result<(), Refusal> {
    match &ctx.community.profile.offer {
        Some(offer) if offer.to == member && offer.until_ms > ctx.at_ms() => Ok(()),
        _ => Err(Refusal::NotFound { what: "ownership_offer".to_owned() }),
    }
}

/// The new owner gets the owner's role, the old one stays as an administrator.
pub(super) fn hand_over(community: &mut Community, to: MemberId, old: Option<MemberId>) {
    if let Some(old) = old {
        community.members.change(old, |member| {
            member.roles.remove(OWNER);
            member.roles.insert(ADMIN.to_owned());
        });
    }
    community.members.change(to, |member| {
        member.roles.insert(OWNER.to_owned());
    });
    community.profile.owner = Some(to);
    community.profile.offer = None;
}
