//! Sign-in links: a secret that signs its person in once, and soon.
//!
//! For whoever has no password yet, or forgot it. Only the SHA-256 of the secret is known here. A used link
//! is remembered until it would have expired, so that its bearer is told what happened rather than that there
//! is no such link.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::check_person;
use super::session::{self, NewSession, check_end};
use super::{Desk, Host, SecretHash};
use crate::decide::Outcome;
use crate::ids::PersonId;
use crate::moment::{DAY_MS, Moment};
use crate::refusal::Refusal;
use crate::role::Need;

/// How long a link may wait to be used: a week's holiday of whoever is sent one.
pub const LINK_MS_MAX: u64 = 7 * DAY_MS;
/// Links of one person that wait; whoever asks for more has lost the first.
pub const LINKS_PER_PERSON_MAX: usize = 8;

/// One link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whom it signs in.
    pub person: PersonId,
    /// Of its secret.
    pub secret_hash: SecretHash,
    /// When it ends, Unix milliseconds.
    pub expires_ms: u64,
    /// When it was used, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_ms: Option<u64>,
}

/// The links that wait, and those used lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Links(BTreeMap<SecretHash, Link>);

impl Links {
    /// The link of a secret with this hash.
    pub fn get(&self, secret_hash: &SecretHash) -> Option<&Link> {
        self.0.get(secret_hash)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of_person(&self, person: PersonId) -> impl Iterator<Item = &Link> {
        self.0.values().filter(move |link| link.person == person)
    }
}

/// What can be asked of links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Issue a link. Beyond the limit the one of the person's that ends first is void.
    Issue {
        /// Whom it signs in.
        person: PersonId,
        /// Of its secret.
        secret_hash: SecretHash,
        /// When it ends, Unix milliseconds.
        expires_ms: u64,
    },
    /// Sign in by a link. The session's id has the bits of the command's.
    Redeem {
        /// Which.
        link: SecretHash,
        /// The session.
        session: NewSession,
    },
}

impl Command {
    /// What the actor must be: the host, or to issue a link the person whom it signs in.
    pub fn needs(&self) -> Need {
        match self {
            Self::Issue { .. } => Need::Person,
            Self::Redeem { .. } => Need::Host,
        }
    }
}

/// What happened to links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One was issued.
    Issued {
        /// It.
        link: Link,
        /// Links that it puts an end to: anybody's expired ones, or their own one too many.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        gone: BTreeSet<SecretHash>,
    },
    /// One was used.
    Redeemed {
        /// Which.
        link: SecretHash,
    },
    /// Some are void.
    Voided {
        /// Which.
        links: BTreeSet<SecretHash>,
    },
}

/// Decides a link command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Issue { person, secret_hash, expires_ms } => {
            let (person, secret_hash, expires_ms) = (*person, *secret_hash, *expires_ms);
            issue(desk, Link { person, secret_hash, expires_ms, used_ms: None }, out)
        }
        Command::Redeem { link, session } => redeem(desk, link, session, out),
    }
}

fn issue(desk: &Desk<'_>, link: Link, out: &mut Outcome) -> Result<(), Refusal> {
    check_person(desk.host, link.person)?;
    check_end(desk, link.expires_ms, LINK_MS_MAX)?;
    let links = &desk.host.links;
    if links.get(&link.secret_hash).is_some() {
        return Err(Refusal::AlreadyExists { what: "sign_in_link".to_owned() });
    }
    let expired = |link: &&Link| link.expires_ms <= desk.at_ms();
    let mut gone: BTreeSet<SecretHash> =
        links.0.values().filter(expired).map(|link| link.secret_hash).collect();
    let waits = |link: &&Link| link.used_ms.is_none() && !expired(link);
    let mut waiting: Vec<&Link> = links.of_person(link.person).filter(waits).collect();
    waiting.sort_by_key(|link| link.expires_ms);
    let too_many = (waiting.len() + 1).saturating_sub(LINKS_PER_PERSON_MAX);
    gone.extend(waiting.iter().take(too_many).map(|link| link.secret_hash));
    out.event(Event::Issued { link, gone });
    Ok(())
}

fn redeem(
    desk: &Desk<'_>,
    link: &SecretHash,
    session: &NewSession,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let found = desk.host.links.get(link);
    let found = found.ok_or_else(|| Refusal::NotFound { what: "sign_in_link".to_owned() })?;
    check_person(desk.host, found.person)?;
    if found.used_ms.is_some() {
        return Err(Refusal::LinkUsed);
    }
    if found.expires_ms <= desk.at_ms() {
        return Err(Refusal::LinkExpired);
    }
    out.event(Event::Redeemed { link: *link });
    session::sign_in(desk, found.person, session, out)
}

/// Voids what a person has not used yet.
pub(super) fn void_all(host: &Host, person: PersonId, out: &mut Outcome) {
    let waiting = host.links.of_person(person).filter(|link| link.used_ms.is_none());
    void(waiting.map(|link| link.secret_hash).collect(), out);
}

/// Takes every link of somebody who is being erased, used ones too.
pub(super) fn forget(host: &Host, person: PersonId, out: &mut Outcome) {
    void(host.links.of_person(person).map(|link| link.secret_hash).collect(), out);
}

fn void(links: BTreeSet<SecretHash>, out: &mut Outcome) {
    if !links.is_empty() {
        out.event(Event::Voided { links });
    }
}

/// Applies what happened to links.
pub(super) fn apply(links: &mut Links, event: &Event, moment: &Moment) {
    match event {
        Event::Issued { link, gone } => {
            links.0.retain(|hash, _| !gone.contains(hash));
            links.0.insert(link.secret_hash, *link);
        }
        Event::Redeemed { link } => {
            if let Some(link) = links.0.get_mut(link) {
                link.used_ms = Some(moment.at_ms);
            }
        }
        Event::Voided { links: gone } => links.0.retain(|hash, _| !gone.contains(hash)),
    }
}
