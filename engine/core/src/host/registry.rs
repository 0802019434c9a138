//! The communities of this host: names, states, and what each was asked to become.
//!
//! `founding → open ⇄ suspended → removed`; a founding that is never confirmed lapses and frees its name.
//! What the host asks of a community (`suspending`, `resuming`, `removing`, `renaming`) stands beside the
//! state until the community answers, refuses, or the time-out ends it; a late answer still counts, for it is
//! a fact.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{Desk, Host, Parcel, Quotas, Timer, quota, send};
use crate::decide::Outcome;
use crate::ids::CommunityId;
use crate::limits;
use crate::moment::{HOUR_MS, Moment};
use crate::refusal::Refusal;

/// How long a founding may take: creating the stream and confirming it is one command at the prompt.
const FOUNDING_MS: u64 = HOUR_MS;
/// How long a community may take to answer.
const ANSWER_MS: u64 = HOUR_MS;

/// What a community is, as it said itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its name is taken, its stream not confirmed yet.
    Founding,
    /// It was never confirmed; its name is free.
    Lapsed,
    /// Open.
    Open,
    /// Suspended: reading only.
    Suspended,
    /// Removed; its name is free.
    Removed,
}

/// What the host wants a community to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Open.
    Open,
    /// Suspended.
    Suspended,
    /// Removed.
    Removed,
}

impl Wanted {
    const fn state(self) -> State {
        match self {
            Self::Open => State::Open,
            Self::Suspended => State::Suspended,
            Self::Removed => State::Removed,
        }
    }
}

/// What a community was asked and has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// To be open, suspended or removed.
    Status(Wanted),
    /// To bear a name, which is reserved for it.
    Name(String),
}

/// One community as the host knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which.
    pub id: CommunityId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub state: State,
    /// What it was asked, and the revision of that word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<(u64, Asked)>,
    /// The newest word that it has answered.
    pub heard: u64,
    /// Quotas of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Quotas>,
    /// When it was registered, Unix milliseconds.
    pub since_ms: u64,
}

impl Row {
    /// The name of its state, in-between states included.
    pub fn state_name(&self) -> &'static str {
        match (&self.asked, self.state) {
            (Some((_, Asked::Name(_))), _) => "renaming",
            (Some((_, Asked::Status(Wanted::Open))), _) => "resuming",
            (Some((_, Asked::Status(Wanted::Suspended))), _) => "suspending",
            (Some((_, Asked::Status(Wanted::Removed))), _) => "removing",
            (None, State::Founding) => "founding",
            (None, State::Lapsed) => "lapsed",
            (None, State::Open) => "open",
            (None, State::Suspended) => "suspended",
            (None, State::Removed) => "removed",
        }
    }

    /// Whether there is a stream that can be told something.
    pub fn exists(&self) -> bool {
        matches!(self.state, State::Open | State::Suspended)
    }
}

/// All communities of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    rows: BTreeMap<CommunityId, Row>,
    names: BTreeMap<String, CommunityId>,
}

impl Registry {
    /// One community.
    pub fn get(&self, id: CommunityId) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// All, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// The community that bears a name, or has it reserved. Case and width make no difference.
    pub fn named(&self, name: &str) -> Option<&Row> {
        self.names.get(&name_key(name)).and_then(|id| self.rows.get(id))
    }

    pub(super) fn change(&mut self, id: CommunityId, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(&id) {
            change(row);
        }
    }

    fn free(&mut self, name: &str, id: CommunityId) {
        let key = name_key(name);
        if self.names.get(&key) == Some(&id) {
            self.names.remove(&key);
        }
    }
}

/// What must differ between two names: `Garden`, `garden` and `ｇａｒｄｅｎ` are one.
fn name_key(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

/// Refuses a name that no community should bear: names stand in paths, links and command lines.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    limits::check_name(name)?;
    let taken_for_else = name.starts_with(['-', '.'])
        || name.contains(['/', '\\', ':', '@', '"'])
        || name_key(name).starts_with("com_")
        || name.chars().all(|c| !c.is_alphanumeric());
    if taken_for_else { Err(Refusal::NameInvalid { name: name.chars().take(60).collect() }) } else { Ok(()) }
}

/// What can be asked of the list of communities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Take a name for a community that is about to be founded.
    Register {
        /// The id that its stream will have.
        community: CommunityId,
        /// Its name.
        name: String,
    },
    /// The stream is there.
    Confirm {
        /// Whose.
        community: CommunityId,
    },
    /// Give a community another name.
    Rename {
        /// Which.
        community: CommunityId,
        /// The new name.
        name: String,
    },
    /// Make it open (again), suspended or removed.
    SetStatus {
        /// Which.
        community: CommunityId,
        /// What it shall be.
        status: Wanted,
    },
}

