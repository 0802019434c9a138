//! Appeals: a member asks to look at a decision again. What today's rules and scripts say is shown with it;
//! what a human decides is kept as a label of the version that decided.

use serde::{Deserialize, Serialize};

use super::denied::Denied;
use super::hold::{self, AtDeadline, Hold, Item};
use super::{Cause, Event, Ground, Queue, Receipt, Verdict};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::{AppealId, HoldId, MemberId, ReceiptId};
use crate::limits::{APPEAL_BYTES_MAX, APPEALS_MAX, APPEALS_PER_MEMBER_MAX, REASON_BYTES_MAX};
use crate::message;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::rule::{self, Edition};
use crate::{card, gate};

/// What today's rules and scripts say about an old decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Today's version of the rule, or the live one of the script; 0 if there is none any more, `None` where
    /// neither had decided or the rule checks something else today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What that rule says about the recorded facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_facts: Option<Verdict>,
    /// What all rules and live scripts say about the text by itself, where it is still there: of a message,
    /// of a change of card, of what somebody brought to the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_text: Option<Verdict>,
}

/// What came of an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The decision stands.
    Upheld,
    /// It was wrong: what can be undone is undone.
    Overturned,
}

/// Where an appeal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has decided yet.
    Open,
    /// Somebody has.
    Decided {
        /// What.
        decision: Decision,
        /// Who; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// When, Unix milliseconds.
        at_ms: u64,
    },
}

/// One appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// The decision it is about.
    pub receipt: Receipt,
    /// What the member says.
    pub text: BodyRef,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// What the rules and scripts said on that day.
    pub review: Review,
    /// Where it stands.
    pub state: State,
}

/// What the queue still has of the thing that a receipt is about.
enum Case<'a> {
    Waiting(HoldId, &'a Hold),
    Denied(&'a Denied),
    Gone,
}

impl<'a> Case<'a> {
    fn of(queue: &'a Queue, receipt: ReceiptId) -> Self {
        if let Some((id, hold)) = queue.holds.iter().find(|(_, hold)| hold.receipts.contains(&receipt)) {
            return Self::Waiting(*id, hold);
        }
        queue.denied.iter().find(|denied| denied.receipts.contains(&receipt)).map_or(Self::Gone, Self::Denied)
    }

    fn receipts(&self) -> &'a [ReceiptId] {
        match self {
            Self::Waiting(_, hold) => &hold.receipts,
            Self::Denied(denied) => &denied.receipts,
            Self::Gone => &[],
        }
    }

    fn editions(&self) -> &'a [Edition] {
        match self {
            Self::Waiting(_, hold) => &hold.editions,
            Self::Denied(denied) => &denied.editions,
            Self::Gone => &[],
        }
    }
}

/// A member appeals, once for each receipt and while there is time.
pub(super) fn appeal(
    ctx: &Ctx<'_>,
    receipt: ReceiptId,
    text: BodyRef,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let member = ctx.acting()?;
    if ctx.fresh_text("appeal", &text, APPEAL_BYTES_MAX)?.trim().is_empty() {
        return Err(Refusal::TextEmpty { field: "appeal".to_owned() });
    }
    let queue = &ctx.community.queue;
    let open = |appeal: &&Appeal| appeal.state == State::Open;
    let own = queue.appeals.values().filter(open).filter(|appeal| appeal.receipt.member == member.id).count();
    if own >= APPEALS_PER_MEMBER_MAX || queue.appeals.values().filter(open).count() >= APPEALS_MAX {
        return Err(Refusal::TooMany { what: "appeal".to_owned(), max: APPEALS_PER_MEMBER_MAX as u64 });
    }
    let found = queue.receipts.get(&receipt).filter(|found| found.member == member.id);
    let found = found.ok_or_else(|| Refusal::NotFound { what: receipt.to_string() })?;
    if queue.appeals.values().any(|appeal| appeal.receipt.id == receipt) {
        return Err(Refusal::AlreadyExists { what: format!("appeal of {receipt}") });
    }
    if ctx.at_ms() >= found.at_ms.saturating_add(queue.config.appeal_ms()) {
        return Err(Refusal::WrongState { what: receipt.to_string(), state: "too_late".to_owned() });
    }
    let appeal = Appeal {
        receipt: found.clone(),
        text,
        at_ms: ctx.at_ms(),
        review: review(ctx, found),
        state: State::Open,
    };
    let edition = Edition::of(found);
    out.event(Event::Appealed { id: AppealId(ctx.command.id.0), appeal: Box::new(appeal), edition });
    Ok(())
}

