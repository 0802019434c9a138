//! Persons: humans and bots across communities; which member they are where; claiming and erasing.
//!
//! A person's name is theirs: a body sealed under a key of the host's stream, owned by the member id with the
//! person's bits. Their erasure is in `erasure`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Access, Desk, Host, Parcel, Timer, erasure, registry, send};
use crate::body::BodyRef;
use crate::decide::{Outcome, Shelf, keep};
use crate::ids::{CommunityId, MemberId, PersonId};
use crate::limits;
use crate::moment::{DAY_MS, Moment};
use crate::refusal::Refusal;
use crate::role::Need;

/// How long a community may take to answer a claim.
const CLAIM_MS: u64 = DAY_MS;

/// Where a person stands on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// May act.
    Active,
    /// May not act anywhere.
    Suspended {
        /// Since when, Unix milliseconds.
        at_ms: u64,
    },
    /// Being erased.
    Erasing {
        /// Since when, Unix milliseconds.
        at_ms: u64,
        /// Communities that have not answered yet.
        waiting: BTreeSet<CommunityId>,
    },
    /// Erased everywhere.
    Erased {
        /// When, Unix milliseconds.
        at_ms: u64,
    },
}

impl Standing {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Erasing { .. } => "erasing",
            Self::Erased { .. } => "erased",
        }
    }
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Never reused.
    pub id: PersonId,
    /// What they are called, where somebody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<BodyRef>,
    /// Where they stand.
    pub standing: Standing,
    /// When they were registered, Unix milliseconds.
    pub since_ms: u64,
    /// Who they are in which community.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<CommunityId, MemberId>,
}

/// A claim that a community has not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who claims.
    pub person: PersonId,
    /// Since when, Unix milliseconds.
    pub at_ms: u64,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// The member is the person.
    Claimed,
    /// The community refused.
    Refused {
        /// Why.
        why: Refusal,
    },
    /// The community did not answer.
    TimedOut,
}

/// All persons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persons {
    rows: BTreeMap<PersonId, Person>,
    claims: BTreeMap<(CommunityId, MemberId), Claim>,
}

impl Persons {
    /// One person.
    pub fn get(&self, id: PersonId) -> Option<&Person> {
        self.rows.get(&id)
    }

    /// All, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.rows.values()
    }

    /// A claim that waits for its answer.
    pub fn claim(&self, community: CommunityId, member: MemberId) -> Option<&Claim> {
        self.claims.get(&(community, member))
    }
}

/// What can be asked of or about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Register a person; their id has the bits of the command's.
    Register {
        /// What they are called; owned by the member id with the command's bits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<BodyRef>,
    },
    /// Call a person something else, or nothing.
    Rename {
        /// Whom.
        person: PersonId,
        /// What they are called; owned by the member id with the person's bits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<BodyRef>,
    },
    /// Let a person act nowhere.
    Suspend {
        /// Whom.
        person: PersonId,
    },
    /// Let them act again.
    Resume {
        /// Whom.
        person: PersonId,
    },
    /// An imported member is this person. The operator has made sure of it.
    Claim {
        /// Who.
        person: PersonId,
        /// Where.
        community: CommunityId,
        /// The imported member.
        member: MemberId,
    },
    /// Erase a person here and in every community.
    Erase {
        /// Whom.
        person: PersonId,
    },
}

impl Command {
    /// What the actor must be: the person it is about, or the host.
    pub fn needs(&self) -> Need {
        match self {
            Self::Rename { .. } | Self::Erase { .. } => Need::Person,
            Self::Register { .. } | Self::Suspend { .. } | Self::Resume { .. } | Self::Claim { .. } => {
                Need::Host
            }
        }
    }
}

