//! Erasing a person: every community where they are linked is asked, and it ends when all have answered.
//!
//! A community answers when the keys there are destroyed. One that does not is asked again; a removed one has
//! nothing left to answer for.

use std::collections::BTreeSet;

use super::person::{Event, Person, Standing, find, name_owner, wrong_state};
use super::{Desk, Host, Timer, link, login, registry, session, token};
use crate::decide::Outcome;
use crate::handoff::{self, Outgoing};
use crate::ids::{CommunityId, PersonId};
use crate::moment::DAY_MS;
use crate::privacy;
use crate::refusal::Refusal;

/// When communities that have not answered are asked again.
const RETRY_MS: u64 = DAY_MS;

/// Begins the erasure of a person.
pub(super) fn ask(desk: &Desk<'_>, person: PersonId, out: &mut Outcome) -> Result<(), Refusal> {
    let row = find(desk, person)?;
    if matches!(row.standing, Standing::Erasing { .. } | Standing::Erased { .. }) {
        return Err(wrong_state(row));
    }
    let waiting: BTreeSet<CommunityId> =
        row.links.keys().filter(|community| !is_removed(desk.host, **community)).copied().collect();
    token::revoke_all(desk.host, person, out);
    session::end_all(desk.host, person, None, out);
    link::forget(desk.host, person, out);
    login::forget(desk.host, person, out);
    out.event(Event::ErasureAsked { person, waiting: waiting.clone() });
    if waiting.is_empty() {
        out.event(Event::Erased { person });
        return Ok(());
    }
    waiting.iter().for_each(|community| send(*community, person, out));
    desk.set_timer(0, RETRY_MS, Timer::ErasureStalls { person }, out);
    Ok(())
}

/// A removed community's keys are destroyed: nothing of anybody is left there.
fn is_removed(host: &Host, community: CommunityId) -> bool {
    host.communities.get(community).is_some_and(|row| row.state == registry::State::Removed)
}

/// Asks one community.
pub(super) fn send(community: CommunityId, person: PersonId, out: &mut Outcome) {
    let parcel = handoff::Parcel::Privacy(privacy::Parcel::Erase { person });
    out.outbox.push(Outgoing { to: community, parcel, bodies: Vec::new() });
}

/// A community has erased a person, asked or not.
pub(super) fn answered(desk: &Desk<'_>, from: CommunityId, parcel: &privacy::Parcel, out: &mut Outcome) {
    let privacy::Parcel::Erased { person } = parcel else { return };
    gone_from(desk, *person, BTreeSet::from([from]), out);
}

fn gone_from(desk: &Desk<'_>, person: PersonId, gone: BTreeSet<CommunityId>, out: &mut Outcome) {
    let Some(row) = desk.host.persons.get(person) else { return };
    for community in &gone {
        let waited =
            matches!(&row.standing, Standing::Erasing { waiting, .. } if waiting.contains(community));
        if waited || row.links.contains_key(community) {
            out.event(Event::ErasedIn { person, community: *community });
        }
    }
    if let Standing::Erasing { waiting, .. } = &row.standing
        && waiting.is_subset(&gone)
    {
        out.event(Event::Erased { person });
    }
}

/// Communities have not answered: the removed ones are done, the others are asked again.
pub(super) fn stalls(desk: &Desk<'_>, person: PersonId, out: &mut Outcome) {
    let Some(Person { standing: Standing::Erasing { waiting, .. }, .. }) = desk.host.persons.get(person)
    else {
        return;
    };
    let (gone, silent): (BTreeSet<CommunityId>, BTreeSet<CommunityId>) =
        waiting.iter().copied().partition(|community| is_removed(desk.host, *community));
    gone_from(desk, person, gone, out);
    if silent.is_empty() {
        return;
    }
    silent.iter().for_each(|community| send(*community, person, out));
    desk.set_timer(0, RETRY_MS, Timer::ErasureStalls { person }, out);
}

/// Notes that a person's key has to be destroyed.
pub(super) fn note(erasures: &mut privacy::Erasures, event: &Event) {
    if let Event::Erased { person } = event {
        erasures.add(name_owner(*person), None);
    }
}
