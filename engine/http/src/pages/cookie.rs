//! Cookies that pages set: a session, a language, a theme, what to say on the next page.

use axum::http::HeaderValue;
use axum::http::header::{HeaderMap, SET_COOKIE};

use crate::place::Place;

/// A choice is kept for as long as browsers keep anything (RFC 6265bis).
pub(super) const CHOICE_S: u64 = 400 * 24 * 3_600;

/// What a cookie is to be.
pub(super) enum Keep<'a> {
    /// A value for so many seconds.
    For(u64, &'a str),
    /// Nothing any more.
    Gone,
}

/// Sets a cookie: never read by scripts, never sent from other sites' forms, and over TLS only where the
/// server is reached by it.
pub(super) fn set(place: &Place, headers: &mut HeaderMap, name: &str, keep: &Keep<'_>) {
    set_under(place, headers, (name, "/"), keep);
}

/// The same below a path only.
pub(super) fn set_under(place: &Place, headers: &mut HeaderMap, (name, path): (&str, &str), keep: &Keep<'_>) {
    let (age_s, value) = match keep {
        Keep::For(age_s, value) => (*age_s, *value),
        Keep::Gone => (0, ""),
    };
    let is_tls = place.settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let secure = if is_tls { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path={path}; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    // Values are our own: secrets in base64url, codes. One that is none is not set.
    if let Ok(line) = HeaderValue::try_from(line) {
        headers.append(SET_COOKIE, line);
    }
}
