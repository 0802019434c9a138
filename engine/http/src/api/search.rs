//! Searching messages by what they say.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::id;
use crate::caller::Caller;
use crate::finding::{self, Found, Wanted};
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query};
use crate::talk::Somebody;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
struct Asked {
    /// Words that all have to be there, `"phrases"`, and `-` before what must not be there.
    q: String,
    /// Only in this channel.
    channel: Option<String>,
    /// Only what this member said.
    author: Option<String>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// So many at most, 1 to 100.
    limit: Option<usize>,
}

/// A message that was found.
#[derive(Debug, Serialize, ToSchema)]
struct Hit {
    /// Which.
    message: String,
    /// Where.
    channel: String,
    /// By whom.
    author: Somebody,
    /// When it took its place among the others (RFC 3339).
    at: String,
    /// What it says, its texts one a line.
    text: String,
    /// Where it has what was asked for: byte offsets of `text` (UTF-8), from and to.
    marks: Vec<(usize, usize)>,
}

/// What was found, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Hits {
    hits: Vec<Hit>,
    /// What to ask for as `after` to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        let Found { finding, author, .. } = found;
        Self {
            message: finding.hit.message.to_string(),
            channel: finding.hit.channel.to_string(),
            author: Somebody { id: finding.hit.author.to_string(), nickname: author },
            at: rfc3339(finding.hit.at_ms),
            text: finding.text,
            marks: finding.marks.into_iter().map(|mark| (mark.start, mark.end)).collect(),
        }
    }
}

/// Find messages by what they say
#[utoipa::path(
    get, path = "/communities/{community}/search", tag = "messages",
    extensions(("x-permission" = json!("read"))), params(Asked), responses((status = 200, body = Hits)),
)]
async fn search(
    caller: Caller,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Hits>, Problem> {
    let room = caller.room(&community).await?;
    let unknown = || Problem::new(StatusCode::BAD_REQUEST, "http.query").with("what", "after").at("after");
    let after = asked.after.map(|after| finding::read(&after).ok_or_else(unknown)).transpose()?;
    let wanted = Wanted {
        words: asked.q,
        channel: asked.channel.as_deref().map(id).transpose()?,
        author: asked.author.as_deref().map(id).transpose()?,
        after,
        limit: asked.limit.unwrap_or(20).clamp(1, 100),
    };
    let (found, next) = room.find(wanted).await?;
    let hits = found.into_iter().map(Hit::from).collect();
    Ok(Json(Hits { hits, next: next.map(finding::written) }))
}
