//! Asking to be let in, waiting, being offered a seat, and those who decide about it.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use kith_core::gate::{self, Application, Command, Decision, Stage};
use kith_core::ids::MemberId;
use kith_core::member;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::page::Page;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::{Path, Query, Sent};
use crate::talk::nickname;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(mine, request, withdraw))
        .routes(routes!(accept_seat, decline_seat))
        .routes(routes!(take_overflow))
        .routes(routes!(list))
        .routes(routes!(decide))
}

/// What somebody brings who asks to be let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "nickname": "Mei", "answers": {}, "source": "link" }))]
struct Request {
    /// What they want to go by.
    nickname: String,
    /// Card values by field.
    #[serde(default)]
    card: BTreeMap<String, String>,
    /// Answers by question.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// An invite code.
    #[serde(default)]
    invite: Option<String>,
    /// How they came, such as `qr` or `link`.
    #[serde(default)]
    source: String,
}

/// Where somebody stands at a gate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Application)]
struct Standing {
    /// Which member they are or will be.
    member: String,
    /// What they go by; empty where it was erased.
    nickname: String,
    /// Where they stand: `applicant`, `active`, `left`, `removed`, `banned`, `turned_away`, `erased`.
    standing: String,
    /// How far an application is: `review`, `waiting`, `offered`, `full` or `moving`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// Since when it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Until when an offer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// The place on the waiting list, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u64>,
    /// Answers by question: told to whoever decides and to themselves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<String, String>,
    /// When they may ask again, once they were sent out.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<String>,
}

fn stage_of(stage: &Stage) -> (&'static str, Option<u64>) {
    match stage {
        Stage::Review => ("review", None),
        Stage::Waiting { .. } => ("waiting", None),
        Stage::Offered { until_ms } => ("offered", Some(*until_ms)),
        Stage::Full { until_ms } => ("full", Some(*until_ms)),
        Stage::Moving { until_ms, .. } => ("moving", Some(*until_ms)),
    }
}

impl Standing {
    fn of(sight: &Sight<'_>, member: MemberId) -> Option<Self> {
        let row = sight.community.members.get(member)?;
        let found: Option<&Application> = sight.community.gate.applications.get(&member);
        let stage = found.map(|found| stage_of(&found.stage));
        let answers = found.iter().flat_map(|found| &found.answers);
        let said = answers
            .filter_map(|(name, body)| Some((name.clone(), sight.stream.bodies.text(body)?.to_owned())));
        let again_ms = match row.standing {
            member::Standing::Removed { again_ms, .. } => Some(again_ms),
            member::Standing::Banned { until_ms, .. } => until_ms,
            _ => None,
        };
        Some(Self {
            member: member.to_string(),
            nickname: nickname(sight, member),
            standing: row.standing.name().to_owned(),
            stage: stage.map(|(name, _)| name.to_owned()),
            since: found.map(|found| rfc3339(found.since_ms)),
            until: stage.and_then(|(_, until_ms)| until_ms).map(rfc3339),
            place: gate::place(sight.community, member).map(|(place, _)| place),
            answers: said.collect(),
            again: again_ms.map(rfc3339),
        })
    }
}

/// Show one's own application and the place on the list
#[utoipa::path(
    get, path = "/communities/{community}/application", tag = "gate",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Standing)),
)]
async fn mine(caller: Caller, Path(community): Path<String>) -> Result<Json<Standing>, Problem> {
    caller.actor()?;
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        let me = sight.me.ok_or(Refusal::NotAMember)?;
        Standing::of(&sight, me.id).ok_or_else(|| missing(me.id))
    });
    Ok(Json(found.await?))
}

