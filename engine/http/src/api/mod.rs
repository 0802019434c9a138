//! The API under `/api/v1`, one file for each noun, and the OpenAPI document that is made of the same code.
//!
//! A handler reads what was sent, asks one command or looks once, and says what came of it. Whoever adds one
//! names it in its noun's `routes`: the document, the tests of examples and the authorization matrix follow
//! from there.

pub(crate) mod messages;
mod search;

use axum::routing::get;
use axum::{Json, Router};
use kith_core::refusal::Refusal;
use kith_runtime::draft::Reply;
use serde::Serialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::place::Place;
use crate::problem::{Problem, ProblemDetails};

/// The largest page of any list.
pub(crate) const PAGE_MAX: usize = 200;

/// What the document says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kith",
        description = "Communities: who is let in, what may be said, what happens next, and why. \
                       Every change answers when it is on the disk. \
                       Send `Idempotency-Key` with every change to make a retry safe."
    ),
    components(schemas(ProblemDetails)),
    modifiers(&Secured),
    security(("token" = []), ("session" = [])),
)]
struct Document;

/// How callers are known.
struct Secured;

impl Modify for Secured {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let cookie = ApiKey::Cookie(ApiKeyValue::new("kith_session"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

fn nouns() -> OpenApiRouter<Place> {
    OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", messages::routes().merge(search::routes()))
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    nouns().into_openapi()
}

/// The routes of the API.
pub(crate) fn router() -> Router<Place> {
    let (routes, document) = nouns().split_for_parts();
    routes.route("/api/v1/openapi.json", get(async move || Json(document)))
}

/// What came of a command that is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// The record's number in the community.
    pub seq: u64,
}

impl From<Reply> for Done {
    fn from(reply: Reply) -> Self {
        Self { seq: reply.seq }
    }
}

/// An id from a path or a body; one of another form names nothing.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Refusal::NotFound { what: text.chars().take(64).collect() }.into())
}
