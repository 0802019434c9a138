//! Scripts: their versions, what is put in and with which diagnostics, what is live, in the shadow or off.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kith_core::ids::LetterId;
use kith_core::role::Permission;
use kith_core::script::{Binding, Command, Missed, Origin, Script, Stage, Version};
use kith_runtime::scripting::{How, PutError, Written};
use kith_runtime::texts::Reader;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::TextDiff;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::rules::Order;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(order))
        .routes(routes!(show, put, remove))
        .routes(routes!(version))
        .routes(routes!(activate, switch_off))
        .routes(routes!(shadow, unshadow))
        .routes(routes!(bind))
        .routes(routes!(diff))
        .routes(routes!(letters))
        .routes(routes!(drop_letter))
        .routes(routes!(retry_letter))
}

/// A version of a script.
#[derive(Debug, Serialize, ToSchema)]
struct ShownVersion {
    /// Its number.
    number: u32,
    /// When it was put in.
    at: String,
    /// By whom; the host where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The hooks that it answers.
    #[schema(value_type = Vec<String>)]
    hooks: serde_json::Value,
    /// The source; told where one version is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// The cases that it came with, in TOML; told with the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<String>,
}

/// A script.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Script)]
struct Shown {
    /// Its name.
    name: String,
    /// The version that is asked; none while it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<u32>,
    /// The version that runs beside it and decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<u32>,
    /// A version that was taken out because it failed too often.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<u32>,
    /// As `[scripts.NAME]` of a blueprint.
    #[schema(value_type = Object)]
    binding: Binding,
    /// Runs of the live version.
    runs: u64,
    /// How many of them failed.
    faults: u64,
    /// Versions that are kept, oldest first.
    versions: Vec<ShownVersion>,
}

impl ShownVersion {
    fn of(version: &Version) -> Self {
        Self {
            number: version.number,
            at: rfc3339(version.at_ms),
            by: version.by.map(|by| by.to_string()),
            hooks: serde_json::to_value(&version.hooks).unwrap_or_default(),
            source: None,
            cases: None,
        }
    }
}

impl Shown {
    fn of(script: &Script) -> Self {
        Self {
            name: script.name.clone(),
            live: script.live,
            shadow: script.shadow,
            quarantined: script.health.quarantined,
            binding: script.binding.clone(),
            runs: script.health.metered.runs,
            faults: script.health.metered.faults,
            versions: script.versions.iter().map(ShownVersion::of).collect(),
        }
    }
}

/// Scripts in the order in which they are asked; a community has at most 32.
#[derive(Debug, Serialize, ToSchema)]
struct Scripts {
    scripts: Vec<Shown>,
}

/// List scripts in the order in which they are asked
#[utoipa::path(
    get, path = "/communities/{community}/scripts", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Scripts)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Scripts>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageRules)?;
        Ok(Scripts { scripts: sight.community.scripts.rows.iter().map(Shown::of).collect() })
    });
    Ok(Json(found.await?))
}

/// Order the scripts anew
#[utoipa::path(
    put, path = "/communities/{community}/scripts-order", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), request_body = Order,
    responses((status = 200, body = Done)),
)]
async fn order(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: Order { names }, input }: Sent<Order>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::Reorder { names }).await
}

/// Show a script
#[utoipa::path(
    get, path = "/communities/{community}/scripts/{script}", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    let room = caller.room(&community).await?;
    Ok(Json(Shown::of(&room.script(&script).await?)))
}

/// Show one version with its source
#[utoipa::path(
    get, path = "/communities/{community}/scripts/{script}/versions/{version}", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))),
    responses((status = 200, body = ShownVersion)),
)]
async fn version(
    caller: Caller,
    Path((community, script, version)): Path<(String, String, u32)>,
) -> Result<Json<ShownVersion>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.script(&script).await?;
    let kept = found.version(version).ok_or_else(|| missing(format!("{script}@{version}")))?;
    let cases = Some(kept.cases.clone()).filter(|cases| !cases.is_empty());
    Ok(Json(ShownVersion { source: Some(kept.source.clone()), cases, ..ShownVersion::of(kept) }))
}

