//! Live streams: what happens in a community, as it becomes durable, to whoever may know of it.
//!
//! One task a community reads what landed and makes events of it once, however many listen (`hub`); what an
//! event says and to whom is in `event`. Streams resume by sequence number: an event's id is that of its
//! record and its place in it. They end with whatever opened them (`ending`).

mod ear;
mod ending;
mod event;
mod hub;
mod rights;
mod sse;
mod ws;

pub(crate) use ear::{Ear, Heard};
pub(crate) use ending::Ending;
pub(crate) use event::{Audience, Draft, EventId, Happened, Settled, When, of_record};
pub(crate) use hub::{Closing, Hub, look_up};

use axum::Router;
use axum::routing::get;

use crate::place::Place;

/// The routes of live streams.
pub(crate) fn router() -> Router<Place> {
    Router::new()
        .route("/api/v1/communities/{community}/events", get(sse::events))
        .route("/api/v1/communities/{community}/live", get(ws::live))
}
