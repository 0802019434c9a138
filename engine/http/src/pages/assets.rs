//! The style sheet, the script and the icon: in the binary, under names that hold their hash, so that they
//! may be kept for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::talk::hex;

const FILES: &[(&str, &str, &str)] = &[
    ("kith.css", "text/css; charset=utf-8", include_str!("assets/kith.css")),
    ("kith.js", "text/javascript; charset=utf-8", include_str!("assets/kith.js")),
    ("editor.js", "text/javascript; charset=utf-8", include_str!("assets/editor.js")),
    ("kith.svg", "image/svg+xml", include_str!("assets/kith.svg")),
];

/// Digits of the hash in a name.
const HASH_DIGITS: usize = 16;

/// Names as they are asked for, in the order of `FILES`.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let named = FILES.iter().map(|(name, _, content)| {
        let hash = hex(&Sha256::digest(content));
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        format!("{stem}.{}.{ending}", &hash[..HASH_DIGITS])
    });
    named.collect()
});

/// Where a file is found.
pub(super) fn address(name: &str) -> String {
    let place = FILES.iter().position(|(found, _, _)| *found == name);
    let named = place.and_then(|place| NAMES.get(place)).map_or(name, String::as_str);
    format!("/assets/{named}")
}

/// `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let found = NAMES.iter().zip(FILES).find(|(named, _)| **named == name);
    match found {
        Some((_, (_, kind, content))) => {
            let kept = "public, max-age=31536000, immutable";
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, kept)], *content).into_response()
        }
        None => Problem::not_found().into_response(),
    }
}
