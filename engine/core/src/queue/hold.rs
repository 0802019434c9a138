//! Holds: what waits for a human, until they decide or the deadline does.
//!
//! The deadline's outcome is fixed when something is put in, so that a change of settings surprises nobody.

use serde::{Deserialize, Serialize};

use super::{Cause, Event, Ground, INDEX_FROM, Queue, Receipt, Timer, Verdict};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::event::Event as AnyEvent;
use crate::hook::{Hook, Waiting};
use crate::ids::{HoldId, MemberId, ReceiptId};
use crate::limits::REASON_BYTES_MAX;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::role::Permission;
use crate::rule::{Clause, Edition, Finding, queue_full};
use crate::timer::{self, Purpose};
use crate::{card, gate, hook, message, rule};

/// Something that waits for a human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A message that is not shown yet; released, it is posted under this id.
    Message(Box<message::Held>),
    /// Somebody at the gate; the gate keeps the application.
    Join {
        /// Who.
        member: MemberId,
    },
    /// A change of card or nickname.
    Card(card::Held),
}

impl Item {
    /// Whom it concerns.
    pub fn member(&self) -> MemberId {
        match self {
            Self::Message(held) => held.header.author,
            Self::Join { member } => *member,
            Self::Card(held) => held.member,
        }
    }

    /// The hook that scripts were asked in about it. What waits with an applicant is done when they are
    /// inside, which may be later.
    const fn hook(&self) -> Hook {
        match self {
            Self::Message(_) => Hook::Message,
            Self::Join { .. } => Hook::Join,
            Self::Card(_) => Hook::Card,
        }
    }

    /// The stable name of its kind.
    const fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Join { .. } => "join",
            Self::Card(_) => "card",
        }
    }
}

/// What happens when nobody decided in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtDeadline {
    /// It is let through.
    Release,
    /// It is denied.
    Deny,
    /// It goes on waiting, without a deadline.
    #[default]
    Keep,
}

impl AtDeadline {
    /// The verdict it amounts to.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Release => Verdict::Allow,
            Self::Deny => Verdict::Deny,
            Self::Keep => Verdict::Hold,
        }
    }
}

/// Something in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What waits.
    pub item: Item,
    /// Why.
    pub receipts: Vec<ReceiptId>,
    /// The rules that held it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<Edition>,
    /// Since when, Unix milliseconds.
    pub at_ms: u64,
    /// Its deadline, Unix milliseconds; `None` once it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// What happens then.
    pub at_deadline: AtDeadline,
    /// What scripts proposed: done when it is released, dropped when it is denied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

impl Hold {
    /// What waiting effects refer to.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &BodyRef> {
        self.waiting.iter().flat_map(Waiting::bodies)
    }
}

/// Puts something into the queue, with its deadline and the receipts that explain why.
///
/// Whether there is room was for `rule::judge` to say. Who waits at the gate is bounded by the gate.
pub fn hold(ctx: &Ctx<'_>, item: Item, (receipts, waiting): (&[Receipt], Vec<Waiting>), out: &mut Outcome) {
    let before =
        out.events.iter().filter(|event| matches!(event, AnyEvent::Queue(Event::Held { .. }))).count();
    let id = HoldId::of(ctx.command.id, before as u32);
    let config = &ctx.community.queue.config;
    let due_ms = ctx.at_ms().saturating_add(config.hold_ms());
    if !matches!(item, Item::Join { .. }) {
        let text = Text::new(&format!("queue.held_{}", item.name())).with("until", Arg::Time(due_ms));
        let receipt = receipts.last().map(|receipt| Arg::Receipt(receipt.id));
        let text = receipt.map_or(text.clone(), |receipt| text.with("receipt", receipt));
        out.notify(item.member(), text);
    }
    let hold = Hold {
        item,
        receipts: receipts.iter().map(|receipt| receipt.id).collect(),
        editions: receipts.iter().filter_map(Edition::of).collect(),
        at_ms: ctx.at_ms(),
        due_ms: Some(due_ms),
        at_deadline: config.at_deadline,
        waiting,
    };
    out.event(Event::Held { id, hold: Box::new(hold) });
    timer::set(ctx, INDEX_FROM + before as u32, due_ms, Purpose::Queue(Timer::Deadline { hold: id }), out);
}

/// The clause that denies what would be held, where there is no room for one more of this member's.
pub fn full_for(ctx: &Ctx<'_>, member: MemberId) -> Option<Clause> {
    let Queue { holds, config, .. } = &ctx.community.queue;
    let written = || holds.values().filter(|hold| !matches!(hold.item, Item::Join { .. }));
    let params = queue_full::Params { per_member: config.holds_per_member, total: config.holds_max };
    let facts = queue_full::Facts {
        own: written().filter(|hold| hold.item.member() == member).count() as u32,
        total: written().count() as u32,
    };
    (queue_full::verdict(&params, &facts) == Finding::Broken).then_some(Clause::QueueFull { params, facts })
}

/// Takes an applicant's hold out: they withdrew, or the gate decided by itself.
pub fn withdraw_join(ctx: &Ctx<'_>, member: MemberId, out: &mut Outcome) {
    let waits = |hold: &Hold| matches!(hold.item, Item::Join { member: other } if other == member);
    for (id, _) in ctx.community.queue.holds.iter().filter(|(_, hold)| waits(hold)) {
        out.event(Event::Withdrawn { hold: *id });
    }
}