/// What happened to a community's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A name was taken.
    Registered {
        /// For which.
        community: CommunityId,
        /// The name.
        name: String,
    },
    /// The stream is there.
    Confirmed {
        /// Whose.
        community: CommunityId,
    },
    /// A founding was never confirmed.
    Lapsed {
        /// Whose.
        community: CommunityId,
        /// The name that is free now.
        name: String,
    },
    /// The community was asked something.
    Asked {
        /// Which.
        community: CommunityId,
        /// What.
        asked: Asked,
        /// Of the word.
        revision: u64,
    },
    /// The community said what it is.
    StatusTold {
        /// Which.
        community: CommunityId,
        /// What it is.
        status: Wanted,
        /// What it was.
        old: State,
        /// Of the word that it answers.
        revision: u64,
    },
    /// The community said how it is called.
    Renamed {
        /// Which.
        community: CommunityId,
        /// Now.
        name: String,
        /// Before.
        old: String,
        /// Of the word that it answers.
        revision: u64,
    },
    /// What was asked is off: refused, or not answered in time.
    AskEnded {
        /// Which.
        community: CommunityId,
        /// What was asked.
        asked: Asked,
        /// Of the word.
        revision: u64,
        /// Why it refused; `None` for no answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Refusal>,
    },
}

/// A row that is there.
pub(super) fn known(host: &Host, community: CommunityId) -> Result<&Row, Refusal> {
    host.communities.get(community).ok_or(Refusal::CommunityNotFound)
}

/// A community that is open.
pub(super) fn open(host: &Host, community: CommunityId) -> Result<&Row, Refusal> {
    let row = known(host, community)?;
    match row.state {
        State::Open => Ok(row),
        State::Suspended => Err(Refusal::CommunitySuspended),
        State::Removed => Err(Refusal::CommunityRemoved),
        State::Founding | State::Lapsed => Err(Refusal::CommunityNotFound),
    }
}

/// Decides a registry command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Register { community, name } => register(desk, *community, name, out),
        Command::Confirm { community } => confirm(desk, *community, out),
        Command::Rename { community, name } => rename(desk, *community, name, out),
        Command::SetStatus { community, status } => set_status(desk, *community, *status, out),
    }
}

fn wrong_state(row: &Row) -> Refusal {
    Refusal::WrongState { what: row.name.clone(), state: row.state_name().to_owned() }
}

fn check_free(desk: &Desk<'_>, name: &str, community: CommunityId) -> Result<(), Refusal> {
    match desk.host.communities.names.get(&name_key(name)) {
        Some(other) if *other != community => Err(Refusal::AlreadyExists { what: name.to_owned() }),
        _ => Ok(()),
    }
}

fn register(desk: &Desk<'_>, community: CommunityId, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    if community == CommunityId::HOST || desk.host.communities.get(community).is_some() {
        return Err(Refusal::CommunityExists);
    }
    check_name(name)?;
    check_free(desk, name, community)?;
    out.event(Event::Registered { community, name: name.to_owned() });
    desk.set_timer(0, FOUNDING_MS, Timer::FoundingEnds { community }, out);
    Ok(())
}

fn confirm(desk: &Desk<'_>, community: CommunityId, out: &mut Outcome) -> Result<(), Refusal> {
    let row = known(desk.host, community)?;
    match row.state {
        State::Founding => {}
        State::Lapsed => check_free(desk, &row.name, community)?,
        State::Open | State::Suspended => return Err(Refusal::NothingToChange),
        State::Removed => return Err(Refusal::CommunityRemoved),
    }
    out.event(Event::Confirmed { community });
    quota::tell(desk, community, row.quotas.unwrap_or(desk.host.quotas), out);
    Ok(())
}

fn rename(desk: &Desk<'_>, community: CommunityId, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    check_name(name)?;
    let row = known(desk.host, community)?;
    check_free(desk, name, community)?;
    if !row.exists() || row.asked.is_some() {
        return Err(wrong_state(row));
    }
    if row.name == name {
        return Err(Refusal::NothingToChange);
    }
    ask(desk, community, Asked::Name(name.to_owned()), out);
    send(community, Parcel::Rename { name: name.to_owned(), revision: desk.revision() }, out);
    Ok(())
}

fn set_status(
    desk: &Desk<'_>,
    community: CommunityId,
    status: Wanted,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let row = known(desk.host, community)?;
    if !row.exists() || row.asked.is_some() {
        return Err(wrong_state(row));
    }
    if row.state == status.state() {
        return Err(Refusal::NothingToChange);
    }
    ask(desk, community, Asked::Status(status), out);
    send(community, Parcel::SetStatus { status, revision: desk.revision() }, out);
    Ok(())
}

