//! Seats and the waiting list: who gets a free seat, for how long it is kept, and what place the others have.
//!
//! Promises: seats taken and seats offered together never exceed the capacity by an admission; nobody
//! overtakes the list; places follow the tickets and have no gaps. Each count is that of the state *and* of
//! what the running command has already decided, since a command may free several seats.

use std::collections::BTreeMap;

use super::application::{self, End, Placed, Stage};
use super::{Event, GateConfig, Ground, INDEX_FROM, Timer, capacity};
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::ids::MemberId;
use crate::member::{self, Standing};
use crate::moment::HOUR_MS;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::stream::Community;
use crate::timer::{self, Purpose};

/// Seats that one command offers; a timer offers the rest, so that no record grows without bound.
const OFFERS_MAX: usize = 500;

/// Where people stand after what the running command has decided so far.
#[derive(Default)]
struct Overlay {
    /// Has a seat, or one is offered to them.
    seated: BTreeMap<MemberId, bool>,
    /// Stands on the list and waits.
    waits: BTreeMap<MemberId, bool>,
}

impl Overlay {
    fn of(out: &Outcome) -> Self {
        let mut overlay = Self::default();
        for event in &out.events {
            let (id, seated, waits) = match event {
                AnyEvent::Member(
                    member::Event::Joined { member, .. } | member::Event::Reinstated { member, .. },
                ) => (member, true, false),
                AnyEvent::Member(
                    member::Event::Left { member }
                    | member::Event::Removed { member, .. }
                    | member::Event::Banned { member, .. },
                )
                | AnyEvent::Gate(Event::Ended { member, .. }) => (member, false, false),
                AnyEvent::Gate(Event::Staged { member, stage, .. }) => {
                    (member, matches!(stage, Stage::Offered { .. }), matches!(stage, Stage::Waiting { .. }))
                }
                _ => continue,
            };
            overlay.seated.insert(*id, seated);
            overlay.waits.insert(*id, waits);
        }
        overlay
    }

    fn waits(&self, community: &Community, id: MemberId) -> bool {
        self.waits.get(&id).copied().unwrap_or_else(|| waits(community, id))
    }
}

fn seated(community: &Community, id: MemberId) -> bool {
    community.gate.offered.contains(&id)
        || community.members.get(id).is_some_and(|member| member.standing == Standing::Active)
}

fn waits(community: &Community, id: MemberId) -> bool {
    let application = community.gate.applications.get(&id);
    application.is_some_and(|application| matches!(application.stage, Stage::Waiting { .. }))
}

/// The count that changes of single rows lead to.
fn counted(base: u64, changes: &BTreeMap<MemberId, bool>, was: impl Fn(MemberId) -> bool) -> u64 {
    changes.iter().fold(base, |count, (id, is)| match (was(*id), is) {
        (false, true) => count + 1,
        (true, false) => count.saturating_sub(1),
        _ => count,
    })
}

fn ground(ctx: &Ctx<'_>, config: &GateConfig, overlay: &Overlay) -> capacity::Ground {
    let community = ctx.community;
    let gate = &community.gate;
    let taken = community.members.active_count() + gate.offered.len() as u64;
    let ahead = (gate.line.len() - gate.away.len().min(gate.line.len())) as u64;
    capacity::Ground {
        capacity: config.capacity,
        taken: counted(taken, &overlay.seated, |id| seated(community, id)),
        ahead: counted(ahead, &overlay.waits, |id| waits(community, id)),
        listed: gate.line.len() as u64,
        listed_max: u64::from(config.waiting_max),
    }
}

/// Seats that nobody has and that are offered to nobody, after what the command has decided so far.
pub fn free(ctx: &Ctx<'_>, out: &Outcome) -> u64 {
    ground(ctx, &ctx.community.gate.config, &Overlay::of(out)).free()
}

/// What becomes of somebody who passed every condition; with the ground on which they are turned away.
pub(super) fn placed(ctx: &Ctx<'_>, out: &Outcome) -> (Placed, Option<Ground>) {
    let config = &ctx.community.gate.config;
    let ground = ground(ctx, config, &Overlay::of(out));
    match ground.verdict() {
        crate::queue::Verdict::Allow => (Placed::Admitted, None),
        crate::queue::Verdict::Hold => {
            (Placed::Pending(Stage::Waiting { ticket: ctx.community.gate.next_ticket }), None)
        }
        crate::queue::Verdict::Deny if config.overflow.is_some() => (Placed::Pending(full(ctx)), None),
        crate::queue::Verdict::Deny => (Placed::TurnedAway, Some(Ground::Capacity(ground))),
    }
}

/// The stage of somebody to whom only the next community is open.
pub(super) fn full(ctx: &Ctx<'_>) -> Stage {
    Stage::Full { until_ms: ctx.at_ms().saturating_add(ctx.community.gate.config.offer_ms()) }
}

/// Moves an application to a stage, and tells the applicant.
pub(super) fn stage(ctx: &Ctx<'_>, id: MemberId, stage: Stage, out: &mut Outcome) {
    let Some(application) = ctx.community.gate.applications.get(&id) else { return };
    out.event(Event::Staged { member: id, stage: stage.clone(), old: application.stage.clone() });
    tell(ctx, id, &stage, out);
}