/// A human decides.
pub(super) fn resolve(
    ctx: &Ctx<'_>,
    (id, outcome): (HoldId, AtDeadline),
    note: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let hold = find(ctx, id)?;
    let by = ctx.actor.map(|actor| actor.id);
    if by == Some(hold.item.member()) {
        return Err(Refusal::OwnCase);
    }
    let may_approve = ctx.actor.is_none_or(|actor| ctx.community.roles.allow(actor, Permission::Approve));
    if matches!(hold.item, Item::Join { .. }) && !may_approve {
        return Err(Refusal::PermissionMissing { permission: Permission::Approve.code().to_owned() });
    }
    if let Some(note) = &note {
        ctx.fresh_text("note", note, REASON_BYTES_MAX)?;
    }
    if outcome == AtDeadline::Keep && hold.due_ms.is_none() {
        return Err(Refusal::NothingToChange);
    }
    let ground = Ground::Person { by, verdict: outcome.verdict() };
    settle(ctx, (id, hold), Settlement { outcome, cause: Cause::Person { by }, ground, note }, out);
    Ok(())
}

fn find<'a>(ctx: &Ctx<'a>, id: HoldId) -> Result<&'a Hold, Refusal> {
    ctx.community.queue.holds.get(&id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })
}

/// The deadline decides, unless a human was faster.
pub(super) fn deadline(ctx: &Ctx<'_>, id: HoldId, out: &mut Outcome) {
    let Some(hold) = ctx.community.queue.holds.get(&id).filter(|hold| hold.due_ms.is_some()) else { return };
    let outcome = hold.at_deadline;
    let ground = Ground::Deadline { outcome };
    settle(ctx, (id, hold), Settlement { outcome, cause: Cause::Deadline, ground, note: None }, out);
}

struct Settlement {
    outcome: AtDeadline,
    cause: Cause,
    ground: Ground,
    note: Option<BodyRef>,
}

fn settle(ctx: &Ctx<'_>, (id, hold): (HoldId, &Hold), settlement: Settlement, out: &mut Outcome) {
    let Settlement { outcome, cause, ground, note } = settlement;
    let mut receipt = None;
    match outcome {
        AtDeadline::Release => release(ctx, hold, out),
        AtDeadline::Deny => receipt = deny(ctx, hold, (ground, note), out),
        AtDeadline::Keep => {}
    }
    out.event(Event::Resolved { hold: id, outcome, cause, receipt, note });
}

/// Lets a held thing through because the version of a script that held it is undone. What that version
/// proposed with it is dropped; its author is told by whoever undoes.
pub fn let_go(ctx: &Ctx<'_>, (id, item): (HoldId, &Item), doer: (u32, u32), out: &mut Outcome) {
    let hold = ctx.community.queue.holds.get(&id);
    let others = hold.into_iter().flat_map(|hold| &hold.waiting);
    let others: Vec<Waiting> =
        others.filter(|waiting| (waiting.no, waiting.version) != doer).cloned().collect();
    hook::release(ctx, item.hook(), &others, out);
    through(ctx, item, out);
    let (outcome, cause) = (AtDeadline::Release, Cause::Undo);
    out.event(Event::Resolved { hold: id, outcome, cause, receipt: None, note: None });
}

fn through(ctx: &Ctx<'_>, item: &Item, out: &mut Outcome) {
    match item {
        Item::Message(held) => message::release(ctx, held, out),
        Item::Join { member } => gate::decided(ctx, *member, Verdict::Allow, out),
        Item::Card(held) => card::release(ctx, held, out),
    }
}

/// Lets a held thing through, and tells its author.
pub(super) fn release(ctx: &Ctx<'_>, hold: &Hold, out: &mut Outcome) {
    let item = &hold.item;
    hook::release(ctx, item.hook(), &hold.waiting, out);
    through(ctx, item, out);
    if !matches!(item, Item::Join { .. }) {
        out.notify(item.member(), Text::new(&format!("queue.released_{}", item.name())));
    }
}

/// Denies a held thing with a receipt, and tells its author. A human's denial is a strike.
fn deny(
    ctx: &Ctx<'_>,
    hold: &Hold,
    (ground, note): (Ground, Option<BodyRef>),
    out: &mut Outcome,
) -> Option<ReceiptId> {
    let member = hold.item.member();
    if matches!(hold.item, Item::Join { .. }) {
        gate::decided(ctx, member, Verdict::Deny, out);
        return None;
    }
    if let Item::Card(held) = &hold.item {
        card::discard(ctx, held, out);
    }
    let by_person = matches!(ground, Ground::Person { .. });
    let receipt = Receipt {
        id: ReceiptId::of(ctx.command.id, INDEX_FROM),
        member,
        at_ms: ctx.at_ms(),
        verdict: ground.verdict(),
        reason: denial(&hold.item, &ground, note),
        ground,
        remedy: None,
    };
    out.notify(member, receipt.reason.clone().with("receipt", Arg::Receipt(receipt.id)));
    if by_person && matches!(hold.item, Item::Message(_)) {
        rule::strike_for_denied_hold(ctx, &receipt, out);
    }
    let id = receipt.id;
    out.decisions.push(receipt);
    Some(id)
}

fn denial(item: &Item, ground: &Ground, note: Option<BodyRef>) -> Text {
    let kind = item.name();
    match (ground, note) {
        (_, Some(note)) => Text::new(&format!("queue.denied_{kind}_because")).with("note", Arg::Body(note)),
        (Ground::Deadline { .. }, None) => Text::new(&format!("queue.expired_{kind}")),
        (_, None) => Text::new(&format!("queue.denied_{kind}")),
    }
}
