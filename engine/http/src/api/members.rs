//! Members: who is inside, one of them, tags and roles, sending out and keeping out.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use kith_core::card;
use kith_core::ids::MemberId;
use kith_core::member::{Command, Member, Standing};
use kith_core::moment::Duration;
use kith_core::role::{self, Permission};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::page::Page;
use super::{id, missing};
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Ink, Sight};
use crate::sent::{Path, Query, Sent};
use crate::talk::nickname;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(leave))
        .routes(routes!(show, remove))
        .routes(routes!(ban, unban))
        .routes(routes!(tag, untag))
        .routes(routes!(give, take))
}

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
struct Wanted {
    /// Where they stand: `active` where it is left out; others are told to whoever manages members.
    standing: Option<String>,
    /// Only with this role.
    role: Option<String>,
    /// Only with this tag.
    tag: Option<String>,
    /// Only those whose nickname has this in it, upper or lower case.
    nickname: Option<String>,
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct Shown {
    /// Which.
    pub(super) id: String,
    /// What they go by; empty where it was erased.
    nickname: String,
    /// Where they stand: `applicant`, `active`, `bot`, `left`, `removed`, `banned`, `turned_away`, `erased`.
    standing: String,
    /// Roles.
    roles: BTreeSet<String>,
    /// Tags; told to whoever manages members and to themselves.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
    /// When they came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    joined: Option<String>,
    /// The card's fields that the caller may see.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    card: BTreeMap<String, String>,
    /// Until when they are muted; told to whoever sanctions and to themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    muted_until: Option<String>,
    /// How many strikes count; told to whoever sanctions and to themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    strikes: Option<u32>,
}

/// Members.
#[derive(Debug, Serialize, ToSchema)]
struct Members {
    members: Vec<Shown>,
    /// What to ask for as `after`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Shown {
    pub(super) fn of(sight: &Sight<'_>, row: &Member) -> Self {
        let (community, is_me) = (sight.community, sight.me.is_some_and(|me| me.id == row.id));
        let knows = |permission| is_me || sight.may(permission);
        let record = &community.rules.record;
        let at_ms = sight.stream.at_ms;
        let text = |body| sight.stream.bodies.text(body).unwrap_or_default().to_owned();
        let card = match sight.me {
            Some(me) => {
                card::visible(community, row, me).map(|(it, body)| (it.name.clone(), text(body))).collect()
            }
            None if sight.is_host => row.card.iter().map(|(name, body)| (name.clone(), text(body))).collect(),
            None => BTreeMap::new(),
        };
        let strikes = || record.live(row.id, at_ms, community.rules.ladder.forget_ms());
        let muted = record.mute(row.id, at_ms).map(|mute| rfc3339(mute.until_ms));
        Self {
            id: row.id.to_string(),
            nickname: nickname(sight, row.id),
            standing: row.standing.name().to_owned(),
            roles: row.roles.clone(),
            tags: if knows(Permission::ManageMembers) { row.tags.clone() } else { BTreeSet::new() },
            joined: row.joined_ms.map(rfc3339),
            card,
            muted_until: muted.filter(|_| knows(Permission::Sanction)),
            strikes: knows(Permission::Sanction).then(strikes),
        }
    }
}

/// Whether the caller may know of a member at all: who is not inside is told to whoever decides about them.
fn may_know(sight: &Sight<'_>, row: &Member) -> bool {
    match row.standing {
        Standing::Active | Standing::Bot => true,
        Standing::Applicant | Standing::TurnedAway { .. } => sight.may(Permission::Approve),
        _ => sight.may(Permission::ManageMembers) || sight.may(Permission::Sanction),
    }
}

/// List members
#[utoipa::path(
    get, path = "/communities/{community}/members", tag = "members",
    extensions(("x-permission" = json!("read"))), params(Wanted, Page),
    responses((status = 200, body = Members)),
)]
async fn list(
    caller: Caller,
    Path(community): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(page): Query<Page>,
) -> Result<Json<Members>, Problem> {
    let after = page.after::<MemberId>()?;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        sight.need(Permission::Read)?;
        let name = wanted.nickname.as_deref().map(str::to_lowercase);
        let standing = wanted.standing.as_deref().unwrap_or("active");
        let rows = sight.community.members.iter().filter(|row| {
            after.is_none_or(|after| row.id > after)
                && row.standing.name() == standing
                && wanted.role.as_ref().is_none_or(|role| row.roles.contains(role))
                && wanted.tag.as_ref().is_none_or(|tag| row.tags.contains(tag))
                && may_know(&sight, row)
                && name.as_ref().is_none_or(|name| nickname(&sight, row.id).to_lowercase().contains(name))
        });
        if wanted.tag.is_some() {
            sight.need(Permission::ManageMembers)?;
        }
        let rows = rows.take(page.limit() + 1).map(|row| Shown::of(&sight, row)).collect();
        let (members, next) = page.cut(rows, |last: &Shown| last.id.clone());
        Ok(Members { members, next })
    });
    Ok(Json(found.await?))
}