/// A source to be put in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "source": "fn on_message(ctx, message) { if message.text.has_any([\"watches\"]) { \
               return hold(\"ads\", \"An offer\"); } allow() }",
    "stage": "kept"
}))]
struct NewSource {
    /// The source.
    source: String,
    /// Cases that it is tried with first, in TOML.
    #[serde(default)]
    cases: Option<String>,
    /// `live`, `shadow` or `kept`.
    #[serde(default)]
    #[schema(value_type = String, default = "live")]
    stage: Stage,
    /// How it is bound; what there is stays where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    binding: Option<Binding>,
}

/// A script that was put in.
#[derive(Debug, Serialize, ToSchema)]
struct PutIn {
    /// Its version.
    version: u32,
    /// Whether anything is otherwise now.
    changed: bool,
    /// What is probably not meant, though it works.
    #[schema(value_type = Vec<Object>)]
    warnings: Vec<Value>,
    /// How many cases were played.
    cases: usize,
    /// What it may come to and bots of other networks cannot do, in the reader's language.
    degraded: Vec<String>,
}

/// A source that did not pass.
#[derive(Debug, Serialize, ToSchema)]
struct Flawed {
    /// `script_flawed`.
    code: String,
    /// What has to be written differently, or which cases come out otherwise.
    #[schema(value_type = Object)]
    flaws: Value,
}

/// Put a script in: compiled and tried first; what fails leaves the live version as it is
#[utoipa::path(
    put, path = "/communities/{community}/scripts/{script}", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), request_body = NewSource,
    responses((status = 200, body = PutIn), (status = 422, body = Flawed)),
)]
async fn put(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
    Sent { value: new, input }: Sent<NewSource>,
) -> Result<Response, Problem> {
    caller.acting()?;
    let room = caller.room(&community).await?;
    room.look(|sight| sight.need(Permission::ManageRules)).await?;
    let file = format!("{script}.rhai");
    let cases = new.cases.map(|text| (format!("{script}.cases.toml"), text));
    let written = Written { name: script, file, source: new.source, cases };
    let reader = Reader { language: room.caller.words.language, stream: None };
    let checked = match room.caller.place.desk.check(&written).await {
        Ok(checked) => checked,
        Err(error) => return flawed(error, &reader),
    };
    let how = How { origin: Origin::Command, binding: new.binding, stage: new.stage };
    let put = room.put_script(&input, (&written, &how), &checked).await?;
    let put = PutIn {
        version: put.version,
        changed: put.changed,
        warnings: checked.warnings.iter().map(|one| one.json(&reader)).collect(),
        cases: checked.cases.len(),
        degraded: put.degraded,
    };
    Ok(Json(put).into_response())
}

/// What has to be written differently, where that is why a script did not pass.
fn flawed(error: PutError, reader: &Reader<'_>) -> Result<Response, Problem> {
    match error {
        PutError::Problem(flaws) => {
            let flawed = Flawed { code: "script_flawed".to_owned(), flaws: flaws.json(reader) };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(flawed)).into_response())
        }
        PutError::Ask(error) => Err(error.into()),
        PutError::TooSlow | PutError::Broken(_) => {
            tracing::error!(%error, "a script could not be checked");
            Err(Problem::failed())
        }
    }
}

/// Take a script out with everything it remembers
#[utoipa::path(
    delete, path = "/communities/{community}/scripts/{script}", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Done)),
)]
async fn remove(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::Remove { name: script }).await
}

/// Which version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "version": 1 }))]
struct Which {
    /// Its number.
    version: u32,
}

/// Make a kept version live, once it passed with its cases again: a rollback, or the end of a quarantine
#[utoipa::path(
    put, path = "/communities/{community}/scripts/{script}/live", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), request_body = Which,
    responses((status = 200, body = Done), (status = 422, body = Flawed)),
)]
async fn activate(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
    Sent { value: Which { version }, input }: Sent<Which>,
) -> Result<Response, Problem> {
    caller.acting()?;
    let room = caller.room(&community).await?;
    let kept = room.script(&script).await?;
    let reader = Reader { language: room.caller.words.language, stream: None };
    if let Err(error) = room.caller.place.desk.check_kept(&kept, version).await {
        return flawed(error, &reader);
    }
    let done = room.done(&input, |_| Command::Activate { name: script, version }).await?;
    Ok(done.into_response())
}

/// Ask a script no more; its versions and its memory stay
#[utoipa::path(
    delete, path = "/communities/{community}/scripts/{script}/live", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Done)),
)]
async fn switch_off(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::SwitchOff { name: script }).await
}