/// Tells an applicant where they stand, and sets the timer that the stage needs.
pub(super) fn tell(ctx: &Ctx<'_>, id: MemberId, stage: &Stage, out: &mut Outcome) {
    let gate = &ctx.community.gate;
    let next = gate.config.overflow.as_ref().map(|overflow| overflow.community.as_str());
    let (text, timer) = match stage {
        Stage::Review => (Text::new("gate.held"), None),
        Stage::Waiting { ticket } => {
            let place = gate.line.range(..ticket).count() + 1;
            let of = gate.line.len() + usize::from(!gate.line.contains_key(ticket));
            let code = if next.is_some() { "gate.place_in_list_or_next" } else { "gate.place_in_list" };
            (Text::new(code).with("place", place).with("of", of), None)
        }
        Stage::Offered { until_ms } => {
            let hours = until_ms.saturating_sub(ctx.at_ms()) / HOUR_MS;
            let text =
                Text::new("gate.seat_offered").with("until", Arg::Time(*until_ms)).with("hours", hours);
            (text, Some((*until_ms, Timer::OfferEnds { member: id, until_ms: *until_ms })))
        }
        Stage::Full { until_ms } => {
            let text = Text::new("gate.full_but_next").with("until", Arg::Time(*until_ms));
            (text, Some((*until_ms, Timer::OfferEnds { member: id, until_ms: *until_ms })))
        }
        Stage::Moving { until_ms, .. } => {
            let timer = Timer::MoveEnds { member: id, until_ms: *until_ms };
            (Text::new("gate.moving"), Some((*until_ms, timer)))
        }
    };
    out.notify(
        id,
        match next {
            Some(name) => text.with("community", name),
            None => text,
        },
    );
    if let Some((due_ms, timer)) = timer {
        set_timer(ctx, due_ms, timer, out);
    }
}

fn set_timer(ctx: &Ctx<'_>, due_ms: u64, timer: Timer, out: &mut Outcome) {
    timer::set(ctx, INDEX_FROM + out.events.len() as u32, due_ms, Purpose::Gate(timer), out);
}

/// A seat became free: offers it to the first who waits.
pub fn seat_freed(ctx: &Ctx<'_>, out: &mut Outcome) {
    fill(ctx, &ctx.community.gate.config, out);
}

/// Offers every free seat to those who wait, in their order.
pub(super) fn fill(ctx: &Ctx<'_>, config: &GateConfig, out: &mut Outcome) {
    let gate = &ctx.community.gate;
    if gate.line.is_empty() {
        return;
    }
    let overlay = Overlay::of(out);
    let free = usize::try_from(ground(ctx, config, &overlay).free()).unwrap_or(usize::MAX);
    let mut waiting = gate.line.values().filter(|id| overlay.waits(ctx.community, **id));
    let until_ms = ctx.at_ms().saturating_add(config.offer_ms());
    for id in waiting.by_ref().take(free.min(OFFERS_MAX)) {
        stage(ctx, *id, Stage::Offered { until_ms }, out);
    }
    if free > OFFERS_MAX && waiting.next().is_some() {
        set_timer(ctx, ctx.at_ms(), Timer::OfferMore, out);
    }
}

pub(super) fn accept(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let (id, _) = offered(ctx)?;
    application::admit(ctx, id, out);
    Ok(())
}

pub(super) fn decline(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let (id, _) = offered(ctx)?;
    application::end(ctx, id, End::Declined, out);
    Ok(())
}

/// The asking person's offered seat. One whose time is over counts as lapsed even before its timer fires.
fn offered(ctx: &Ctx<'_>) -> Result<(MemberId, u64), Refusal> {
    let (id, application) = application::own(ctx)?;
    match application.stage {
        Stage::Offered { until_ms } if ctx.at_ms() < until_ms => Ok((id, until_ms)),
        Stage::Offered { .. } => {
            Err(Refusal::WrongState { what: "application".to_owned(), state: "lapsed".to_owned() })
        }
        _ => Err(application::elsewhere(&application.stage)),
    }
}

/// The time of an offer is over: the next one's turn.
pub(super) fn offer_ends(ctx: &Ctx<'_>, id: MemberId, ends_ms: u64, out: &mut Outcome) {
    let stage = ctx.community.gate.applications.get(&id).map(|application| &application.stage);
    let code = match stage {
        Some(Stage::Offered { until_ms }) if *until_ms == ends_ms => "gate.seat_lapsed",
        Some(Stage::Full { until_ms }) if *until_ms == ends_ms => "gate.next_lapsed",
        _ => return,
    };
    out.notify(id, Text::new(code));
    application::end(ctx, id, End::Lapsed, out);
}

/// Somebody's place on the waiting list and how many wait, both from 1; `None` for whoever does not wait.
pub fn place(community: &Community, member: MemberId) -> Option<(u64, u64)> {
    let gate = &community.gate;
    let ticket = match gate.applications.get(&member)?.stage {
        Stage::Waiting { ticket } | Stage::Moving { ticket: Some(ticket), .. } => ticket,
        _ => return None,
    };
    Some((gate.line.range(..=ticket).count() as u64, gate.line.len() as u64))
}
