//! The host's own stream: persons, how they sign in, tokens, quotas, the list of communities, suspension.
//!
//! Communities are streams of their own: what the host wants of one goes there as a parcel, and what came of
//! it comes back as one. Until then the in-between state has a name and a time-out. Parcels may overtake each
//! other, so each carries the revision (the host's record number) of the word it brings, and an older word
//! never overrides a newer one. `check` is the one place where a command is held against its actor.

mod check;
mod erasure;
mod hosted;
mod link;
mod login;
mod person;
mod quota;
mod registry;
mod session;
#[cfg(test)]
mod tests;
mod token;

pub use check::check;
pub use hosted::{
    Access, Hosted, received_by_community, rehost, tell_link, tell_links, within_members, within_messages,
};
pub use link::{LINK_MS_MAX, LINKS_PER_PERSON_MAX, Link, Links};
pub use login::{Login, LoginHash, Logins, login_of};
pub use person::{Claim, ClaimOutcome, Person, Persons, Standing, name_owner};
pub use quota::Quotas;
pub use registry::{Asked, Registry, Row, State, Wanted, check_name};
pub use session::{
    NewSession, SESSION_MS_MAX, SESSIONS_PER_PERSON_MAX, Session, Sessions, authenticate_session,
    session_in_force,
};
pub use token::{Grant, Holder, Reach, SecretHash, Token, Tokens, authenticate, token_in_force};

/// What can be asked of each of the host's nouns, and what happened to it.
pub mod noun {
    pub use super::hosted::Event as HostedEvent;
    pub use super::link::{Command as LinkCommand, Event as LinkEvent};
    pub use super::login::{Command as LoginCommand, Event as LoginEvent};
    pub use super::person::{Command as PersonCommand, Event as PersonEvent};
    pub use super::quota::{Command as QuotaCommand, Event as QuotaEvent};
    pub use super::registry::{Command as RegistryCommand, Event as RegistryEvent};
    pub use super::session::{Command as SessionCommand, Event as SessionEvent};
    pub use super::token::{Command as TokenCommand, Event as TokenEvent};
}

use serde::{Deserialize, Serialize};

use crate::body::Bodies;
use crate::command::{self, CommandKind};
use crate::decide::Outcome;
use crate::handoff::{self, Outgoing};
use crate::ids::{CommunityId, MemberId, PersonId, TimerId};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::{Kind, Stream};
use crate::{privacy, timer};

/// What the host knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Humans and bots across communities.
    #[serde(default)]
    pub persons: Persons,
    /// What lets a program in.
    #[serde(default)]
    pub tokens: Tokens,
    /// The communities and their names.
    #[serde(default)]
    pub communities: Registry,
    /// What a community may use where nothing else is set.
    #[serde(default)]
    pub quotas: Quotas,
    /// Names and passwords of persons.
    #[serde(default, skip_serializing_if = "Logins::is_empty")]
    pub logins: Logins,
    /// Who is signed in.
    #[serde(default, skip_serializing_if = "Sessions::is_empty")]
    pub sessions: Sessions,
    /// What signs somebody in once.
    #[serde(default, skip_serializing_if = "Links::is_empty")]
    pub links: Links,
}

/// What the host tells a community, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// To a community: be open, suspended or removed.
    SetStatus {
        /// What it shall be.
        status: Wanted,
        /// Of the host's word.
        revision: u64,
    },
    /// To a community: the name is yours.
    Rename {
        /// The name.
        name: String,
        /// Of the host's word.
        revision: u64,
    },
    /// To a community: use no more than this.
    SetQuotas {
        /// The quotas.
        quotas: Quotas,
        /// Of the host's word.
        revision: u64,
    },
    /// To a community: let a person act, or not.
    SetAccess {
        /// Who.
        person: PersonId,
        /// Whether they may.
        access: Access,
        /// Of the host's word.
        revision: u64,
    },
    /// To a community: the member is this person, if nobody else is.
    Claim {
        /// Who.
        person: PersonId,
        /// The imported member.
        member: MemberId,
    },
    /// To the host: this is what the community is now.
    StatusIs {
        /// What it is.
        status: Wanted,
        /// Of the word that it answers.
        revision: u64,
    },
    /// To the host: the community bears this name now.
    Renamed {
        /// The name.
        name: String,
        /// Of the word that it answers.
        revision: u64,
    },
    /// To the host: the community does not do it.
    Refused {
        /// Of the word that it answers.
        revision: u64,
        /// Why.
        why: Refusal,
    },
    /// To the host: a person has a row in the community.
    Linked {
        /// Who.
        person: PersonId,
        /// Who they are there.
        member: MemberId,
    },
    /// To the host: the member is this person now.
    Claimed {
        /// Who.
        person: PersonId,
        /// The imported member.
        member: MemberId,
    },
    /// To the host: the member is not this person's.
    ClaimRefused {
        /// Who.
        person: PersonId,
        /// The member.
        member: MemberId,
        /// Why.
        why: Refusal,
    },
}

