//! Problems: every answer that is a no, as RFC 9457 has it, in the reader's language, with what to do.
//!
//! `type` is a reference to a page of this very server that explains the code. A handler returns a `Problem`;
//! `shield` writes it down, since only there the reader's language and taste (JSON or a page) are known.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kith_core::notice::{Arg, Text};
use kith_core::ports::StoreError;
use kith_core::refusal::Refusal;
use kith_runtime::draft::AskError;
use kith_runtime::texts::Reader;
use serde::Serialize;
use utoipa::ToSchema;

use crate::words::Words;

/// Seconds after which somebody may come back whose community has too much to do.
const OVERLOADED_RETRY_S: u64 = 1;

/// Why nothing came of a request.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// A stable code with arguments: the core's, or one of `http.…`.
    pub text: Text,
    /// Where in the request, as a dotted path: `parts[0].text`.
    pub at: Option<String>,
    /// When to come back, seconds.
    pub retry_after_s: Option<u64>,
}

/// A problem as it is sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/not_a_member", "title": "You are not a member of this community.", "status": 403,
    "code": "not_a_member", "detail": "Ask to be let in first."
}))]
pub struct ProblemDetails {
    /// Where the code is explained, relative to this server.
    pub r#type: String,
    /// What is wrong, in the reader's language.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// The stable code: what a program should look at.
    pub code: String,
    /// What to do about it, in the reader's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the request, as a dotted path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The arguments of the code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, serde_json::Value>,
}

impl Problem {
    /// A problem of the HTTP layer itself.
    pub fn new(status: StatusCode, code: &str) -> Self {
        Self { status, text: Text::new(code), at: None, retry_after_s: None }
    }

    /// The same with an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Arg>) -> Self {
        self.text = self.text.with(name, value);
        self
    }

    /// The same at a place of the request.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = Some(place.into()).filter(|place| !place.is_empty() && place != ".");
        self
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "http.unauthenticated")
    }

    /// A page of somewhere else sent this, or the form is older than the session.
    pub fn forged() -> Self {
        Self::new(StatusCode::FORBIDDEN, "http.forged")
    }

    /// There is nothing under this address.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "http.not_found")
    }

    /// The machine failed; what failed is in the log, not here.
    pub fn failed() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "http.failed")
    }

    /// The sentence.
    pub fn title(&self, words: Words) -> String {
        self.sentence(words, &self.text.code).unwrap_or_else(|| self.text.code.clone())
    }

    /// What to do.
    pub fn hint(&self, words: Words) -> Option<String> {
        self.sentence(words, &format!("{}.hint", self.text.code))
    }

    fn sentence(&self, words: Words, code: &str) -> Option<String> {
        let reader = Reader { language: words.language, stream: None };
        match words.find(code) {
            Some(template) => Some(reader.fill_in(template, &self.text)),
            None => kith_runtime::texts::template(words.language, code)
                .map(|template| reader.fill_in(template, &self.text)),
        }
    }

    /// As it is sent.
    pub fn details(&self, words: Words) -> ProblemDetails {
        ProblemDetails {
            r#type: format!("/problems/{}", self.text.code),
            title: self.title(words),
            status: self.status.as_u16(),
            code: self.text.code.clone(),
            detail: self.hint(words),
            at: self.at.clone(),
            args: self.text.args.iter().map(|(name, arg)| (name.clone(), plain(arg))).collect(),
        }
    }
}

/// An argument as plain JSON: numbers stay numbers, times are RFC 3339, everything else is its text.
fn plain(arg: &Arg) -> serde_json::Value {
    match arg {
        Arg::Number(number) => (*number).into(),
        Arg::Duration(span_ms) => (*span_ms).into(),
        Arg::Time(at_ms) => crate::moment::rfc3339(*at_ms).into(),
        Arg::Name(name) | Arg::Code(name) => name.clone().into(),
        Arg::Member(id) => id.to_string().into(),
        Arg::Channel(id) => id.to_string().into(),
        Arg::Message(id) => id.to_string().into(),
        Arg::Receipt(id) => id.to_string().into(),
        Arg::Community(id) => id.to_string().into(),
        Arg::Text(text) => text.code.clone().into(),
        Arg::Body(_) | Arg::Quote { .. } => serde_json::Value::Null,
    }
}

/// The status of a refusal; a new refusal does not compile until it has one.
fn status_of(refusal: &Refusal) -> StatusCode {
    use Refusal as R;
    match refusal {
        R::CommunityNotFound | R::WrongStream | R::PersonNotFound | R::NotFound { .. } => {
            StatusCode::NOT_FOUND
        }
        R::CommunityRemoved | R::LinkUsed | R::LinkExpired | R::PacketEmpty => StatusCode::GONE,
        R::CommunitySuspended
        | R::CommunityArchived
        | R::PersonSuspended
        | R::HostOnly
        | R::NotAMember
        | R::Banned
        | R::BannedUntil { .. }
        | R::PermissionMissing { .. }
        | R::ScopeTooNarrow { .. }
        | R::OwnerOnly
        | R::RankTooLow
        | R::NotYours { .. }
        | R::Muted { .. }
        | R::ProfileForbids
        | R::AccountFrozen
        | R::OwnCase => StatusCode::FORBIDDEN,
        R::CommunityExists
        | R::LoginTaken
        | R::AlreadyExists { .. }
        | R::WrongState { .. }
        | R::NotYet { .. }
        | R::KeyBurned
        | R::InsufficientFunds { .. }
        | R::BalanceTooLarge
        | R::ReversalTooLarge { .. }
        | R::PacketClaimed { .. }
        | R::NothingToChange => StatusCode::CONFLICT,
        R::MoneyHalted => StatusCode::SERVICE_UNAVAILABLE,
        R::TooManyCommands { .. } | R::SlowMode { .. } => StatusCode::TOO_MANY_REQUESTS,
        R::KeyReused
        | R::KeyInvalid { .. }
        | R::QuotaExceeded { .. }
        | R::TextEmpty { .. }
        | R::TextTooLong { .. }
        | R::NameInvalid { .. }
        | R::BodyMissing
        | R::ValueInvalid { .. }
        | R::MoneyLimit { .. }
        | R::TooMany { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = status_of(&refusal);
        let retry_after_s = (status == StatusCode::TOO_MANY_REQUESTS).then_some(60);
        Self { status, text: refusal.text(), at: None, retry_after_s }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let again = |code: &str| Self {
            retry_after_s: Some(OVERLOADED_RETRY_S),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code)
        };
        match error {
            AskError::Refused(refusal) => refusal.into(),
            AskError::Overloaded => again("http.overloaded"),
            AskError::Stopping => again("http.stopping"),
            AskError::Store(error) => error.into(),
            AskError::Unreadable { .. } => {
                tracing::error!(%error, "a stream cannot be read");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "http.damaged")
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotReady => Self {
                retry_after_s: Some(OVERLOADED_RETRY_S),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "http.not_ready")
            },
            StoreError::Damaged(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "http.damaged"),
            StoreError::TooLarge { max, .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "http.too_large").with("max", max as u64)
            }
            error => {
                tracing::error!(%error, "the store failed");
                Self::failed()
            }
        }
    }
}

impl IntoResponse for Problem {
    /// Only the status and what is meant; `shield` writes the words.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
