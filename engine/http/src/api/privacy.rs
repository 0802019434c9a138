//! One's own data: everything of it to take away, and its erasure.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kith_core::ids::MemberId;
use kith_core::privacy::Command;
use kith_core::refusal::Refusal;
use kith_runtime::export::ExportError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::id;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

/// Bytes of an export that is answered over HTTP; what is larger is for `kith member export`.
const EXPORT_BYTES_MAX: usize = 64 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(erase_myself)).routes(routes!(erase))
}

/// Where an export is gathered.
#[derive(Clone, Default)]
struct Gathered(Arc<Mutex<Vec<u8>>>);

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if gathered.len() + bytes.len() > EXPORT_BYTES_MAX {
            return Err(io::Error::other("the export is larger than an answer may be"));
        }
        gathered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Take everything of one's own away
#[utoipa::path(
    get, path = "/communities/{community}/export", tag = "privacy",
    extensions(("x-permission" = json!("known"))),
    responses((status = 200, content_type = "application/json", body = Object)),
)]
async fn export(caller: Caller, Path(community): Path<String>) -> Result<Response, Problem> {
    caller.actor()?;
    let room = caller.room(&community).await?;
    let member = room.look(|sight| Ok(sight.me.ok_or(Refusal::NotAMember)?.id)).await?;
    let gathered = Gathered::default();
    room.caller.place.engine.export_member(room.id, member, gathered.clone()).await.map_err(failed)?;
    let bytes = std::mem::take(&mut *gathered.0.lock().unwrap_or_else(PoisonError::into_inner));
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"kith-export.json\""),
    ];
    Ok((headers, Body::from(bytes)).into_response())
}

fn failed(error: ExportError) -> Problem {
    match error {
        ExportError::Nobody(_) => Refusal::NotAMember.into(),
        ExportError::Ask(error) => error.into(),
        ExportError::Store(error) => error.into(),
        ExportError::Write(_) => kith_core::ports::StoreError::TooLarge {
            what: "an export",
            bytes: EXPORT_BYTES_MAX,
            max: EXPORT_BYTES_MAX,
        }
        .into(),
        error @ ExportError::Unreadable { .. } => {
            tracing::error!(%error, "an export ended early");
            Problem::failed()
        }
    }
}

/// Erase oneself: what one wrote is destroyed for good
#[utoipa::path(
    delete, path = "/communities/{community}/me", tag = "privacy",
    extensions(("x-permission" = json!("oneself"))), responses((status = 200, body = Done)),
)]
async fn erase_myself(caller: Caller, Path(community): Path<String>) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(b"", |_| Command::EraseMyself).await
}

/// Erase a member: what they wrote is destroyed for good
#[utoipa::path(
    delete, path = "/communities/{community}/members/{member}/content", tag = "privacy",
    extensions(("x-permission" = json!("owner"))), responses((status = 200, body = Done)),
)]
async fn erase(
    caller: Caller,
    Path((community, member)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let member: MemberId = id(&member)?;
    caller.room(&community).await?.done(b"", |_| Command::Erase { member }).await
}