/// Why the host set a timer: every in-between state ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// A community was registered and never confirmed.
    FoundingEnds {
        /// Which.
        community: CommunityId,
    },
    /// A community did not answer.
    AnswerEnds {
        /// Which.
        community: CommunityId,
        /// Of the word that was not answered.
        revision: u64,
    },
    /// A claim was not answered.
    ClaimEnds {
        /// Where.
        community: CommunityId,
        /// Which member.
        member: MemberId,
        /// By whom.
        person: PersonId,
    },
    /// Communities have not erased a person yet: ask again.
    ErasureStalls {
        /// Whom.
        person: PersonId,
    },
}

/// What can be asked of the host's stream, by noun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Found the host's stream.
    Found,
    /// To a community's stream: it has come from another host, whose word does not hold here.
    Rehost,
    /// Persons.
    Person(person::Command),
    /// Tokens.
    Token(token::Command),
    /// Communities.
    Community(registry::Command),
    /// Quotas.
    Quota(quota::Command),
    /// Names and passwords.
    Login(login::Command),
    /// Sessions.
    Session(session::Command),
    /// Sign-in links.
    Link(link::Command),
}

impl Command {
    /// What the actor must be. `Need::Person` is the person it is about, or the host.
    pub fn needs(&self) -> Need {
        match self {
            Self::Person(command) => command.needs(),
            Self::Session(command) => command.needs(),
            Self::Link(command) => command.needs(),
            Self::Token(_) | Self::Login(_) => Need::Person,
            Self::Found | Self::Rehost | Self::Community(_) | Self::Quota(_) => Need::Host,
        }
    }
}

/// What happened on the host, by noun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The host's stream was founded.
    Founded,
    /// To a person.
    Person(person::Event),
    /// To a token.
    Token(token::Event),
    /// To a community's row.
    Community(registry::Event),
    /// To quotas.
    Quota(quota::Event),
    /// To a name and password.
    Login(login::Event),
    /// To sessions.
    Session(session::Event),
    /// To sign-in links.
    Link(link::Event),
    /// In a community: what the host told it.
    Hosted(hosted::Event),
}

macro_rules! nouns {
    ($($variant:ident = $noun:ident;)*) => {$(
        impl From<$noun::Command> for CommandKind {
            fn from(command: $noun::Command) -> Self {
                Self::Host(Command::$variant(command))
            }
        }
        impl From<$noun::Event> for crate::event::Event {
            fn from(event: $noun::Event) -> Self {
                Self::Host(Event::$variant(event))
            }
        }
    )*};
}

nouns! {
    Person = person;
    Token = token;
    Community = registry;
    Quota = quota;
    Login = login;
    Session = session;
    Link = link;
}

impl From<hosted::Event> for crate::event::Event {
    fn from(event: hosted::Event) -> Self {
        Self::Host(Event::Hosted(event))
    }
}

/// What the host's nouns may look at when they decide.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The whole stream.
    pub stream: &'a Stream,
    /// What the host knows.
    pub host: &'a Host,
    /// What is asked.
    pub command: &'a command::Command,
    /// What came with it.
    pub bodies: &'a Bodies,
}

impl Desk<'_> {
    fn at_ms(&self) -> u64 {
        self.command.at_ms
    }

    /// The number that the record of this command will have.
    fn revision(&self) -> u64 {
        self.stream.seq + 1
    }

    fn set_timer(&self, index: u32, after_ms: u64, timer: Timer, out: &mut Outcome) {
        let due_ms = self.at_ms().saturating_add(after_ms);
        let purpose = timer::Purpose::Host(timer);
        out.event(timer::Event::Set { timer: TimerId::of(self.command.id, index), due_ms, purpose });
    }
}

/// Sends a parcel from the host, or to it.
fn send(to: CommunityId, parcel: Parcel, out: &mut Outcome) {
    out.outbox.push(Outgoing { to, parcel: handoff::Parcel::Host(parcel), bodies: Vec::new() });
}

/// Decides the first command of the host's stream.
pub fn found(
    stream: &Stream,
    envelope: &command::Command,
    command: &Command,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    if stream.id != CommunityId::HOST {
        return Err(Refusal::WrongStream);
    }
    if envelope.actor != command::Actor::Host {
        return Err(Refusal::HostOnly);
    }
    match command {
        Command::Found => out.event(Event::Founded),
        _ => return Err(Refusal::CommunityNotFound),
    }
    Ok(())
}

