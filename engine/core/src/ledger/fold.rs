//! Folding what happened to the ledger: transactions into balances, everything else where it belongs.

use super::{Event, Ledger, Shut, packet, transfer};
use crate::decide::Shelf;
use crate::moment::Moment;
use crate::record::Record;
use crate::stream::Community;

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, mut shelf: Shelf<'_>) {
    let ledger = &mut community.ledger;
    match event {
        Event::Posted { transaction } => {
            ledger.points.note(transaction);
            ledger.transfers.note(transaction);
            ledger.book.apply(transaction, moment.at_ms);
        }
        Event::Transfer(event) => transfer::apply(&mut ledger.transfers, event, &mut shelf),
        Event::Packet(event) => packet::apply(&mut ledger.packets, event, &mut shelf),
        Event::ProfileSet { profile, .. } => ledger.profile = *profile,
        Event::Configured { config, .. } => {
            ledger.book.supply_max = config.points.supply_max;
            ledger.config = config.as_ref().clone();
        }
        Event::Shut { account, shut: Shut::Open, .. } => {
            ledger.book.shut.remove(account);
        }
        Event::Shut { account, shut, .. } => {
            ledger.book.shut.insert(account.clone(), *shut);
        }
        Event::Planned { duty, due_ms } => {
            ledger.duties.insert(*duty, *due_ms);
        }
        Event::Halted { breach } => ledger.halted = Some(breach.clone()),
        Event::Resumed { .. } => {
            ledger.halted = None;
            ledger.resumed_ms = moment.at_ms;
        }
    }
}

/// Takes note of what a record under a key came to.
pub fn note(ledger: &mut Ledger, record: &Record) {
    ledger.outcomes.note(record);
}
