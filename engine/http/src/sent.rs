//! What was sent in a request: JSON with the place of a mistake, paths and queries with a problem each.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::place::Place;
use crate::problem::Problem;

/// A JSON body and the bytes it was read from: an idempotency key stands for exactly those.
pub(crate) struct Sent<T> {
    pub(crate) value: T,
    pub(crate) input: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Place> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, place: &Place) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "http.media_type"));
        }
        let input = whole(request, place).await?;
        let mut json = serde_json::Deserializer::from_slice(&input);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| malformed(&error))?;
        json.end().map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "http.json").with("what", error.to_string().as_str())
        })?;
        Ok(Self { value, input })
    }
}

/// A whole body, no longer than bodies may be and come in the time that they may take.
pub(crate) async fn whole(request: Request, place: &Place) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(place.settings.body_timeout, Bytes::from_request(request, place)).await;
    read.map_err(|_| too_slow())?.map_err(|rejection| unread(&rejection))
}

/// The rest of the body is not waited for.
pub(crate) fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "http.body_slow")
}

fn unread(rejection: &BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "http.body_too_large"),
        _ => Problem::new(StatusCode::BAD_REQUEST, "http.body_cut_off"),
    }
}

/// Not JSON is a bad request; JSON of another shape cannot be processed.
fn malformed(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let status = match error.inner().classify() {
        serde_json::error::Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_REQUEST,
    };
    let what = error.inner().to_string();
    Problem::new(status, "http.json").with("what", what.as_str()).at(error.path().to_string())
}

/// Parameters of the path. An id of another form names nothing.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Place> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, place: &Place) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, place).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}

/// Parameters of the query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Place> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, place: &Place) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, place).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| {
            let what = rejection.body_text();
            Problem::new(StatusCode::BAD_REQUEST, "http.query").with("what", what.as_str())
        })
    }
}