/// Decides a command of the host's stream.
pub fn decide(desk: &Desk<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    check(desk.host, desk.command)?;
    match &desk.command.kind {
        CommandKind::Host(Command::Found) => Err(Refusal::NothingToChange),
        CommandKind::Host(Command::Rehost) => Err(Refusal::WrongStream),
        CommandKind::Host(Command::Person(command)) => person::decide(desk, command, out),
        CommandKind::Host(Command::Token(command)) => token::decide(desk, command, out),
        CommandKind::Host(Command::Community(command)) => registry::decide(desk, command, out),
        CommandKind::Host(Command::Quota(command)) => quota::decide(desk, command, out),
        CommandKind::Host(Command::Login(command)) => login::decide(desk, command, out),
        CommandKind::Host(Command::Session(command)) => session::decide(desk, command, out),
        CommandKind::Host(Command::Link(command)) => link::decide(desk, command, out),
        CommandKind::Handoff(command) => handed(desk, command, out),
        CommandKind::Timer(command) => fire(desk, command, out),
        CommandKind::Privacy(command) => privacy::finish(desk.stream, command, out),
        _ => Err(Refusal::WrongStream),
    }
}

fn handed(desk: &Desk<'_>, command: &handoff::Command, out: &mut Outcome) -> Result<(), Refusal> {
    let handoffs = &desk.stream.handoffs;
    let (from, parcel) = match command {
        handoff::Command::Delivered { rows } => return handoff::delivered(handoffs, rows, out),
        handoff::Command::Receive { from, parcel } => (*from, parcel),
    };
    if handoff::seen(handoffs, desk.command.id) {
        return Err(Refusal::NothingToChange);
    }
    out.event(handoff::Event::Received { delivery: desk.command.id, from });
    match parcel {
        handoff::Parcel::Host(parcel) => receive(desk, from, parcel, out),
        handoff::Parcel::Privacy(parcel) => erasure::answered(desk, from, parcel, out),
        handoff::Parcel::Gate(_) => return Err(Refusal::WrongStream),
    }
    Ok(())
}

/// Takes what a community says; a community's fact is never refused.
fn receive(desk: &Desk<'_>, from: CommunityId, parcel: &Parcel, out: &mut Outcome) {
    match parcel {
        Parcel::StatusIs { status, revision } => registry::answered(desk, from, (*status, *revision), out),
        Parcel::Renamed { name, revision } => registry::renamed(desk, from, (name, *revision), out),
        Parcel::Refused { revision, why } => registry::refused(desk, from, (*revision, why), out),
        Parcel::Linked { person, member } => person::linked(desk, from, (*person, *member), out),
        Parcel::Claimed { person, member } => person::claimed(desk, from, (*person, *member), out),
        Parcel::ClaimRefused { person, member, why } => {
            let outcome = ClaimOutcome::Refused { why: why.clone() };
            person::claim_ended(desk, (from, *member, *person), outcome, out);
        }
        Parcel::SetStatus { .. }
        | Parcel::Rename { .. }
        | Parcel::SetQuotas { .. }
        | Parcel::SetAccess { .. }
        | Parcel::Claim { .. } => {}
    }
}

fn fire(desk: &Desk<'_>, command: &timer::Command, out: &mut Outcome) -> Result<(), Refusal> {
    let purpose = timer::take(&desk.stream.timers, command, desk.at_ms(), out)?;
    let timer::Purpose::Host(timer) = purpose else { return Ok(()) };
    match timer {
        Timer::FoundingEnds { community } => registry::founding_ends(desk, *community, out),
        Timer::AnswerEnds { community, revision } => registry::answer_ends(desk, *community, *revision, out),
        Timer::ClaimEnds { community, member, person } => {
            person::claim_ended(desk, (*community, *member, *person), ClaimOutcome::TimedOut, out);
        }
        Timer::ErasureStalls { person } => erasure::stalls(desk, *person, out),
    }
    Ok(())
}

/// Applies what happened on the host, or in a community by the host's word.
pub fn apply(stream: &mut Stream, event: &Event, moment: &Moment, bodies: &Bodies) {
    if matches!((&stream.kind, event), (Kind::New, Event::Founded)) {
        stream.kind = Kind::Host(Box::default());
        return;
    }
    match (&mut stream.kind, event) {
        (Kind::Host(host), Event::Person(event)) => {
            person::apply(host, event, moment, (&mut stream.bodies, bodies));
            erasure::note(&mut stream.erasures, event);
        }
        (Kind::Host(host), Event::Token(event)) => token::apply(&mut host.tokens, event, moment),
        (Kind::Host(host), Event::Community(event)) => registry::apply(&mut host.communities, event, moment),
        (Kind::Host(host), Event::Quota(event)) => quota::apply(host, event),
        (Kind::Host(host), Event::Login(event)) => {
            login::apply(&mut host.logins, event, moment, (&mut stream.bodies, bodies));
        }
        (Kind::Host(host), Event::Session(event)) => session::apply(&mut host.sessions, event, moment),
        (Kind::Host(host), Event::Link(event)) => link::apply(&mut host.links, event, moment),
        (Kind::Community(community), Event::Hosted(event)) => {
            hosted::apply(community, &mut stream.handoffs, event);
        }
        _ => {}
    }
}