/// What happened to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Registered.
    Registered {
        /// Who.
        person: PersonId,
        /// What they are called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<BodyRef>,
    },
    /// Called something else.
    Renamed {
        /// Who.
        person: PersonId,
        /// Now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<BodyRef>,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<BodyRef>,
    },
    /// May act nowhere.
    Suspended {
        /// Who.
        person: PersonId,
    },
    /// May act again.
    Resumed {
        /// Who.
        person: PersonId,
    },
    /// Has a row in a community.
    Linked {
        /// Who.
        person: PersonId,
        /// Where.
        community: CommunityId,
        /// Who they are there.
        member: MemberId,
        /// Who they were there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<MemberId>,
    },
    /// A claim was sent.
    ClaimAsked {
        /// Who.
        person: PersonId,
        /// Where.
        community: CommunityId,
        /// Which member.
        member: MemberId,
    },
    /// A claim ended.
    ClaimEnded {
        /// Who.
        person: PersonId,
        /// Where.
        community: CommunityId,
        /// Which member.
        member: MemberId,
        /// How.
        outcome: ClaimOutcome,
    },
    /// Their erasure began.
    ErasureAsked {
        /// Whom.
        person: PersonId,
        /// Who has to answer.
        waiting: BTreeSet<CommunityId>,
    },
    /// A community has nothing of them any more, by whoever's wish.
    ErasedIn {
        /// Whom.
        person: PersonId,
        /// Where.
        community: CommunityId,
    },
    /// Erased everywhere.
    Erased {
        /// Whom.
        person: PersonId,
    },
}

/// Whose key seals what the host knows of a person.
pub fn name_owner(person: PersonId) -> MemberId {
    MemberId(person.0)
}

/// Decides a person command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Register { name } => register(desk, *name, out),
        Command::Rename { person, name } => rename(desk, *person, *name, out),
        Command::Suspend { person } => suspend(desk, *person, out),
        Command::Resume { person } => resume(desk, *person, out),
        Command::Claim { person, community, member } => claim(desk, (*community, *member, *person), out),
        Command::Erase { person } => erasure::ask(desk, *person, out),
    }
}

pub(super) fn find<'a>(desk: &Desk<'a>, person: PersonId) -> Result<&'a Person, Refusal> {
    desk.host.persons.get(person).ok_or(Refusal::PersonNotFound)
}

pub(super) fn wrong_state(row: &Person) -> Refusal {
    Refusal::WrongState { what: row.id.to_string(), state: row.standing.name().to_owned() }
}

fn check_name(desk: &Desk<'_>, person: PersonId, name: Option<BodyRef>) -> Result<(), Refusal> {
    let Some(name) = name else { return Ok(()) };
    let body = desk.bodies.get(&name).filter(|body| body.matches(&name) && body.owner == name_owner(person));
    let text = body.and_then(|body| body.text()).ok_or(Refusal::BodyMissing)?;
    limits::check_name(text)
}

fn register(desk: &Desk<'_>, name: Option<BodyRef>, out: &mut Outcome) -> Result<(), Refusal> {
    let person = PersonId(desk.command.id.0);
    check_name(desk, person, name)?;
    if desk.host.persons.get(person).is_some() {
        return Err(Refusal::AlreadyExists { what: person.to_string() });
    }
    out.event(Event::Registered { person, name });
    Ok(())
}

fn rename(
    desk: &Desk<'_>,
    person: PersonId,
    name: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let row = find(desk, person)?;
    check_name(desk, person, name)?;
    if matches!(row.standing, Standing::Erasing { .. } | Standing::Erased { .. }) {
        return Err(wrong_state(row));
    }
    if row.name == name {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Renamed { person, name, old: row.name });
    Ok(())
}

fn suspend(desk: &Desk<'_>, person: PersonId, out: &mut Outcome) -> Result<(), Refusal> {
    let row = find(desk, person)?;
    if row.standing != Standing::Active {
        return Err(wrong_state(row));
    }
    out.event(Event::Suspended { person });
    row.links.keys().for_each(|community| tell_access(desk, *community, person, Access::Suspended, out));
    Ok(())
}

fn resume(desk: &Desk<'_>, person: PersonId, out: &mut Outcome) -> Result<(), Refusal> {
    let row = find(desk, person)?;
    if !matches!(row.standing, Standing::Suspended { .. }) {
        return Err(wrong_state(row));
    }
    out.event(Event::Resumed { person });
    row.links.keys().for_each(|community| tell_access(desk, *community, person, Access::Allowed, out));
    Ok(())
}

fn tell_access(desk: &Desk<'_>, community: CommunityId, person: PersonId, access: Access, out: &mut Outcome) {
    send(community, Parcel::SetAccess { person, access, revision: desk.revision() }, out);
}

/// Community, member and person of a claim.
type Claimed = (CommunityId, MemberId, PersonId);

