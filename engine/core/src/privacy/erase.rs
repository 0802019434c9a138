//! Erasing a member, and what of it is still to be done outside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Command, Event, Parcel};
use crate::decide::{Ctx, Outcome};
use crate::handoff::{self, Outgoing};
use crate::ids::{CommunityId, MemberId, PersonId};
use crate::member::{Member, Standing};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::OWNER;
use crate::stream::{Community, Stream};
use crate::{card, gate, queue};

/// Keys that have to be destroyed, and snapshots with them. State until it is done, so that a crash loses
/// none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasures {
    /// Whose keys, and the person to report to the host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    members: BTreeMap<MemberId, Option<PersonId>>,
    /// Every key: the community was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    everything: Option<Everything>,
}

/// Stands for all keys of a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Everything {
    Keys,
}

impl Erasures {
    /// Whether nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.everything.is_none()
    }

    /// Whose keys have to be destroyed.
    pub fn members(&self) -> impl Iterator<Item = MemberId> {
        self.members.keys().copied()
    }

    /// Whether all keys of the community have to be.
    pub fn is_everything(&self) -> bool {
        self.everything.is_some()
    }

    /// Notes a member whose key has to be destroyed.
    pub fn add(&mut self, member: MemberId, person: Option<PersonId>) {
        self.members.insert(member, person);
    }

    /// Notes that every key has to be destroyed.
    pub fn add_everything(&mut self) {
        self.everything = Some(Everything::Keys);
    }

    /// Takes off what is done.
    pub(super) fn remove(&mut self, done: &Self) {
        self.members.retain(|member, _| !done.members.contains_key(member));
        if done.everything.is_some() {
            self.everything = None;
        }
    }

    fn both(&self, other: &Self) -> Self {
        let members = self.members.iter().filter(|(member, _)| other.members.contains_key(member));
        Self {
            members: members.map(|(member, person)| (*member, *person)).collect(),
            everything: self.everything.filter(|_| other.everything.is_some()),
        }
    }
}

/// Decides the erasure of one member. An owner hands the community over first.
pub(super) fn member(ctx: &Ctx<'_>, target: &Member, out: &mut Outcome) -> Result<(), Refusal> {
    if ctx.actor.is_some() && ctx.community.profile.owner == Some(target.id) {
        return Err(Refusal::WrongState { what: OWNER.to_owned(), state: "hand_over_first".to_owned() });
    }
    if matches!(target.standing, Standing::Erased { .. }) {
        return Err(Refusal::NothingToChange);
    }
    erased(ctx, target, out);
    Ok(())
}

/// The host asks for a person. There is always an answer: now, or when the key is destroyed.
pub(super) fn person(ctx: &Ctx<'_>, person: PersonId, out: &mut Outcome) {
    let row = ctx.community.members.of_person(person);
    match row.filter(|row| !matches!(row.standing, Standing::Erased { .. })) {
        Some(row) => erased(ctx, row, out),
        None if ctx.stream.erasures.members.values().any(|pending| *pending == Some(person)) => {}
        None => report(person, out),
    }
}

fn erased(ctx: &Ctx<'_>, target: &Member, out: &mut Outcome) {
    gate::dismiss(ctx, target.id, out);
    if let Some(held) = ctx.community.card.held.get(&target.id) {
        card::discard(ctx, held, out);
    }
    out.event(Event::MemberErased { member: target.id, person: target.person, old: target.standing });
    if target.standing == Standing::Active {
        gate::seat_freed(ctx, out);
    }
}

fn report(person: PersonId, out: &mut Outcome) {
    let parcel = handoff::Parcel::Privacy(Parcel::Erased { person });
    out.outbox.push(Outgoing { to: CommunityId::HOST, parcel, bodies: Vec::new() });
}

/// Decides that keys are destroyed, in a community or on the host.
pub fn finish(stream: &Stream, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let Command::Finish { done } = command else { return Err(Refusal::WrongStream) };
    let done = stream.erasures.both(done);
    if done.is_empty() {
        return Err(Refusal::NothingToChange);
    }
    done.members.values().flatten().for_each(|person| report(*person, out));
    out.event(Event::Finished { done });
    Ok(())
}

/// Takes what the state knows of a member out of it; the row stays, so that facts keep adding up.
///
/// A banned person stays tied to the row: erasing oneself is no way around a ban.
pub(super) fn forget(community: &mut Community, id: MemberId, moment: &Moment) {
    if let Some(member) = community.members.get(id) {
        community.connectors.forget(id, member.standing);
    }
    community.members.change(id, |member| {
        if !matches!(member.standing, Standing::Banned { .. }) {
            member.person = None;
        }
        member.standing = Standing::Erased { at_ms: moment.at_ms };
        member.roles.clear();
        member.tags.clear();
        member.notices.clear();
    });
    if community.profile.owner == Some(id) {
        community.profile.owner = None;
    }
    if community.profile.offer.as_ref().is_some_and(|offer| offer.to == id) {
        community.profile.offer = None;
    }
    queue::forget(&mut community.queue, id);
}
