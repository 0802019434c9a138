//! Adding webhooks, changing them, and seeing how they are.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use kith_core::ids::WebhookId;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_core::webhook::{self, Command, Kinds, State, Webhook, Why};
use kith_runtime::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Reach;
use super::letter::KINDS;
use super::wire::Target;
use crate::api::{Done, id};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Ink, Room, Sight};
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(change, remove))
        .routes(routes!(renew_secret))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// How a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    /// It is told.
    On,
    /// It does not answer, and is tried again.
    Failing,
    /// Somebody paused it.
    Paused,
    /// It did not answer for too long.
    GivenUp,
}

/// A webhook, never its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct Shown {
    /// Which.
    pub(crate) id: String,
    /// What the operator calls it.
    pub(crate) label: String,
    /// Where letters go.
    pub(crate) url: String,
    /// What it is told of; everything where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kinds: Option<BTreeSet<String>>,
    /// Since when it is there.
    since: String,
    /// How it is.
    pub(crate) state: Condition,
    /// It was told of the records up to this one.
    acked_seq: u64,
    /// How often it did not answer since it last did.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<String>,
}

/// The webhooks of a community.
#[derive(Debug, Serialize, ToSchema)]
struct Webhooks {
    webhooks: Vec<Shown>,
}

impl Shown {
    fn of(sight: &Sight<'_>, row: &Webhook) -> Self {
        let (state, failing) = match row.state {
            State::On => (Condition::On, None),
            State::Failing { attempts, next_ms, .. } => (Condition::Failing, Some((attempts, next_ms))),
            State::Off { why: Why::Paused } => (Condition::Paused, None),
            State::Off { why: Why::Silent } => (Condition::GivenUp, None),
        };
        Self {
            id: row.id.to_string(),
            label: row.label.clone(),
            url: sight.stream.bodies.text(&row.url).unwrap_or_default().to_owned(),
            kinds: match &row.kinds {
                Kinds::All => None,
                Kinds::Only(kinds) => Some(kinds.clone()),
            },
            since: rfc3339(row.since_ms),
            state,
            acked_seq: row.acked_seq,
            attempts: failing.map(|(attempts, _)| attempts),
            next_attempt: failing.map(|(_, next_ms)| rfc3339(next_ms)),
        }
    }
}

/// List the webhooks
#[utoipa::path(
    get, path = "/communities/{community}/webhooks", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    responses((status = 200, body = Webhooks)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Webhooks>, Problem> {
    Ok(Json(Webhooks { webhooks: caller.room(&community).await?.webhooks().await? }))
}

/// The kinds that names stand for: all where there are none. Refuses names of which nobody is told.
pub fn kinds_of(names: BTreeSet<String>) -> Result<Kinds, Refusal> {
    if names.is_empty() {
        return Ok(Kinds::All);
    }
    if names.iter().all(|name| KINDS.contains(&name.as_str())) {
        return Ok(Kinds::Only(names));
    }
    Err(Refusal::ValueInvalid { name: "kinds".to_owned(), expected: "event_kind".to_owned() })
}

/// Refuses an address that nothing can be sent to. What a name resolves to is looked at when it is sent to.
pub fn check_url(reach: Reach, url: &str) -> Result<(), Refusal> {
    let refused =
        |expected: &str| Err(Refusal::ValueInvalid { name: "url".to_owned(), expected: expected.to_owned() });
    let Some(target) = Target::of(url) else { return refused("http_or_https") };
    match target.address() {
        Some(address) if !reach.includes(address) => refused("public_address"),
        _ => Ok(()),
    }
}

/// A webhook to be added.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "label": "board", "url": "https://board.example/kith", "kinds": ["member.joined", "hold.placed"],
}))]
pub(crate) struct NewWebhook {
    /// What to call it.
    pub(crate) label: String,
    /// Where letters go.
    pub(crate) url: String,
    /// What it is told of; everything where it is left out.
    #[serde(default)]
    pub(crate) kinds: BTreeSet<String>,
}

/// A webhook's secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Told {
    /// The webhook.
    id: String,
    /// What letters are signed with: told this once and never again.
    pub(crate) secret: String,
    /// The record's number in the community.
    seq: u64,
}

impl Told {
    /// The secret as the state has it: a request that came twice is answered with the one that was kept.
    async fn of(room: &Room, webhook: WebhookId, seq: u64) -> Result<Self, Problem> {
        room.caller.place.webhooks.ring(room.id);
        let found = room.look(move |sight| {
            let row = sight.community.webhooks.get(webhook).ok_or_else(gone)?;
            Ok(sight.stream.bodies.text(&row.secret).unwrap_or_default().to_owned())
        });
        Ok(Self { id: webhook.to_string(), secret: found.await?, seq })
    }
}

