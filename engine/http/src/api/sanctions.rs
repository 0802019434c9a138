//! Sanctions by hand: warning, silencing, and taking it back.

use axum::Json;
use kith_core::ids::MemberId;
use kith_core::moment::Duration;
use kith_core::rule::{Command, Lifted};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::id;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Ink;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(warn, forget)).routes(routes!(mute, unmute))
}

/// Why somebody is warned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Please stay with the topic" }))]
struct Warning {
    /// The reason, which they are told.
    #[serde(default)]
    reason: Option<String>,
}

/// Warn a member: a strike with a receipt
#[utoipa::path(
    post, path = "/communities/{community}/members/{member}/strikes", tag = "sanctions",
    extensions(("x-permission" = json!("sanction"))), request_body = Warning,
    responses((status = 200, body = Done)),
)]
async fn warn(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
    Sent { value: Warning { reason }, input }: Sent<Warning>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    let warn = |ink: &mut Ink<'_>| {
        let reason = reason.map(|reason| ink.text_of(member, &reason));
        Command::Warn { member, reason }
    };
    caller.room(&community).await?.done(&input, warn).await
}

/// Take all strikes of a member back
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}/strikes", tag = "sanctions",
    extensions(("x-permission" = json!("sanction"))), responses((status = 200, body = Done)),
)]
async fn forget(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| Command::Lift { member, lifted: Lifted::Strikes }).await
}

/// How somebody is silenced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "for": "1h", "reason": "Cool down" }))]
struct Mute {
    /// For how long, such as `1h`.
    #[serde(rename = "for")]
    #[schema(value_type = String)]
    lasts: Duration,
    /// Why, which they are told.
    #[serde(default)]
    reason: Option<String>,
}

/// Silence a member for a time
#[utoipa::path(
    put, path = "/communities/{community}/members/{member}/mute", tag = "sanctions",
    extensions(("x-permission" = json!("sanction"))), request_body = Mute,
    responses((status = 200, body = Done)),
)]
async fn mute(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
    Sent { value: Mute { lasts, reason }, input }: Sent<Mute>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    let mute = |ink: &mut Ink<'_>| {
        let reason = reason.map(|reason| ink.text_of(member, &reason));
        Command::Mute { member, for_ms: lasts.0, reason }
    };
    caller.room(&community).await?.done(&input, mute).await
}

/// Let a muted member speak again
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}/mute", tag = "sanctions",
    extensions(("x-permission" = json!("sanction"))), responses((status = 200, body = Done)),
)]
async fn unmute(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| Command::Lift { member, lifted: Lifted::Mute }).await
}
