//! Sessions: a person signed in with a browser, for a time.
//!
//! The host signs somebody in once it has checked a password or a link outside; only the SHA-256 of the
//! session's secret is known here. Facts are small, since signing in is frequent: a session is written once
//! and ends as an id.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::check_person;
use super::{Desk, Host, SecretHash, link};
use crate::decide::Outcome;
use crate::ids::{PersonId, SessionId};
use crate::limits;
use crate::moment::{DAY_MS, Moment};
use crate::refusal::Refusal;
use crate::role::Need;

/// Sessions of one person: every device of somebody with many, over a year.
pub const SESSIONS_PER_PERSON_MAX: usize = 32;
/// How long a session may last: what browsers keep a cookie for (RFC 6265bis).
pub const SESSION_MS_MAX: u64 = 400 * DAY_MS;
/// Bytes of a session's label.
const LABEL_BYTES_MAX: usize = 60;

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Names it; says nothing of the secret.
    pub id: SessionId,
    /// Who is signed in.
    pub person: PersonId,
    /// Of its secret.
    pub secret_hash: SecretHash,
    /// When it began, Unix milliseconds.
    pub issued_ms: u64,
    /// When it ends, Unix milliseconds.
    pub expires_ms: u64,
    /// What its person knows it by, such as "Firefox on Linux".
    pub label: String,
}

/// A session as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSession {
    /// Of its secret.
    pub secret_hash: SecretHash,
    /// When it ends, Unix milliseconds.
    pub expires_ms: u64,
    /// What its person knows it by: coarse, as it stays in the log. Never an address or a whole user agent.
    pub label: String,
}

/// The sessions that have not ended. Some may have expired.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Rows")]
pub struct Sessions {
    rows: BTreeMap<SessionId, Session>,
    #[serde(skip)]
    by_hash: BTreeMap<SecretHash, SessionId>,
    #[serde(skip)]
    by_person: BTreeMap<PersonId, BTreeSet<SessionId>>,
}

/// What is stored of sessions; the rest is found again.
#[derive(Deserialize)]
struct Rows {
    rows: BTreeMap<SessionId, Session>,
}

impl From<Rows> for Sessions {
    fn from(Rows { rows }: Rows) -> Self {
        let mut sessions = Self::default();
        rows.into_values().for_each(|session| sessions.insert(session));
        sessions
    }
}

impl Sessions {
    /// One session.
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.rows.get(&id)
    }

    /// Those of a person, in the order of ids.
    pub fn of_person(&self, person: PersonId) -> impl Iterator<Item = &Session> {
        self.by_person.get(&person).into_iter().flatten().filter_map(|id| self.rows.get(id))
    }

    /// Whether nobody is signed in.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn insert(&mut self, session: Session) {
        self.by_hash.insert(session.secret_hash, session.id);
        self.by_person.entry(session.person).or_default().insert(session.id);
        self.rows.insert(session.id, session);
    }

    fn remove(&mut self, id: SessionId) {
        let Some(session) = self.rows.remove(&id) else { return };
        self.by_hash.remove(&session.secret_hash);
        if let Some(theirs) = self.by_person.get_mut(&session.person) {
            theirs.remove(&id);
            if theirs.is_empty() {
                self.by_person.remove(&session.person);
            }
        }
    }
}

/// The session, while it lasts: until it ends or expires, and as long as its person may act.
pub fn session_in_force(host: &Host, session: SessionId, now_ms: u64) -> Option<&Session> {
    let session = host.sessions.get(session).filter(|session| session.expires_ms > now_ms)?;
    check_person(host, session.person).ok()?;
    Some(session)
}

/// Who bears a secret with this hash at `now_ms`.
pub fn authenticate_session(
    host: &Host,
    secret_hash: &SecretHash,
    now_ms: u64,
) -> Option<(SessionId, PersonId)> {
    let session = session_in_force(host, *host.sessions.by_hash.get(secret_hash)?, now_ms)?;
    Some((session.id, session.person))
}

/// What can be asked of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Sign a person in, who has proved to the host that it is them. The session's id has the bits of the
    /// command's; beyond the limit their oldest session ends.
    SignIn {
        /// Whom.
        person: PersonId,
        /// The session.
        session: NewSession,
    },
    /// End a session.
    SignOut {
        /// Which.
        session: SessionId,
    },
    /// End all sessions of a person, and void their sign-in links.
    SignOutAll {
        /// Whose.
        person: PersonId,
        /// The one that stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<SessionId>,
    },
}

impl Command {
    /// What the actor must be: the host, or to end a session the person whose it is.
    pub fn needs(&self) -> Need {
        match self {
            Self::SignIn { .. } => Need::Host,
            Self::SignOut { .. } | Self::SignOutAll { .. } => Need::Person,
        }
    }
}

