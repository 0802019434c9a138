//! Holds: money that nobody else can have, until it is posted, let go, or its time is over. Each resolves
//! once.
//!
//! Time is that of events: a timer's command ends a hold, and at the moment it ends a post comes too late.

use super::book::{Book, Held};
use super::failure::Failure;
use super::transaction::Move;
use crate::ids::TransactionId;

fn open(book: &Book, of: TransactionId) -> Result<&Held, Failure> {
    book.holds.get(&of).ok_or(Failure::Gone)
}

/// Whether held moves may happen now. Each names one that is held, and at most as much.
pub(super) fn check_post(book: &Book, of: TransactionId, moves: &[Move], at_ms: u64) -> Result<(), Failure> {
    let held = open(book, of)?;
    if at_ms >= held.until_ms {
        return Err(Failure::Untimely);
    }
    let mut rest: Vec<&Move> = held.moves.iter().collect();
    for moved in moves {
        let found = rest.iter().position(|held| held.is_along(moved) && held.amount >= moved.amount);
        rest.remove(found.ok_or(Failure::Malformed)?);
    }
    Ok(())
}

/// Whether a hold may be let go.
pub(super) fn check_void(book: &Book, of: TransactionId, moves: &[Move]) -> Result<(), Failure> {
    open(book, of)?;
    if moves.is_empty() { Ok(()) } else { Err(Failure::Malformed) }
}

/// Whether a hold's time is over.
pub(super) fn check_expire(
    book: &Book,
    of: TransactionId,
    moves: &[Move],
    at_ms: u64,
) -> Result<(), Failure> {
    check_void(book, of, moves)?;
    if at_ms < open(book, of)?.until_ms { Err(Failure::Untimely) } else { Ok(()) }
}
