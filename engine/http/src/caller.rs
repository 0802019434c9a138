//! The caller of a request: who asks, in which language, under which idempotency key.
//!
//! A bearer token says it, or a session's cookie; a request without either is a stranger's, which is fine
//! wherever strangers may look. A token that is not valid is never taken for a stranger's. A cookie comes by
//! itself, whoever made the browser send it: so what changes anything must also bring the session's proof,
//! which only our own pages know.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kith_core::command::{Actor, CommandKind};
use kith_core::community::Language;
use kith_core::host::{Grant, Reach};
use kith_core::ids::{CommunityId, PersonId, SessionId};
use kith_core::limits::KEY_BYTES_MAX;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_runtime::draft::Draft;
use kith_runtime::host::Operator;
use sha2::Sha256;

use crate::place::Place;
use crate::problem::Problem;
use crate::talk::hex;
use crate::words::Words;

/// The header that makes a retry safe.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header by which a script of our pages brings the session's proof.
pub(crate) const PROOF: &str = "x-csrf-token";
/// The cookie that holds a session's secret.
pub(crate) const SESSION_COOKIE: &str = "kith_session";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// Nobody that is known.
    Stranger,
    /// A program with a token.
    Token(Arc<Grant>),
    /// Somebody in a browser.
    Session {
        /// Which session.
        session: SessionId,
        /// Whose.
        person: PersonId,
        /// What forms have to bring along.
        proof: String,
    },
}

/// Whether a request is known to be meant by who it seems to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// It bears a token, which no browser sends by itself, or the session's proof.
    Proven,
    /// It bears a cookie only: it may look and nothing else.
    Unproven,
}

/// The caller of one request.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) place: Place,
    pub(crate) identity: Identity,
    pub(crate) meant: Meant,
    pub(crate) words: Words,
    /// What the caller chose to make a retry safe.
    pub(crate) key: Option<String>,
    /// Method and path: what a key stands for besides the body.
    pub(crate) target: String,
}

impl Caller {
    /// As who commands are asked; refuses strangers.
    pub(crate) fn actor(&self) -> Result<Actor, Problem> {
        match &self.identity {
            Identity::Stranger => Err(Problem::unauthenticated()),
            Identity::Token(grant) => Ok(grant.actor),
            Identity::Session { person, .. } => Ok(Actor::Person(*person)),
        }
    }

    /// The same for what changes something.
    pub(crate) fn acting(&self) -> Result<Actor, Problem> {
        let actor = self.actor()?;
        if self.meant == Meant::Proven { Ok(actor) } else { Err(Problem::forged()) }
    }

    /// What forms of this session bring along; empty where there is none.
    pub(crate) fn proof(&self) -> &str {
        match &self.identity {
            Identity::Session { proof, .. } => proof,
            _ => "",
        }
    }

    /// The same caller, if they bring the session's proof. Strangers have none and need none.
    pub(crate) fn proven_by(mut self, proof: &str) -> Result<Self, Problem> {
        let own = match &self.identity {
            Identity::Session { proof: own, .. } => own,
            _ => return Ok(self),
        };
        if !is_same(own, proof) {
            return Err(Problem::forged());
        }
        self.meant = Meant::Proven;
        Ok(self)
    }

    /// The same caller as somebody whom this very request signed in.
    pub(crate) fn signed_in(self, (session, person): (SessionId, PersonId), secret: &str) -> Self {
        let identity = Identity::Session { session, person, proof: proof_of(secret) };
        Self { identity, meant: Meant::Proven, ..self }
    }

    /// The person who asks; the host is none.
    pub(crate) fn person(&self) -> Option<PersonId> {
        match self.actor() {
            Ok(Actor::Person(person)) => Some(person),
            _ => None,
        }
    }

    /// What a token was narrowed to.
    pub(crate) fn scope(&self) -> Option<BTreeSet<Permission>> {
        match &self.identity {
            Identity::Stranger | Identity::Session { .. } => None,
            Identity::Token(grant) => Some(grant.scope.clone()),
        }
    }

    /// Whether the caller's token reaches a community: a token for one says nothing of any other.
    pub(crate) fn reaches(&self, community: CommunityId) -> bool {
        match &self.identity {
            Identity::Stranger | Identity::Session { .. } => true,
            Identity::Token(grant) => grant.reaches(community),
        }
    }