impl Room {
    /// The webhooks of the community and how they are.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Shown>, Problem> {
        let found = self.look(|sight| {
            sight.need(Permission::ManageSettings)?;
            Ok(sight.community.webhooks.iter().map(|row| Shown::of(&sight, row)).collect())
        });
        found.await
    }

    /// Adds a webhook, and says its secret.
    pub(crate) async fn add_webhook(&self, new: NewWebhook, input: &[u8]) -> Result<Told, Problem> {
        let place = &self.caller.place;
        let kinds = kinds_of(new.kinds)?;
        check_url(place.settings.webhooks, &new.url)?;
        let secret = Secret::mint(&place.mint);
        let asked = self.ask(input, |ink| {
            let owner = webhook::owner(WebhookId(ink.id.0));
            let (url, secret) = (ink.text_of(owner, &new.url), ink.text_of(owner, secret.text()));
            Command::Add { label: new.label, url, secret, kinds }
        });
        let reply = asked.await?;
        Told::of(self, WebhookId(reply.command.0), reply.seq).await
    }

    /// Gives a webhook a new secret, and says it.
    pub(crate) async fn renew_webhook(&self, webhook: WebhookId, input: &[u8]) -> Result<Told, Problem> {
        let secret = Secret::mint(&self.caller.place.mint);
        let asked = self.ask(input, |ink| {
            let secret = Some(ink.text_of(webhook::owner(webhook), secret.text()));
            Command::Change { webhook, url: None, secret, kinds: None }
        });
        let reply = asked.await?;
        Told::of(self, webhook, reply.seq).await
    }

    /// Asks, and has the webhooks of the community looked at.
    pub(crate) async fn ask_webhook(
        &self,
        input: &[u8],
        write: impl FnOnce(&mut Ink<'_>) -> Command,
    ) -> Result<Done, Problem> {
        let done = self.ask(input, write).await?.into();
        self.caller.place.webhooks.ring(self.id);
        Ok(done)
    }
}

fn gone() -> Refusal {
    Refusal::NotFound { what: "webhook".to_owned() }
}

/// Add a webhook: it is told of what happens from now on
#[utoipa::path(
    post, path = "/communities/{community}/webhooks", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    request_body = NewWebhook,
    responses((status = 201, body = Told)),
)]
async fn add(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<NewWebhook>,
) -> Result<(StatusCode, Json<Told>), Problem> {
    let told = caller.room(&community).await?.add_webhook(new, &input).await?;
    Ok((StatusCode::CREATED, Json(told)))
}

/// What a webhook is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://board.example/hooks/kith" }))]
struct Change {
    /// Where letters go from now on.
    #[serde(default)]
    url: Option<String>,
    /// What it is told of from now on; nothing named means everything.
    #[serde(default)]
    kinds: Option<BTreeSet<String>>,
}

/// Change where a webhook's letters go, or what it is told of; one that did not answer is tried at once
#[utoipa::path(
    patch, path = "/communities/{community}/webhooks/{webhook}", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    request_body = Change,
    responses((status = 200, body = Done)),
)]
async fn change(
    caller: Caller,
    Path((community, webhook)): Path<(String, String)>,
    Sent { value: change, input }: Sent<Change>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let webhook: WebhookId = id(&webhook)?;
    let kinds = change.kinds.map(kinds_of).transpose()?;
    let reach = caller.place.settings.webhooks;
    change.url.iter().try_for_each(|url| check_url(reach, url))?;
    let write = |ink: &mut Ink<'_>| {
        let url = change.url.map(|url| ink.text_of(webhook::owner(webhook), &url));
        Command::Change { webhook, url, secret: None, kinds }
    };
    Ok(Json(room.ask_webhook(&input, write).await?))
}

/// Give a webhook a new secret; the old one signs nothing any more
#[utoipa::path(
    post, path = "/communities/{community}/webhooks/{webhook}/secret", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    responses((status = 200, body = Told)),
)]
async fn renew_secret(
    caller: Caller,
    Path((community, webhook)): Path<(String, String)>,
) -> Result<Json<Told>, Problem> {
    Ok(Json(caller.room(&community).await?.renew_webhook(id(&webhook)?, b"").await?))
}

/// Remove a webhook
#[utoipa::path(
    delete, path = "/communities/{community}/webhooks/{webhook}", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    responses((status = 200, body = Done)),
)]
async fn remove(
    caller: Caller,
    Path((community, webhook)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let webhook: WebhookId = id(&webhook)?;
    Ok(Json(caller.room(&community).await?.ask_webhook(b"", |_| Command::Remove { webhook }).await?))
}

/// Tell a webhook nothing for now
#[utoipa::path(
    post, path = "/communities/{community}/webhooks/{webhook}/pause", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    responses((status = 200, body = Done)),
)]
async fn pause(
    caller: Caller,
    Path((community, webhook)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let webhook: WebhookId = id(&webhook)?;
    Ok(Json(caller.room(&community).await?.ask_webhook(b"", |_| Command::Pause { webhook }).await?))
}

/// Go on telling a webhook, from where it was
#[utoipa::path(
    post, path = "/communities/{community}/webhooks/{webhook}/resume", tag = "webhooks",
    extensions(("x-permission" = json!("manage_settings"))),
    responses((status = 200, body = Done)),
)]
async fn resume(
    caller: Caller,
    Path((community, webhook)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let webhook: WebhookId = id(&webhook)?;
    Ok(Json(caller.room(&community).await?.ask_webhook(b"", |_| Command::Resume { webhook }).await?))
}
