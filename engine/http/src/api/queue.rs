//! What waits for a moderator: listed, shown with the reasons, decided.

use axum::Json;
use kith_core::body::Bodies;
use kith_core::ids::{HoldId, MemberId};
use kith_core::queue::{AtDeadline, Command, Hold, Item, QueueConfig};
use kith_core::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::page::Page;
use super::receipts::Shown as Receipt;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Ink, Room, Sight};
use crate::sent::{Path, Query, Sent};
use crate::talk::{self, ShownPart, Somebody, nickname};
use crate::words::Words;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, resolve))
        .routes(routes!(config, configure))
}

/// Something that waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
struct Shown {
    /// Which.
    id: String,
    /// `message`, `join` or `card`.
    kind: String,
    /// Whose.
    member: Somebody,
    /// In which channel, of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// What a message says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<ShownPart>,
    /// The nickname that a changed card asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    /// Since when.
    at: String,
    /// When it decides itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// How it decides itself then: `release`, `deny` or `keep`.
    #[schema(value_type = String)]
    at_deadline: AtDeadline,
    /// Why it waits.
    receipts: Vec<Receipt>,
}

impl Shown {
    fn of(sight: &Sight<'_>, (id, hold): (HoldId, &Hold), words: Words) -> Self {
        let bodies: &Bodies = &sight.stream.bodies;
        let member = hold.item.member();
        let (kind, channel, parts, asked) = match &hold.item {
            Item::Message(held) => {
                ("message", Some(held.header.channel.to_string()), talk::shown(&held.parts, bodies), None)
            }
            Item::Join { .. } => ("join", None, Vec::new(), None),
            Item::Card(held) => {
                let asked = held.nickname.as_ref().and_then(|body| bodies.text(body)).map(str::to_owned);
                ("card", None, Vec::new(), asked)
            }
        };
        let receipts = hold.receipts.iter().filter_map(|id| sight.community.queue.receipts.get(id));
        Self {
            id: id.to_string(),
            kind: kind.to_owned(),
            member: Somebody { id: member.to_string(), nickname: nickname(sight, member) },
            channel,
            parts,
            nickname: asked,
            at: rfc3339(hold.at_ms),
            due: hold.due_ms.map(rfc3339),
            at_deadline: hold.at_deadline,
            receipts: receipts.map(|it| Receipt::of(sight, it, words)).collect(),
        }
    }
}

/// What waits, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct Holds {
    holds: Vec<Shown>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List what waits, oldest first
#[utoipa::path(
    get, path = "/communities/{community}/queue", tag = "queue",
    extensions(("x-permission" = json!("moderate"))), params(Page),
    responses((status = 200, body = Holds)),
)]
async fn list(
    caller: Caller,
    Path(community): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Holds>, Problem> {
    let (after, words) = (page.after::<HoldId>()?, caller.words);
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Moderate)?;
        let rows = sight.community.queue.holds.iter();
        let rows = rows.filter(|(id, _)| after.is_none_or(|after| **id > after)).take(page.limit() + 1);
        let rows = rows.map(|(id, hold)| Shown::of(&sight, (*id, hold), words)).collect();
        let (holds, next) = page.cut(rows, |last: &Shown| last.id.clone());
        Ok(Holds { holds, next })
    });
    Ok(Json(found.await?))
}

/// Show one thing that waits, with the reasons
#[utoipa::path(
    get, path = "/communities/{community}/queue/{hold}", tag = "queue",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, hold)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    let (hold, words): (HoldId, _) = (id(&hold)?, caller.words);
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Moderate)?;
        let found = sight.community.queue.holds.get(&hold).ok_or_else(|| missing(hold))?;
        Ok(Shown::of(&sight, (hold, found), words))
    });
    Ok(Json(found.await?))
}

/// What is decided about something that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "release", "note": "Fine, thank you" }))]
struct Resolution {
    /// `release` lets it through, `deny` does not, `keep` lets it wait without a deadline.
    #[schema(value_type = String)]
    outcome: AtDeadline,
    /// A word for its author.
    #[serde(default)]
    note: Option<String>,
}

/// Decide about one thing that waits
#[utoipa::path(
    put, path = "/communities/{community}/queue/{hold}", tag = "queue",
    extensions(("x-permission" = json!("moderate"))), request_body = Resolution,
    responses((status = 200, body = Done)),
)]
async fn resolve(
    caller: Caller,
    Path((community, hold)): Path<(String, String)>,
    Sent { value: Resolution { outcome, note }, input }: Sent<Resolution>,
) -> Result<Json<Done>, Problem> {
    let hold: HoldId = id(&hold)?;
    let room = caller.room(&community).await?;
    let author = author_of(&room, hold).await?;
    let resolve = |ink: &mut Ink<'_>| {
        let owner = author.unwrap_or(ink.owner);
        let note = note.map(|note| ink.text_of(owner, &note));
        Command::Resolve { hold, outcome, note }
    };
    room.done(&input, resolve).await
}

/// Whom a note belongs to; nobody where nothing of that id waits, which the command then says.
async fn author_of(room: &Room, hold: HoldId) -> Result<Option<MemberId>, Problem> {
    room.look(move |sight| Ok(sight.community.queue.holds.get(&hold).map(|found| found.item.member()))).await
}

/// How the queue is set up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueueSetup)]
struct Config {
    /// As `[queue]` of a blueprint.
    #[schema(value_type = Object)]
    queue: QueueConfig,
}

/// Show how long things wait, and how many
#[utoipa::path(
    get, path = "/communities/{community}/queue-config", tag = "queue",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Config)),
)]
async fn config(caller: Caller, Path(community): Path<String>) -> Result<Json<Config>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageRules)?;
        Ok(Config { queue: sight.community.queue.config.clone() })
    });
    Ok(Json(found.await?))
}

/// Set how long things wait, and how many
#[utoipa::path(
    put, path = "/communities/{community}/queue-config", tag = "queue",
    extensions(("x-permission" = json!("manage_rules"))),
    request_body(content = Object, description = "As `[queue]` of a blueprint",
        example = json!({ "hold_hours": 24, "at_deadline": "release" })),
    responses((status = 200, body = Done)),
)]
async fn configure(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: config, input }: Sent<QueueConfig>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::Configure { config }).await
}
