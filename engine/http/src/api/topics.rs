//! Topics: when they are raised, the board of those that are planned, and what the last ones brought.

use axum::Json;
use axum::http::StatusCode;
use kith_core::ids::TopicId;
use kith_core::role::Permission;
use kith_core::topic::{Command, Day, Source, TopicConfig};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Done, Made};
use super::id;
use crate::caller::Caller;
use crate::moment::rfc3339;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Ink;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list, plan)).routes(routes!(cancel)).routes(routes!(configure))
}

/// A topic on the board.
#[derive(Debug, Serialize, ToSchema)]
struct Planned {
    /// Which.
    id: String,
    /// For which day, in the community's zone.
    day: String,
    /// One line.
    title: String,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A topic that was raised.
#[derive(Debug, Serialize, ToSchema)]
struct Raised {
    /// The message that it is.
    message: String,
    /// Where.
    channel: String,
    /// When.
    at: String,
    /// One line.
    title: String,
    /// `board`, `script`, `question` or `list`.
    source: String,
    /// Replies within a day.
    replies: u32,
    /// How many people replied.
    people: u32,
}

/// Topics.
#[derive(Debug, Serialize, ToSchema)]
struct Topics {
    /// Topics on the board, by day.
    planned: Vec<Planned>,
    /// The last that were raised, newest first.
    raised: Vec<Raised>,
    /// When the next is raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// As `[topics]` of a blueprint.
    #[schema(value_type = Object)]
    config: TopicConfig,
}

/// List topics: planned and raised
#[utoipa::path(
    get, path = "/communities/{community}/topics", tag = "topics",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Topics)),
)]
async fn list(caller: Caller, Path(community): Path<String>) -> Result<Json<Topics>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.look(|sight| {
        sight.need(Permission::Moderate)?;
        let topics = &sight.community.topics;
        let text = |body| sight.stream.bodies.text(body).unwrap_or_default().to_owned();
        let mut board: Vec<_> = topics.planned.iter().collect();
        board.sort_by_key(|(id, planned)| (planned.day, **id));
        let planned = board.into_iter().map(|(id, it)| Planned {
            id: id.to_string(),
            day: it.day.to_string(),
            title: text(&it.title),
            text: it.text.as_ref().map(text),
        });
        let raised = topics.past().rev().map(|it| Raised {
            message: it.message.to_string(),
            channel: it.channel.to_string(),
            at: rfc3339(it.at_ms),
            title: text(&it.title),
            source: source_of(it.source).to_owned(),
            replies: it.replies,
            people: it.people,
        });
        Ok(Topics {
            planned: planned.collect(),
            raised: raised.collect(),
            next_at: topics.next_ms.map(rfc3339),
            config: topics.config.clone(),
        })
    });
    Ok(Json(found.await?))
}

const fn source_of(source: Source) -> &'static str {
    match source {
        Source::Board { .. } => "board",
        Source::Script { .. } => "script",
        Source::Question { .. } => "question",
        Source::List => "list",
    }
}

/// A topic to be put on the board.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "day": "2099-05-01", "title": "What do you sow in May?" }))]
struct NewTopic {
    /// For which day, in the community's zone: `YYYY-MM-DD`.
    #[schema(value_type = String, format = Date)]
    day: Day,
    /// One line.
    title: String,
    /// What else there is to say.
    #[serde(default)]
    text: Option<String>,
}

/// Put a topic on the board
#[utoipa::path(
    post, path = "/communities/{community}/topics", tag = "topics",
    extensions(("x-permission" = json!("moderate"))), request_body = NewTopic,
    responses((status = 201, body = Made)),
)]
async fn plan(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: new, input }: Sent<NewTopic>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let plan = |ink: &mut Ink<'_>| {
        let (title, text) = (ink.text(&new.title), new.text.as_deref().map(|text| ink.text(text)));
        Command::Plan { day: new.day, title, text }
    };
    caller.room(&community).await?.made(&input, |id| TopicId(id.0), plan).await
}

/// Take a topic off the board
#[utoipa::path(
    delete, path = "/communities/{community}/topics/{topic}", tag = "topics",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Done)),
)]
async fn cancel(
    caller: Caller,
    Path((community, topic)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let topic: TopicId = id(&topic)?;
    caller.room(&community).await?.done(b"", |_| Command::Drop { topic }).await
}

/// Set when and where topics are raised
#[utoipa::path(
    put, path = "/communities/{community}/topics-config", tag = "topics",
    extensions(("x-permission" = json!("manage_settings"))),
    request_body(content = Object, description = "As `[topics]` of a blueprint",
        example = json!({ "at": ["09:00"], "count": 1 })),
    responses((status = 200, body = Done)),
)]
async fn configure(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: config, input }: Sent<TopicConfig>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| Command::Configure { config }).await
}
