//! Announcements: made, confirmed, and who has not confirmed them.

use axum::Json;
use axum::http::StatusCode;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use kith_core::message::{self, Ack, Command};
use kith_core::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Done, Made};
use super::content::{Checked, Everybody, SentPart, mentions};
use super::page::Page;
use super::{id, missing};
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query, Sent};
use crate::talk::{Message, Row, Somebody, nickname};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list, announce))
        .routes(routes!(confirm))
        .routes(routes!(confirmations))
}

/// A new announcement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "chn_01JD0000000000000000000000", "confirm": "required",
    "parts": [{ "type": "text", "text": "We meet at seven" }]
}))]
struct NewAnnouncement {
    /// Where; not in a feed.
    #[schema(value_type = String)]
    channel: ChannelId,
    /// What.
    parts: Vec<SentPart>,
    /// Whether members are asked to confirm that they read it: `required` or `optional`.
    #[schema(value_type = String)]
    confirm: Ack,
    /// Members who are to take note.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    mentions: Vec<MemberId>,
    /// Whether everybody is to take note.
    #[serde(default)]
    mention_all: Everybody,
}

/// Make an announcement
#[utoipa::path(
    post, path = "/communities/{community}/announcements", tag = "announcements",
    extensions(("x-permission" = json!("announce"))), request_body = NewAnnouncement,
    responses((status = 201, body = Made)),
)]
async fn announce(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<NewAnnouncement>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let room = caller.room(&community).await?;
    let (channel, ack) = (new.channel, new.confirm);
    let mentions = mentions(&new.mentions, new.mention_all);
    let parts = Checked::of(new.parts)?;
    let made = room.made(
        &input,
        |id| MessageId(id.0),
        |ink| Command::Announce { channel, parts: parts.write(ink), ack, mentions },
    );
    made.await
}

/// The last announcements, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Announcements {
    announcements: Vec<Message>,
}

/// List the last announcements
#[utoipa::path(
    get, path = "/communities/{community}/announcements", tag = "announcements",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Announcements)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Announcements>, Problem> {
    let room = caller.room(&community).await?;
    let rows = room.look(|sight| {
        sight.need(Permission::Read)?;
        let messages = &sight.community.messages;
        let headers = messages.announcements().filter_map(|row| messages.get(row.message));
        let readable = headers.filter(|header| crate::talk::readable(&sight, header.channel).is_ok());
        let mut rows: Vec<Row> = readable.map(|header| Row::of(&sight, header)).collect();
        rows.reverse();
        Ok(rows)
    });
    Ok(Json(Announcements { announcements: room.messages(&rows.await?).await? }))
}

/// Confirm that one has read an announcement
#[utoipa::path(
    put, path = "/communities/{community}/announcements/{message}/confirmation", tag = "announcements",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Done)),
)]
async fn confirm(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let message: MessageId = id(&message)?;
    caller.room(&community).await?.done(b"", |_| Command::Acknowledge { message }).await
}

/// Who has confirmed an announcement, and who has not.
#[derive(Debug, Serialize, ToSchema)]
struct Confirmations {
    /// How many have.
    confirmed: usize,
    /// How many have not.
    missing: usize,
    /// A page of those who have not.
    members: Vec<Somebody>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List who has not confirmed an announcement
#[utoipa::path(
    get, path = "/communities/{community}/announcements/{message}/confirmations", tag = "announcements",
    extensions(("x-permission" = json!("announce"))), params(Page),
    responses((status = 200, body = Confirmations)),
)]
async fn confirmations(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Result<Json<Confirmations>, Problem> {
    let message: MessageId = id(&message)?;
    let after = page.after::<MemberId>()?;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Announce)?;
        let found = message::acknowledged(sight.community, message).ok_or_else(|| missing(message))?;
        let rest = found.missing.iter().filter(|member| after.is_none_or(|after| **member > after));
        let rows = rest.take(page.limit() + 1);
        let somebody =
            |member: &MemberId| Somebody { id: member.to_string(), nickname: nickname(&sight, *member) };
        let (members, next) = page.cut(rows.map(somebody).collect(), |last: &Somebody| last.id.clone());
        Ok(Confirmations { confirmed: found.count, missing: found.missing.len(), members, next })
    });
    Ok(Json(found.await?))
}
