//! What is put on messages: reactions, pins, the answer of a question.

use axum::Json;
use kith_core::ids::MessageId;
use kith_core::message::Command;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::id;
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Sent};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(react, unreact))
        .routes(routes!(pin, unpin))
        .routes(routes!(accept, unaccept))
}

/// Put an emoji under a message
#[utoipa::path(
    put, path = "/communities/{community}/messages/{message}/reactions/{emoji}", tag = "messages",
    extensions(("x-permission" = json!("react"))), responses((status = 200, body = Done)),
)]
async fn react(
    caller: Caller,
    Path((community, message, emoji)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let message: MessageId = id(&message)?;
    caller.room(&community).await?.done(b"", |_| Command::React { message, emoji }).await
}

/// Take one's emoji back
#[utoipa::path(
    delete, path = "/communities/{community}/messages/{message}/reactions/{emoji}", tag = "messages",
    extensions(("x-permission" = json!("react"))), responses((status = 200, body = Done)),
)]
async fn unreact(
    caller: Caller,
    Path((community, message, emoji)): Path<(String, String, String)>,
) -> Result<Json<Done>, Problem> {
    let message: MessageId = id(&message)?;
    caller.room(&community).await?.done(b"", |_| Command::Unreact { message, emoji }).await
}

/// Pin a message to its channel
#[utoipa::path(
    put, path = "/communities/{community}/messages/{message}/pin", tag = "messages",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Done)),
)]
async fn pin(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let message: MessageId = id(&message)?;
    caller.room(&community).await?.done(b"", |_| Command::Pin { message }).await
}

/// Take a pin away
#[utoipa::path(
    delete, path = "/communities/{community}/messages/{message}/pin", tag = "messages",
    extensions(("x-permission" = json!("moderate"))), responses((status = 200, body = Done)),
)]
async fn unpin(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let message: MessageId = id(&message)?;
    caller.room(&community).await?.done(b"", |_| Command::Unpin { message }).await
}

/// The reply that answered a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "answer": "msg_01JD0000000000000000000000" }))]
struct Answer {
    /// Which reply.
    #[schema(value_type = String)]
    answer: MessageId,
}

/// Say which reply answered one's question
#[utoipa::path(
    put, path = "/communities/{community}/messages/{message}/accepted-answer", tag = "messages",
    extensions(("x-permission" = json!("read"))), request_body = Answer,
    responses((status = 200, body = Done)),
)]
async fn accept(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
    Sent { value, input }: Sent<Answer>,
) -> Result<Json<Done>, Problem> {
    let (question, answer): (MessageId, _) = (id(&message)?, value.answer);
    caller.room(&community).await?.done(&input, |_| Command::AcceptAnswer { question, answer }).await
}

/// Take back which reply answered one's question
#[utoipa::path(
    delete, path = "/communities/{community}/messages/{message}/accepted-answer", tag = "messages",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Done)),
)]
async fn unaccept(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let question: MessageId = id(&message)?;
    caller.room(&community).await?.done(b"", |_| Command::UnacceptAnswer { question }).await
}
