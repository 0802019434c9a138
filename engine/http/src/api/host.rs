//! The host: all communities and persons, for the operator of the process.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use kith_core::host::noun::{PersonCommand, QuotaCommand};
use kith_core::host::{self, Quotas, Row, State, Wanted};
use kith_core::ids::{CommunityId, PersonId};
use kith_core::refusal::Refusal;
use kith_runtime::blueprint::{self, Source};
use kith_runtime::host::{FirstOwner, Seen};
use kith_runtime::scripting::PutError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page::Page;
use super::{id, nothing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(communities, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(set_quotas, reset_quotas))
        .routes(routes!(set_default_quotas))
        .routes(routes!(persons, register))
        .routes(routes!(person, change_person, erase))
        .routes(routes!(link))
}

/// A community as the host keeps it.
#[derive(Debug, Serialize, ToSchema)]
struct Kept {
    /// Which.
    id: String,
    /// Its name.
    name: String,
    /// `founding`, `lapsed`, `open`, `suspended` or `removed`.
    state: String,
    /// Whether it has not answered yet to what was asked last.
    pending: bool,
    /// Quotas of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    quotas: Option<Quotas>,
    /// Since when.
    since: String,
}

impl Kept {
    fn of(row: &Row) -> Self {
        let state = match row.state {
            State::Founding => "founding",
            State::Lapsed => "lapsed",
            State::Open => "open",
            State::Suspended => "suspended",
            State::Removed => "removed",
        };
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            state: state.to_owned(),
            pending: row.asked.is_some(),
            quotas: row.quotas,
            since: rfc3339(row.since_ms),
        }
    }
}

/// Communities of the host.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HostCommunities)]
struct Communities {
    communities: Vec<Kept>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List every community of the host
#[utoipa::path(
    get, path = "/host/communities", tag = "host", extensions(("x-permission" = json!("host"))),
    params(Page), responses((status = 200, body = Communities)),
)]
async fn communities(caller: Caller, Query(page): Query<Page>) -> Result<Json<Communities>, Problem> {
    let (operator, after) = (caller.operator()?, page.after::<CommunityId>()?);
    let mut all = operator.communities().await?;
    all.sort_by_key(|row| row.id);
    let wanted = all.iter().filter(|row| after.is_none_or(|after| row.id > after));
    let (communities, next) =
        page.cut(wanted.take(page.limit() + 1).map(Kept::of).collect(), |last: &Kept| last.id.clone());
    Ok(Json(Communities { communities, next }))
}

/// A community to be founded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "garden", "files": { "community.toml": "about = \"Growing things\"\n" }
}))]
struct NewCommunity {
    /// Its name.
    name: String,
    /// The files of its blueprint, by path: `community.toml`, `lists/ads.txt`, `messages/en.toml`.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Its first owner.
    #[serde(default)]
    owner: Option<Owner>,
}

/// The first owner of a community.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Owner {
    /// Which person.
    #[schema(value_type = String)]
    person: PersonId,
    /// What they go by there.
    nickname: String,
}

/// Found a community from the files of a blueprint, scripts included
#[utoipa::path(
    post, path = "/host/communities", tag = "host", extensions(("x-permission" = json!("host"))),
    request_body = NewCommunity, responses((status = 201, body = Kept)),
)]
async fn create(
    caller: Caller,
    Sent { value: new, .. }: Sent<NewCommunity>,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    let operator = caller.operator()?;
    let mut files = new.files;
    files.entry("community.toml".to_owned()).or_default();
    let sources: Vec<Source<'_>> = files.iter().map(|(path, text)| Source { path, text }).collect();
    let flawed = |what: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "http.blueprint").with("what", what.as_str())
    };
    let read = blueprint::parse_all(&sources).map_err(|error| flawed(error.to_string()))?;
    // Nothing is founded whose scripts do not pass.
    for planned in &read.scripts {
        caller.place.desk.check(&planned.written).await.map_err(|error| flawed(error.to_string()))?;
    }
    let owner = new.owner.map(|owner| FirstOwner { person: owner.person, nickname: owner.nickname });
    let id = operator.create(&new.name, read.blueprint, owner).await?;
    for planned in &read.scripts {
        let put = caller.place.desk.put(id, &planned.written, planned.how()).await;
        put.map_err(|error| match error {
            PutError::Ask(error) => error.into(),
            error => flawed(error.to_string()),
        })?;
    }
    let row = row_of(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(Kept::of(&row))))
}

async fn row_of(caller: &Caller, id: CommunityId) -> Result<Row, Problem> {
    let all = caller.operator()?.communities().await?;
    all.into_iter().find(|row| row.id == id).ok_or_else(|| Refusal::CommunityNotFound.into())
}

/// The community that a path names, for the operator.
async fn named(caller: &Caller, name: &str) -> Result<Row, Problem> {
    caller.operator()?;
    let id = caller.place.doors.community(name).await?.ok_or(Refusal::CommunityNotFound)?;
    row_of(caller, id).await
}

