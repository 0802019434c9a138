//! Messages: reading a channel, posting, editing, deleting.

use axum::Json;
use axum::http::StatusCode;
use kith_core::event::Event;
use kith_core::ids::{ChannelId, MemberId, MessageId, ReceiptId};
use kith_core::message::{self, Mentions, Part, Sort};
use kith_core::queue::{self, Verdict};
use kith_runtime::draft::Reply;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Done, PAGE_MAX, id};
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::{Problem, ProblemDetails};
use crate::room::Ink;
use crate::sent::{Path, Query, Sent};
use crate::talk::Message;

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(list, post)).routes(routes!(edit, delete))
}

/// Which page of a channel.
#[derive(Debug, Deserialize, IntoParams)]
struct Page {
    /// Messages before this one; the newest where it is left out.
    before: Option<String>,
    /// So many at most, 1 to 200.
    limit: Option<usize>,
}

/// Messages of a channel, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct Messages {
    messages: Vec<Message>,
    /// What to ask for as `before` to read on into the past; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Read the messages of a channel, newest page first
#[utoipa::path(
    get, path = "/communities/{community}/channels/{channel}/messages", tag = "messages",
    params(("community" = String, description = "Name or id"), ("channel" = String,), Page),
    responses((status = 200, body = Messages), (status = "4XX", body = ProblemDetails)),
)]
async fn list(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Result<Json<Messages>, Problem> {
    let room = caller.room(&community).await?;
    let channel: ChannelId = id(&channel)?;
    let before = page.before.as_deref().map(id::<MessageId>).transpose()?;
    let limit = page.limit.unwrap_or(50).clamp(1, PAGE_MAX);
    let messages = room.page(channel, before, limit).await?;
    let next = messages.first().filter(|_| messages.len() == limit).map(|first| first.id.clone());
    Ok(Json(Messages { messages, next }))
}

/// A part of a new message.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum SentPart {
    /// Plain text.
    Text {
        /// The text, at most 16 KiB.
        text: String,
    },
    /// Source code.
    Code {
        /// The code, at most 16 KiB.
        text: String,
    },
    /// A link.
    Link {
        /// Its address, `http://` or `https://`.
        url: String,
    },
}

impl SentPart {
    fn write(&self, ink: &mut Ink<'_>) -> Part {
        match self {
            Self::Text { text } => Part::Text { body: ink.text(text) },
            Self::Code { text } => Part::Code { body: ink.text(text) },
            Self::Link { url } => Part::Link { body: ink.text(url) },
        }
    }
}

/// A new message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "parts": [{ "type": "text", "text": "Good morning" }] }))]
struct NewMessage {
    /// What it says.
    parts: Vec<SentPart>,
    /// The message it replies to, in the same channel.
    #[serde(default)]
    reply_to: Option<String>,
    /// Whether it asks for help.
    #[serde(default)]
    question: bool,
    /// Members who are to take note.
    #[serde(default)]
    mentions: Vec<String>,
    /// Whether everybody is to take note; needs `mention_all`.
    #[serde(default)]
    mention_all: bool,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// It stands.
    Posted,
    /// It waits for a moderator.
    Held,
    /// It was not let through.
    Denied,
}

/// A message that was sent, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct Posted {
    /// Its id.
    id: String,
    /// What became of it.
    state: Fate,
    /// The record's number in the community.
    seq: u64,
    /// Receipts of whatever spoke against it: why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<String>,
}

/// What a reply says became of a message.
pub(crate) fn fate_of(reply: &Reply) -> Fate {
    let of = |event: &Event| match event {
        Event::Message(message::Event::Denied { .. }) => Some(Fate::Denied),
        Event::Queue(queue::Event::Held { .. }) => Some(Fate::Held),
        _ => None,
    };
    reply.events.iter().find_map(of).unwrap_or(Fate::Posted)
}

/// Receipts of whatever spoke against it.
pub(crate) fn objections(reply: &Reply) -> Vec<ReceiptId> {
    reply.receipts.iter().filter(|receipt| receipt.verdict != Verdict::Allow).map(|it| it.id).collect()
}

/// Post a message
#[utoipa::path(
    post, path = "/communities/{community}/channels/{channel}/messages", tag = "messages",
    params(("community" = String, description = "Name or id"), ("channel" = String, description = "Id")),
    request_body = NewMessage,
    responses((status = 201, body = Posted), (status = "4XX", body = ProblemDetails)),
)]
async fn post(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
    Sent { value: new, input }: Sent<NewMessage>,
) -> Result<(StatusCode, Json<Posted>), Problem> {
    let room = caller.room(&community).await?;
    let channel: ChannelId = id(&channel)?;
    let reply_to = new.reply_to.as_deref().map(id::<MessageId>).transpose()?;
    let members = new.mentions.iter().map(|member| id::<MemberId>(member)).collect::<Result<_, _>>()?;
    let mentions = Mentions { members, all: new.mention_all };
    let sort = if new.question { Sort::Question } else { Sort::Talk };
    let reply = room.ask(&input, |ink| {
        let parts = new.parts.iter().map(|part| part.write(ink)).collect();
        message::Command::Post { channel, parts, reply_to, sort, mentions }
    });
    let reply = reply.await?;
    let posted = Posted {
        id: MessageId(reply.command.0).to_string(),
        state: fate_of(&reply),
        seq: reply.seq,
        receipts: objections(&reply).iter().map(ToString::to_string).collect(),
    };
    Ok((StatusCode::CREATED, Json(posted)))
}

/// What a message is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "parts": [{ "type": "text", "text": "Good evening" }] }))]
struct Edit {
    /// What it is to say.
    parts: Vec<SentPart>,
}

/// Give one's own message other words
#[utoipa::path(
    patch, path = "/communities/{community}/messages/{message}", tag = "messages",
    params(("community" = String, description = "Name or id"), ("message" = String, description = "Id")),
    request_body = Edit,
    responses((status = 200, body = Posted), (status = "4XX", body = ProblemDetails)),
)]
async fn edit(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
    Sent { value: edit, input }: Sent<Edit>,
) -> Result<Json<Posted>, Problem> {
    let room = caller.room(&community).await?;
    let message: MessageId = id(&message)?;
    let reply = room.ask(&input, |ink| message::Command::Edit {
        message,
        parts: edit.parts.iter().map(|part| part.write(ink)).collect(),
    });
    let reply = reply.await?;
    Ok(Json(Posted {
        id: message.to_string(),
        state: fate_of(&reply),
        seq: reply.seq,
        receipts: objections(&reply).iter().map(ToString::to_string).collect(),
    }))
}

/// Delete one's own message, or another's as a moderator
#[utoipa::path(
    delete, path = "/communities/{community}/messages/{message}", tag = "messages",
    params(("community" = String, description = "Name or id"), ("message" = String, description = "Id")),
    responses((status = 200, body = Done), (status = "4XX", body = ProblemDetails)),
)]
async fn delete(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let message: MessageId = id(&message)?;
    let reply = room.ask(b"", |_| message::Command::Delete { message, reason: None }).await?;
    Ok(Json(reply.into()))
}
