//! Moving on to the next community: "take me to group two", in two streams without a transaction.
//!
//! The sender's applicant is `Moving` until the other community answers or the time is over, and keeps place
//! and ticket meanwhile. The receiver runs its own gate and answers each time that something becomes of
//! them: a place among its waiting first, perhaps, a seat later. Whoever is taken there leaves the list
//! here. Only the community that was asked is listened to; a late answer still counts, a second one finds
//! nothing to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::application::{self, Application, End, Placed, Request, Stage};
use super::{Parcel, seats};
use crate::decide::{Ctx, Outcome};
use crate::handoff::{self, Outgoing};
use crate::ids::{CommunityId, MemberId, PersonId};
use crate::member::{Origin, Standing};
use crate::moment::HOUR_MS;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;

/// How long another community has to answer; it usually takes seconds, an hour outlasts a restart.
pub const MOVE_TIMEOUT_MS: u64 = HOUR_MS;

/// What became of somebody in the next community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// Let in.
    Taken,
    /// Turned away, or gone.
    Refused,
    /// Before a human or on a list there; another answer follows.
    Waiting,
}

impl From<&Placed> for Moved {
    fn from(placed: &Placed) -> Self {
        match placed {
            Placed::Admitted => Self::Taken,
            Placed::TurnedAway => Self::Refused,
            Placed::Pending(_) => Self::Waiting,
        }
    }
}

impl From<End> for Moved {
    fn from(end: End) -> Self {
        match end {
            End::Admitted | End::Moved => Self::Taken,
            End::Denied | End::Withdrawn | End::Declined | End::Lapsed | End::Dismissed => Self::Refused,
        }
    }
}

/// Sends the asking person to the next community.
pub(super) fn take(ctx: &Ctx<'_>, name: &str, to: CommunityId, out: &mut Outcome) -> Result<(), Refusal> {
    let (id, application) = application::own(ctx)?;
    let next = ctx.community.gate.config.overflow.as_ref();
    let next = next.filter(|next| next.community == name && next.id.is_none_or(|id| id == to));
    if next.is_none() || to == ctx.stream.id || to == CommunityId::HOST {
        return Err(Refusal::NotFound { what: name.to_owned() });
    }
    let ticket = match &application.stage {
        Stage::Waiting { ticket } => Some(*ticket),
        Stage::Full { .. } => None,
        other => return Err(application::elsewhere(other)),
    };
    out.outbox.push(parcel(ctx, application, to)?);
    let until_ms = ctx.at_ms().saturating_add(MOVE_TIMEOUT_MS);
    seats::stage(ctx, id, Stage::Moving { to, until_ms, ticket }, out);
    Ok(())
}

/// Everything that the asking person brought, on its way.
fn parcel(ctx: &Ctx<'_>, application: &Application, to: CommunityId) -> Result<Outgoing, Refusal> {
    let row = ctx.acting()?;
    let bodies = std::iter::once(row.nickname).chain(row.card.values().copied());
    let bodies = bodies.chain(application.answers.values().copied()).collect();
    let parcel = Parcel::Overflow {
        person: application::asking_person(ctx)?,
        nickname: row.nickname,
        card: row.card.clone(),
        answers: application.answers.clone(),
        source: row.origin.source.clone(),
        from_member: row.id,
    };
    Ok(Outgoing { to, parcel: handoff::Parcel::Gate(parcel), bodies })
}

/// Tells the community that somebody came from what became of them here.
pub(super) fn answer((origin, person): &(Origin, PersonId), moved: Moved, out: &mut Outcome) {
    let Some(to) = origin.from else { return };
    let parcel = handoff::Parcel::Gate(Parcel::OverflowAnswer { person: *person, moved });
    out.outbox.push(Outgoing { to, parcel, bodies: Vec::new() });
}

/// Takes a parcel from another stream. Refuses nothing: a no is an answer.
pub fn receive(ctx: &Ctx<'_>, from: CommunityId, parcel: &Parcel, out: &mut Outcome) -> Result<(), Refusal> {
    match parcel {
        Parcel::OverflowAnswer { person, moved } => answered(ctx, (from, *person), *moved, out),
        Parcel::Overflow { person, nickname, card, answers, source, from_member: _ } => {
            let card = known(card, |name| ctx.community.card.schema.field(name).is_some());
            let answers = known(answers, |name| asked(ctx, name));
            let request = Request {
                person: *person,
                nickname: *nickname,
                card: &card,
                answers: &answers,
                invite: None,
                source,
                from: Some(from),
            };
            take_in(ctx, from, &request, out);
        }
    }
    Ok(())
}

/// The other community's fields and questions may be others: what this one does not know it leaves out.
fn known<V: Clone>(values: &BTreeMap<String, V>, knows: impl Fn(&str) -> bool) -> BTreeMap<String, V> {
    values.iter().filter(|(name, _)| knows(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn asked(ctx: &Ctx<'_>, name: &str) -> bool {
    ctx.community.gate.config.conditions.iter().any(|condition| match condition {
        super::Condition::Questions(terms) => terms.questions.iter().any(|question| question.name == name),
        _ => false,
    })
}

/// Somebody comes from a community without room. Who is inside or waits already has their answer.
fn take_in(ctx: &Ctx<'_>, from: CommunityId, request: &Request<'_>, out: &mut Outcome) {
    let row = ctx.community.members.of_person(request.person);
    let moved = match row {
        Some(row) if row.standing == Standing::Active => Moved::Taken,
        Some(row) if ctx.community.gate.applications.contains_key(&row.id) => Moved::Waiting,
        _ => match application::request(ctx, request, out) {
            Ok(_) => return,
            Err(_) => Moved::Refused,
        },
    };
    answer(&(Origin { from: Some(from), ..Origin::default() }, request.person), moved, out);
}

/// The next community answered.
fn answered(ctx: &Ctx<'_>, (from, person): (CommunityId, PersonId), moved: Moved, out: &mut Outcome) {
    let Some(id) = ctx.community.members.of_person(person).map(|row| row.id) else { return };
    let Some(application) = ctx.community.gate.applications.get(&id) else { return };
    if application.sent_to != Some(from) {
        return;
    }
    if moved == Moved::Taken {
        out.notify(id, Text::new("gate.moved").with("community", Arg::Community(from)));
        application::end(ctx, id, End::Moved, out);
        return;
    }
    let Stage::Moving { ticket, .. } = application.stage else { return };
    let code = if moved == Moved::Waiting { "gate.waiting_there" } else { "gate.refused_there" };
    out.notify(id, Text::new(code).with("community", Arg::Community(from)));
    come_back(ctx, id, ticket, out);
}

/// The next community did not answer in time.
pub(super) fn move_ends(ctx: &Ctx<'_>, id: MemberId, ends_ms: u64, out: &mut Outcome) {
    let Some(application) = ctx.community.gate.applications.get(&id) else { return };
    let Stage::Moving { to, until_ms, ticket } = application.stage else { return };
    if until_ms == ends_ms {
        out.notify(id, Text::new("gate.no_answer_there").with("community", Arg::Community(to)));
        come_back(ctx, id, ticket, out);
    }
}

/// Back to the old place; a seat that came free meanwhile is offered at once.
fn come_back(ctx: &Ctx<'_>, id: MemberId, ticket: Option<u64>, out: &mut Outcome) {
    let stage = ticket.map_or_else(|| seats::full(ctx), |ticket| Stage::Waiting { ticket });
    seats::stage(ctx, id, stage, out);
    seats::seat_freed(ctx, out);
}