/// Show a community as the host keeps it
#[utoipa::path(
    get, path = "/host/communities/{community}", tag = "host",
    extensions(("x-permission" = json!("host"))),
    responses((status = 200, body = Kept)),
)]
async fn show(caller: Caller, Path(community): Path<String>) -> Result<Json<Kept>, Problem> {
    Ok(Json(Kept::of(&named(&caller, &community).await?)))
}

/// What is to be otherwise of a community.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({ "status": "suspended" }))]
enum Changing {
    /// Its name.
    Name(String),
    /// `open` or `suspended`: reading only.
    Status(Standing),
}

/// Whether a community is open.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CommunityStanding)]
enum Standing {
    /// Everything works.
    Open,
    /// Reading only.
    Suspended,
}

/// Rename, suspend or resume a community
#[utoipa::path(
    patch, path = "/host/communities/{community}", tag = "host",
    extensions(("x-permission" = json!("host"))), request_body = Changing,
    responses((status = 200, body = Kept)),
)]
async fn change(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: change, .. }: Sent<Changing>,
) -> Result<Json<Kept>, Problem> {
    let (row, operator) = (named(&caller, &community).await?, caller.operator()?);
    let changed = match change {
        Changing::Name(name) => operator.rename(row.id, &name).await?,
        Changing::Status(Standing::Open) => operator.set_status(row.id, Wanted::Open).await?,
        Changing::Status(Standing::Suspended) => operator.set_status(row.id, Wanted::Suspended).await?,
    };
    Ok(Json(Kept::of(&changed.unwrap_or(row))))
}

/// Remove a community for good: its keys are destroyed, nobody can read it any more
#[utoipa::path(
    delete, path = "/host/communities/{community}", tag = "host",
    extensions(("x-permission" = json!("host"))), responses((status = 200, body = Kept)),
)]
async fn remove(caller: Caller, Path(community): Path<String>) -> Result<Json<Kept>, Problem> {
    let (row, operator) = (named(&caller, &community).await?, caller.operator()?);
    let changed = operator.set_status(row.id, Wanted::Removed).await?;
    Ok(Json(Kept::of(&changed.unwrap_or(row))))
}

/// Give a community quotas of its own
#[utoipa::path(
    put, path = "/host/communities/{community}/quotas", tag = "host",
    extensions(("x-permission" = json!("host"))),
    request_body(content = Object, description = "What it may use; what is left out is as usual",
        example = json!({ "members": 5000, "messages_per_second": 50 })),
    responses((status = 200, body = Kept)),
)]
async fn set_quotas(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: quotas, .. }: Sent<Quotas>,
) -> Result<Json<Kept>, Problem> {
    let row = named(&caller, &community).await?;
    caller
        .operator()?
        .ask(CommunityId::HOST, QuotaCommand::Set { community: row.id, quotas: Some(quotas) })
        .await?;
    Ok(Json(Kept::of(&row_of(&caller, row.id).await?)))
}

/// Give a community the usual quotas again
#[utoipa::path(
    delete, path = "/host/communities/{community}/quotas", tag = "host",
    extensions(("x-permission" = json!("host"))), responses((status = 200, body = Kept)),
)]
async fn reset_quotas(caller: Caller, Path(community): Path<String>) -> Result<Json<Kept>, Problem> {
    let row = named(&caller, &community).await?;
    caller.operator()?.ask(CommunityId::HOST, QuotaCommand::Set { community: row.id, quotas: None }).await?;
    Ok(Json(Kept::of(&row_of(&caller, row.id).await?)))
}

