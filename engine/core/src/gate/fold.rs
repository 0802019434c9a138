//! Folding what happened at the gate: rows, applications, the list, invites, and the bodies that they hold.

use super::application::{Application, End, Entry, Placed, Stage};
use super::{Event, Gate};
use crate::body::BodyRef;
use crate::decide::{Shelf, keep};
use crate::hook::Waiting;
use crate::ids::{InviteId, MemberId};
use crate::member::{Member, Standing};
use crate::moment::Moment;
use crate::stream::Community;

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, shelf: Shelf<'_>) {
    let gate = &mut community.gate;
    match event {
        Event::Configured { config, .. } => gate.config = config.as_ref().clone(),
        Event::InviteCreated { id, canonical, invite, instead_of } => {
            if let Some(old) = instead_of {
                gate.invites.remove(old);
                gate.codes.retain(|_, id| id != old);
            }
            gate.codes.insert(canonical.clone(), *id);
            gate.invites.insert(*id, invite.clone());
        }
        Event::InviteRevoked { id } => {
            if let Some(invite) = gate.invites.get_mut(id) {
                invite.revoked_ms = Some(moment.at_ms);
            }
        }
        Event::Applied { entry, answers, placed, waiting, .. } => {
            applied(community, (entry, placed), moment, shelf, (answers, waiting));
        }
        Event::Staged { member, stage, .. } => staged(gate, *member, stage),
        Event::Ended { member, end, .. } => ended(community, (*member, *end), moment, shelf),
        Event::Decided { .. } => {}
    }
}

type Answers = std::collections::BTreeMap<String, BodyRef>;

fn applied(
    community: &mut Community,
    (entry, placed): (&Entry, &Placed),
    moment: &Moment,
    mut shelf: Shelf<'_>,
    (answers, waiting): (&Answers, &[Waiting]),
) {
    let at_ms = moment.at_ms;
    let id = entry.member;
    let known = community.members.get(id).is_some();
    if *placed == Placed::TurnedAway {
        if !known {
            let row = Member { card: Answers::new(), ..entry.row(at_ms) };
            keep(&mut shelf, &row.nickname);
            community.members.put(row);
        }
        community.members.change(id, |row| row.standing = Standing::TurnedAway { at_ms });
        return;
    }
    enter(community, entry, at_ms, &mut shelf);
    match placed {
        Placed::Pending(stage) => {
            let waits = waiting.iter().flat_map(Waiting::bodies);
            answers.values().chain(waits).for_each(|body| keep(&mut shelf, body));
            let application = Application {
                stage: Stage::Review,
                since_ms: at_ms,
                answers: answers.clone(),
                invite: entry.origin.invite,
                sent_to: None,
                waiting: waiting.to_vec(),
            };
            community.gate.applications.insert(id, application);
            staged(&mut community.gate, id, stage);
            invite_of(&mut community.gate, entry.origin.invite, |invite| {
                invite.reserved.insert(id);
            });
        }
        Placed::Admitted | Placed::TurnedAway => {
            invite_of(&mut community.gate, entry.origin.invite, |invite| {
                invite.used = invite.used.saturating_add(1);
            });
        }
    }
}

/// Writes the row of somebody who asked, new or anew; what they had written before goes.
fn enter(community: &mut Community, entry: &Entry, at_ms: u64, shelf: &mut Shelf<'_>) {
    let mut row = entry.row(at_ms);
    if let Some(old) = community.members.get(entry.member) {
        for reference in std::iter::once(&old.nickname).chain(old.card.values()) {
            shelf.0.remove(reference.id);
        }
        row.since_ms = old.since_ms;
        row.joined_ms = old.joined_ms;
        row.notices.clone_from(&old.notices);
    }
    crate::member::keep(shelf.0, &row, shelf.1);
    community.members.put(row);
}

fn invite_of(gate: &mut Gate, id: Option<InviteId>, change: impl FnOnce(&mut super::Invite)) {
    if let Some(invite) = id.and_then(|id| gate.invites.get_mut(&id)) {
        change(invite);
    }
}

/// Puts an application where it stands now, and keeps list and offers in step.
fn staged(gate: &mut Gate, id: MemberId, stage: &Stage) {
    let Some(application) = gate.applications.get_mut(&id) else { return };
    let old = std::mem::replace(&mut application.stage, stage.clone());
    if let Stage::Moving { to, .. } = stage {
        application.sent_to = Some(*to);
    }
    unlist(gate, id, &old);
    match stage {
        Stage::Waiting { ticket } => {
            gate.line.insert(*ticket, id);
            gate.next_ticket = gate.next_ticket.max(ticket.saturating_add(1));
        }
        Stage::Moving { ticket: Some(ticket), .. } => {
            gate.line.insert(*ticket, id);
            gate.away.insert(id);
        }
        Stage::Offered { .. } => {
            gate.offered.insert(id);
        }
        Stage::Review | Stage::Full { .. } | Stage::Moving { ticket: None, .. } => {}
    }
}

fn unlist(gate: &mut Gate, id: MemberId, stage: &Stage) {
    if let Stage::Waiting { ticket } | Stage::Moving { ticket: Some(ticket), .. } = stage {
        gate.line.remove(ticket);
    }
    gate.away.remove(&id);
    gate.offered.remove(&id);
}

fn ended(community: &mut Community, (id, end): (MemberId, End), moment: &Moment, shelf: Shelf<'_>) {
    let gate = &mut community.gate;
    let Some(application) = gate.applications.remove(&id) else { return };
    unlist(gate, id, &application.stage);
    invite_of(gate, application.invite, |invite| {
        invite.reserved.remove(&id);
        if end == End::Admitted {
            invite.used = invite.used.saturating_add(1);
        }
    });
    let waits = application.waiting.iter().flat_map(Waiting::bodies);
    for body in application.answers.values().chain(waits) {
        shelf.0.remove(body.id);
    }
    let at_ms = moment.at_ms;
    let standing = match end {
        End::Admitted | End::Dismissed => None,
        End::Denied => Some(Standing::TurnedAway { at_ms }),
        End::Withdrawn | End::Declined | End::Lapsed | End::Moved => Some(Standing::Left { at_ms }),
    };
    community.members.change(id, |row| {
        row.standing = standing.unwrap_or(row.standing);
        if end != End::Admitted && row.joined_ms.is_none() {
            for value in std::mem::take(&mut row.card).into_values() {
                shelf.0.remove(value.id);
            }
        }
    });
}

/// An erased member's application, place in the list, offered seat and reserved use of an invite go away.
pub fn forget(gate: &mut Gate, id: MemberId) {
    let Some(application) = gate.applications.remove(&id) else { return };
    unlist(gate, id, &application.stage);
    invite_of(gate, application.invite, |invite| {
        invite.reserved.remove(&id);
    });
}
