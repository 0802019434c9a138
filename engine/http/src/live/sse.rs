//! Events over server-sent events (WHATWG HTML, section 9.2): `Last-Event-ID` resumes.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Deserialize;

use super::ear::{Ear, Heard};
use super::event::EventId;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::sent::{Path, Query};

/// How often a quiet stream says that it is there: below the minute after which proxies give up.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// How long a client waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// From where.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    /// The last event that is known, `<record>.<index>`: instead of the header, for those who cannot set it.
    after: Option<String>,
}

impl From {
    /// The event named by the header, else by the query.
    pub(super) fn event(&self, headers: &HeaderMap) -> Option<EventId> {
        let named = headers.get("last-event-id").and_then(|value| value.to_str().ok());
        named.or(self.after.as_deref()).and_then(|text| text.parse().ok())
    }
}

/// `GET …/events`: what happens from now on, or after the event that is known.
pub(super) async fn events(
    caller: Caller,
    Path(community): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let room = caller.room(&community).await?;
    let ear = Ear::open(room, from.event(&headers)).await?;
    let first = stream::once(async { Ok(Event::default().comment("kith").retry(RETRY)) });
    let rest = stream::unfold(Some(ear), async |ear| {
        let mut ear = ear?;
        match ear.next().await {
            Heard::Event(happened) => {
                let event = Event::default().id(happened.id.to_string()).event(happened.kind);
                Some((Ok(event.data(&*happened.json)), Some(ear)))
            }
            Heard::Gap => Some((Ok(Event::default().event("gap").data("{}")), Some(ear))),
            Heard::Over => None,
        }
    });
    Ok(Sse::new(first.chain(rest)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
