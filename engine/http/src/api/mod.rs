//! The API under `/api/v1`, one file for each noun, and the OpenAPI document that is made of the same code.
//!
//! A handler reads what was sent, asks one command or looks once, and says what came of it. Whoever adds one
//! names it in its noun's `routes`: the document, the tests of examples and the authorization matrix follow
//! from there.

mod announcements;
mod answer;
mod appeals;
mod applications;
mod blobs;
mod browse;
mod card;
mod channels;
mod communities;
mod content;
mod document;
mod gate;
mod host;
mod invites;
mod marks;
mod members;
pub(crate) mod messages;
mod notices;
mod ownership;
mod page;
mod privacy;
mod queue;
mod receipts;
mod replay;
mod roles;
mod rules;
mod sanctions;
mod scripts;
mod search;
mod tokens;
mod topics;
mod undo;

pub(crate) use answer::Done;
pub(crate) use content::{Checked, SentPart};
pub(crate) use messages::{Fate, fate_of};

use axum::routing::get;
use axum::{Json, Router};
use kith_core::refusal::Refusal;
use utoipa_axum::router::OpenApiRouter;

use crate::place::Place;
use crate::problem::Problem;

/// Under which the API is.
pub(crate) const ROOT: &str = "/api/v1";
/// The largest page of any list.
pub(crate) const PAGE_MAX: usize = 200;

fn nouns() -> OpenApiRouter<Place> {
    OpenApiRouter::with_openapi(document::head())
        .nest(ROOT, communities::routes())
        .nest(ROOT, ownership::routes())
        .nest(ROOT, gate::routes())
        .nest(ROOT, applications::routes())
        .nest(ROOT, invites::routes())
        .nest(ROOT, members::routes())
        .nest(ROOT, notices::routes())
        .nest(ROOT, roles::routes())
        .nest(ROOT, card::routes())
        .nest(ROOT, channels::routes())
        .nest(ROOT, messages::routes())
        .nest(ROOT, marks::routes())
        .nest(ROOT, search::routes())
        .nest(ROOT, announcements::routes())
        .nest(ROOT, blobs::routes())
        .nest(ROOT, rules::routes())
        .nest(ROOT, sanctions::routes())
        .nest(ROOT, queue::routes())
        .nest(ROOT, receipts::routes())
        .nest(ROOT, appeals::routes())
        .nest(ROOT, topics::routes())
        .nest(ROOT, privacy::routes())
        .nest(ROOT, scripts::routes())
        .nest(ROOT, replay::routes())
        .nest(ROOT, undo::routes())
        .nest(ROOT, tokens::routes())
        .nest(ROOT, host::routes())
        .nest(ROOT, crate::connector::routes())
        .nest(ROOT, crate::webhook::routes())
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    document::finished(nouns().into_openapi())
}

/// The routes of the API.
pub(crate) fn router() -> Router<Place> {
    let (routes, document) = nouns().split_for_parts();
    let document = document::finished(document);
    let page = browse::page(&document);
    routes
        .route("/api/v1/openapi.json", get(async move || Json(document)))
        .route("/api", get(async move || page))
}

/// An id from a path or a body; one of another form names nothing.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| nothing(text))
}

/// There is nothing of that name or id.
pub(crate) fn nothing(what: impl ToString) -> Problem {
    missing(what).into()
}

/// The same as a refusal, for looks.
pub(crate) fn missing(what: impl ToString) -> Refusal {
    Refusal::NotFound { what: what.to_string().chars().take(64).collect() }
}
