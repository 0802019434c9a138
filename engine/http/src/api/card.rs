//! The card: its fields, one's own values and nickname, and how many gave which value.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use kith_core::card::{self, Command, Schema};
use kith_core::event::Event;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_runtime::draft::Reply;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::gate::CardField;
use super::missing;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(mine, change))
        .routes(routes!(rename))
        .routes(routes!(schema, set_schema))
        .routes(routes!(count))
}

/// A field of the card whose value does not fit.
#[derive(Debug, Serialize, ToSchema)]
struct Misfit {
    /// Its name.
    field: String,
    /// What would fit; absent if the card has no such field any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
}

/// One's own card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MyCard)]
struct Mine {
    /// What one goes by.
    nickname: String,
    /// Values by field.
    values: BTreeMap<String, String>,
    /// Fields that there are.
    fields: Vec<CardField>,
    /// Values that were good once and do not fit today; required fields that are empty, too.
    misfits: Vec<Misfit>,
    /// Whether a change waits for a moderator.
    waits: bool,
}

/// Show one's own card
#[utoipa::path(
    get, path = "/communities/{community}/card", tag = "card",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Mine)),
)]
async fn mine(caller: Caller, Path(community): Path<String>) -> Result<Json<Mine>, Problem> {
    caller.actor()?;
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        let me = sight.me.ok_or(Refusal::NotAMember)?;
        let text = |body| sight.stream.bodies.text(body).unwrap_or_default().to_owned();
        let misfits = card::misfits(sight.stream, me.id).into_iter();
        Ok(Mine {
            nickname: text(&me.nickname),
            values: me.card.iter().map(|(name, body)| (name.clone(), text(body))).collect(),
            fields: sight.community.card.schema.fields.iter().map(CardField::of).collect(),
            misfits: misfits.map(|it| Misfit { field: it.field, expected: it.expected }).collect(),
            waits: sight.community.card.held.contains_key(&me.id),
        })
    });
    Ok(Json(found.await?))
}

/// What of a card is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "values": { "region": "South" } }))]
#[schema(as = CardChange)]
struct Change {
    /// Values by field; null takes a value off.
    #[serde(default)]
    values: BTreeMap<String, Option<String>>,
    /// The nickname that goes with it, where the community joins the two.
    #[serde(default)]
    nickname: Option<String>,
}

/// What became of a change.
#[derive(Debug, Serialize, ToSchema)]
struct Changed {
    /// Whether it waits for a moderator.
    held: bool,
    /// The record's number in the community.
    seq: u64,
}

fn changed(reply: &Reply) -> (StatusCode, Json<Changed>) {
    let held = reply.events.iter().any(|event| matches!(event, Event::Card(card::Event::Held { .. })));
    (if held { StatusCode::ACCEPTED } else { StatusCode::OK }, Json(Changed { held, seq: reply.seq }))
}

/// Change one's card
#[utoipa::path(
    patch, path = "/communities/{community}/card", tag = "card",
    extensions(("x-permission" = json!("inside"))), request_body = Change,
    responses((status = 200, body = Changed), (status = 202, body = Changed)),
)]
async fn change(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<Change>,
) -> Result<(StatusCode, Json<Changed>), Problem> {
    let room = caller.room(&community).await?;
    let reply = room.ask(&input, |ink| {
        let fields =
            new.values.iter().map(|(name, value)| (name.clone(), value.as_deref().map(|it| ink.text(it))));
        let fields = fields.collect();
        Command::ChangeCard { fields, nickname: new.nickname.as_deref().map(|it| ink.text(it)) }
    });
    Ok(changed(&room.told_again(reply.await?).await?))
}

/// What one wants to go by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "nickname": "Mei (South)" }))]
struct NewName {
    /// The nickname.
    nickname: String,
}

/// Change one's nickname
#[utoipa::path(
    put, path = "/communities/{community}/card/nickname", tag = "card",
    extensions(("x-permission" = json!("inside"))), request_body = NewName,
    responses((status = 200, body = Changed), (status = 202, body = Changed)),
)]
async fn rename(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: NewName { nickname }, input }: Sent<NewName>,
) -> Result<(StatusCode, Json<Changed>), Problem> {
    let room = caller.room(&community).await?;
    let reply = room.ask(&input, |ink| Command::ChangeNickname { nickname: ink.text(&nickname) }).await?;
    Ok(changed(&room.told_again(reply).await?))
}

/// The card's fields as they are set up.
#[derive(Debug, Serialize, ToSchema)]
struct Fields {
    /// As `[card]` of a blueprint.
    #[schema(value_type = Object)]
    card: Schema,
}

/// Show how the card is set up
#[utoipa::path(
    get, path = "/communities/{community}/card/schema", tag = "card",
    extensions(("x-permission" = json!("inside"))), responses((status = 200, body = Fields)),
)]
async fn schema(caller: Caller, Path(community): Path<String>) -> Result<Json<Fields>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need_inside()?;
        Ok(Fields { card: sight.community.card.schema.clone() })
    });
    Ok(Json(found.await?))
}

/// Set the card up anew
#[utoipa::path(
    put, path = "/communities/{community}/card/schema", tag = "card",
    extensions(("x-permission" = json!("manage_card"))),
    request_body(content = Object, description = "As `[card]` of a blueprint", example = json!({
        "fields": [{
            "name": "region", "label": "Region", "kind": { "choice": { "options": ["North", "South"] } }
        }]
    })),
    responses((status = 200, body = Done)),
)]
async fn set_schema(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: schema, input }: Sent<Schema>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetSchema { schema }).await
}

/// How many gave which value.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    /// Value → members.
    by_value: BTreeMap<String, u64>,
    /// Members whose value was erased.
    erased: u64,
    /// Members without a value.
    empty: u64,
}

/// Count members by a field of the card
#[utoipa::path(
    get, path = "/communities/{community}/card/counts/{field}", tag = "card",
    extensions(("x-permission" = json!("manage_members"))), responses((status = 200, body = Counts)),
)]
async fn count(
    caller: Caller,
    Path((community, field)): Path<(String, String)>,
) -> Result<Json<Counts>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::ManageMembers)?;
        sight.community.card.schema.field(&field).ok_or_else(|| missing(&field))?;
        let counts = card::count_by(sight.stream, &field);
        Ok(Counts { by_value: counts.by_value, erased: counts.erased, empty: counts.empty })
    });
    Ok(Json(found.await?))
}
