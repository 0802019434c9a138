//! Denied messages, kept so that an appeal can restore them: for the time in which one is possible, and not
//! more than `DENIED_KEPT_MAX`.

use serde::{Deserialize, Serialize};

use super::Queue;
use crate::decide::{Shelf, keep};
use crate::ids::ReceiptId;
use crate::limits::DENIED_KEPT_MAX;
use crate::message::Held;
use crate::rule::{Edition, text_of};

/// A message that was not let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// What would have been posted.
    pub held: Held,
    /// Why.
    pub receipts: Vec<ReceiptId>,
    /// The rules that had a part in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<Edition>,
    /// Until when it is kept, Unix milliseconds.
    pub until_ms: u64,
}

/// Keeps a denied message and its bodies.
pub(super) fn add(queue: &mut Queue, denied: Denied, shelf: &mut Shelf<'_>) {
    for body in denied.held.parts.iter().chain(&denied.held.original).filter_map(text_of) {
        keep(shelf, body);
    }
    queue.denied.push_back(denied);
}

/// Drops what can be appealed no more.
pub(super) fn expire(queue: &mut Queue, at_ms: u64, shelf: &mut Shelf<'_>) {
    while queue.denied.len() > DENIED_KEPT_MAX
        || queue.denied.front().is_some_and(|denied| denied.until_ms <= at_ms)
    {
        if let Some(denied) = queue.denied.pop_front() {
            forget_bodies(&denied.held, shelf);
        }
    }
}

/// Takes the denied message of a receipt out.
pub(super) fn take(queue: &mut Queue, receipt: ReceiptId, shelf: &mut Shelf<'_>) {
    let place = queue.denied.iter().position(|denied| denied.receipts.contains(&receipt));
    if let Some(denied) = place.and_then(|place| queue.denied.remove(place)) {
        forget_bodies(&denied.held, shelf);
    }
}

/// Lets go of a message's bodies: the log has them.
pub(super) fn forget_bodies(held: &Held, shelf: &mut Shelf<'_>) {
    for body in held.parts.iter().chain(&held.original).filter_map(text_of) {
        shelf.0.remove(body.id);
    }
}
