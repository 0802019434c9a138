//! Channels: listed, opened, changed, closed and reopened, and one's own feed.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use kith_core::channel::{Channel, ChannelConfig, Command, Kind, Status};
use kith_core::ids::ChannelId;
use kith_core::role::Permission;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Done, Made};
use super::id;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::{Path, Sent};
use crate::talk::readable;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(show, change))
        .routes(routes!(close, reopen))
        .routes(routes!(open_feed))
}

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
struct Shown {
    /// Which.
    id: String,
    /// Its name; of a feed empty.
    name: String,
    /// `group`, `broadcast` or `feed`.
    kind: String,
    /// Whose feed it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// What it is about.
    topic: String,
    /// Whether it takes messages.
    open: bool,
    /// Roles that read it; everybody where there are none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    read_roles: BTreeSet<String>,
    /// Roles that post in it; everybody where there are none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    post_roles: BTreeSet<String>,
}

impl Shown {
    fn of(channel: &Channel) -> Self {
        let (kind, member) = match channel.kind {
            Kind::Broadcast => ("broadcast", None),
            Kind::Group => ("group", None),
            Kind::Feed { member } => ("feed", Some(member.to_string())),
        };
        Self {
            id: channel.id.to_string(),
            name: channel.name.clone(),
            kind: kind.to_owned(),
            member,
            topic: channel.topic.clone(),
            open: channel.status == Status::Open,
            read_roles: channel.read_roles.clone(),
            post_roles: channel.post_roles.clone(),
        }
    }
}

/// Channels, in the operator's order; a community has at most 256 that are no feeds.
#[derive(Debug, Serialize, ToSchema)]
struct Channels {
    channels: Vec<Shown>,
}

/// List the channels that one may read
#[utoipa::path(
    get, path = "/communities/{community}/channels", tag = "channels",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Channels)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Channels>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight: Sight<'_>| {
        sight.need(Permission::Read)?;
        let own = sight.me.and_then(|me| sight.community.channels.feed_of(me.id));
        let all = sight.community.channels.listed().into_iter().chain(own);
        let known = all.filter(|channel| readable(&sight, channel.id).is_ok());
        Ok(Channels { channels: known.map(Shown::of).collect() })
    });
    Ok(Json(found.await?))
}

/// Show a channel
#[utoipa::path(
    get, path = "/communities/{community}/channels/{channel}", tag = "channels",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    let channel: ChannelId = id(&channel)?;
    let room = caller.room(&community).await?;
    Ok(Json(room.look(move |sight| Ok(Shown::of(readable(&sight, channel)?))).await?))
}

/// Open a channel
#[utoipa::path(
    post, path = "/communities/{community}/channels", tag = "channels",
    extensions(("x-permission" = json!("manage_channels"))),
    request_body(content = Object, description = "As `[[channel]]` of a blueprint",
        example = json!({ "name": "workshop", "topic": "What we are making", "kind": "group" })),
    responses((status = 201, body = Made)),
)]
async fn open(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: channel, input }: Sent<ChannelConfig>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let room = caller.room(&community).await?;
    room.made(&input, |id| ChannelId(id.0), |_| Command::Open { channel }).await
}

/// Make a channel that is no feed into something else
#[utoipa::path(
    put, path = "/communities/{community}/channels/{channel}", tag = "channels",
    extensions(("x-permission" = json!("manage_channels"))),
    request_body(content = Object, description = "As `[[channel]]` of a blueprint",
        example = json!({ "name": "hall", "topic": "Everything else" })),
    responses((status = 200, body = Done)),
)]
async fn change(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
    Sent { value: to, input }: Sent<ChannelConfig>,
) -> Result<Json<Done>, Problem> {
    let channel: ChannelId = id(&channel)?;
    caller.room(&community).await?.done(&input, |_| Command::Change { channel, to }).await
}

/// Make a channel reading only
#[utoipa::path(
    put, path = "/communities/{community}/channels/{channel}/closing", tag = "channels",
    extensions(("x-permission" = json!("manage_channels"))), responses((status = 200, body = Done)),
)]
async fn close(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let channel: ChannelId = id(&channel)?;
    caller.room(&community).await?.done(b"", |_| Command::Close { channel }).await
}

/// Let a closed channel take messages again
#[utoipa::path(
    delete, path = "/communities/{community}/channels/{channel}/closing", tag = "channels",
    extensions(("x-permission" = json!("manage_channels"))), responses((status = 200, body = Done)),
)]
async fn reopen(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let channel: ChannelId = id(&channel)?;
    caller.room(&community).await?.done(b"", |_| Command::Reopen { channel }).await
}

/// Open one's own feed
#[utoipa::path(
    post, path = "/communities/{community}/feed", tag = "channels",
    extensions(("x-permission" = json!("post"))), responses((status = 201, body = Made)),
)]
async fn open_feed(
    caller: Caller,
    Path(community): Path<String>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let room = caller.room(&community).await?;
    room.made(b"", |id| ChannelId(id.0), |_| Command::OpenFeed).await
}
