//! Appeals: asking to look at a decision again, and deciding about that.

use axum::Json;
use axum::http::StatusCode;
use kith_core::ids::{AppealId, ReceiptId};
use kith_core::queue::{Appeal, Command, Decision, Review, State};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Done, Made};
use super::page::Page;
use super::receipts::Shown as Receipt;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Ink, Sight};
use crate::sent::{Path, Query, Sent};
use crate::words::Words;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(show)).routes(routes!(decide))
}

/// An appeal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Appeal)]
struct Shown {
    /// Which.
    id: String,
    /// The decision it is about.
    receipt: Receipt,
    /// What the member says.
    text: String,
    /// When.
    at: String,
    /// `open`, `upheld` or `overturned`.
    state: String,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    /// Told to moderators: what today's rules and scripts say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    review: Option<Review>,
}

impl Shown {
    fn of(sight: &Sight<'_>, (id, appeal): (AppealId, &Appeal), words: Words) -> Self {
        let (state, decided_ms) = match appeal.state {
            State::Open => ("open", None),
            State::Decided { decision: Decision::Upheld, at_ms, .. } => ("upheld", Some(at_ms)),
            State::Decided { decision: Decision::Overturned, at_ms, .. } => ("overturned", Some(at_ms)),
        };
        Self {
            id: id.to_string(),
            receipt: Receipt::of(sight, &appeal.receipt, words),
            text: sight.stream.bodies.text(&appeal.text).unwrap_or_default().to_owned(),
            at: rfc3339(appeal.at_ms),
            state: state.to_owned(),
            decided_at: decided_ms.map(rfc3339),
            review: sight.may(Permission::Moderate).then(|| appeal.review.clone()),
        }
    }
}

/// Which appeals.
#[derive(Debug, Deserialize, IntoParams)]
struct Wanted {
    /// Everybody's, for moderators; one's own where it is left out.
    all: Option<bool>,
    /// Only those that nobody has decided yet.
    open: Option<bool>,
}

/// Appeals, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct Appeals {
    appeals: Vec<Shown>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List appeals, oldest first
#[utoipa::path(
    get, path = "/communities/{community}/appeals", tag = "appeals",
    extensions(("x-permission" = json!("known"))), params(Wanted, Page),
    responses((status = 200, body = Appeals)),
)]
async fn list(
    caller: Caller,
    Path(community): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(page): Query<Page>,
) -> Result<Json<Appeals>, Problem> {
    caller.actor()?;
    let (after, words) = (page.after::<AppealId>()?, caller.words);
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        let whose = if wanted.all == Some(true) {
            sight.need(Permission::Moderate)?;
            None
        } else {
            Some(sight.me.ok_or(Refusal::NotAMember)?.id)
        };
        let chosen = sight.community.queue.appeals.iter().filter(|(id, it)| {
            after.is_none_or(|after| **id > after)
                && whose.is_none_or(|whose| it.receipt.member == whose)
                && (wanted.open != Some(true) || it.state == State::Open)
        });
        let rows = chosen.take(page.limit() + 1).map(|(id, it)| Shown::of(&sight, (*id, it), words));
        let (appeals, next) = page.cut(rows.collect(), |last: &Shown| last.id.clone());
        Ok(Appeals { appeals, next })
    });
    Ok(Json(found.await?))
}

/// Show an appeal: one's own, or any as a moderator
#[utoipa::path(
    get, path = "/communities/{community}/appeals/{appeal}", tag = "appeals",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, appeal)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    caller.actor()?;
    let (appeal, words): (AppealId, _) = (id(&appeal)?, caller.words);
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        if sight.me.is_none() && !sight.is_host {
            return Err(Refusal::NotAMember);
        }
        let known = |it: &&Appeal| {
            sight.me.is_some_and(|me| me.id == it.receipt.member) || sight.may(Permission::Moderate)
        };
        let found = sight.community.queue.appeals.get(&appeal).filter(known);
        Ok(Shown::of(&sight, (appeal, found.ok_or_else(|| missing(appeal))?), words))
    });
    Ok(Json(found.await?))
}

/// A new appeal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "receipt": "rcp_01JD0000000000000000000000", "text": "It was a quotation" }))]
struct NewAppeal {
    /// The decision it is about.
    #[schema(value_type = String)]
    receipt: ReceiptId,
    /// Why.
    text: String,
}

/// Ask to look at a decision again
#[utoipa::path(
    post, path = "/communities/{community}/appeals", tag = "appeals",
    extensions(("x-permission" = json!("known"))), request_body = NewAppeal,
    responses((status = 201, body = Made)),
)]
async fn make(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: NewAppeal { receipt, text }, input }: Sent<NewAppeal>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let room = caller.room(&community).await?;
    let appeal = |ink: &mut Ink<'_>| Command::Appeal { receipt, text: ink.text(&text) };
    room.made(&input, |id| AppealId(id.0), appeal).await
}

/// What is decided about an appeal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "decision": "overturned", "note": "You are right" }))]
#[schema(as = AppealDecision)]
struct Deciding {
    /// `upheld`: the decision stands; `overturned`: what can be undone is undone.
    #[schema(value_type = String)]
    decision: Decision,
    /// A word for the member.
    #[serde(default)]
    note: Option<String>,
}

/// Decide about an appeal
#[utoipa::path(
    put, path = "/communities/{community}/appeals/{appeal}/decision", tag = "appeals",
    extensions(("x-permission" = json!("moderate"))), request_body = Deciding,
    responses((status = 200, body = Done)),
)]
async fn decide(
    caller: Caller,
    Path((community, appeal)): Path<(String, String)>,
    Sent { value: Deciding { decision, note }, input }: Sent<Deciding>,
) -> Result<Json<Done>, Problem> {
    let appeal: AppealId = id(&appeal)?;
    let room = caller.room(&community).await?;
    let whose = room
        .look(move |sight| Ok(sight.community.queue.appeals.get(&appeal).map(|found| found.receipt.member)));
    let member = whose.await?;
    let decide = |ink: &mut Ink<'_>| {
        let owner = member.unwrap_or(ink.owner);
        let note = note.map(|note| ink.text_of(owner, &note));
        Command::DecideAppeal { appeal, decision, note }
    };
    room.done(&input, decide).await
}
