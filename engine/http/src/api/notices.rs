//! What a member was told: read, and put away.

use axum::Json;
use kith_core::member::Command;
use kith_core::refusal::Refusal;
use kith_runtime::texts::Reader;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use crate::caller::Caller;
use crate::moment::{parse, rfc3339};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

/// Something that a member was told.
#[derive(Debug, Serialize, ToSchema)]
struct Notice {
    /// When.
    at: String,
    /// Its stable code.
    code: String,
    /// What it says, in the reader's language.
    text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Notices, oldest first; only so many are kept that no further page is needed.
#[derive(Debug, Serialize, ToSchema)]
struct Notices {
    notices: Vec<Notice>,
}

/// List what one was told
#[utoipa::path(
    get, path = "/communities/{community}/notices", tag = "notices",
    extensions(("x-permission" = json!("known"))), responses((status = 200, body = Notices)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Notices>, Problem> {
    caller.actor()?;
    let language = caller.words.language;
    let room = caller.room(&community).await?;
    let found = room.look(move |sight| {
        let me = sight.me.ok_or(Refusal::NotAMember)?;
        let reader = Reader { language, stream: Some(sight.stream) };
        let shown = me.notices.iter().map(|notice| Notice {
            at: rfc3339(notice.at_ms),
            code: notice.text.code.clone(),
            text: reader.render(&notice.text),
            hint: reader.hint(&notice.text),
        });
        Ok(Notices { notices: shown.collect() })
    });
    Ok(Json(found.await?))
}

/// Up to when notices were read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "until": "2099-01-01T00:00:00Z" }))]
struct Read {
    /// Those of this moment (RFC 3339) and before are put away.
    until: String,
}

/// Put away the notices that one has read
#[utoipa::path(
    put, path = "/communities/{community}/notices/read", tag = "notices",
    extensions(("x-permission" = json!("known"))), request_body = Read,
    responses((status = 200, body = Done)),
)]
async fn read(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: Read { until }, input }: Sent<Read>,
) -> Result<Json<Done>, Problem> {
    let expected = || Refusal::ValueInvalid { name: "until".to_owned(), expected: "RFC 3339".to_owned() };
    let until_ms = parse(&until).ok_or_else(expected)?;
    caller.room(&community).await?.done(&input, |_| Command::ReadNotices { until_ms }).await
}
