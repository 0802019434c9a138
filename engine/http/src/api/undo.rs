//! Taking back what a version of a script did: planned first, then done.

use axum::Json;
use kith_core::refusal::Refusal;
use kith_runtime::undo::{Mode, Report};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::caller::Caller;
use crate::moment::parse;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(undo))
}

/// What is to be taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "version": 1, "mode": "plan" }))]
struct NewUndo {
    /// Of which version.
    version: u32,
    /// Only what it did from here on (RFC 3339).
    #[serde(default)]
    since: Option<String>,
    /// `plan` lists what would be taken back, `carry` takes it back.
    mode: HowFar,
}

/// How far an undo goes.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HowFar {
    /// It is listed.
    Plan,
    /// It is done.
    Carry,
}

/// What was found and done.
#[derive(Debug, Serialize, ToSchema)]
struct Undone {
    /// Counts by kind, members concerned, and what was left as it is, with reasons.
    #[schema(value_type = Object)]
    report: Report,
}

/// List what a version did, or take it back; doing it twice changes nothing more
///
/// As it lifts sanctions and restores messages, it needs `moderate` and `sanction` too.
#[utoipa::path(
    post, path = "/communities/{community}/scripts/{script}/undo", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), request_body = NewUndo,
    responses((status = 200, body = Undone)),
)]
async fn undo(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
    Sent { value: new, .. }: Sent<NewUndo>,
) -> Result<Json<Undone>, Problem> {
    let invalid = || Refusal::ValueInvalid { name: "since".to_owned(), expected: "RFC 3339".to_owned() };
    let since_ms = new.since.map(|text| parse(&text).ok_or_else(invalid)).transpose()?;
    let mode = match new.mode {
        HowFar::Plan => Mode::Plan,
        HowFar::Carry => Mode::Carry,
    };
    let report = caller.room(&community).await?.undo((script, new.version), since_ms, mode).await?;
    Ok(Json(Undone { report }))
}
