//! Taking back: a new transaction with opposite moves, never a change of the old one.
//!
//! All reversals of a move together take back at most what it moved. Where the receiver no longer has it,
//! they owe it: an entry of their receivable, never an overdraft. A reversal cannot be reversed, and a debt
//! that was paid stays paid.

use std::collections::BTreeMap;

use super::book::Book;
use super::failure::Failure;
use super::post::whole;
use super::split;
use super::transaction::Move;
use super::{AccountId, Amount, Asset, Purse};
use crate::ids::TransactionId;

/// What can still be taken back of a move.
fn left(moved: &Move, reversed: i64) -> i64 {
    match moved.to {
        AccountId::Member(_, Purse::Receivable) => 0,
        _ => moved.amount.units().saturating_sub(reversed),
    }
}

/// Units of each move of a transaction that take back `amount` of it, or all that is left; over what is left
/// of each, by largest remainder.
pub fn units(book: &Book, of: TransactionId, amount: Option<Amount>) -> Result<Vec<i64>, Failure> {
    let original = book.originals.get(&of).ok_or(Failure::Gone)?;
    let rests: Vec<u64> = original
        .moves
        .iter()
        .zip(&original.reversed)
        .map(|(moved, reversed)| whole(left(moved, *reversed)))
        .collect();
    let together: u64 = rests.iter().sum();
    let asked = amount.map_or(together, |amount| whole(amount.units()));
    if together == 0 || asked > together {
        return Err(Failure::Reversed { left: together });
    }
    let parts = split::give_back(asked, &rests).ok_or(Failure::Reversed { left: together })?;
    Ok(parts.into_iter().map(|part| i64::try_from(part).unwrap_or(i64::MAX)).collect())
}

/// The moves that take back so many units of each move: from who has them, or else as a debt.
pub fn moves(book: &Book, of: TransactionId, units: &[i64]) -> Result<Vec<Move>, Failure> {
    let original = book.originals.get(&of).ok_or(Failure::Gone)?;
    let mut there: BTreeMap<(AccountId, Asset), i64> = BTreeMap::new();
    let mut moves = Vec::new();
    for (moved, units) in original.moves.iter().zip(units).filter(|(_, units)| **units > 0) {
        let key = (moved.to.clone(), moved.asset);
        let rest = there
            .entry(key.clone())
            .or_insert_with(|| book.accounts.get(&key).map_or(0, |balance| balance.available().max(0)));
        let paid = if moved.to.purse_of().is_some() { (*units).min(*rest) } else { *units };
        *rest -= paid.min(*rest);
        let mut add = |from: AccountId, units: i64| {
            if let Ok(amount) = Amount::new(units) {
                moves.push(Move { from, to: moved.from.clone(), asset: moved.asset, amount });
            }
        };
        add(moved.to.clone(), paid);
        if let Some(member) = moved.to.purse_of() {
            add(AccountId::Member(member, Purse::Receivable), units - paid);
        }
    }
    Ok(moves)
}

/// Whether these moves take back so many units of each move of that transaction, and no more than is left.
pub(super) fn check(book: &Book, of: TransactionId, units: &[i64], given: &[Move]) -> Result<(), Failure> {
    let original = book.originals.get(&of).ok_or(Failure::Gone)?;
    if units.len() != original.moves.len() {
        return Err(Failure::Malformed);
    }
    for ((moved, reversed), units) in original.moves.iter().zip(&original.reversed).zip(units) {
        let left = left(moved, *reversed);
        if *units < 0 || *units > left {
            return Err(Failure::Reversed { left: whole(left) });
        }
    }
    if moves(book, of, units)? == given { Ok(()) } else { Err(Failure::Malformed) }
}
