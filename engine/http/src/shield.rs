//! What wraps every request: security headers on whatever goes out, problems written in the reader's
//! language, and one line in the log without anything that people wrote.

use std::sync::LazyLock;
use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::caller::words_of;
use crate::pages;
use crate::place::Place;
use crate::problem::Problem;

/// What a page may load: only this server's own; nothing inline, nothing framed, forms only to here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

static HEADERS: LazyLock<Vec<(HeaderName, HeaderValue)>> = LazyLock::new(|| {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
});

/// Wraps a request.
pub(crate) async fn wrap(State(place): State<Place>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = told(&place, (&method, &path), &headers, (problem, response));
    }
    for (name, value) in HEADERS.iter() {
        if !response.headers().contains_key(name) {
            response.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(%method, path = route_of(&path), status = response.status().as_u16(), micros, "answered");
    response
}

/// The path without what may be a secret or a name: at most its first three segments.
fn route_of(path: &str) -> String {
    path.split('/').take(4).collect::<Vec<_>>().join("/")
}

/// A problem in words: a page for whoever reads pages, JSON for everybody else.
fn told(
    place: &Place,
    (method, path): (&Method, &str),
    headers: &HeaderMap,
    (problem, bare): (Problem, Response),
) -> Response {
    let words = words_of(headers);
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wants_page = !path.starts_with("/api/") && accepts.contains("text/html");
    let mut response = if wants_page {
        pages::problem(place, headers, (method, path), &problem).into_response()
    } else {
        let mut response = Json(problem.details(words)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    };
    *response.status_mut() = problem.status;
    let language = HeaderValue::from_static(words.language.tag());
    response.headers_mut().insert(header::CONTENT_LANGUAGE, language);
    for (name, value) in bare.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    if problem.status == axum::http::StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"kith\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