/// What happened to sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One began at the time of its record.
    SignedIn {
        /// It.
        session: SessionId,
        /// Who.
        person: PersonId,
        /// Of its secret.
        secret_hash: SecretHash,
        /// When it ends, Unix milliseconds.
        expires_ms: u64,
        /// What its person knows it by.
        label: String,
        /// Sessions of theirs that it puts an end to: expired, or one too many.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        gone: BTreeSet<SessionId>,
    },
    /// Some ended.
    SignedOut {
        /// Which.
        sessions: BTreeSet<SessionId>,
    },
}

/// Decides a session command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::SignIn { person, session } => sign_in(desk, *person, session, out),
        Command::SignOut { session } => {
            let row = desk.host.sessions.get(*session);
            let row = row.ok_or_else(|| Refusal::NotFound { what: "session".to_owned() })?;
            out.event(Event::SignedOut { sessions: BTreeSet::from([row.id]) });
            Ok(())
        }
        Command::SignOutAll { person, keep } => {
            let before = out.events.len();
            end_all(desk.host, *person, *keep, out);
            link::void_all(desk.host, *person, out);
            if out.events.len() == before { Err(Refusal::NothingToChange) } else { Ok(()) }
        }
    }
}

/// Signs somebody in.
pub(super) fn sign_in(
    desk: &Desk<'_>,
    person: PersonId,
    session: &NewSession,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    check_person(desk.host, person)?;
    check_label(&session.label)?;
    check_end(desk, session.expires_ms, SESSION_MS_MAX)?;
    let sessions = &desk.host.sessions;
    if sessions.by_hash.contains_key(&session.secret_hash) {
        return Err(Refusal::AlreadyExists { what: "session".to_owned() });
    }
    let NewSession { secret_hash, expires_ms, label } = session.clone();
    let gone = outlived(sessions, person, desk.at_ms());
    let session = SessionId(desk.command.id.0);
    out.event(Event::SignedIn { session, person, secret_hash, expires_ms, label, gone });
    Ok(())
}

fn check_label(label: &str) -> Result<(), Refusal> {
    if label.len() > LABEL_BYTES_MAX {
        return Err(Refusal::TextTooLong { field: "label".to_owned(), max: LABEL_BYTES_MAX as u64 });
    }
    limits::check_name(label)
}

/// Refuses an end in the past, or further away than `after_ms_max`.
pub(super) fn check_end(desk: &Desk<'_>, expires_ms: u64, after_ms_max: u64) -> Result<(), Refusal> {
    let expected = match expires_ms.checked_sub(desk.at_ms()) {
        None | Some(0) => "future",
        Some(after_ms) if after_ms > after_ms_max => "sooner",
        Some(_) => return Ok(()),
    };
    Err(Refusal::ValueInvalid { name: "expires".to_owned(), expected: expected.to_owned() })
}

/// The sessions of a person that end when another begins: the expired ones, and the oldest of too many.
fn outlived(sessions: &Sessions, person: PersonId, now_ms: u64) -> BTreeSet<SessionId> {
    let (expired, mut live): (Vec<&Session>, Vec<&Session>) =
        sessions.of_person(person).partition(|session| session.expires_ms <= now_ms);
    live.sort_by_key(|session| (session.issued_ms, session.id));
    let too_many = (live.len() + 1).saturating_sub(SESSIONS_PER_PERSON_MAX);
    expired.iter().chain(live.iter().take(too_many)).map(|session| session.id).collect()
}

/// Ends what a person has, except one.
pub(super) fn end_all(host: &Host, person: PersonId, keep: Option<SessionId>, out: &mut Outcome) {
    let theirs = host.sessions.of_person(person).map(|session| session.id);
    let sessions: BTreeSet<SessionId> = theirs.filter(|id| Some(*id) != keep).collect();
    if !sessions.is_empty() {
        out.event(Event::SignedOut { sessions });
    }
}

/// Applies what happened to sessions.
pub(super) fn apply(sessions: &mut Sessions, event: &Event, moment: &Moment) {
    match event {
        Event::SignedIn { session, person, secret_hash, expires_ms, label, gone } => {
            gone.iter().for_each(|id| sessions.remove(*id));
            sessions.insert(Session {
                id: *session,
                person: *person,
                secret_hash: *secret_hash,
                issued_ms: moment.at_ms,
                expires_ms: *expires_ms,
                label: label.clone(),
            });
        }
        Event::SignedOut { sessions: gone } => gone.iter().for_each(|id| sessions.remove(*id)),
    }
}