/// Show a member
#[utoipa::path(
    get, path = "/communities/{community}/members/{member}", tag = "members",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Shown)),
)]
async fn show(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    let member: MemberId = id(&member)?;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        let is_me = sight.me.is_some_and(|me| me.id == member);
        if !is_me {
            sight.need(Permission::Read)?;
        }
        let row = sight.community.members.get(member).filter(|row| is_me || may_know(&sight, row));
        Ok(Shown::of(&sight, row.ok_or_else(|| missing(member))?))
    });
    Ok(Json(found.await?))
}

/// Leave the community
#[utoipa::path(
    delete, path = "/communities/{community}/membership", tag = "members",
    extensions(("x-permission" = json!("inside"))), responses((status = 200, body = Done)),
)]
async fn leave(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::Leave).await
}

/// Why somebody is sent out.
#[derive(Debug, Deserialize, IntoParams)]
struct Why {
    /// The reason, which they are told.
    reason: Option<String>,
}

/// Send a member out; they may come back after the pause
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}", tag = "members",
    extensions(("x-permission" = json!("sanction"))), params(Why),
    responses((status = 200, body = Done)),
)]
async fn remove(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
    Query(Why { reason }): Query<Why>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    let input = reason.clone().unwrap_or_default();
    let remove = |ink: &mut Ink<'_>| {
        let reason = reason.map(|reason| ink.text_of(member, &reason));
        Command::Remove { member, reason }
    };
    caller.room(&community).await?.done(input.as_bytes(), remove).await
}

/// How somebody is kept out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "for": "7d", "reason": "Advertising, again" }))]
struct Ban {
    /// For how long, such as `7d`; for good where it is left out.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<String>)]
    lasts: Option<Duration>,
    /// Why, which they are told.
    #[serde(default)]
    reason: Option<String>,
}

/// Send somebody out and keep them out
#[utoipa::path(
    put, path = "/communities/{community}/members/{member}/ban", tag = "members",
    extensions(("x-permission" = json!("ban"))), request_body = Ban,
    responses((status = 200, body = Done)),
)]
async fn ban(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
    Sent { value: Ban { lasts, reason }, input }: Sent<Ban>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    let ban = |ink: &mut Ink<'_>| {
        let reason = reason.map(|reason| ink.text_of(member, &reason));
        Command::Ban { member, for_ms: lasts.map(|span| span.0), reason }
    };
    caller.room(&community).await?.done(&input, ban).await
}

/// Lift a ban
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}/ban", tag = "members",
    extensions(("x-permission" = json!("ban"))), responses((status = 200, body = Done)),
)]
async fn unban(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| Command::Unban { member }).await
}

/// Put a tag on a member
#[utoipa::path(
    put, path = "/communities/{community}/members/{member}/tags/{tag}", tag = "members",
    extensions(("x-permission" = json!("manage_members"))), responses((status = 200, body = Done)),
)]
async fn tag(
    caller: Caller,
    Path((community, member, tag)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| Command::Tag { member, tag }).await
}

/// Take a tag off a member
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}/tags/{tag}", tag = "members",
    extensions(("x-permission" = json!("manage_members"))), responses((status = 200, body = Done)),
)]
async fn untag(
    caller: Caller,
    Path((community, member, tag)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| Command::Untag { member, tag }).await
}

/// Give a member a role
#[utoipa::path(
    put, path = "/communities/{community}/members/{member}/roles/{role}", tag = "members",
    extensions(("x-permission" = json!("manage_members"))), responses((status = 200, body = Done)),
)]
async fn give(
    caller: Caller,
    Path((community, member, role)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| role::Command::Give { member, name: role }).await
}

/// Take a role from a member
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}/roles/{role}", tag = "members",
    extensions(("x-permission" = json!("manage_members"))), responses((status = 200, body = Done)),
)]
async fn take(
    caller: Caller,
    Path((community, member, role)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| role::Command::Take { member, name: role }).await
}