fn claim(desk: &Desk<'_>, claimed: Claimed, out: &mut Outcome) -> Result<(), Refusal> {
    let (community, member, person) = claimed;
    super::check::check_person(desk.host, person)?;
    let row = find(desk, person)?;
    registry::open(desk.host, community)?;
    if row.links.contains_key(&community) {
        return Err(Refusal::AlreadyExists { what: "member".to_owned() });
    }
    if desk.host.persons.claim(community, member).is_some() {
        return Err(Refusal::WrongState { what: member.to_string(), state: "claimed".to_owned() });
    }
    out.event(Event::ClaimAsked { person, community, member });
    desk.set_timer(0, CLAIM_MS, Timer::ClaimEnds { community, member, person }, out);
    send(community, Parcel::Claim { person, member }, out);
    Ok(())
}

/// A community made the member this person's, in time or late.
pub(super) fn claimed(
    desk: &Desk<'_>,
    from: CommunityId,
    (person, member): (PersonId, MemberId),
    out: &mut Outcome,
) {
    claim_ended(desk, (from, member, person), ClaimOutcome::Claimed, out);
    linked(desk, from, (person, member), out);
}

/// A claim ended. One that is not waiting any more, or is somebody else's by now, has ended before.
pub(super) fn claim_ended(desk: &Desk<'_>, claimed: Claimed, outcome: ClaimOutcome, out: &mut Outcome) {
    let (community, member, person) = claimed;
    if desk.host.persons.claim(community, member).is_some_and(|claim| claim.person == person) {
        out.event(Event::ClaimEnded { person, community, member, outcome });
    }
}

/// A person has a row in a community. Whoever may not act, or is to be forgotten, is so there at once.
pub(super) fn linked(
    desk: &Desk<'_>,
    from: CommunityId,
    (person, member): (PersonId, MemberId),
    out: &mut Outcome,
) {
    let Some(row) = desk.host.persons.get(person) else { return };
    let old = row.links.get(&from).copied();
    if old != Some(member) {
        out.event(Event::Linked { person, community: from, member, old });
    }
    match row.standing {
        Standing::Active => {}
        Standing::Suspended { .. } => tell_access(desk, from, person, Access::Suspended, out),
        Standing::Erasing { .. } | Standing::Erased { .. } => erasure::send(from, person, out),
    }
}

/// Applies what happened to a person.
pub(super) fn apply(host: &mut Host, event: &Event, moment: &Moment, mut shelf: Shelf<'_>) {
    let at_ms = moment.at_ms;
    let persons = &mut host.persons;
    match event {
        Event::Registered { person, name } => {
            name.iter().for_each(|name| keep(&mut shelf, name));
            let (id, standing) = (*person, Standing::Active);
            let row = Person { id, name: *name, standing, since_ms: at_ms, links: BTreeMap::new() };
            persons.rows.insert(id, row);
        }
        Event::Renamed { person, name, old } => {
            name.iter().for_each(|name| keep(&mut shelf, name));
            old.iter().for_each(|old| drop(shelf.0.remove(old.id)));
            persons.change(*person, |row| row.name = *name);
        }
        Event::Suspended { person } => {
            persons.change(*person, |row| row.standing = Standing::Suspended { at_ms });
        }
        Event::Resumed { person } => persons.change(*person, |row| row.standing = Standing::Active),
        Event::Linked { person, community, member, .. } => persons.change(*person, |row| {
            row.links.insert(*community, *member);
            if let Standing::Erasing { waiting, .. } = &mut row.standing {
                waiting.insert(*community);
            }
        }),
        Event::ClaimAsked { person, community, member } => {
            persons.claims.insert((*community, *member), Claim { person: *person, at_ms });
        }
        Event::ClaimEnded { community, member, .. } => {
            persons.claims.remove(&(*community, *member));
        }
        Event::ErasureAsked { person, waiting } => persons.change(*person, |row| {
            row.standing = Standing::Erasing { at_ms, waiting: waiting.clone() };
        }),
        Event::ErasedIn { person, community } => persons.change(*person, |row| {
            row.links.remove(community);
            if let Standing::Erasing { waiting, .. } = &mut row.standing {
                waiting.remove(community);
            }
        }),
        Event::Erased { person } => {
            shelf.0.erase(name_owner(*person));
            persons.claims.retain(|_, claim| claim.person != *person);
            persons.change(*person, |row| {
                row.standing = Standing::Erased { at_ms };
                row.links.clear();
            });
        }
    }
}

impl Persons {
    fn change(&mut self, id: PersonId, change: impl FnOnce(&mut Person)) {
        if let Some(row) = self.rows.get_mut(&id) {
            change(row);
        }
    }
}
