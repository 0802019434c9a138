//! Invites: made, shown with what is left of them, as a QR code, ended.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kith_core::gate::{Command, Invite, invite_link, mint_code};
use kith_core::ids::{InviteId, PersonId};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::page::Page;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::{parse, rfc3339};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, revoke)).routes(routes!(qr))
}

/// A new invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "uses": 10, "source": "poster" }))]
struct NewInvite {
    /// The code to give out; one is made up where it is left out.
    #[serde(default)]
    code: Option<String>,
    /// How many it lets in.
    uses: u32,
    /// When it ends (RFC 3339).
    #[serde(default)]
    expires: Option<String>,
    /// What joins by it are recorded as coming from.
    #[serde(default)]
    source: String,
    /// The only person who may use it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    for_person: Option<PersonId>,
}

/// An invite.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
struct Shown {
    /// Which.
    id: String,
    /// The code to give out.
    code: String,
    /// Who made it; the host where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// How many it lets in.
    uses: u32,
    /// How many came or are on their way.
    taken: u32,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// When it was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<String>,
    /// What joins by it are recorded as coming from.
    source: String,
}

impl Shown {
    fn of(id: InviteId, invite: &Invite) -> Self {
        Self {
            id: id.to_string(),
            code: invite.code.clone(),
            by: invite.by.map(|by| by.to_string()),
            uses: invite.uses_max,
            taken: invite.taken(),
            expires: invite.expires_at_ms.map(rfc3339),
            revoked: invite.revoked_ms.map(rfc3339),
            source: invite.source.clone(),
        }
    }
}

/// Invites.
#[derive(Debug, Serialize, ToSchema)]
struct Invites {
    invites: Vec<Shown>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List invites with what is left of them: one's own, or for whoever manages the gate all
#[utoipa::path(
    get, path = "/communities/{community}/invites", tag = "invites",
    extensions(("x-permission" = json!("invite"))), params(Page),
    responses((status = 200, body = Invites)),
)]
async fn list(
    caller: Caller,
    Path(community): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Invites>, Problem> {
    let after = page.after::<InviteId>()?;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Invite)?;
        let (all, me) = (sight.may(Permission::ManageGate), sight.me.map(|me| me.id));
        let rows = sight.community.gate.invites.iter();
        let wanted = rows.filter(|(id, it)| (all || it.by == me) && after.is_none_or(|after| **id > after));
        let rows = wanted.take(page.limit() + 1).map(|(id, it)| Shown::of(*id, it)).collect();
        let (invites, next) = page.cut(rows, |last: &Shown| last.id.clone());
        Ok(Invites { invites, next })
    });
    Ok(Json(found.await?))
}

/// Make an invite
#[utoipa::path(
    post, path = "/communities/{community}/invites", tag = "invites",
    extensions(("x-permission" = json!("invite"))), request_body = NewInvite,
    responses((status = 201, body = Shown)),
)]
async fn create(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<NewInvite>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let room = caller.room(&community).await?;
    let expected = || Refusal::ValueInvalid { name: "expires".to_owned(), expected: "RFC 3339".to_owned() };
    let expires_at_ms = new.expires.map(|text| parse(&text).ok_or_else(expected)).transpose()?;
    let random: [u8; 16] = room.caller.place.mint.random_bytes();
    let mut first = [0; 10];
    first.copy_from_slice(&random[..10]);
    let reply = room.ask(&input, |_| Command::CreateInvite {
        code: new.code.unwrap_or_else(|| mint_code(first)),
        uses: new.uses,
        expires_at_ms,
        source: new.source,
        for_person: new.for_person,
    });
    // A repeated key gives the first invite, code and all.
    let made = InviteId(reply.await?.command.0);
    Ok((StatusCode::CREATED, Json(find(&room, made).await?)))
}

/// An invite that the caller may know of.
async fn find(room: &crate::room::Room, invite: InviteId) -> Result<Shown, Problem> {
    let found = room.look(move |sight| {
        sight.need(Permission::Invite)?;
        let found = sight.community.gate.invites.get(&invite);
        let mine = |it: &&Invite| sight.may(Permission::ManageGate) || it.by == sight.me.map(|me| me.id);
        found.filter(mine).map(|found| Shown::of(invite, found)).ok_or_else(|| missing(invite))
    });
    found.await
}

/// Show an invite
#[utoipa::path(
    get, path = "/communities/{community}/invites/{invite}", tag = "invites",
    extensions(("x-permission" = json!("invite"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, invite)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    Ok(Json(find(&caller.room(&community).await?, id(&invite)?).await?))
}

/// End an invite before its time
#[utoipa::path(
    delete, path = "/communities/{community}/invites/{invite}", tag = "invites",
    extensions(("x-permission" = json!("invite"))), responses((status = 200, body = Done)),
)]
async fn revoke(
    caller: Caller,
    Path((community, invite)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let invite: InviteId = id(&invite)?;
    caller.room(&community).await?.done(b"", |_| Command::RevokeInvite { invite }).await
}

/// Show an invite's link as a QR code
#[utoipa::path(
    get, path = "/communities/{community}/invites/{invite}/qr", tag = "invites",
    extensions(("x-permission" = json!("invite"))),
    responses((status = 200, content_type = "image/svg+xml", body = String)),
)]
async fn qr(caller: Caller, Path((community, invite)): Path<(String, String)>) -> Result<Response, Problem> {
    let room = caller.room(&community).await?;
    let invite = find(&room, id(&invite)?).await?;
    let base = room.caller.place.settings.public_url.clone().unwrap_or_default();
    let link = invite_link(&base, &invite.code);
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg_of(&link)?).into_response())
}

/// The QR code of a link.
pub(crate) fn svg_of(link: &str) -> Result<String, Refusal> {
    let made = QrCode::new(link.as_bytes());
    let made = made.map_err(|_| Refusal::TextTooLong { field: "link".to_owned(), max: 1_000 })?;
    Ok(made.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}
