//! Replays: what a draft or a kept version would have done to what was. Started, looked at while they run,
//! and drawn.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kith_core::notice::Text;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_core::script::Script;
use kith_runtime::replay::picture::{self, Words};
use kith_runtime::replay::{Cascade, Draft, Plan, Report};
use kith_runtime::scripting::{PutError, Written};
use kith_runtime::texts::Reader;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::nothing;
use crate::caller::Caller;
use crate::jobs::{Job, State, Wish};
use crate::moment::parse;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Room;
use crate::scripted;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(show, stop))
        .routes(routes!(draw))
        .routes(routes!(shadow_report))
}

/// What is replayed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "script": "ads", "source": "fn on_message(ctx, message) { allow() }"
}))]
struct NewReplay {
    /// The script that the draft would take the place of; need not be there.
    script: String,
    /// A draft's source; a kept version where it is left out.
    #[serde(default)]
    source: Option<String>,
    /// A kept version.
    #[serde(default)]
    version: Option<u32>,
    /// Only what happened from here on (RFC 3339).
    #[serde(default)]
    since: Option<String>,
    /// Only what happened before this (RFC 3339).
    #[serde(default)]
    until: Option<String>,
    /// Whether who is muted by the draft says nothing afterwards.
    #[serde(default)]
    cascade: bool,
}

/// A replay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replay)]
struct Shown {
    /// Which.
    id: String,
    /// `running`, `done` or `failed`.
    state: String,
    /// Records that are done.
    done: u64,
    /// Records that there are.
    total: u64,
    /// What it found, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Report>,
}

impl Shown {
    fn of(job: &Job) -> Self {
        let (state, report) = match job.state() {
            State::Running => ("running", None),
            State::Done(report) => ("done", Some(Report::clone(&report))),
            State::Failed(_) => ("failed", None),
        };
        Self { id: job.id.clone(), state: state.to_owned(), done: job.done(), total: job.total, report }
    }
}

/// Start a replay
#[utoipa::path(
    post, path = "/communities/{community}/replays", tag = "replays",
    extensions(("x-permission" = json!("manage_rules"))), request_body = NewReplay,
    responses((status = 202, body = Shown)),
)]
async fn start(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, .. }: Sent<NewReplay>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    caller.acting()?;
    let room = caller.room(&community).await?;
    room.look(|sight| sight.need(Permission::ManageRules)).await?;
    let name = new.script.clone();
    let kept = room.look(move |sight| Ok(sight.community.scripts.get(&name).cloned())).await?;
    let draft = draft_of(&room, &new, kept.as_ref()).await?;
    let Wish { plan, .. } = Wish::of_draft(room.id, draft, kept.as_ref());
    let plan = Plan {
        since_ms: time_of("since", new.since.as_deref())?,
        until_ms: time_of("until", new.until.as_deref())?,
        cascade: if new.cascade { Cascade::Followed } else { Cascade::Counted },
        ..plan
    };
    begin(&room, Wish { plan, version: None })
}

fn begin(room: &Room, wish: Wish) -> Result<(StatusCode, Json<Shown>), Problem> {
    let job = room.caller.place.jobs.begin(&room.caller.place, wish)?;
    Ok((StatusCode::ACCEPTED, Json(Shown::of(&job))))
}

fn time_of(name: &str, text: Option<&str>) -> Result<Option<u64>, Problem> {
    let invalid = || Refusal::ValueInvalid { name: name.to_owned(), expected: "RFC 3339".to_owned() };
    Ok(text.map(|text| parse(text).ok_or_else(invalid)).transpose()?)
}

async fn draft_of(room: &Room, new: &NewReplay, kept: Option<&Script>) -> Result<Draft, Problem> {
    let Some(source) = new.source.clone() else {
        let script = kept.ok_or_else(|| nothing(&new.script))?;
        let number = new.version.or(script.live).unwrap_or(script.newest);
        let version = script.version(number).ok_or_else(|| nothing(format!("{}@{number}", new.script)))?;
        return Ok(Draft::of(script, version));
    };
    let (name, file) = (new.script.clone(), format!("{}.rhai", new.script));
    let written = Written { name, file, source, cases: None };
    let checked = room.caller.place.desk.check(&written).await.map_err(|error| match error {
        PutError::Ask(error) => error.into(),
        PutError::Problem(flaws) => {
            let what = flaws.to_string();
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "http.script").with("what", what.as_str())
        }
        PutError::TooSlow | PutError::Broken(_) => Problem::failed(),
    })?;
    Ok(scripted::draft_of(&written, &checked, kept))
}

async fn job(caller: Caller, community: &str, replay: &str) -> Result<std::sync::Arc<Job>, Problem> {
    let room = caller.room(community).await?;
    room.look(|sight| sight.need(Permission::ManageRules)).await?;
    room.caller.place.jobs.get(room.id, replay).ok_or_else(|| nothing(replay))
}

/// Show how far a replay has come, and what it found
#[utoipa::path(
    get, path = "/communities/{community}/replays/{replay}", tag = "replays",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, replay)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    Ok(Json(Shown::of(&*job(caller, &community, &replay).await?)))
}

/// End a replay early: its report covers what it had read
#[utoipa::path(
    delete, path = "/communities/{community}/replays/{replay}", tag = "replays",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Shown)),
)]
async fn stop(
    caller: Caller,
    Path((community, replay)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    caller.acting()?;
    let job = job(caller, &community, &replay).await?;
    job.stop();
    Ok(Json(Shown::of(&job)))
}

/// Draw what a replay found, day by day
#[utoipa::path(
    get, path = "/communities/{community}/replays/{replay}/picture", tag = "replays",
    extensions(("x-permission" = json!("manage_rules"))),
    responses((status = 200, content_type = "image/svg+xml", body = String)),
)]
async fn draw(
    caller: Caller,
    Path((community, replay)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let language = caller.words.language;
    let job = job(caller, &community, &replay).await?;
    let State::Done(report) = job.state() else { return Err(nothing(replay)) };
    let reader = Reader { language, stream: None };
    let say = |code: &str| reader.render(&Text::new(code));
    let title = reader.render(&Text::new("replay.by_day").with("script", report.script.as_str()));
    let (denied, held, messages) = (say("replay.denied"), say("replay.held"), say("replay.messages"));
    let words = Words { title: &title, denied: &denied, held: &held, messages: &messages };
    let svg = picture::svg(&report.days, &words);
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// Replay what the version in the shadow would have done since it was put there, against the live one
#[utoipa::path(
    post, path = "/communities/{community}/scripts/{script}/shadow/report", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 202, body = Shown)),
)]
async fn shadow_report(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    caller.acting()?;
    let room = caller.room(&community).await?;
    let found = room.script(&script).await?;
    begin(&room, Wish::of_shadow(&room, &found).await?)
}
