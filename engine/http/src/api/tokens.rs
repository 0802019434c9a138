//! Tokens and sessions: one's own, and for the operator everybody's. A token is never more than whoever
//! issued it: a person's own token says nothing of the host.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use kith_core::host::noun::SessionCommand;
use kith_core::host::{Holder, Reach, Token};
use kith_core::ids::{CommunityId, PersonId, SessionId, TokenId};
use kith_core::moment::Duration;
use kith_core::role::Permission;
use kith_runtime::host::{NewToken, Operator};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::id;
use super::page::Page;
use crate::caller::{Caller, Identity};
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list, issue))
        .routes(routes!(revoke))
        .routes(routes!(sessions, sign_out_all))
        .routes(routes!(sign_out))
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Myself)]
struct Me {
    /// The person; nobody for the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// Whether it is the operator of the process.
    host: bool,
    /// What a script of a page sends as `X-CSRF-Token` with every change; none for tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

/// Show who one is
#[utoipa::path(
    get, path = "/me", tag = "sessions", extensions(("x-permission" = json!("person"))),
    responses((status = 200, body = Me)),
)]
async fn me(caller: Caller) -> Result<Json<Me>, Problem> {
    caller.actor()?;
    let csrf = Some(caller.proof().to_owned()).filter(|proof| !proof.is_empty());
    Ok(Json(Me { person: caller.person().map(|person| person.to_string()), host: caller.is_host(), csrf }))
}

/// A token, never its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct Shown {
    /// Which.
    id: String,
    /// Whose: a person, or the host where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// The only community it is good for; all where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    community: Option<String>,
    /// What it may do at most.
    permissions: Vec<String>,
    /// What it is called.
    label: String,
    /// When it was issued.
    issued: String,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

impl Shown {
    fn of(token: &Token) -> Self {
        let community = match token.reach {
            Reach::Community(community) => Some(community.to_string()),
            Reach::All => None,
        };
        Self {
            id: token.id.to_string(),
            person: token.holder.person().map(|person| person.to_string()),
            community,
            permissions: token.permissions.iter().map(|it| it.code().to_owned()).collect(),
            label: token.label.clone(),
            issued: rfc3339(token.issued_ms),
            expires: token.expires_ms.map(rfc3339),
        }
    }
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
struct Tokens {
    tokens: Vec<Shown>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List one's own tokens; the operator sees all
#[utoipa::path(
    get, path = "/tokens", tag = "tokens", extensions(("x-permission" = json!("session"))),
    params(Page),
    responses((status = 200, body = Tokens)),
)]
async fn list(caller: Caller, Query(page): Query<Page>) -> Result<Json<Tokens>, Problem> {
    let whose = match caller.identity {
        Identity::Token(_) => caller.operator().map(|_| None)?,
        _ => Some(caller.session()?.1),
    };
    let after = page.after::<TokenId>()?;
    let all = Operator::of(&caller.place.engine, &caller.place.mint).tokens().await?;
    let wanted = all.iter().filter(|token| {
        after.is_none_or(|after| token.id > after)
            && whose.is_none_or(|person| token.holder == Holder::Person(person))
    });
    let rows = wanted.take(page.limit() + 1).map(Shown::of).collect();
    let (tokens, next) = page.cut(rows, |last| last.id.clone());
    Ok(Json(Tokens { tokens, next }))
}

/// A token to be issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "label": "my bot", "permissions": ["read", "post"], "lasts": "30d" }))]
struct NewOne {
    /// What to call it.
    label: String,
    /// What it may do at most, by codes of permissions.
    #[schema(value_type = Vec<String>)]
    permissions: BTreeSet<Permission>,
    /// The only community it is good for, by id; all where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    community: Option<CommunityId>,
    /// How long it holds, such as `30d`; for ever where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    lasts: Option<Duration>,
    /// For whom, where the operator asks; the host itself where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
}

/// A token that was issued.
#[derive(Debug, Serialize, ToSchema)]
struct Issued {
    /// Which.
    id: String,
    /// Its secret: told this once and never again.
    secret: String,
}

/// Issue a token: its secret is in this answer and nowhere else, so that a retry issues another
#[utoipa::path(
    post, path = "/tokens", tag = "tokens", extensions(("x-permission" = json!("session"))),
    request_body = NewOne, responses((status = 201, body = Issued)),
)]
async fn issue(
    caller: Caller,
    Sent { value: new, .. }: Sent<NewOne>,
) -> Result<(StatusCode, Json<Issued>), Problem> {
    let holder = new.person.or(caller.person()).map_or(Holder::Host, Holder::Person);
    let reach = new.community.map_or(Reach::All, Reach::Community);
    let (permissions, label) = (new.permissions, new.label);
    let lasts_ms = new.lasts.map(|span| span.0);
    let token = NewToken { holder, reach, permissions, label, lasts_ms };
    let (id, secret) = caller.minding()?.issue_token(token).await?;
    Ok((StatusCode::CREATED, Json(Issued { id: id.to_string(), secret: secret.text().to_owned() })))
}

/// Revoke a token
#[utoipa::path(
    delete, path = "/tokens/{token}", tag = "tokens", extensions(("x-permission" = json!("session"))),
    responses((status = 204)),
)]
async fn revoke(caller: Caller, Path(token): Path<String>) -> Result<StatusCode, Problem> {
    caller.minding()?.revoke_token(id(&token)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A session in a browser.
#[derive(Debug, Serialize, ToSchema)]
struct ShownSession {
    /// Which.
    id: String,
    /// What it is called, such as `Firefox on Linux`.
    label: String,
    /// Since when.
    issued: String,
    /// Until when.
    expires: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Sessions; a person has at most 32.
#[derive(Debug, Serialize, ToSchema)]
struct Sessions {
    sessions: Vec<ShownSession>,
}

/// List one's own sessions
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", extensions(("x-permission" = json!("session"))),
    responses((status = 200, body = Sessions)),
)]
async fn sessions(caller: Caller) -> Result<Json<Sessions>, Problem> {
    let (current, person) = caller.session()?;
    let look = move |stream: &kith_core::stream::Stream| {
        let rows = stream.host().into_iter().flat_map(|host| host.sessions.of_person(person));
        let shown = rows.map(|row| ShownSession {
            id: row.id.to_string(),
            label: row.label.clone(),
            issued: rfc3339(row.issued_ms),
            expires: rfc3339(row.expires_ms),
            current: row.id == current,
        });
        shown.collect()
    };
    Ok(Json(Sessions { sessions: caller.place.engine.view(CommunityId::HOST, look).await? }))
}

/// End a session of one's own
#[utoipa::path(
    delete, path = "/sessions/{session}", tag = "sessions",
    extensions(("x-permission" = json!("session"))),
    responses((status = 204)),
)]
async fn sign_out(caller: Caller, Path(session): Path<String>) -> Result<StatusCode, Problem> {
    let session: SessionId = id(&session)?;
    caller.session()?;
    caller.ask_host(SessionCommand::SignOut { session }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all sessions of one's own but this one
#[utoipa::path(
    delete, path = "/sessions", tag = "sessions", extensions(("x-permission" = json!("session"))),
    responses((status = 204)),
)]
async fn sign_out_all(caller: Caller) -> Result<StatusCode, Problem> {
    let (current, person) = caller.session()?;
    caller.ask_host(SessionCommand::SignOutAll { person, keep: Some(current) }).await?;
    Ok(StatusCode::NO_CONTENT)
}
