//! Tokens: what lets a program act for the host or a person, in one community or all, with some permissions.
//!
//! The secret is minted outside and shown once; only its SHA-256 is known here, so that the log lets nobody
//! in. A token never allows more than its holder may do themselves: its permissions only narrow.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::check_person;
use super::{Desk, Host};
use crate::command::Actor;
use crate::decide::Outcome;
use crate::ids::{CommunityId, PersonId, TokenId};
use crate::limits;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Permission;

/// Tokens of one holder: a bot or two for each community they run, with room for rotation.
const TOKENS_PER_HOLDER_MAX: usize = 256;

/// SHA-256 of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl SecretHash {
    /// The hash of a secret as its bearer writes it.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

/// For whom a token acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The operator of the process.
    Host,
    /// A person.
    Person(PersonId),
}

impl Holder {
    /// The person, if it is one.
    pub fn person(self) -> Option<PersonId> {
        match self {
            Self::Host => None,
            Self::Person(person) => Some(person),
        }
    }

    /// As who commands are asked.
    pub fn actor(self) -> Actor {
        match self {
            Self::Host => Actor::Host,
            Self::Person(person) => Actor::Person(person),
        }
    }
}

/// Where a token acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// In one community.
    Community(CommunityId),
    /// In every community.
    All,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Names it; says nothing of the secret.
    pub id: TokenId,
    /// For whom.
    pub holder: Holder,
    /// Where.
    pub reach: Reach,
    /// What at most.
    pub permissions: BTreeSet<Permission>,
    /// What the operator calls it.
    pub label: String,
    /// When it ends, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
    /// Of its secret.
    pub secret_hash: SecretHash,
    /// When it was issued, Unix milliseconds.
    pub issued_ms: u64,
}

/// The tokens in force. Revoked ones are in the log only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    rows: BTreeMap<TokenId, Token>,
    by_hash: BTreeMap<SecretHash, TokenId>,
}

impl Tokens {
    /// One token.
    pub fn get(&self, id: TokenId) -> Option<&Token> {
        self.rows.get(&id)
    }

    /// All, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Token> {
        self.rows.values()
    }
}

/// What a valid secret lets its bearer do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub token: TokenId,
    /// As who.
    pub actor: Actor,
    /// Where.
    pub reach: Reach,
    /// The scope of every command.
    pub scope: BTreeSet<Permission>,
}

impl Grant {
    /// Whether it holds in a community. Never in the host's own stream.
    pub fn reaches(&self, community: CommunityId) -> bool {
        match self.reach {
            Reach::All => community != CommunityId::HOST,
            Reach::Community(one) => one == community && community != CommunityId::HOST,
        }
    }
}

/// The token, while it holds: until it is revoked or expires, and as long as its person may act.
pub fn token_in_force(host: &Host, token: TokenId, now_ms: u64) -> Option<&Token> {
    let token = host.tokens.get(token)?;
    if let Holder::Person(person) = token.holder {
        check_person(host, person).ok()?;
    }
    Some(token).filter(|it| it.expires_ms.is_none_or(|expires_ms| expires_ms > now_ms))
}

/// What a secret with this hash grants at `now_ms`.
pub fn authenticate(host: &Host, secret_hash: &SecretHash, now_ms: u64) -> Option<Grant> {
    let token = token_in_force(host, *host.tokens.by_hash.get(secret_hash)?, now_ms)?;
    let scope = token.permissions.clone();
    Some(Grant { token: token.id, actor: token.holder.actor(), reach: token.reach, scope })
}

/// What can be asked of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Issue a token; its id has the bits of the command's.
    Issue {
        /// For whom.
        holder: Holder,
        /// Where.
        reach: Reach,
        /// What at most.
        permissions: BTreeSet<Permission>,
        /// What to call it.
        label: String,
        /// When it ends, Unix milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_ms: Option<u64>,
        /// Of its secret.
        secret_hash: SecretHash,
    },
    /// Revoke a token.
    Revoke {
        /// Which.
        token: TokenId,
    },
}

/// What happened to tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One was issued.
    Issued {
        /// It.
        token: Token,
    },
    /// One was revoked, or its person is erased.
    Revoked {
        /// It, as it was.
        old: Token,
    },
}

/// Decides a token command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Revoke { token } => {
            let old = desk.host.tokens.get(*token);
            let old = old.ok_or_else(|| Refusal::NotFound { what: token.to_string() })?.clone();
            out.event(Event::Revoked { old });
            Ok(())
        }
        Command::Issue { holder, reach, permissions, label, expires_ms, secret_hash } => {
            let token = Token {
                id: TokenId(desk.command.id.0),
                holder: *holder,
                reach: *reach,
                permissions: permissions.clone(),
                label: label.clone(),
                expires_ms: *expires_ms,
                secret_hash: *secret_hash,
                issued_ms: desk.at_ms(),
            };
            issue(desk, token, out)
        }
    }
}

fn issue(desk: &Desk<'_>, token: Token, out: &mut Outcome) -> Result<(), Refusal> {
    let host = desk.host;
    if let Holder::Person(person) = token.holder {
        check_person(host, person)?;
    }
    limits::check_name(&token.label)?;
    if token.expires_ms.is_some_and(|expires_ms| expires_ms <= desk.at_ms()) {
        return Err(Refusal::ValueInvalid { name: "expires".to_owned(), expected: "future".to_owned() });
    }
    let held = host.tokens.iter().filter(|held| held.holder == token.holder);
    let expired = |held: &&Token| held.expires_ms.is_some_and(|expires_ms| expires_ms <= desk.at_ms());
    let (gone, live): (Vec<_>, Vec<_>) = held.partition(expired);
    if live.len() >= TOKENS_PER_HOLDER_MAX {
        return Err(Refusal::TooMany { what: "token".to_owned(), max: TOKENS_PER_HOLDER_MAX as u64 });
    }
    if let Reach::Community(community) = token.reach {
        super::registry::known(host, community)?;
    }
    if host.tokens.by_hash.contains_key(&token.secret_hash) {
        return Err(Refusal::AlreadyExists { what: "token".to_owned() });
    }
    for old in gone {
        out.event(Event::Revoked { old: old.clone() });
    }
    out.event(Event::Issued { token });
    Ok(())
}

/// Revokes everything a person holds.
pub(super) fn revoke_all(host: &Host, person: PersonId, out: &mut Outcome) {
    for old in host.tokens.iter().filter(|token| token.holder == Holder::Person(person)) {
        out.event(Event::Revoked { old: old.clone() });
    }
}

/// Applies what happened to tokens.
pub(super) fn apply(tokens: &mut Tokens, event: &Event, _moment: &Moment) {
    match event {
        Event::Issued { token } => {
            tokens.by_hash.insert(token.secret_hash, token.id);
            tokens.rows.insert(token.id, token.clone());
        }
        Event::Revoked { old } => {
            tokens.by_hash.remove(&old.secret_hash);
            tokens.rows.remove(&old.id);
        }
    }
}
