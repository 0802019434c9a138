//! Messages: reading a channel, posting, editing, deleting.

use axum::Json;
use axum::http::StatusCode;
use kith_core::event::Event;
use kith_core::ids::{ChannelId, MemberId, MessageId, ReceiptId};
use kith_core::message::{self, Sort};
use kith_core::queue::{self, Verdict};
use kith_core::role::Permission;
use kith_runtime::draft::Reply;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Done;
use super::content::{Checked, Everybody, SentPart, mentions};
use super::{PAGE_MAX, id, missing, nothing};
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::room::{Ink, Room};
use crate::sent::{Path, Query, Sent};
use crate::talk::{Message, Row, readable};

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new()
        .routes(routes!(list, post))
        .routes(routes!(show, edit, delete))
        .routes(routes!(context))
        .routes(routes!(configure))
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
    /// What to ask for as `before` to read on into the past; absent at the end. A page may be short before.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Read the messages of a channel, newest page first
#[utoipa::path(
    get, path = "/communities/{community}/channels/{channel}/messages", tag = "messages",
    extensions(("x-permission" = json!("read"))),
    responses((status = 200, body = Messages)),
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
    let (messages, next) = room.page(channel, before, limit).await?;
    Ok(Json(Messages { messages, next: next.map(|next| next.to_string()) }))
}

/// A new message.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "parts": [{ "type": "text", "text": "Good morning" }] }))]
pub(crate) struct NewMessage {
    /// What it says.
    parts: Vec<SentPart>,
    /// The message it replies to, in the same channel.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    reply_to: Option<MessageId>,
    /// Whether it asks for help.
    #[serde(default)]
    question: bool,
    /// Members who are to take note.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    mentions: Vec<MemberId>,
    /// Whether everybody is to take note; needs `mention_all`.
    #[serde(default)]
    mention_all: Everybody,
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
pub(crate) struct Posted {
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
    extensions(("x-permission" = json!("read"))),
    request_body = NewMessage,
    responses((status = 201, body = Posted)),
)]
async fn post(
    caller: Caller,
    Path((community, channel)): Path<(String, String)>,
    Sent { value: new, input }: Sent<NewMessage>,
) -> Result<(StatusCode, Json<Posted>), Problem> {
    let room = caller.room(&community).await?;
    Ok((StatusCode::CREATED, Json(send(&room, &channel, new, &input).await?)))
}

/// Posts a message, whatever it came by.
pub(crate) async fn send(
    room: &Room,
    channel: &str,
    new: NewMessage,
    input: &[u8],
) -> Result<Posted, Problem> {
    let channel: ChannelId = id(channel)?;
    let mentions = mentions(&new.mentions, new.mention_all);
    let (parts, reply_to) = (Checked::of(new.parts)?, new.reply_to);
    let sort = if new.question { Sort::Question } else { Sort::Talk };
    let reply = room.ask(input, |ink| message::Command::Post {
        channel,
        parts: parts.write(ink),
        reply_to,
        sort,
        mentions,
    });
    let reply = room.told_again(reply.await?).await?;
    Ok(Posted {
        id: MessageId(reply.command.0).to_string(),
        state: fate_of(&reply),
        seq: reply.seq,
        receipts: objections(&reply).iter().map(ToString::to_string).collect(),
    })
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
    extensions(("x-permission" = json!("read"))),
    request_body = Edit,
    responses((status = 200, body = Posted)),
)]
async fn edit(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
    Sent { value: edit, input }: Sent<Edit>,
) -> Result<Json<Posted>, Problem> {
    let room = caller.room(&community).await?;
    let message: MessageId = id(&message)?;
    let parts = Checked::of(edit.parts)?;
    let reply = room.ask(&input, |ink| message::Command::Edit { message, parts: parts.write(ink) });
    let reply = room.told_again(reply.await?).await?;
    Ok(Json(Posted {
        id: message.to_string(),
        state: fate_of(&reply),
        seq: reply.seq,
        receipts: objections(&reply).iter().map(ToString::to_string).collect(),
    }))
}

