//! Events over server-sent events (WHATWG HTML, section 9.2): `Last-Event-ID` resumes.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
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
) -> Result<Response, Problem> {
    let room = caller.room(&community).await?;
    let ear = Ear::open(room, from.event(&headers)).await?;
    let first = format!(": kith\nretry: {}\n\n", RETRY.as_millis());
    let first = stream::once(async { Ok::<_, Infallible>(Bytes::from(first)) });
    let rest = stream::unfold(Some(ear), async |ear| {
        let mut ear = ear?;
        let told = match tokio::time::timeout(KEEP_ALIVE, ear.next()).await {
            Ok(Heard::Event(happened)) => happened.frame,
            Ok(Heard::Gap) => Bytes::from_static(b"event: gap\ndata: {}\n\n"),
            Ok(Heard::Over) => return None,
            Err(_) => Bytes::from_static(b":\n\n"),
        };
        Some((Ok(told), Some(ear)))
    });
    let kind = (header::CONTENT_TYPE, "text/event-stream");
    Ok(([kind], Body::from_stream(first.chain(rest))).into_response())
}
