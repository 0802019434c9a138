//! Roles: what each may do, defined and removed.

use std::collections::BTreeMap;

use axum::Json;
use kith_core::role::{Command, Role};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(define, remove))
}

/// Roles by name.
#[derive(Debug, Serialize, ToSchema)]
struct Roles {
    /// Name → rank and permissions.
    #[schema(value_type = Object)]
    roles: BTreeMap<String, Role>,
}

/// List roles with what each may do
#[utoipa::path(
    get, path = "/communities/{community}/roles", tag = "roles",
    extensions(("x-permission" = json!("inside"))), responses((status = 200, body = Roles)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Roles>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need_inside()?;
        Ok(Roles { roles: sight.community.roles.0.clone() })
    });
    Ok(Json(found.await?))
}

/// Define a role, or define it anew
#[utoipa::path(
    put, path = "/communities/{community}/roles/{role}", tag = "roles",
    extensions(("x-permission" = json!("manage_roles"))),
    request_body(content = Object, description = "As `[roles.NAME]` of a blueprint",
        example = json!({ "rank": 20, "permissions": ["read", "post", "react", "moderate"] })),
    responses((status = 200, body = Done)),
)]
async fn define(
    caller: Caller,
    Path((community, role)): Path<(String, String)>,
    Sent { value, input }: Sent<Role>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::Define { name: role, role: value }).await
}

/// Remove a role that is not built in; its bearers lose it
#[utoipa::path(
    delete, path = "/communities/{community}/roles/{role}", tag = "roles",
    extensions(("x-permission" = json!("manage_roles"))), responses((status = 200, body = Done)),
)]
async fn remove(
    caller: Caller,
    Path((community, role)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::Remove { name: role }).await
}