fn ask(desk: &Desk<'_>, community: CommunityId, asked: Asked, out: &mut Outcome) {
    let revision = desk.revision();
    out.event(Event::Asked { community, asked, revision });
    desk.set_timer(0, ANSWER_MS, Timer::AnswerEnds { community, revision }, out);
}

/// A community said what it is. An answer to an older word than it has answered before says nothing new.
pub(super) fn answered(
    desk: &Desk<'_>,
    from: CommunityId,
    (status, revision): (Wanted, u64),
    out: &mut Outcome,
) {
    let Some(row) = desk.host.communities.get(from).filter(|row| revision > row.heard) else { return };
    if row.state != State::Removed {
        out.event(Event::StatusTold { community: from, status, old: row.state, revision });
    }
}

/// A community said how it is called.
pub(super) fn renamed(desk: &Desk<'_>, from: CommunityId, (name, revision): (&str, u64), out: &mut Outcome) {
    let Some(row) = desk.host.communities.get(from).filter(|row| revision > row.heard) else { return };
    if row.state == State::Removed {
        return;
    }
    let (name, old) = (name.to_owned(), row.name.clone());
    out.event(Event::Renamed { community: from, name, old, revision });
}

/// A community refused what it was asked.
pub(super) fn refused(
    desk: &Desk<'_>,
    from: CommunityId,
    (revision, why): (u64, &Refusal),
    out: &mut Outcome,
) {
    end_ask(desk, from, (revision, Some(why.clone())), out);
}

/// A community did not answer in time.
pub(super) fn answer_ends(desk: &Desk<'_>, community: CommunityId, revision: u64, out: &mut Outcome) {
    end_ask(desk, community, (revision, None), out);
}

fn end_ask(
    desk: &Desk<'_>,
    community: CommunityId,
    (revision, why): (u64, Option<Refusal>),
    out: &mut Outcome,
) {
    let asked = desk.host.communities.get(community).and_then(|row| row.asked.as_ref());
    if let Some((_, asked)) = asked.filter(|(asked_at, _)| *asked_at == revision) {
        out.event(Event::AskEnded { community, asked: asked.clone(), revision, why });
    }
}

/// A founding took too long.
pub(super) fn founding_ends(desk: &Desk<'_>, community: CommunityId, out: &mut Outcome) {
    if let Some(row) = desk.host.communities.get(community).filter(|row| row.state == State::Founding) {
        out.event(Event::Lapsed { community, name: row.name.clone() });
    }
}

/// Applies what happened to a row.
pub(super) fn apply(registry: &mut Registry, event: &Event, moment: &Moment) {
    match event {
        Event::Registered { community, name } => {
            let row = Row {
                id: *community,
                name: name.clone(),
                state: State::Founding,
                asked: None,
                heard: 0,
                quotas: None,
                since_ms: moment.at_ms,
            };
            registry.rows.insert(*community, row);
            registry.names.insert(name_key(name), *community);
        }
        Event::Confirmed { community } => {
            registry.change(*community, |row| row.state = State::Open);
            if let Some(row) = registry.rows.get(community) {
                registry.names.insert(name_key(&row.name), *community);
            }
        }
        Event::Lapsed { community, name } => {
            registry.change(*community, |row| row.state = State::Lapsed);
            registry.free(name, *community);
        }
        Event::Asked { community, asked, revision } => {
            if let Asked::Name(name) = asked {
                registry.names.insert(name_key(name), *community);
            }
            registry.change(*community, |row| row.asked = Some((*revision, asked.clone())));
        }
        Event::StatusTold { community, status, revision, .. } => {
            registry.settle(*community, *revision, |row| row.state = status.state());
            if *status == Wanted::Removed {
                registry.names.retain(|_, id| id != community);
            }
        }
        Event::Renamed { community, name, old, revision } => {
            registry.free(old, *community);
            registry.names.insert(name_key(name), *community);
            registry.settle(*community, *revision, |row| row.name.clone_from(name));
        }
        Event::AskEnded { community, asked, revision, .. } => {
            registry.end_ask(*community, *revision);
            if let (Asked::Name(name), Some(row)) = (asked, registry.rows.get(community))
                && name_key(name) != name_key(&row.name)
            {
                registry.free(name, *community);
            }
        }
    }
}

impl Registry {
    /// The community answered a word.
    fn settle(&mut self, id: CommunityId, revision: u64, change: impl FnOnce(&mut Row)) {
        self.end_ask(id, revision);
        self.change(id, |row| {
            row.heard = row.heard.max(revision);
            change(row);
        });
    }

    fn end_ask(&mut self, id: CommunityId, revision: u64) {
        self.change(id, |row| {
            row.asked.take_if(|(asked_at, _)| *asked_at == revision);
        });
    }
}