/// Why something of somebody else's is taken away.
#[derive(Debug, Default, Deserialize, IntoParams)]
struct Why {
    /// The reason, which its author is told.
    reason: Option<String>,
}

/// Delete one's own message, or another's as a moderator
#[utoipa::path(
    delete, path = "/communities/{community}/messages/{message}", tag = "messages",
    extensions(("x-permission" = json!("read"))), params(Why), responses((status = 200, body = Done)),
)]
async fn delete(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
    Query(why): Query<Why>,
) -> Result<Json<Done>, Problem> {
    let room = caller.room(&community).await?;
    let message: MessageId = id(&message)?;
    let author = match &why.reason {
        Some(_) => {
            room.look(move |sight| Ok(sight.community.messages.get(message).map(|it| it.author))).await?
        }
        None => None,
    };
    let reason = why.reason.zip(author);
    let input = reason.as_ref().map(|(reason, _)| reason.clone()).unwrap_or_default();
    let delete = |ink: &mut Ink<'_>| {
        let reason = reason.map(|(reason, author)| ink.text_of(author, &reason));
        message::Command::Delete { message, reason }
    };
    room.done(input.as_bytes(), delete).await
}

/// Show one message
#[utoipa::path(
    get, path = "/communities/{community}/messages/{message}", tag = "messages",
    extensions(("x-permission" = json!("read"))), responses((status = 200, body = Message)),
)]
async fn show(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
) -> Result<Json<Message>, Problem> {
    let room = caller.room(&community).await?;
    let found = room.header(id(&message)?).await?;
    let row = room.row(found).await?;
    let shown = room.messages(&[row]).await?.into_iter().next();
    shown.map(Json).ok_or_else(|| nothing(message))
}

/// How much round a message.
#[derive(Debug, Deserialize, IntoParams)]
struct Around {
    /// So many before it and as many after it, 1 to 100.
    limit: Option<usize>,
}

/// Show a message with what was said before and after it
#[utoipa::path(
    get, path = "/communities/{community}/messages/{message}/context", tag = "messages",
    extensions(("x-permission" = json!("read"))), params(Around),
    responses((status = 200, body = Messages)),
)]
async fn context(
    caller: Caller,
    Path((community, message)): Path<(String, String)>,
    Query(around): Query<Around>,
) -> Result<Json<Messages>, Problem> {
    let room = caller.room(&community).await?;
    let message: MessageId = id(&message)?;
    let limit = around.limit.unwrap_or(10).clamp(1, PAGE_MAX / 2);
    let rows = room.look(move |sight| {
        sight.need(Permission::Read)?;
        let header = sight.community.messages.get(message).ok_or_else(|| missing(message))?;
        readable(&sight, header.channel)?;
        let here: Vec<_> =
            sight.community.messages.recent().filter(|it| it.channel == header.channel).collect();
        let place = here.iter().position(|it| it.id == message).ok_or_else(|| missing(message))?;
        let end = (place + limit + 1).min(here.len());
        Ok(here[place.saturating_sub(limit)..end].iter().map(|it| Row::of(&sight, it)).collect::<Vec<_>>())
    });
    let messages = room.messages(&rows.await?).await?;
    let next = messages.first().map(|first| first.id.clone());
    Ok(Json(Messages { messages, next }))
}

/// Set what the community allows of messages
#[utoipa::path(
    put, path = "/communities/{community}/message-settings", tag = "messages",
    extensions(("x-permission" = json!("manage_settings"))),
    request_body(content = Object, description = "As `[messages]` of a blueprint",
        example = json!({ "edit_window_minutes": 20, "mention_all_per_day": 2 })),
    responses((status = 200, body = Done)),
)]
async fn configure(
    caller: Caller,
    Path(community): Path<String>,
    Sent { value: config, input }: Sent<message::MessageConfig>,
) -> Result<Json<Done>, Problem> {
    caller.room(&community).await?.done(&input, |_| message::Command::Configure { config }).await
}