/// Ask to be let in
#[utoipa::path(
    post, path = "/communities/{community}/application", tag = "gate",
    extensions(("x-permission" = json!("person"))), request_body = Request,
    responses((status = 201, body = Standing)),
)]
async fn request(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<Request>,
) -> Result<(StatusCode, Json<Standing>), Problem> {
    let room = caller.room(&community).await?;
    let asked = room.ask(&input, |ink| Command::RequestJoin {
        nickname: ink.text(&new.nickname),
        card: new.card.iter().map(|(field, value)| (field.clone(), ink.text(value))).collect(),
        answers: new.answers.iter().map(|(name, answer)| (name.clone(), ink.text(answer))).collect(),
        invite: new.invite.clone(),
        source: new.source.clone(),
    });
    asked.await?;
    let Json(shown) = mine(caller, Path(community)).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Take one's application back
#[utoipa::path(
    delete, path = "/communities/{community}/application", tag = "gate",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Done)),
)]
async fn withdraw(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::Withdraw).await
}

/// Take the seat that is offered
#[utoipa::path(
    put, path = "/communities/{community}/application/seat", tag = "gate",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Done)),
)]
async fn accept_seat(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::AcceptSeat).await
}

/// Leave the seat that is offered to the next
#[utoipa::path(
    delete, path = "/communities/{community}/application/seat", tag = "gate",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Done)),
)]
async fn decline_seat(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::DeclineSeat).await
}

/// Ask the community that takes those who find no seat here
#[utoipa::path(
    post, path = "/communities/{community}/application/overflow", tag = "gate",
    extensions(("x-permission" = json!("person"))), responses((status = 200, body = Done)),
)]
async fn take_overflow(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.acting()?;
    let room = caller.room(&community).await?;
    let next = room.look(|sight| {
        let next = sight.community.gate.config.overflow.as_ref().map(|next| next.community.clone());
        next.ok_or_else(|| missing("overflow"))
    });
    let name = next.await?;
    let to = room.caller.place.doors.community(&name).await?.ok_or(Refusal::CommunityNotFound)?;
    room.done(b"", |_| Command::TakeOverflow { community: name, to }).await
}

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
struct Wanted {
    /// Only at this stage: `review`, `waiting`, `offered`, `full` or `moving`.
    stage: Option<String>,
}

/// Applications.
#[derive(Debug, Serialize, ToSchema)]
struct Applications {
    applications: Vec<Standing>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List who asks to be let in
#[utoipa::path(
    get, path = "/communities/{community}/applications", tag = "gate",
    extensions(("x-permission" = json!("approve"))), params(Wanted, Page),
    responses((status = 200, body = Applications)),
)]
async fn list(
    caller: Caller,
    Path(community): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(page): Query<Page>,
) -> Result<Json<Applications>, Problem> {
    let (after, limit) = (page.after::<MemberId>()?, page.limit());
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Approve)?;
        let all = sight.community.gate.applications.iter();
        let chosen = all.filter(|(member, found)| {
            let at_stage = wanted.stage.as_deref().is_none_or(|stage| stage_of(&found.stage).0 == stage);
            at_stage && after.is_none_or(|after| **member > after)
        });
        let rows = chosen.take(limit + 1).filter_map(|(member, _)| Standing::of(&sight, *member));
        Ok(rows.collect::<Vec<_>>())
    });
    let (applications, next) = page.cut(found.await?, |last| last.member.clone());
    Ok(Json(Applications { applications, next }))
}

/// What is decided about an applicant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "decision": "admit" }))]
#[schema(as = ApplicationDecision)]
struct Deciding {
    /// `admit` or `refuse`.
    #[schema(value_type = String)]
    decision: Decision,
    /// Why, which they are told.
    #[serde(default)]
    reason: Option<String>,
}

/// Let an applicant in, or turn them away
#[utoipa::path(
    put, path = "/communities/{community}/applications/{member}/decision", tag = "gate",
    extensions(("x-permission" = json!("approve"))), request_body = Deciding,
    responses((status = 200, body = Done)),
)]
async fn decide(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
    Sent { value: Deciding { decision, reason }, input }: Sent<Deciding>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    let decide = |ink: &mut crate::room::Ink<'_>| {
        let reason = reason.map(|reason| ink.text_of(member, &reason));
        Command::Decide { member, decision, reason }
    };
    caller.room(&community).await?.done(&input, decide).await
}
