//! A human's word about an applicant, spoken at the gate itself or in the queue, and what follows from it;
//! and what today's rules and scripts say about one who waits.

use super::application::{self, Decision, End, Placed, Stage};
use super::{Event, INDEX_FROM, questions, seats};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::hook::{Chain, Input, JoinRequest};
use crate::ids::{MemberId, ReceiptId};
use crate::notice::{Arg, Text};
use crate::queue::{self, Receipt, Verdict};
use crate::refusal::Refusal;
use crate::text::reading::Reading;
use crate::{card, rule};

/// A human decides at the gate itself rather than in the queue.
pub(super) fn decide_by_hand(
    ctx: &Ctx<'_>,
    id: MemberId,
    decision: Decision,
    reason: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    if let Some(reason) = &reason {
        ctx.fresh_text("reason", reason, questions::ANSWER_BYTES_MAX)?;
    }
    let application = ctx.community.gate.applications.get(&id).ok_or_else(|| application::not_found(id))?;
    if decision == Decision::Admit && application.stage != Stage::Review {
        return Err(application::elsewhere(&application.stage));
    }
    let by = ctx.actor.map(|actor| actor.id);
    queue::withdraw_join(ctx, id, out);
    out.event(Event::Decided { member: id, decision, by, reason });
    let (verdict, text) = match (decision, reason) {
        (Decision::Admit, _) => (Verdict::Allow, Text::new("gate.person.admitted")),
        (Decision::Refuse, None) => (Verdict::Deny, Text::new("gate.person.refused")),
        (Decision::Refuse, Some(reason)) => {
            let text = Text::new("gate.person.refused_because").with("reason", Arg::Body(reason));
            (Verdict::Deny, text)
        }
    };
    out.decisions.push(Receipt {
        id: ReceiptId::of(ctx.command.id, INDEX_FROM),
        member: id,
        at_ms: ctx.at_ms(),
        verdict,
        ground: queue::Ground::Person { by, verdict },
        reason: text,
        remedy: None,
    });
    decided(ctx, id, verdict, out);
    Ok(())
}

/// A human decided about an applicant, in the queue or at the gate. Finds nothing to do for one who is gone.
pub fn decided(ctx: &Ctx<'_>, id: MemberId, verdict: Verdict, out: &mut Outcome) {
    let Some(application) = ctx.community.gate.applications.get(&id) else { return };
    match verdict {
        Verdict::Allow if application.stage == Stage::Review => pass(ctx, id, out),
        Verdict::Deny => {
            application::end(ctx, id, End::Denied, out);
            out.notify(id, Text::new("gate.refused"));
        }
        Verdict::Allow | Verdict::Hold => {}
    }
}

/// Somebody whom a human approved goes on: to a seat, a place, or the next community.
fn pass(ctx: &Ctx<'_>, id: MemberId, out: &mut Outcome) {
    match seats::placed(ctx, out) {
        (Placed::Admitted, _) => application::admit(ctx, id, out),
        (Placed::Pending(stage), _) => seats::stage(ctx, id, stage, out),
        (Placed::TurnedAway, full) => {
            let index = out.decisions.len() as u32 + 1;
            let receipts: Vec<Receipt> =
                full.map(|ground| application::receipt(ctx, index, (id, ground))).into_iter().collect();
            application::end(ctx, id, End::Denied, out);
            application::turned_away(id, &receipts, out);
            out.decisions.extend(receipts);
        }
    }
}

/// What today's rules and live scripts say about somebody who waits at the gate, by what they brought:
/// without the gate's conditions, the raid switch and the room there is. Nothing comes of it. `None` where
/// what they brought is gone: of somebody who was turned away nothing is kept.
pub fn review(ctx: &Ctx<'_>, id: MemberId) -> Option<Verdict> {
    let application = ctx.community.gate.applications.get(&id)?;
    let row = ctx.community.members.get(id)?;
    let shown = [&row.nickname].into_iter().chain(row.card.values());
    let texts: Vec<&str> = shown.map(|body| ctx.text(body)).collect::<Option<_>>()?;
    let from = rule::review(ctx, &card::draft(row, &Reading::of(&texts))).verdict.unwrap_or(Verdict::Allow);
    let request = JoinRequest { applicant: row, answers: &application.answers, origin: &row.origin };
    Some(Chain::new(ctx, id).ask_all(from, &Input::Join(request), &mut Outcome::default()))
}
