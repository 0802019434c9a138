//! What wraps every request: security headers on whatever goes out, problems written in the reader's
//! language, and one line in the log without anything that people wrote.

use std::sync::LazyLock;

use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::stream::{self, StreamExt as _};

use crate::caller::words_of;
use crate::pages;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::too_slow;

/// Bytes of a body that is read before anything else.
const GATHERED_BYTES_MAX: usize = 64 * 1024;

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
    let started = tokio::time::Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let headers = request.headers().clone();
    let mut response = match gathered(&place, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
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
    place.counters.count(response.status(), micros);
    // The pattern, never the path: that may be an invite's or a link's.
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    tracing::debug!(%method, route, status = response.status().as_u16(), micros, "answered");
    response
}

/// A request with the beginning of its body, which is all of most. A connection is closed under a client
/// whose body nobody reads, and with it the answer may be lost: so somebody who is refused before their body
/// is looked at is refused after it came.
async fn gathered(place: &Place, request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut begun = BytesMut::new();
    let read = async {
        while begun.len() < GATHERED_BYTES_MAX {
            match rest.next().await {
                Some(Ok(bytes)) => begun.extend_from_slice(&bytes),
                Some(Err(_)) => return Err(Problem::new(StatusCode::BAD_REQUEST, "http.body_cut_off")),
                None => return Ok(true),
            }
        }
        Ok(false)
    };
    let is_whole =
        tokio::time::timeout(place.settings.body_timeout, read).await.map_err(|_| too_slow())??;
    let begun = begun.freeze();
    let body = match is_whole {
        true => Body::from(begun),
        false => Body::from_stream(stream::once(async { Ok(begun) }).chain(rest)),
    };
    Ok(Request::from_parts(parts, body))
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
    if problem.status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"kith\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
