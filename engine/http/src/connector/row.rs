//! Connecting networks: what a bot can do, which of its channels stands for which, and letting it go.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use kith_core::connector::{self, Ability, Command, Connector};
use kith_core::ids::{ChannelId, ConnectorId};
use kith_core::notice::Text;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_runtime::texts::Reader;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{Done, id};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Room, Sight};
use crate::sent::{Path, Sent};
use crate::words::Words;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list, connect))
        .routes(routes!(describe, disconnect))
        .routes(routes!(map))
        .routes(routes!(unmap))
}

/// A channel of a network, and what it stands for.
#[derive(Debug, Serialize, ToSchema)]
struct Mapped {
    /// What to name it by when the mapping is taken back.
    key: String,
    /// The network's own id.
    external_channel: String,
    /// The community's channel.
    channel: String,
}

/// A connector.
#[derive(Debug, Serialize, ToSchema)]
struct Shown {
    /// Which.
    id: String,
    /// What the operator calls it.
    name: String,
    /// Which network.
    network: String,
    /// What its bot can do there.
    #[schema(value_type = Vec<String>)]
    can: BTreeSet<Ability>,
    /// Since when.
    since: String,
    /// What the records up to this one ask was done.
    acked_seq: u64,
    /// Channels that stand for one of the community's.
    channels: Vec<Mapped>,
    /// What the rules ask and the bot cannot do, in the reader's language.
    degraded: Vec<String>,
}

/// The connectors of a community.
#[derive(Debug, Serialize, ToSchema)]
struct Connectors {
    connectors: Vec<Shown>,
}

pub(crate) fn sentences(sight: &Sight<'_>, words: Words, texts: &[Text]) -> Vec<String> {
    let reader = Reader { language: words.language, stream: Some(sight.stream) };
    texts.iter().map(|text| reader.render(text)).collect()
}

fn degraded(sight: &Sight<'_>, words: Words, row: &Connector) -> Vec<String> {
    sentences(sight, words, &connector::degraded(sight.community, &row.network, &row.can))
}

impl Shown {
    fn of(sight: &Sight<'_>, words: Words, row: &Connector) -> Self {
        let channels = row.channels.iter().map(|(key, mapped)| Mapped {
            key: format!("{key:016x}"),
            external_channel: sight.stream.bodies.text(&mapped.name).unwrap_or_default().to_owned(),
            channel: mapped.channel.to_string(),
        });
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            network: row.network.clone(),
            can: row.can.clone(),
            since: rfc3339(row.since_ms),
            acked_seq: row.acked_seq,
            channels: channels.collect(),
            degraded: degraded(sight, words, row),
        }
    }
}

/// List the connectors
#[utoipa::path(
    get, path = "/communities/{community}/connectors", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    responses((status = 200, body = Connectors)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Connectors>, Problem> {
    let words = caller.words;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Connect)?;
        let rows = sight.community.connectors.iter();
        Ok(Connectors { connectors: rows.map(|row| Shown::of(&sight, words, row)).collect() })
    });
    Ok(Json(found.await?))
}

/// A network to connect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "bridge", "network": "irc", "can": ["post", "delete"] }))]
struct NewConnector {
    /// What to call it; members who come by it carry this as where they came from.
    name: String,
    /// Which network; connectors of one network know the same people.
    network: String,
    /// What its bot can do there: `delete`, `edit`, `mute`, `remove`, `ban`, `post`, `react`, `pin`.
    #[schema(value_type = Vec<String>)]
    can: BTreeSet<Ability>,
}

/// What came of describing a bot.
#[derive(Debug, Serialize, ToSchema)]
struct Described {
    /// The connector.
    id: String,
    /// The record's number in the community.
    seq: u64,
    /// What the rules ask and the bot cannot do, in the reader's language.
    degraded: Vec<String>,
}

impl Described {
    async fn of(room: &Room, connector: ConnectorId, seq: u64) -> Result<Self, Problem> {
        let words = room.caller.words;
        let degraded = room.look(move |sight| {
            let row = sight.community.connectors.get(connector);
            Ok(row.map(|row| degraded(&sight, words, row)).unwrap_or_default())
        });
        Ok(Self { id: connector.to_string(), seq, degraded: degraded.await? })
    }
}

