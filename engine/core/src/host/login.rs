//! Logins: the name under which a person signs in, and what proves that it is them.
//!
//! The name is known here as a MAC under the host's pepper only, made outside, so that neither log nor
//! snapshot tells who has an account. The password is an argon2id string, likewise made outside, and a body
//! of the person's: their erasure destroys it. Nothing here hashes or compares passwords.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use super::check::check_person;
use super::{Desk, Host, link, name_owner, session};
use crate::body::BodyRef;
use crate::decide::{Outcome, Shelf, keep};
use crate::ids::{PersonId, SessionId};
use crate::limits;
use crate::moment::Moment;
use crate::refusal::Refusal;

/// Bytes of a password's argon2id string: the usual parameters take a hundred.
const PASSWORD_BYTES_MAX: u32 = 256;
/// How an argon2id string begins (PHC string format). A password in clear does not.
const PASSWORD_BEGINS: &str = "$argon2id$";

/// HMAC-SHA-256 of a login name under the host's pepper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginHash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl LoginHash {
    /// The hash of a login name as somebody typed it: case, width and surrounding space make no difference.
    pub fn of(pepper: &[u8; 32], name: &str) -> Result<Self, Refusal> {
        let name = normalized(name);
        limits::check_name(&name)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
        mac.update(b"login\0");
        mac.update(name.as_bytes());
        Ok(Self(mac.finalize().into_bytes().into()))
    }
}

/// NFKC, lower case, trimmed. Lower case of a compatibility form may need composing again.
fn normalized(name: &str) -> String {
    let lower: String = name.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    lower.trim().to_owned()
}

/// How one person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Who.
    pub person: PersonId,
    /// Of the name.
    pub login: LoginHash,
    /// The password's argon2id string.
    pub password: BodyRef,
    /// When it was set, Unix milliseconds.
    pub since_ms: u64,
}

/// Every login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Rows")]
pub struct Logins {
    rows: BTreeMap<PersonId, Login>,
    #[serde(skip)]
    by_hash: BTreeMap<LoginHash, PersonId>,
}

/// What is stored of logins; the rest is found again.
#[derive(Deserialize)]
struct Rows {
    rows: BTreeMap<PersonId, Login>,
}

impl From<Rows> for Logins {
    fn from(Rows { rows }: Rows) -> Self {
        let by_hash = rows.values().map(|row| (row.login, row.person)).collect();
        Self { rows, by_hash }
    }
}

impl Logins {
    /// A person's.
    pub fn get(&self, person: PersonId) -> Option<&Login> {
        self.rows.get(&person)
    }

    /// Whether nobody has one.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The login of a name; the person may be suspended.
pub fn login_of<'a>(host: &'a Host, login: &LoginHash) -> Option<&'a Login> {
    host.logins.by_hash.get(login).and_then(|person| host.logins.rows.get(person))
}

/// What can be asked of logins, by the host or the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Set name and password. With another password every session and link of the person's ends.
    Set {
        /// Whose.
        person: PersonId,
        /// Of the name.
        login: LoginHash,
        /// The password's argon2id string, owned by the member id with the person's bits; or the body that
        /// is set already, to change the name only.
        password: BodyRef,
        /// The session that stays: the one in which the password is changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<SessionId>,
    },
    /// Let nobody sign in by name and password. Sessions stay.
    Clear {
        /// Whose.
        person: PersonId,
    },
}

/// What happened to logins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Name and password were set.
    Set {
        /// Now.
        login: Login,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Login>,
    },
    /// Name and password are gone.
    Cleared {
        /// As they were.
        old: Login,
    },
}

/// Decides a login command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Set { person, login, password, keep } => {
            let since_ms = desk.at_ms();
            let login = Login { person: *person, login: *login, password: *password, since_ms };
            set(desk, login, *keep, out)
        }
        Command::Clear { person } => {
            check_person(desk.host, *person)?;
            let old = desk.host.logins.get(*person).ok_or(Refusal::NothingToChange)?;
            out.event(Event::Cleared { old: *old });
            Ok(())
        }
    }
}

fn set(desk: &Desk<'_>, login: Login, keep: Option<SessionId>, out: &mut Outcome) -> Result<(), Refusal> {
    check_person(desk.host, login.person)?;
    let old = desk.host.logins.get(login.person).copied();
    let same_password = old.is_some_and(|old| old.password == login.password);
    if !same_password {
        check_password(desk, login.person, &login.password)?;
    }
    if login_of(desk.host, &login.login).is_some_and(|taken| taken.person != login.person) {
        return Err(Refusal::LoginTaken);
    }
    if same_password && old.is_some_and(|old| old.login == login.login) {
        return Err(Refusal::NothingToChange);
    }
    if !same_password {
        session::end_all(desk.host, login.person, keep, out);
        link::void_all(desk.host, login.person, out);
    }
    out.event(Event::Set { login, old });
    Ok(())
}

/// Refuses what is no argon2id string, so that a slip outside never stores a password in clear.
fn check_password(desk: &Desk<'_>, person: PersonId, password: &BodyRef) -> Result<(), Refusal> {
    let body = desk.bodies.get(password);
    let body = body.filter(|body| body.matches(password) && body.owner == name_owner(person));
    let text = body.and_then(|body| body.text()).ok_or(Refusal::BodyMissing)?;
    if password.len > PASSWORD_BYTES_MAX || !text.starts_with(PASSWORD_BEGINS) {
        let (name, expected) = ("password".to_owned(), "argon2id".to_owned());
        return Err(Refusal::ValueInvalid { name, expected });
    }
    Ok(())
}

/// Takes the login of somebody who is being erased.
pub(super) fn forget(host: &Host, person: PersonId, out: &mut Outcome) {
    if let Some(old) = host.logins.get(person) {
        out.event(Event::Cleared { old: *old });
    }
}

/// Applies what happened to logins.
pub(super) fn apply(logins: &mut Logins, event: &Event, _moment: &Moment, mut shelf: Shelf<'_>) {
    match event {
        Event::Set { login, old } => {
            if let Some(old) = old {
                logins.by_hash.remove(&old.login);
                if old.password != login.password {
                    shelf.0.remove(old.password.id);
                }
            }
            keep(&mut shelf, &login.password);
            logins.by_hash.insert(login.login, login.person);
            logins.rows.insert(login.person, *login);
        }
        Event::Cleared { old } => {
            shelf.0.remove(old.password.id);
            logins.by_hash.remove(&old.login);
            logins.rows.remove(&old.person);
        }
    }
}
