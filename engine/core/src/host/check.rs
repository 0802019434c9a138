//! The one place where a command to the host's stream is held against its actor.
//!
//! Tokens act in communities: a command that was narrowed to permissions never reaches the host's own stream.

use super::{Command, Host, Standing, link, login, session};
use crate::command::{Actor, CommandKind};
use crate::ids::PersonId;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::{command, host::person, host::token};

/// Checks actor × command × token scope for the host's stream.
pub fn check(host: &Host, command: &command::Command) -> Result<(), Refusal> {
    if let Actor::Person(person) = command.actor {
        check_person(host, person)?;
    }
    let need = command.kind.needs();
    match (&command.kind, command.actor, need) {
        (CommandKind::Handoff(_) | CommandKind::Privacy(_), Actor::Stream(_), Need::Stream) => Ok(()),
        (CommandKind::Timer(_), Actor::Timer(_), Need::Timer) => Ok(()),
        (CommandKind::Handoff(_) | CommandKind::Privacy(_) | CommandKind::Timer(_), ..) => {
            Err(Refusal::HostOnly)
        }
        (CommandKind::Host(_), ..) if command.scope.is_some() => {
            Err(Refusal::ScopeTooNarrow { permission: "host".to_owned() })
        }
        (CommandKind::Host(_), Actor::Host, Need::Host | Need::Person) => Ok(()),
        (CommandKind::Host(asked), Actor::Person(person), Need::Person) => match subject(host, asked) {
            Some(own) if own == person => Ok(()),
            _ => Err(not_theirs(asked)),
        },
        (CommandKind::Host(_), ..) => Err(Refusal::HostOnly),
        _ => Err(Refusal::WrongStream),
    }
}

/// A person who may act at all.
pub(super) fn check_person(host: &Host, person: PersonId) -> Result<(), Refusal> {
    match host.persons.get(person).map(|row| &row.standing) {
        None => Err(Refusal::PersonNotFound),
        Some(Standing::Active) => Ok(()),
        Some(Standing::Suspended { .. }) => Err(Refusal::PersonSuspended),
        Some(Standing::Erasing { .. } | Standing::Erased { .. }) => Err(Refusal::PersonNotFound),
    }
}

/// What a person is told of what is not their own: of a token or a session not even that it is there.
fn not_theirs(command: &Command) -> Refusal {
    match command {
        Command::Token(token::Command::Revoke { token }) => Refusal::NotFound { what: token.to_string() },
        Command::Session(session::Command::SignOut { .. }) => {
            Refusal::NotFound { what: "session".to_owned() }
        }
        _ => Refusal::HostOnly,
    }
}

/// The person that a command is about, who may ask it for themselves.
fn subject(host: &Host, command: &Command) -> Option<PersonId> {
    match command {
        Command::Person(person::Command::Rename { person, .. } | person::Command::Erase { person }) => {
            Some(*person)
        }
        Command::Token(token::Command::Issue { holder, .. }) => holder.person(),
        Command::Token(token::Command::Revoke { token }) => host.tokens.get(*token)?.holder.person(),
        Command::Login(login::Command::Set { person, .. } | login::Command::Clear { person })
        | Command::Session(session::Command::SignOutAll { person, .. })
        | Command::Link(link::Command::Issue { person, .. }) => Some(*person),
        Command::Session(session::Command::SignOut { session }) => Some(host.sessions.get(*session)?.person),
        _ => None,
    }
}
