//! Rules: what may be said, the ladder, slow mode, and the switch against raids.

use axum::Json;
use kith_core::connector;
use kith_core::ids::ChannelId;
use kith_core::moment::Duration;
use kith_core::role::Permission;
use kith_core::rule::{Command, LadderConfig, RaidConfig, RuleConfig, Switch, Tally};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use crate::caller::Caller;
use crate::connector::sentences;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(order))
        .routes(routes!(set, remove))
        .routes(routes!(set_ladder))
        .routes(routes!(set_slow_mode))
        .routes(routes!(raid, raise, lower))
        .routes(routes!(configure_raid))
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rule)]
struct Shown {
    /// Its name.
    name: String,
    /// Raised with every change.
    version: u32,
    /// As `[[rule]]` of a blueprint.
    #[schema(value_type = Object)]
    rule: RuleConfig,
    /// How often this version spoke against something, and how often it was wrong.
    #[schema(value_type = Object)]
    tally: Tally,
}

/// Every rule in the order in which they are asked, the ladder and slow mode.
#[derive(Debug, Serialize, ToSchema)]
struct Rules {
    rules: Vec<Shown>,
    /// As `[ladder]` of a blueprint.
    #[schema(value_type = Object)]
    ladder: LadderConfig,
    /// Time between two messages of one member, everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    slow_mode: Option<Duration>,
}

/// List the rules
#[utoipa::path(
    get, path = "/communities/{community}/rules", tag = "rules",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Rules)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Rules>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageRules)?;
        let rules = &sight.community.rules;
        let shown = rules.rows.iter().map(|row| Shown {
            name: row.config.name.clone(),
            version: row.version,
            rule: row.config.clone(),
            tally: rules.tallies.get(&row.config.name, row.version),
        });
        Ok(Rules { rules: shown.collect(), ladder: rules.ladder.clone(), slow_mode: rules.slow.everywhere })
    });
    Ok(Json(found.await?))
}

/// An order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "names": ["ads", "floods"] }))]
pub(super) struct Order {
    /// Every name, once.
    pub(super) names: Vec<String>,
}

/// Order the rules anew
#[utoipa::path(
    put, path = "/communities/{community}/rules-order", tag = "rules",
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

/// A rule that was set.
#[derive(Debug, Serialize, ToSchema)]
struct SetIn {
    /// The record's number in the community.
    seq: u64,
    /// What it may come to and bots of other networks cannot do, in the reader's language.
    degraded: Vec<String>,
}

/// Set a rule, new or in place of the one of that name
#[utoipa::path(
    put, path = "/communities/{community}/rules/{rule}", tag = "rules",
    extensions(("x-permission" = json!("manage_rules"))),
    request_body(content = Object, description = "As `[[rule]]` of a blueprint, named as in the path",
        example = json!({ "name": "ads", "check": { "links": { "max": 1 } }, "step": "hold" })),
    responses((status = 200, body = SetIn)),
)]
async fn set(
    caller: Caller,
    Path((community, rule)): Path<(String, String)>,
    Sent { value, input }: Sent<RuleConfig>,
) -> Result<Json<SetIn>, Problem> {
    let (room, words) = (caller.room(&community).await?, caller.words);
    let config = Box::new(RuleConfig { name: rule.clone(), ..value });
    let seq = room.ask(&input, |_| Command::Set { rule: config }).await?.seq;
    let degraded = room.look(move |sight| {
        Ok(sentences(&sight, words, &connector::degraded_by_rule(sight.community, &rule)))
    });
    Ok(Json(SetIn { seq, degraded: degraded.await? }))
}

/// Remove a rule
#[utoipa::path(
    delete, path = "/communities/{community}/rules/{rule}", tag = "rules",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Done)),
)]
async fn remove(
    caller: Caller,
    Path((community, rule)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::Remove { name: rule }).await
}

/// Set the ladder: what follows on how many strikes
#[utoipa::path(
    put, path = "/communities/{community}/ladder", tag = "rules",
    extensions(("x-permission" = json!("manage_rules"))),
    request_body(content = Object, description = "As `[ladder]` of a blueprint",
        example = json!({ "rungs": ["warn", "mute 1h", "ban 7d"], "forget_days": 60 })),
    responses((status = 200, body = Done)),
)]
async fn set_ladder(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: ladder, input }: Sent<LadderConfig>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetLadder { ladder }).await
}

/// How long between two messages of one member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "wait": "30s" }))]
struct SlowMode {
    /// In which channel; everywhere where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// So long, such as `30s`; `0s` ends it.
    #[schema(value_type = String)]
    wait: Duration,
}

/// Set how long a member waits between two messages
#[utoipa::path(
    put, path = "/communities/{community}/slow-mode", tag = "rules",
    extensions(("x-permission" = json!("manage_rules"))), request_body = SlowMode,
    responses((status = 200, body = Done)),
)]
async fn set_slow_mode(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: SlowMode { channel, wait }, input }: Sent<SlowMode>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetSlowMode { channel, wait }).await
}

/// The switch against raids.
#[derive(Debug, Serialize, ToSchema)]
struct Raid {
    /// Until when it is on; absent while it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// As `[raid]` of a blueprint.
    #[schema(value_type = Object)]
    config: RaidConfig,
}

/// Show the switch against raids
#[utoipa::path(
    get, path = "/communities/{community}/raid", tag = "rules",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Raid)),
)]
async fn raid(caller: Caller, Path(community): Path<String>) -> Result<Json<Raid>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::Moderate)?;
        let raid = &sight.community.rules.raid;
        Ok(Raid { until: raid.until_ms.map(rfc3339), config: raid.config.clone() })
    });
    Ok(Json(found.await?))
}

/// For how long the switch is on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "for": "2h" }))]
struct Raising {
    /// So long, such as `2h`; as long as the configuration says where it is left out.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<String>)]
    lasts: Option<Duration>,
}

/// Turn the switch against raids on
#[utoipa::path(
    put, path = "/communities/{community}/raid", tag = "rules",
    extensions(("x-permission" = json!("moderate"))), request_body = Raising,
    responses((status = 200, body = Done)),
)]
async fn raise(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: Raising { lasts }, input }: Sent<Raising>,
) -> Result<Json<Done>, Problem> {
    let switch = Switch::On { for_ms: lasts.map(|span| span.0) };
    caller.room(&community).await?.done(&input, |_| Command::SetRaid { switch }).await
}

/// Turn the switch against raids off
#[utoipa::path(
    delete, path = "/communities/{community}/raid", tag = "rules",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Done)),
)]
async fn lower(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::SetRaid { switch: Switch::Off }).await
}

/// Set how the switch against raids works
#[utoipa::path(
    put, path = "/communities/{community}/raid/config", tag = "rules",
    extensions(("x-permission" = json!("manage_rules"))),
    request_body(content = Object, description = "As `[raid]` of a blueprint",
        example = json!({ "newcomer": "2d", "lasts": "3h" })),
    responses((status = 200, body = Done)),
)]
async fn configure_raid(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: config, input }: Sent<RaidConfig>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::ConfigureRaid { config }).await
}