/// Run a kept version beside the live one, deciding nothing
#[utoipa::path(
    put, path = "/communities/{community}/scripts/{script}/shadow", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), request_body = Which,
    responses((status = 200, body = Done)),
)]
async fn shadow(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
    Sent { value: Which { version }, input }: Sent<Which>,
) -> Result<Json<Done>, Problem> {
    let shadow = Command::Shadow { name: script, version: Some(version) };
    caller.room(&community).await?.done(&input, |_| shadow).await
}

/// Run no version beside the live one any more
#[utoipa::path(
    delete, path = "/communities/{community}/scripts/{script}/shadow", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Done)),
)]
async fn unshadow(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let unshadow = Command::Shadow { name: script, version: None };
    caller.room(&community).await?.done(b"", |_| unshadow).await
}

/// Bind a script otherwise
#[utoipa::path(
    put, path = "/communities/{community}/scripts/{script}/binding", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))),
    request_body(content = Object, description = "As `[scripts.NAME]` of a blueprint",
        example = json!({ "step": "warn", "on_fault": "open" })),
    responses((status = 200, body = Done)),
)]
async fn bind(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
    Sent { value: binding, input }: Sent<Binding>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::Bind { name: script, binding }).await
}

/// Which two versions.
#[derive(Debug, Deserialize, IntoParams)]
struct Two {
    /// The one.
    from: u32,
    /// The other.
    to: u32,
}

/// How two versions differ.
#[derive(Debug, Serialize, ToSchema)]
struct Difference {
    /// As `diff -u` writes it; empty where they do not.
    diff: String,
}

/// Show how two versions differ, versions that are not kept any more included
#[utoipa::path(
    get, path = "/communities/{community}/scripts/{script}/diff", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), params(Two),
    responses((status = 200, body = Difference)),
)]
async fn diff(
    caller: Caller,
    Path((community, script)): Path<(String, String)>,
    Query(Two { from, to }): Query<Two>,
) -> Result<Json<Difference>, Problem> {
    let room = caller.room(&community).await?;
    room.script(&script).await?;
    let history = room.history_of(&script).await?.ok_or_else(|| missing(&script))?;
    let source = |number: u32| {
        let found = history.version(number).map(|doing| doing.source.as_str());
        found.ok_or_else(|| missing(format!("{script}@{number}")))
    };
    let (one, other) = (source(from)?, source(to)?);
    let (head_from, head_to) = (format!("{script}@{from}"), format!("{script}@{to}"));
    let differs = TextDiff::from_lines(one, other);
    let diff = differs.unified_diff().context_radius(3).header(&head_from, &head_to).to_string();
    Ok(Json(Difference { diff: if one == other { String::new() } else { diff } }))
}

/// Something that a script was given up at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
struct Letter {
    /// Which.
    id: String,
    /// The script's name, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    /// `event` or `timer`.
    of: String,
    /// When.
    at: String,
}

/// What scripts were given up at, oldest first; only the last ones are kept.
#[derive(Debug, Serialize, ToSchema)]
struct Letters {
    letters: Vec<Letter>,
}

/// List what scripts were given up at
#[utoipa::path(
    get, path = "/communities/{community}/letters", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Letters)),
)]
async fn letters(caller: Caller, Path(community): Path<String>) -> Result<Json<Letters>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageRules)?;
        let scripts = &sight.community.scripts;
        let letters = scripts.dead_letters.iter().map(|letter| Letter {
            id: letter.id.to_string(),
            script: scripts.numbered(letter.no).map(|script| script.name.clone()),
            of: if matches!(letter.of, Missed::Event { .. }) { "event" } else { "timer" }.to_owned(),
            at: rfc3339(letter.at_ms),
        });
        Ok(Letters { letters: letters.collect() })
    });
    Ok(Json(found.await?))
}

/// Let a script try once more what it was given up at
#[utoipa::path(
    post, path = "/communities/{community}/letters/{letter}/retry", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Done)),
)]
async fn retry_letter(
    caller: Caller,
    Path((community, letter)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let letter: LetterId = id(&letter)?;
    caller.room(&community).await?.done(b"", |_| Command::RetryLetter { letter }).await
}

/// Let go what a script was given up at
#[utoipa::path(
    delete, path = "/communities/{community}/letters/{letter}", tag = "scripts",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Done)),
)]
async fn drop_letter(
    caller: Caller,
    Path((community, letter)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let letter: LetterId = id(&letter)?;
    caller.room(&community).await?.done(b"", |_| Command::DropLetter { letter }).await
}
