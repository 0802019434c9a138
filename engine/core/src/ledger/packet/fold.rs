//! Folding what happened to packets, and the bodies that they hold.

use super::{Event, OVER_KEPT, Packets};
use crate::decide::{Shelf, keep};
use crate::ledger::transfer::let_go;

/// Applies what happened.
pub(in crate::ledger) fn apply(packets: &mut Packets, event: &Event, shelf: &mut Shelf<'_>) {
    match event {
        Event::Funded { packet, row } => {
            row.wish.password.iter().chain(&row.wish.greeting).for_each(|body| keep(shelf, body));
            packets.0.insert(*packet, row.as_ref().clone());
        }
        Event::Claimed { packet, member, units } => {
            if let Some(row) = packets.0.get_mut(packet) {
                row.claimed.push(*member);
                row.found.insert(*member, *units);
            }
        }
        Event::Ended { packet, end } => {
            if let Some(row) = packets.0.get_mut(packet) {
                row.end = Some(*end);
                let_go(shelf.0, row.wish.password.as_ref());
            }
            forget(packets, shelf);
        }
    }
}

/// Of those that are over only the last are kept.
fn forget(packets: &mut Packets, shelf: &mut Shelf<'_>) {
    let over = packets.0.iter().filter(|(_, row)| row.end.is_some()).map(|(id, _)| *id);
    let over: Vec<_> = over.collect();
    for id in over.iter().take(over.len().saturating_sub(OVER_KEPT)) {
        let gone = packets.0.remove(id);
        let_go(shelf.0, gone.as_ref().and_then(|row| row.wish.greeting.as_ref()));
    }
}