/// Set the quotas of communities that have none of their own
#[utoipa::path(
    put, path = "/host/quotas", tag = "host", extensions(("x-permission" = json!("host"))),
    request_body(content = Object, description = "What is left out is as released",
        example = json!({ "members": 20000 })),
    responses((status = 204)),
)]
async fn set_default_quotas(
    caller: Caller,
    Sent { value: quotas, .. }: Sent<Quotas>,
) -> Result<StatusCode, Problem> {
    caller.operator()?.ask(CommunityId::HOST, QuotaCommand::SetDefault { quotas }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
struct Person {
    /// Which.
    id: String,
    /// What they are called, unless it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `active`, `suspended`, `erasing` or `erased`.
    standing: String,
    /// Since when.
    since: String,
    /// Whether they can sign in by name and password.
    has_login: bool,
    /// Sessions that have not ended.
    sessions: usize,
    /// Communities that they are or were in: id → member.
    communities: BTreeMap<String, String>,
}

impl Person {
    fn of(seen: &Seen) -> Self {
        let standing = match seen.person.standing {
            host::Standing::Active => "active",
            host::Standing::Suspended { .. } => "suspended",
            host::Standing::Erasing { .. } => "erasing",
            host::Standing::Erased { .. } => "erased",
        };
        let links = seen.person.links.iter();
        Self {
            id: seen.person.id.to_string(),
            name: seen.name.clone(),
            standing: standing.to_owned(),
            since: rfc3339(seen.person.since_ms),
            has_login: seen.has_login,
            sessions: seen.sessions,
            communities: links.map(|(id, member)| (id.to_string(), member.to_string())).collect(),
        }
    }
}

/// Persons of the host.
#[derive(Debug, Serialize, ToSchema)]
struct Persons {
    persons: Vec<Person>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List persons
#[utoipa::path(
    get, path = "/host/persons", tag = "host", extensions(("x-permission" = json!("host"))),
    params(Page),
    responses((status = 200, body = Persons)),
)]
async fn persons(caller: Caller, Query(page): Query<Page>) -> Result<Json<Persons>, Problem> {
    let (operator, after) = (caller.operator()?, page.after::<PersonId>()?);
    let all = operator.persons().await?;
    let wanted = all.iter().filter(|seen| after.is_none_or(|after| seen.person.id > after));
    let (persons, next) =
        page.cut(wanted.take(page.limit() + 1).map(Person::of).collect(), |last: &Person| last.id.clone());
    Ok(Json(Persons { persons, next }))
}

/// A person to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Mei" }))]
struct NewPerson {
    /// What they are called.
    #[serde(default)]
    name: Option<String>,
}

/// Register a person
#[utoipa::path(
    post, path = "/host/persons", tag = "host", extensions(("x-permission" = json!("host"))),
    request_body = NewPerson, responses((status = 201, body = Person)),
)]
async fn register(
    caller: Caller,
    Sent { value: new, .. }: Sent<NewPerson>,
) -> Result<(StatusCode, Json<Person>), Problem> {
    let id = caller.operator()?.register_person(new.name.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(find(&caller, id).await?)))
}

async fn find(caller: &Caller, id: PersonId) -> Result<Person, Problem> {
    let all = caller.operator()?.persons().await?;
    all.iter().find(|seen| seen.person.id == id).map(Person::of).ok_or_else(|| nothing(id))
}

/// Show a person
#[utoipa::path(
    get, path = "/host/persons/{person}", tag = "host", extensions(("x-permission" = json!("host"))),
    responses((status = 200, body = Person)),
)]
async fn person(caller: Caller, Path(person): Path<String>) -> Result<Json<Person>, Problem> {
    caller.operator()?;
    Ok(Json(find(&caller, id(&person)?).await?))
}

/// What is to be otherwise of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({ "standing": "suspended" }))]
enum ChangingPerson {
    /// Whether they may act anywhere: `active` or `suspended`.
    Standing(PersonStanding),
}

/// Whether a person may act.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PersonStanding {
    /// They may.
    Active,
    /// They may not, anywhere.
    Suspended,
}

/// Suspend or resume a person
#[utoipa::path(
    patch, path = "/host/persons/{person}", tag = "host", extensions(("x-permission" = json!("host"))),
    request_body = ChangingPerson, responses((status = 200, body = Person)),
)]
async fn change_person(
    caller: Caller,
    Path(person): Path<String>,
    Sent { value: ChangingPerson::Standing(standing), .. }: Sent<ChangingPerson>,
) -> Result<Json<Person>, Problem> {
    caller.operator()?;
    let person: PersonId = id(&person)?;
    let kind = match standing {
        PersonStanding::Active => PersonCommand::Resume { person },
        PersonStanding::Suspended => PersonCommand::Suspend { person },
    };
    caller.operator()?.ask(CommunityId::HOST, kind).await?;
    Ok(Json(find(&caller, person).await?))
}

/// Erase a person everywhere
#[utoipa::path(
    delete, path = "/host/persons/{person}", tag = "host", extensions(("x-permission" = json!("host"))),
    responses((status = 202, body = Person)),
)]
async fn erase(caller: Caller, Path(person): Path<String>) -> Result<(StatusCode, Json<Person>), Problem> {
    caller.operator()?;
    let person: PersonId = id(&person)?;
    caller.operator()?.ask(CommunityId::HOST, PersonCommand::Erase { person }).await?;
    Ok((StatusCode::ACCEPTED, Json(find(&caller, person).await?)))
}

/// A link that signs somebody in once.
#[derive(Debug, Serialize, ToSchema)]
struct Link {
    /// Its address: told this once and never again.
    url: String,
}

/// How long a sign-in link holds.
const LINK_MS: u64 = 24 * 60 * 60 * 1_000;

/// Make a link that signs a person in once, within a day
#[utoipa::path(
    post, path = "/host/persons/{person}/link", tag = "host",
    extensions(("x-permission" = json!("host"))),
    responses((status = 201, body = Link)),
)]
async fn link(caller: Caller, Path(person): Path<String>) -> Result<(StatusCode, Json<Link>), Problem> {
    let operator = caller.operator()?;
    let secret = operator.issue_link(id(&person)?, LINK_MS).await?;
    let base = caller.place.settings.public_url.as_deref().unwrap_or_default();
    let url = format!("{base}/sign-in/link?code={}", secret.text());
    Ok((StatusCode::CREATED, Json(Link { url })))
}
