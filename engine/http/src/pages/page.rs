//! One page as it is asked for: who reads it, how they like it, what to say on top of it; and how a handler
//! ends otherwise.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kith_core::ids::PersonId;
use kith_core::refusal::Refusal;
use maud::Markup;

use super::cookie::{self, Keep};
use super::layout::{self, Around, Theme};
use super::parts::{Tone, Zoned};
use crate::caller::{Caller, Identity, cookie as cookie_of, words_of};
use crate::place::Place;
use crate::problem::Problem;
use crate::words::Words;

/// The cookie that says what to tell on the next page.
const FLASH_COOKIE: &str = "kith_flash";
/// The cookie that says what was seen of a community; one for each by its path.
pub(super) const SEEN_COOKIE: &str = "kith_seen";
/// How long it may wait to be told, seconds.
const FLASH_S: u64 = 60;

/// How a page looks to its reader, whoever they are.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) words: Words,
    pub(crate) theme: Theme,
    /// Path and query of the page, to come back to.
    pub(crate) here: String,
    /// What came of the form before.
    pub(super) flash: Option<Flash>,
}

/// What came of a form: told once, on the page after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flash {
    pub(super) tone: Tone,
    pub(super) text: &'static str,
}

impl Style {
    /// As a request's headers say.
    pub(crate) fn of(headers: &HeaderMap, here: &str) -> Self {
        let words = words_of(headers);
        let flash = cookie_of(headers, FLASH_COOKIE).and_then(|code| flash(words, code));
        let theme = cookie_of(headers, layout::THEME_COOKIE).map_or(Theme::System, Theme::of);
        Self { words, theme, here: here.to_owned(), flash }
    }
}

/// Only our own sentences are told: a cookie can be set by others.
fn flash(words: Words, code: &str) -> Option<Flash> {
    let tone = if code.starts_with("page.done.") || code.starts_with("desk.done.") {
        Tone::Good
    } else if code.starts_with("page.note.") || code.starts_with("desk.note.") {
        Tone::Warning
    } else {
        return None;
    };
    words.find(code).map(|text| Flash { tone, text })
}

/// A page that is asked for.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) caller: Caller,
    pub(crate) style: Style,
    /// What the browser keeps of what was seen in a community.
    pub(super) seen: String,
}

impl Page {
    /// The words of the reader's language.
    pub(crate) fn words(&self) -> Words {
        self.style.words
    }

    /// A sentence of the reader's language.
    pub(crate) fn say(&self, code: &'static str) -> &'static str {
        self.style.words.say(code)
    }

    /// Clocks of a zone in the reader's language.
    pub(crate) fn zoned(&self, zone: &str) -> Zoned {
        Zoned::new(zone, self.style.words.language)
    }

    /// Who is signed in; whoever is not goes and does it, and comes back.
    pub(crate) fn person(&self) -> Result<PersonId, Turn> {
        self.caller.person().ok_or_else(|| Turn::To(sign_in_first(&self.style.here)))
    }

    /// Whether somebody is signed in.
    pub(crate) fn is_signed_in(&self) -> bool {
        !matches!(self.caller.identity, Identity::Stranger)
    }

    /// The whole page.
    pub(crate) fn show(&self, around: &Around<'_>, body: Markup) -> Response {
        self.show_as(StatusCode::OK, around, body)
    }

    /// The whole page with another status: a form with mistakes.
    pub(crate) fn show_as(&self, status: StatusCode, around: &Around<'_>, body: Markup) -> Response {
        let mut response = (status, layout::whole(&self.style, Some(self), around, body)).into_response();
        let headers = response.headers_mut();
        let language = HeaderValue::from_static(self.style.words.language.tag());
        headers.insert(header::CONTENT_LANGUAGE, language);
        if self.style.flash.is_some() {
            cookie::set(&self.caller.place, headers, FLASH_COOKIE, &Keep::Gone);
        }
        response
    }

    /// To another page, after a form: reloading that one sends nothing again. Says a sentence there, whose
    /// code begins with `page.done.` or `page.note.`.
    pub(crate) fn done(&self, to: &str, say: Option<&'static str>) -> Response {
        let mut response = see_other(to);
        if let Some(code) = say {
            let keep = Keep::For(FLASH_S, code);
            cookie::set(&self.caller.place, response.headers_mut(), FLASH_COOKIE, &keep);
        }
        response
    }
}

impl FromRequestParts<Place> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, place: &Place) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, place).await?;
        let Ok(style) = Style::from_request_parts(parts, place).await;
        let seen = cookie_of(&parts.headers, SEEN_COOKIE).unwrap_or_default().to_owned();
        Ok(Self { caller, style, seen })
    }
}

impl FromRequestParts<Place> for Style {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Place) -> Result<Self, Infallible> {
        let here = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        Ok(Self::of(&parts.headers, here))
    }
}

/// How a handler ends that shows no page of its own.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    /// Somewhere else first.
    To(String),
    /// With a problem.
    Problem(Problem),
}

impl From<Problem> for Turn {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Refusal> for Turn {
    fn from(refusal: Refusal) -> Self {
        Self::Problem(refusal.into())
    }
}

impl From<kith_runtime::draft::AskError> for Turn {
    fn from(error: kith_runtime::draft::AskError) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Turn {
    fn into_response(self) -> Response {
        match self {
            Self::To(to) => see_other(&to),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// To another page by GET.
pub(super) fn see_other(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::try_from(in_ascii(to)).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// An address as a header may have it: what is not ASCII is escaped, what is stays as it is.
fn in_ascii(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for letter in address.chars() {
        if letter.is_ascii() {
            out.push(letter)
        } else {
            out.push_str(&escaped(letter.encode_utf8(&mut [0; 4])))
        }
    }
    out
}

fn sign_in_first(here: &str) -> String {
    format!("/sign-in?next={}", escaped(here))
}

/// A text as part of a query (RFC 3986).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where to go next, if it is a place of this server: never to where somebody else would like it.
pub(crate) fn own_path(wanted: &str) -> &str {
    let is_own = wanted.starts_with('/')
        && !wanted[1..].starts_with(['/', '\\'])
        && wanted.chars().all(|letter| !letter.is_control() && letter != '\\');
    if is_own { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leads_to_another_host() {
        for (wanted, expected) in [
            ("/c/club?x=1", "/c/club?x=1"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/\tevil", "/"),
            ("", "/"),
            ("/", "/"),
        ] {
            assert_eq!(own_path(wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn addresses_go_into_headers_whatever_letters_they_have() {
        assert_eq!(in_ascii("/c/创客?x=%20#a"), "/c/%E5%88%9B%E5%AE%A2?x=%20#a");
        assert_eq!(escaped("a b/创"), "a%20b/%E5%88%9B");
    }

    #[test]
    fn a_cookie_of_somebody_else_says_nothing() {
        let words = Words { language: kith_core::community::Language::English };
        assert_eq!(flash(words, "http.failed"), None);
        assert_eq!(flash(words, "page.done.no_such_thing"), None);
        assert_eq!(flash(words, "page.done.signed_out").map(|flash| flash.tone), Some(Tone::Good));
    }
}
