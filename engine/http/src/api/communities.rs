//! Communities as their members and operators see them: which are mine, what one is, its settings, lists
//! and own texts.

use std::collections::BTreeMap;

use axum::Json;
use kith_core::community::{Command, Language, Setting, Status, Zone};
use kith_core::host::Host;
use kith_core::ids::{CommunityId, PersonId};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::page::Page;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::{Path, Query, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(mine))
        .routes(routes!(show))
        .routes(routes!(settings, change))
        .routes(routes!(lists))
        .routes(routes!(set_list))
        .routes(routes!(texts))
        .routes(routes!(set_texts))
}

/// A community by name.
#[derive(Debug, Serialize, ToSchema)]
struct Named {
    /// Which.
    id: String,
    /// Its name.
    name: String,
    /// Who the caller is there; nobody for the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
}

/// Communities that the caller is or was in; for the host all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MyCommunities)]
struct Mine {
    communities: Vec<Named>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List the communities that one is in
#[utoipa::path(
    get, path = "/communities", tag = "communities", extensions(("x-permission" = json!("person"))),
    params(Page), responses((status = 200, body = Mine)),
)]
async fn mine(caller: Caller, Query(page): Query<Page>) -> Result<Json<Mine>, Problem> {
    caller.actor()?;
    let (after, limit) = (page.after::<CommunityId>()?, page.limit());
    let (person, reaching) = (caller.person(), caller.clone());
    let look = move |stream: &kith_core::stream::Stream| {
        let Some(host) = stream.host() else { return Vec::new() };
        let rows = named(host, person).into_iter().filter(|(id, _)| after.is_none_or(|after| *id > after));
        let reached = rows.filter(|(id, _)| reaching.reaches(*id));
        reached.map(|(_, named)| named).take(limit + 1).collect()
    };
    let found = caller.place.engine.view(CommunityId::HOST, look).await?;
    let (communities, next) = page.cut(found, |last| last.id.clone());
    Ok(Json(Mine { communities, next }))
}

fn named(host: &Host, person: Option<PersonId>) -> Vec<(CommunityId, Named)> {
    let row = |id: CommunityId, member: Option<String>| {
        let name = host.communities.get(id)?.name.clone();
        Some((id, Named { id: id.to_string(), name, member }))
    };
    match person {
        None => host.communities.iter().filter_map(|found| row(found.id, None)).collect(),
        Some(person) => {
            let links = host.persons.get(person).map(|found| found.links.clone()).unwrap_or_default();
            links.iter().filter_map(|(id, member)| row(*id, Some(member.to_string()))).collect()
        }
    }
}

/// A community.
#[derive(Debug, Serialize, ToSchema)]
struct Community {
    /// Which.
    id: String,
    /// Its name.
    name: String,
    /// What it is for, in one line.
    about: String,
    /// The language of its texts: `en` or `zh-CN`.
    language: String,
    /// Its time zone (IANA).
    zone: String,
    /// `open`, `suspended`, `archived` or `removed`.
    status: String,
    /// Where to go instead, once it is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// How many are inside.
    members: u64,
    /// Its owner; told to members.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Who the caller is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    me: Option<Me>,
}

/// The caller in a community.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Membership)]
struct Me {
    /// Which member.
    member: String,
    /// Where they stand: `applicant`, `active`, `left`, `removed`, `banned`, `turned_away`, `erased`.
    standing: String,
    /// What they may do, within the token.
    permissions: Vec<String>,
}

fn status_of(status: &Status) -> (&'static str, Option<String>) {
    match status {
        Status::Open => ("open", None),
        Status::Suspended => ("suspended", None),
        Status::Archived { pointer } => ("archived", pointer.clone()),
        Status::Removed => ("removed", None),
    }
}

impl Community {
    fn of(sight: &Sight<'_>) -> Self {
        let profile = &sight.community.profile;
        let (status, pointer) = status_of(&profile.status);
        let may =
            Permission::ALL.iter().filter(|it| sight.may(**it)).map(|it| it.code().to_owned()).collect();
        let is_inside = sight.is_host || sight.inside().is_some();
        Self {
            id: sight.stream.id.to_string(),
            name: profile.name.clone(),
            about: profile.about.clone(),
            language: profile.language.tag().to_owned(),
            zone: profile.zone.name().to_owned(),
            status: status.to_owned(),
            pointer,
            members: sight.community.members.active_count(),
            owner: profile.owner.filter(|_| is_inside).map(|owner| owner.to_string()),
            me: sight.me.map(|me| Me {
                member: me.id.to_string(),
                standing: me.standing.name().to_owned(),
                permissions: may,
            }),
        }
    }
}

/// Show a community
#[utoipa::path(
    get, path = "/communities/{community}", tag = "communities",
    extensions(("x-permission" = json!("anyone"))), responses((status = 200, body = Community)),
)]
async fn show(caller: Caller, Path(community): Path<String>) -> Result<Json<Community>, Problem> {
    let room = caller.room(&community).await?;
    Ok(Json(room.look(|sight| Ok(Community::of(&sight))).await?))
}