    /// The operator's hands, for a token of the host's own that was narrowed in no way.
    pub(crate) fn operator(&self) -> Result<Operator<'_>, Problem> {
        match &self.identity {
            Identity::Stranger => Err(Problem::unauthenticated()),
            Identity::Token(grant) if grant.actor == Actor::Host => {
                let missing = Permission::ALL.iter().find(|it| !grant.scope.contains(it));
                match (grant.reach, missing) {
                    (Reach::All, None) => Ok(Operator::of(&self.place.engine, &self.place.mint)),
                    _ => Err(Refusal::ScopeTooNarrow { permission: "host".to_owned() }.into()),
                }
            }
            Identity::Token(_) | Identity::Session { .. } => Err(Refusal::HostOnly.into()),
        }
    }

    /// The hands of whoever minds tokens and logins: in a session one's own, the operator everybody's. No
    /// other token does: one that could issue tokens would be worth all of them.
    pub(crate) fn minding(&self) -> Result<Operator<'_>, Problem> {
        self.acting()?;
        match self.identity {
            Identity::Session { person, .. } => {
                Ok(Operator::of(&self.place.engine, &self.place.mint).in_the_name_of(person))
            }
            Identity::Stranger | Identity::Token(_) => self.operator(),
        }
    }

    /// The session that asks; a token is none.
    pub(crate) fn session(&self) -> Result<(SessionId, PersonId), Problem> {
        match self.identity {
            Identity::Session { session, person, .. } => Ok((session, person)),
            Identity::Stranger => Err(Problem::unauthenticated()),
            Identity::Token(_) => Err(Problem::new(StatusCode::FORBIDDEN, "http.session_only")),
        }
    }

    /// Asks the host's stream in the caller's own name.
    pub(crate) async fn ask_host(&self, kind: impl Into<CommandKind>) -> Result<(), Problem> {
        let id = self.place.mint.command(self.place.now_ms());
        let mut draft = Draft::new(id, CommunityId::HOST, self.acting()?, kind);
        draft.scope = self.scope();
        self.place.engine.ask(draft).await?;
        Ok(())
    }

    /// Whether the caller is the operator of the process.
    pub(crate) fn is_host(&self) -> bool {
        matches!(self.actor(), Ok(Actor::Host))
    }
}

impl FromRequestParts<Place> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, place: &Place) -> Result<Self, Problem> {
        let headers = &parts.headers;
        let identity = match (bearer(headers)?, cookie(headers, SESSION_COOKIE)) {
            (Some(secret), _) => match place.doors.grant(secret).await? {
                Some(grant) => Identity::Token(grant),
                None => return Err(Problem::new(StatusCode::UNAUTHORIZED, "http.token_invalid")),
            },
            (None, Some(secret)) => match place.doors.session(secret).await? {
                Some((session, person)) => Identity::Session { session, person, proof: proof_of(secret) },
                // A session that has ended is no reason not to show what strangers see.
                None => Identity::Stranger,
            },
            (None, None) => Identity::Stranger,
        };
        let meant = match identity {
            Identity::Session { .. } => Meant::Unproven,
            Identity::Stranger | Identity::Token(_) => Meant::Proven,
        };
        let key = match headers.get(IDEMPOTENCY_KEY) {
            Some(value) => Some(key_of(value.to_str().map_err(|_| invalid_key())?)?),
            None => None,
        };
        let target = format!("{} {}", parts.method, parts.uri.path());
        let caller = Self { place: place.clone(), identity, meant, words: words_of(headers), key, target };
        match headers.get(PROOF).and_then(|value| value.to_str().ok()) {
            Some(proof) => caller.proven_by(proof),
            None => Ok(caller),
        }
    }
}

/// What a session's forms bring along: derived from its secret, so that nothing has to be kept.
fn proof_of(secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"kith form proof");
    hex(&mac.finalize().into_bytes()[..16])
}

/// Compares without telling by the time how much of it was right.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |found, (a, b)| found | (a ^ b)) == 0
}

fn invalid_key() -> Problem {
    Refusal::KeyInvalid { max: kith_core::limits::KEY_BYTES_MAX as u64 }.into()
}

/// The key in a structured-field string (`"…"`) as the draft of the header has it, or bare as most send it.
fn key_of(value: &str) -> Result<String, Problem> {
    let value = value.trim();
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    if (1..=KEY_BYTES_MAX).contains(&bare.len()) { Ok(bare.to_owned()) } else { Err(invalid_key()) }
}

/// The secret of a bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let invalid = || Problem::new(StatusCode::UNAUTHORIZED, "http.token_invalid");
    let (scheme, secret) = value.to_str().map_err(|_| invalid())?.split_once(' ').ok_or_else(invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(secret.trim())) } else { Err(invalid()) }
}

/// The language that the reader prefers among those there are (RFC 9110, section 12.5.4).
pub(crate) fn words_of(headers: &HeaderMap) -> Words {
    let chosen = cookie(headers, "kith_language").and_then(language_of);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = chosen.or_else(|| accepted.and_then(preferred)).unwrap_or(Language::English);
    Words { language }
}

fn preferred(accepted: &str) -> Option<Language> {
    let mut best: Option<(u32, Language)> = None;
    for range in accepted.split(',').take(32) {
        let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight = parameter.trim().strip_prefix("q=").and_then(thousandths).unwrap_or(0);
        let Some(language) = language_of(tag.trim()) else { continue };
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// A weight such as `0.8` in thousandths.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    Some(whole.parse::<u32>().ok()?.min(1) * 1_000 + part.parse::<u32>().ok()?)
}

fn language_of(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next()?;
    if primary.eq_ignore_ascii_case("zh") {
        Some(Language::Chinese)
    } else if primary.eq_ignore_ascii_case("en") {
        Some(Language::English)
    } else {
        None
    }
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_the_reader_prefers() {
        for (accepted, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Language::Chinese)),
            ("de,en;q=0.5,zh;q=0.7", Some(Language::Chinese)),
            ("en-GB", Some(Language::English)),
            ("en;q=0,zh;q=0.1", Some(Language::Chinese)),
            ("fr,de", None),
            ("", None),
            (";;;,q=,zh;q=x", None),
        ] {
            assert_eq!(preferred(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_key_may_be_quoted_and_must_not_be_empty() {
        assert_eq!(key_of("\"a b\"").unwrap(), "a b");
        assert_eq!(key_of("abc").unwrap(), "abc");
        assert!(key_of("\"\"").is_err());
    }
}
