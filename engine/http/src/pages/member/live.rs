//! A channel as it happens: each message as it looks, rendered once for each language however many listen.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{self, Stream, StreamExt as _};
use kith_core::ids::{ChannelId, CommunityId, MessageId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::said::{Follows, Found, Hand, day, tell};
use super::visit::Visit;
use crate::api::id;
use crate::live::{Ear, EventId, Happened, Heard};
use crate::pages::page::{Page, Turn};
use crate::place::Place;
use crate::room::Room;
use crate::sent::{Path, Query};
use crate::talk::readable;

/// How often a quiet stream says that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// Rendered messages that are kept for others who listen.
const KEPT_MAX: usize = 2_048;

type Key = (CommunityId, EventId, &'static str);

/// What was rendered of late.
#[derive(Default)]
pub(super) struct Rendered(Mutex<HashMap<Key, Arc<OnceCell<Arc<str>>>>>);

impl Rendered {
    fn cell(&self, key: Key) -> Arc<OnceCell<Arc<str>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        Arc::clone(kept.entry(key).or_default())
    }
}

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/ch/{channel}/live", get(live))
        .layer(Extension(Arc::new(Rendered::default())))
}

/// From where.
#[derive(Debug, Deserialize)]
struct From {
    after: Option<String>,
}

/// One page that listens.
struct Listening {
    ear: Ear,
    room: Room,
    channel: ChannelId,
    hand: Hand,
    rendered: Arc<Rendered>,
}

async fn live(
    page: Page,
    Extension(rendered): Extension<Arc<Rendered>>,
    Path((community, channel)): Path<(String, String)>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let channel: ChannelId = id(&channel)?;
    visit.room.look(move |sight| readable(&sight, channel).map(drop)).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last.or(from.after.as_deref()).and_then(|text| text.parse().ok());
    let ear = Ear::open(visit.room.clone(), after).await?;
    let listening = Listening { ear, room: visit.room.clone(), channel, hand: visit.hand(), rendered };
    let first = stream::once(async { Ok(Event::default().comment("kith").retry(RETRY)) });
    let rest = stream::unfold(Some(listening), async |listening| {
        let mut listening = listening?;
        let event = listening.next().await?;
        Some((Ok(event), Some(listening)))
    });
    Ok(Sse::new(first.chain(rest)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

impl Listening {
    /// The next thing that a page shows.
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.ear.next().await {
                Heard::Gap => return Some(Event::default().event("gap").data("{}")),
                Heard::Over => return None,
                Heard::Event(happened) => {
                    if let Some(event) = self.shown(&happened).await {
                        return Some(event);
                    }
                }
            }
        }
    }

    async fn shown(&self, happened: &Happened) -> Option<Event> {
        if !happened.is_in(self.channel) {
            return None;
        }
        let key = (self.room.id, happened.id, self.hand.words.language.tag());
        let cell = self.rendered.cell(key);
        let json = cell.get_or_init(|| self.render(happened)).await;
        if json.is_empty() {
            return None;
        }
        Some(Event::default().id(happened.id.to_string()).event("message").data(&**json))
    }

    /// What happened as a page shows it; empty where it shows nothing of it.
    async fn render(&self, happened: &Happened) -> Arc<str> {
        let told: Value = serde_json::from_str(happened.json()).unwrap_or_default();
        let data = &told["data"];
        let named =
            ["message", "answer"].iter().filter_map(|name| data[name].as_str()).filter_map(|it| id(it).ok());
        let mut ids: Vec<MessageId> = named.collect();
        ids.extend(data["question"].as_str().and_then(|it| id::<MessageId>(it).ok()));
        let found =
            self.room.look(move |sight| Ok(ids.iter().filter_map(|id| Found::of(&sight, *id)).collect()));
        let found: Vec<Found> = found.await.unwrap_or_default();
        let messages: Vec<Value> = tell(&self.room, found)
            .await
            .unwrap_or_default()
            .iter()
            .map(|told| {
                let today = self.hand.zoned.day(told.at_ms);
                json!({
                    "id": told.message.id,
                    "html": self.hand.message(told, (Follows::Afresh, &today), None).into_string(),
                    "day": day(&today).into_string(),
                })
            })
            .collect();
        if messages.is_empty() {
            return Arc::default();
        }
        let shown = json!({
            "kind": happened.kind, "messages": messages,
            "member": data["member"], "emoji": data["emoji"],
        });
        shown.to_string().into()
    }
}