/// Connect a network
#[utoipa::path(
    post, path = "/communities/{community}/connectors", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    request_body = NewConnector,
    responses((status = 201, body = Described)),
)]
async fn connect(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<NewConnector>,
) -> Result<(StatusCode, Json<Described>), Problem> {
    let room = caller.room(&community).await?;
    let NewConnector { name, network, can } = new;
    let reply = room.ask(&input, |_| Command::Connect { name, network, can }).await?;
    let described = Described::of(&room, ConnectorId(reply.command.0), reply.seq).await?;
    Ok((StatusCode::CREATED, Json(described)))
}

/// What a bot can do now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "can": ["post", "delete", "mute"] }))]
struct Description {
    /// What it can do there.
    #[schema(value_type = Vec<String>)]
    can: BTreeSet<Ability>,
}

/// Say what a bot can do now
#[utoipa::path(
    patch, path = "/communities/{community}/connectors/{connector}", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    request_body = Description,
    responses((status = 200, body = Described)),
)]
async fn describe(
    caller: Caller,
    Path((community, connector)): Path<(String, String)>,
    Sent { value: Description { can }, input }: Sent<Description>,
) -> Result<Json<Described>, Problem> {
    let room = caller.room(&community).await?;
    let connector: ConnectorId = id(&connector)?;
    let reply = room.ask(&input, |_| Command::Describe { connector, can }).await?;
    Ok(Json(Described::of(&room, connector, reply.seq).await?))
}

/// Let a connector go; its members stay
#[utoipa::path(
    delete, path = "/communities/{community}/connectors/{connector}", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    responses((status = 200, body = Done)),
)]
async fn disconnect(
    caller: Caller,
    Path((community, connector)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let connector: ConnectorId = id(&connector)?;
    Ok(Json(room.ask(b"", |_| Command::Disconnect { connector }).await?.into()))
}

/// A channel of the network, and what it is to stand for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "external_channel": "#garden", "channel": "chn_01JD0000000000000000000000" }))]
struct Mapping {
    /// The network's own id of its channel.
    external_channel: String,
    /// The community's channel.
    channel: String,
}

/// Let a channel of the network stand for one of the community
#[utoipa::path(
    post, path = "/communities/{community}/connectors/{connector}/channels", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    request_body = Mapping,
    responses((status = 200, body = Done)),
)]
async fn map(
    caller: Caller,
    Path((community, connector)): Path<(String, String)>,
    Sent { value: mapping, input }: Sent<Mapping>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let (connector, channel): (ConnectorId, ChannelId) = (id(&connector)?, id(&mapping.channel)?);
    let network = network(&room, connector).await?;
    let pepper = caller.place.engine.ports().keys.pepper(room.id)?;
    let external = connector::key(&pepper, &network, &mapping.external_channel);
    let asked = room.ask(&input, |ink| {
        let name = ink.text_of(connector::owner(connector), &mapping.external_channel);
        Command::MapChannel { connector, external, name, channel }
    });
    Ok(Json(asked.await?.into()))
}

/// Take that back
#[utoipa::path(
    delete, path = "/communities/{community}/connectors/{connector}/channels/{key}", tag = "connectors",
    extensions(("x-permission" = json!("connect"))),
    params(
        ("community" = String, description = "Name or id"), ("connector" = String, description = "Id"),
        ("key" = String, description = "As the list of connectors has it"),
    ),
    responses((status = 200, body = Done)),
)]
async fn unmap(
    caller: Caller,
    Path((community, connector, key)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let connector: ConnectorId = id(&connector)?;
    let external = u64::from_str_radix(&key, 16).map_err(|_| Problem::not_found())?;
    Ok(Json(room.ask(b"", |_| Command::UnmapChannel { connector, external }).await?.into()))
}

/// The network of a connector.
pub(super) async fn network(room: &Room, connector: ConnectorId) -> Result<String, Problem> {
    let found = room.look(move |sight| {
        sight.need(Permission::Connect)?;
        let row = sight.community.connectors.get(connector);
        let row = row.ok_or_else(|| Refusal::NotFound { what: "connector".to_owned() })?;
        Ok(row.network.clone())
    });
    found.await
}
