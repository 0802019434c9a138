//! The gate: what a stranger is asked, and how it is set up.

use axum::Json;
use kith_core::card::{Field, Kind};
use kith_core::gate::{Command, Condition, GateConfig, Mode, Stage};
use kith_core::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(config, set)).routes(routes!(set_capacity))
}

/// The gate as a stranger sees it: what is asked, never what is right.
#[derive(Debug, Serialize, ToSchema)]
struct Gate {
    /// The community's name.
    name: String,
    /// What it is for.
    about: String,
    /// Whether `all` or `any` of the conditions must hold.
    mode: String,
    /// Which there are: `open`, `invite`, `questions`, `card`, `approval`.
    conditions: Vec<String>,
    /// Questions to be answered.
    questions: Vec<Question>,
    /// Fields of the card that can be filled in; required ones first.
    fields: Vec<CardField>,
    /// How many can be inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u64>,
    /// How many are inside.
    members: u64,
    /// How many wait.
    waiting: usize,
    /// The community that can be asked instead once there is no seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    overflow: Option<String>,
}

/// A question of the gate.
#[derive(Debug, Serialize, ToSchema)]
struct Question {
    /// Its name: the key of the answer.
    name: String,
    /// What is asked.
    text: String,
}

/// A field of the card.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CardField {
    /// Its name: the key of the value.
    name: String,
    /// What it is called.
    label: String,
    /// Whether it must be filled in.
    required: bool,
    /// `text`, `choice`, `pattern` or `number`.
    kind: String,
    /// What can be chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
}

impl CardField {
    pub(super) fn of(field: &Field) -> Self {
        let (kind, options) = match &field.kind {
            Kind::Text { .. } => ("text", Vec::new()),
            Kind::Choice { options } => ("choice", options.clone()),
            Kind::Pattern { .. } => ("pattern", Vec::new()),
            Kind::Number { .. } => ("number", Vec::new()),
        };
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            required: field.required,
            kind: kind.to_owned(),
            options,
        }
    }
}

fn name_of(condition: &Condition) -> &'static str {
    match condition {
        Condition::Open => "open",
        Condition::Invite(_) => "invite",
        Condition::Questions(_) => "questions",
        Condition::Card => "card",
        Condition::Approval => "approval",
    }
}

impl Gate {
    fn of(sight: &Sight<'_>) -> Self {
        let (profile, gate) = (&sight.community.profile, &sight.community.gate);
        let questions = gate.config.conditions.iter().filter_map(|condition| match condition {
            Condition::Questions(terms) => Some(&terms.questions),
            _ => None,
        });
        let questions =
            questions.flatten().map(|it| Question { name: it.name.clone(), text: it.text.clone() });
        let mut fields: Vec<CardField> =
            sight.community.card.schema.fields.iter().map(CardField::of).collect();
        fields.sort_by_key(|field| !field.required);
        Self {
            name: profile.name.clone(),
            about: profile.about.clone(),
            mode: if gate.config.mode == Mode::All { "all" } else { "any" }.to_owned(),
            conditions: gate.config.conditions.iter().map(|it| name_of(it).to_owned()).collect(),
            questions: questions.collect(),
            fields,
            capacity: gate.config.capacity,
            members: sight.community.members.active_count(),
            waiting: gate
                .applications
                .values()
                .filter(|it| matches!(it.stage, Stage::Waiting { .. }))
                .count(),
            overflow: gate.config.overflow.as_ref().map(|next| next.community.clone()),
        }
    }
}

/// Show the gate as a stranger sees it
#[utoipa::path(
    get, path = "/communities/{community}/gate", tag = "gate",
    extensions(("x-permission" = json!("anyone"))), responses((status = 200, body = Gate)),
)]
async fn show(caller: Caller, Path(community): Path<String>) -> Result<Json<Gate>, Problem> {
    let room = caller.room(&community).await?;
    Ok(Json(room.look(|sight| Ok(Gate::of(&sight))).await?))
}

/// The gate's set-up, with the answers that are right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GateSetup)]
struct Config {
    /// As `[gate]` of a blueprint.
    #[schema(value_type = Object)]
    gate: GateConfig,
}

/// Show how the gate is set up
#[utoipa::path(
    get, path = "/communities/{community}/gate/config", tag = "gate",
    extensions(("x-permission" = json!("manage_gate"))), responses((status = 200, body = Config)),
)]
async fn config(caller: Caller, Path(community): Path<String>) -> Result<Json<Config>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageGate)?;
        Ok(Config { gate: sight.community.gate.config.clone() })
    });
    Ok(Json(found.await?))
}

/// Set the gate up anew
#[utoipa::path(
    put, path = "/communities/{community}/gate/config", tag = "gate",
    extensions(("x-permission" = json!("manage_gate"))),
    request_body(content = Object, description = "As `[gate]` of a blueprint", example = json!({
        "mode": "all", "conditions": [{ "kind": "approval" }], "capacity": 120
    })),
    responses((status = 200, body = Done)),
)]
async fn set(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: config, input }: Sent<GateConfig>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetGate { config }).await
}

/// How many can be inside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "capacity": 500 }))]
struct Capacity {
    /// So many; null for no limit.
    capacity: Option<u64>,
}

/// Change how many can be inside
#[utoipa::path(
    put, path = "/communities/{community}/gate/capacity", tag = "gate",
    extensions(("x-permission" = json!("manage_gate"))), request_body = Capacity,
    responses((status = 200, body = Done)),
)]
async fn set_capacity(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: Capacity { capacity }, input }: Sent<Capacity>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetCapacity { capacity }).await
}