/// What today's rules and scripts say about a decision.
fn review(ctx: &Ctx<'_>, receipt: &Receipt) -> Review {
    let (version, on_facts) = match &receipt.ground {
        Ground::Rule(ground) => ground.verdict_today(&ctx.community.rules).unzip(),
        Ground::Script(ground) => {
            let script = ctx.community.scripts.numbered(ground.no);
            (Some(script.and_then(|script| script.live).unwrap_or(0)), None)
        }
        _ => (None, None),
    };
    Review { version, on_facts, on_text: on_text(ctx, receipt.id) }
}

/// What they say about the thing itself, where the state still has it: denied joins and cards are not kept.
fn on_text(ctx: &Ctx<'_>, receipt: ReceiptId) -> Option<Verdict> {
    match Case::of(&ctx.community.queue, receipt) {
        Case::Denied(denied) => message::review(ctx, &denied.held),
        Case::Waiting(_, hold) => match &hold.item {
            Item::Message(held) => message::review(ctx, held),
            Item::Join { member } => gate::review(ctx, *member),
            Item::Card(change) => card::review(ctx, change),
        },
        Case::Gone => None,
    }
}

/// A human decides about an appeal.
pub(super) fn decide(
    ctx: &Ctx<'_>,
    (id, decision): (AppealId, Decision),
    note: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let queue = &ctx.community.queue;
    let appeal = queue.appeals.get(&id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
    let by = ctx.actor.map(|actor| actor.id);
    if by == Some(appeal.receipt.member) {
        return Err(Refusal::OwnCase);
    }
    if let Some(note) = &note {
        ctx.fresh_text("note", note, REASON_BYTES_MAX)?;
    }
    if appeal.state != State::Open {
        return Err(Refusal::WrongState { what: id.to_string(), state: "decided".to_owned() });
    }
    let mut editions = Vec::new();
    if decision == Decision::Overturned {
        editions = overturn(ctx, (id, appeal), out);
    }
    out.event(Event::AppealDecided { id, decision, by, note, editions });
    let code = match decision {
        Decision::Upheld => "appeal.upheld",
        Decision::Overturned => "appeal.overturned",
    };
    let receipt = Arg::Receipt(appeal.receipt.id);
    let text = match note {
        Some(note) => Text::new(&format!("{code}_because")).with("note", Arg::Body(note)),
        None => Text::new(code),
    };
    out.notify(appeal.receipt.member, text.with("receipt", receipt));
    Ok(())
}

/// Undoes what rests on the decision, and returns the rules that were wrong.
fn overturn(ctx: &Ctx<'_>, (id, appeal): (AppealId, &Appeal), out: &mut Outcome) -> Vec<Edition> {
    let queue = &ctx.community.queue;
    let case = Case::of(queue, appeal.receipt.id);
    rule::undo(ctx, &appeal.receipt, out);
    let others = case.receipts().iter().filter(|other| **other != appeal.receipt.id);
    others.filter_map(|other| queue.receipts.get(other)).for_each(|receipt| rule::undo(ctx, receipt, out));
    match &case {
        Case::Waiting(hold, waiting) => {
            hold::release(ctx, waiting, out);
            let (outcome, cause) = (AtDeadline::Release, Cause::Appeal { appeal: id });
            out.event(Event::Resolved { hold: *hold, outcome, cause, receipt: None, note: None });
        }
        Case::Denied(denied) => {
            message::release(ctx, &denied.held, out);
            out.event(Event::Restored { receipt: appeal.receipt.id });
        }
        Case::Gone => {}
    }
    match Edition::of(&appeal.receipt) {
        Some(edition) => vec![edition],
        None => case.editions().to_vec(),
    }
}

/// Drops the oldest decided appeals beyond the limit.
pub(super) fn shrink(queue: &mut Queue) {
    while queue.appeals.len() > APPEALS_MAX {
        let decided = queue.appeals.iter().find(|(_, appeal)| appeal.state != State::Open).map(|(id, _)| *id);
        let Some(decided) = decided else { return };
        queue.appeals.remove(&decided);
    }
}
