//! Events over a WebSocket (RFC 6455): the same as over SSE, and messages can be posted the other way.
//!
//! The client sends `{"id": "…", "channel": "…", "message": {…}}`; the id is an idempotency key, so that what
//! was not answered before the line broke can be sent again. It hears `{"posted": {…}, "id": "…"}` or
//! `{"refused": {…}, "id": "…"}` once that is on the disk, and `{"event": {…}}` for what happens. One message
//! is decided after another, in the order in which they were sent.

use std::pin::Pin;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::ear::{Ear, Heard};
use super::sse::From;
use crate::api::messages::{NewMessage, send};
use crate::caller::{Caller, Identity, Meant};
use crate::problem::Problem;
use crate::room::Room;
use crate::sent::{Path, Query};

/// Bytes of one message from a client.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Bytes read at once, and gathered before they are written: each socket holds as many, however idle.
const BUFFER_BYTES: usize = 4 * 1024;
/// Events that wait for a slow client before its ear waits too.
const READY_MAX: usize = 64;
/// The server stops or the client has to come back (RFC 6455, section 7.4.1, and the registry's 1012).
const COME_BACK: u16 = 1012;

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    id: String,
    channel: String,
    message: NewMessage,
}

/// `GET …/live`: what happens from now on, or after the event that is known.
pub(super) async fn live(
    caller: Caller,
    Path(community): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let caller = same_origin(caller, &headers)?;
    let room = caller.room(&community).await?;
    let ear = Ear::open(room.clone(), from.event(&headers)).await?;
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    Ok(upgrade.on_upgrade(move |socket| talk(socket, room, ear)))
}

/// A browser sends the cookie whoever's page opens the socket, and no page can add a header: so a session's
/// socket must come from a page of this very server.
fn same_origin(mut caller: Caller, headers: &HeaderMap) -> Result<Caller, Problem> {
    if matches!(caller.identity, Identity::Session { .. }) && caller.meant == Meant::Unproven {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        if origin.is_none() || origin != text(header::HOST) {
            return Err(Problem::forged());
        }
        caller.meant = Meant::Proven;
    }
    Ok(caller)
}

/// Carries both ways until one end has enough.
async fn talk(mut socket: WebSocket, room: Room, ear: Ear) {
    let (ready, mut happened) = mpsc::channel(READY_MAX);
    let hearing = tokio::spawn(hear(ear, ready));
    let mut answer: Option<Pin<Box<dyn Future<Output = String> + Send>>> = None;
    loop {
        let out = tokio::select! {
            heard = happened.recv() => match heard {
                Some(text) => text,
                None => break,
            },
            said = socket.recv(), if answer.is_none() => match said {
                Some(Ok(Message::Text(text))) => {
                    answer = Some(Box::pin(answered(room.clone(), Bytes::from(text))));
                    continue;
                }
                // Pings are answered below us; bytes mean nothing here.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => continue,
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    hearing.abort();
                    return;
                }
            },
            text = next(&mut answer) => {
                answer = None;
                text
            }
        };
        if socket.send(Message::Text(out.into())).await.is_err() {
            hearing.abort();
            return;
        }
    }
    // What was sent is answered before the line is closed.
    if let Some(answer) = answer {
        let _ = socket.send(Message::Text(answer.await.into())).await;
    }
    let frame = CloseFrame { code: COME_BACK, reason: "come back".into() };
    // A client that has gone already has no need of it.
    let _ = socket.send(Message::Close(Some(frame))).await;
}

/// What is being answered, if anything is.
async fn next(answer: &mut Option<Pin<Box<dyn Future<Output = String> + Send>>>) -> String {
    match answer {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

async fn hear(mut ear: Ear, ready: mpsc::Sender<String>) {
    loop {
        let text = match ear.next().await {
            Heard::Event(happened) => format!("{{\"event\":{}}}", happened.json()),
            Heard::Gap => "{\"gap\":{}}".to_owned(),
            Heard::Over => return,
        };
        if ready.send(text).await.is_err() {
            return;
        }
    }
}

async fn answered(room: Room, text: Bytes) -> String {
    let words = room.caller.words;
    let (id, sent) = match serde_json::from_slice::<Asked>(&text) {
        Ok(asked) => {
            let mut room = room;
            room.caller.key = Some(asked.id.clone());
            room.caller.target = format!("LIVE {}", asked.channel);
            let input = json!(asked.message).to_string();
            (asked.id, send(&room, &asked.channel, asked.message, input.as_bytes()).await)
        }
        Err(error) => {
            let problem = Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "http.json");
            (String::new(), Err(problem.with("what", error.to_string().as_str())))
        }
    };
    match sent {
        Ok(posted) => json!({ "posted": posted, "id": id }).to_string(),
        Err(problem) => json!({ "refused": problem.details(words), "id": id }).to_string(),
    }
}
