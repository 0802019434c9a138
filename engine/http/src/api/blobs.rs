//! Attachments: put before the message that names them, fetched by whoever may read that message.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kith_core::ids::MessageId;
use kith_core::message::{Blob, Part};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::content::sha256_of;
use super::{id, nothing};
use crate::caller::Caller;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, too_slow};
use crate::talk::hex;

/// Media types that a browser may show in place: none of them can run anything.
const SHOWN: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/ogg"];

pub(super) fn routes() -> OpenApiRouter<Place> {
    OpenApiRouter::new().routes(routes!(put)).routes(routes!(get))
}

/// An attachment that was put.
#[derive(Debug, Serialize, ToSchema)]
struct Put {
    /// Its name: what a message calls it by.
    sha256: String,
    /// Its length.
    bytes: usize,
}

/// Put an attachment, to be named by a message of one's own
///
/// It counts towards the community's storage until its owner is erased, whether a message names it or not;
/// the same one put again counts once. Beyond the community's quota it is refused (`quota_exceeded`).
#[utoipa::path(
    put, path = "/communities/{community}/attachments", tag = "attachments",
    extensions(("x-permission" = json!("post"))),
    request_body(content = String, content_type = "application/octet-stream", description = "The bytes"),
    responses((status = 201, body = Put)),
)]
async fn put(
    caller: Caller,
    Path(community): Path<String>,
    body: Body,
) -> Result<(StatusCode, Json<Put>), Problem> {
    caller.acting()?;
    let room = caller.room(&community).await?;
    // Who may not post is told before anything of theirs is read.
    let look = room.look(|sight| {
        sight.need(Permission::Post)?;
        let quotas = sight.community.hosted.quotas();
        Ok((sight.inside().ok_or(Refusal::NotAMember)?.id, quotas.map(|quotas| quotas.storage_bytes)))
    });
    let (owner, bytes_max) = look.await?;
    let place = &room.caller.place;
    let _seat = place.uploads.acquire().await.map_err(|_| Problem::failed())?;
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "http.body_too_large");
    let read = to_bytes(body, place.settings.attachment_bytes_max);
    let read = tokio::time::timeout(place.settings.body_timeout, read).await;
    let bytes = read.map_err(|_| too_slow())?.map_err(|_| too_large())?;
    if bytes.is_empty() {
        return Err(Refusal::TextEmpty { field: "attachment".to_owned() }.into());
    }
    let (there, community, length) = (place.clone(), room.id, bytes.len());
    let put = tokio::task::spawn_blocking(move || {
        let blobs = Arc::clone(&there.engine.ports().blobs);
        there.storage.put(blobs.as_ref(), (community, owner), &bytes, bytes_max)
    });
    let name = put.await.map_err(|_| Problem::failed())??;
    Ok((StatusCode::CREATED, Json(Put { sha256: hex(&name), bytes: length })))
}

/// Fetch an attachment of a message that one may read
#[utoipa::path(
    get, path = "/communities/{community}/messages/{message}/attachments/{sha256}", tag = "attachments",
    extensions(("x-permission" = json!("read"))),
    responses((status = 200, content_type = "application/octet-stream", body = String)),
)]
async fn get(
    caller: Caller,
    Path((community, message, sha256)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let message: MessageId = id(&message)?;
    let name = sha256_of(&sha256).ok_or_else(|| nothing(&sha256))?;
    let room = caller.room(&community).await?;
    let header = room.header(message).await?;
    let (author, row) = (header.author, room.row(header).await?);
    let said = room.said(std::slice::from_ref(&row)).await?.into_iter().next().flatten();
    let said = said.ok_or_else(|| nothing(&sha256))?;
    let found = said.parts.iter().find_map(|part| match part {
        Part::Image { blob } | Part::Voice { blob, .. } if blob.sha256 == name => Some((blob, None)),
        Part::File { blob, name: title } if blob.sha256 == name => Some((blob, said.bodies.text(title))),
        _ => None,
    });
    let (blob, title) = found.ok_or_else(|| nothing(&sha256))?;
    let (blobs, community) = (Arc::clone(&room.caller.place.engine.ports().blobs), room.id);
    let read = tokio::task::spawn_blocking(move || blobs.get(community, author, &name));
    let bytes = read.await.map_err(|_| Problem::failed())??.ok_or_else(|| nothing(&sha256))?;
    Ok(shown(blob, title, bytes))
}

/// The answer: shown in place only where that is harmless, saved everywhere else.
fn shown(blob: &Blob, title: Option<&str>, bytes: Vec<u8>) -> Response {
    let is_shown = SHOWN.contains(&blob.media.0.as_str());
    let kind = if is_shown { blob.media.0.as_str() } else { "application/octet-stream" };
    let how = if is_shown { "inline" } else { "attachment" };
    let disposition = match title {
        Some(title) => format!("{how}; filename*=UTF-8''{}", percent_encoded(title)),
        None => how.to_owned(),
    };
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_TYPE, value(kind));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition));
    // The name is the content's own, but who may read it can change.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    response
}

/// A name as RFC 8187 has it in a header.
fn percent_encoded(name: &str) -> String {
    let encoded = name.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        assert_eq!(percent_encoded("早.txt"), "%E6%97%A9.txt");
        assert_eq!(percent_encoded("a\r\nset-cookie: x=\"1\""), "a%0D%0Aset-cookie%3A%20x%3D%221%22");
    }
}