/// Settings of a community.
#[derive(Debug, Serialize, ToSchema)]
struct Settings {
    /// What it is for, in one line.
    about: String,
    /// Its time zone (IANA).
    zone: String,
    /// `en` or `zh-CN`.
    language: String,
    /// How long somebody who was removed waits before they may apply again, milliseconds.
    rejoin_pause_ms: u64,
    /// How many days records are kept; all where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_days: Option<u32>,
    /// Values of the operator's own, which scripts read.
    #[schema(value_type = Object)]
    own: BTreeMap<String, kith_core::community::Own>,
}

/// Show the settings
#[utoipa::path(
    get, path = "/communities/{community}/settings", tag = "communities",
    extensions(("x-permission" = json!("manage_settings"))), responses((status = 200, body = Settings)),
)]
async fn settings(caller: Caller, Path(community): Path<String>) -> Result<Json<Settings>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageSettings)?;
        let profile = &sight.community.profile;
        Ok(Settings {
            about: profile.about.clone(),
            zone: profile.zone.name().to_owned(),
            language: profile.language.tag().to_owned(),
            rejoin_pause_ms: profile.settings.rejoin_pause_ms,
            retention_days: profile.settings.retention_days,
            own: profile.settings.own.clone(),
        })
    });
    Ok(Json(found.await?))
}

/// One setting with its new value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({ "zone": "Asia/Shanghai" }))]
#[schema(as = SettingChange)]
enum Change {
    /// What the community is for, in one line.
    About(String),
    /// An IANA time zone.
    Zone(String),
    /// `en` or `zh-CN`.
    Language(String),
    /// How long somebody who was removed waits before they may apply again, milliseconds.
    RejoinPauseMs(u64),
    /// How many days records are kept; null keeps all.
    RetentionDays(Option<u32>),
}

fn language_of(tag: &str) -> Result<Language, Refusal> {
    let found = [Language::English, Language::Chinese].into_iter().find(|language| language.tag() == tag);
    let expected = || Refusal::ValueInvalid { name: "language".to_owned(), expected: "en, zh-CN".to_owned() };
    found.ok_or_else(expected)
}

/// Change one setting
#[utoipa::path(
    patch, path = "/communities/{community}/settings", tag = "communities",
    extensions(("x-permission" = json!("manage_settings"))), request_body = Change,
    responses((status = 200, body = Done)),
)]
async fn change(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: change, input }: Sent<Change>,
) -> Result<Json<Done>, Problem> {
    let setting = match change {
        Change::About(about) => Setting::About(about),
        Change::Zone(zone) => Setting::Zone(Zone::new(&zone)?),
        Change::Language(language) => Setting::Language(language_of(&language)?),
        Change::RejoinPauseMs(span_ms) => Setting::RejoinPauseMs(span_ms),
        Change::RetentionDays(days) => Setting::RetentionDays(days),
    };
    caller.room(&community).await?.done(&input, |_| Command::Change { setting }).await
}

/// Lists of the community, such as words that rules look for.
#[derive(Debug, Serialize, ToSchema)]
struct Lists {
    /// Name → lines.
    lists: BTreeMap<String, Vec<String>>,
}

/// Show every list
#[utoipa::path(
    get, path = "/communities/{community}/lists", tag = "communities",
    extensions(("x-permission" = json!("manage_rules"))), responses((status = 200, body = Lists)),
)]
async fn lists(caller: Caller, Path(community): Path<String>) -> Result<Json<Lists>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageRules)?;
        Ok(Lists { lists: sight.community.profile.lists.clone() })
    });
    Ok(Json(found.await?))
}

/// The lines of a list; none removes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lines": ["cheap watches", "free money"] }))]
struct Lines {
    /// Each a word or a phrase.
    lines: Vec<String>,
}

/// Set a list, or remove it by setting it empty
#[utoipa::path(
    put, path = "/communities/{community}/lists/{list}", tag = "communities",
    extensions(("x-permission" = json!("manage_rules"))), request_body = Lines,
    responses((status = 200, body = Done)),
)]
async fn set_list(
    caller: Caller,
    Path((community, list)): Path<(String, String)>,
    Sent { value: Lines { lines }, input }: Sent<Lines>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetList { name: list, lines }).await
}

/// The community's own texts.
#[derive(Debug, Serialize, ToSchema)]
struct Texts {
    /// Language → code → template.
    #[schema(value_type = Object)]
    texts: BTreeMap<String, BTreeMap<String, String>>,
}

/// Show the community's own texts
#[utoipa::path(
    get, path = "/communities/{community}/texts", tag = "communities",
    extensions(("x-permission" = json!("manage_settings"))), responses((status = 200, body = Texts)),
)]
async fn texts(caller: Caller, Path(community): Path<String>) -> Result<Json<Texts>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::ManageSettings)?;
        Ok(Texts { texts: sight.community.profile.texts.clone() })
    });
    Ok(Json(found.await?))
}

/// The community's own texts of one language.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "texts": { "my.hello": "Welcome, {member}!" } }))]
struct OwnTexts {
    /// Code → template.
    texts: BTreeMap<String, String>,
}

/// Set the community's own texts of one language
#[utoipa::path(
    put, path = "/communities/{community}/texts/{language}", tag = "communities",
    extensions(("x-permission" = json!("manage_settings"))), request_body = OwnTexts,
    responses((status = 200, body = Done)),
)]
async fn set_texts(
    caller: Caller,
    Path((community, language)): Path<(String, String)>,
    Sent { value: OwnTexts { texts }, input }: Sent<OwnTexts>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::SetTexts { language, texts }).await
}
