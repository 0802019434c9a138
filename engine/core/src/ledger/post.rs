//! Whether a transaction may happen: all of its moves or none.
//!
//! The check is made on the sum per account after all moves, and counts as gone what is held. It reads the
//! book alone and changes nothing; `Book::apply` folds what passed.

use super::account::Policy;
use super::amount::changed;
use super::book::{Book, Change};
use super::failure::{Failure, Limit};
use super::transaction::{Kind, META_BYTES_MAX, MOVES_MAX, Move, Transaction};
use super::{AccountId, Asset, Profile, hold, reverse};

/// Refuses a transaction that may not happen at that time under that profile.
pub fn check(book: &Book, profile: Profile, transaction: &Transaction, at_ms: u64) -> Result<(), Failure> {
    check_shape(transaction)?;
    check_profile(profile, transaction)?;
    match &transaction.kind {
        Kind::Post => {}
        Kind::Hold { until_ms } if *until_ms > at_ms => {}
        Kind::Hold { .. } => return Err(Failure::Untimely),
        Kind::PostHold { of } => hold::check_post(book, *of, &transaction.moves, at_ms)?,
        Kind::VoidHold { of } => hold::check_void(book, *of, &transaction.moves)?,
        Kind::Expire { of } => hold::check_expire(book, *of, &transaction.moves, at_ms)?,
        Kind::Reverse { of, units } => reverse::check(book, *of, units, &transaction.moves)?,
    }
    check_escrows(book, transaction, at_ms)?;
    check_shut(book, transaction)?;
    check_sums(book, transaction)
}

fn check_shape(transaction: &Transaction) -> Result<(), Failure> {
    let takes_back = matches!(transaction.kind, Kind::Reverse { .. });
    let releases = matches!(transaction.kind, Kind::VoidHold { .. } | Kind::Expire { .. });
    let meta_bytes: usize = transaction.meta.iter().map(|(name, value)| name.len() + value.len()).sum();
    let fits = |moved: &Move| {
        moved.from != moved.to
            && moved.from.holds(moved.asset)
            && moved.to.holds(moved.asset)
            && transaction.template.fits(moved)
    };
    let is_sound = transaction.moves.len() <= MOVES_MAX
        && transaction.moves.is_empty() == releases
        && meta_bytes <= META_BYTES_MAX
        && takes_back == (transaction.template == super::Template::Reverse)
        && transaction.moves.iter().all(fits);
    if is_sound { Ok(()) } else { Err(Failure::Malformed) }
}

/// Currency goes from member to member only where somebody has a licence for it.
fn check_profile(profile: Profile, transaction: &Transaction) -> Result<(), Failure> {
    let currency = |moved: &Move| matches!(moved.asset, Asset::Currency(_));
    let licensed = profile == Profile::Licensed || !transaction.template.is_between_members();
    if licensed || !transaction.moves.iter().any(currency) {
        return Ok(());
    }
    Err(Failure::Profile)
}

/// What goes into an escrow comes in its time, what leaves it goes where it said at birth.
fn check_escrows(book: &Book, transaction: &Transaction, at_ms: u64) -> Result<(), Failure> {
    let opened = transaction.opens.as_deref();
    if opened.is_some_and(|(account, _)| book.escrows.contains_key(account)) {
        return Err(Failure::Malformed);
    }
    let terms = |account: &AccountId| match opened {
        Some((born, terms)) if born == account => Some(terms),
        _ => book.escrows.get(account),
    };
    for moved in &transaction.moves {
        if matches!(moved.to, AccountId::Escrow(..)) {
            let terms = terms(&moved.to).ok_or(Failure::Gone)?;
            if at_ms >= terms.until_ms {
                return Err(Failure::Untimely);
            }
        }
        if matches!(moved.from, AccountId::Escrow(..)) {
            let terms = terms(&moved.from).ok_or(Failure::Gone)?;
            if !terms.allow(&moved.to) {
                return Err(Failure::Malformed);
            }
        }
    }
    Ok(())
}

fn check_shut(book: &Book, transaction: &Transaction) -> Result<(), Failure> {
    let is_shut = |moved: &Move| book.shut(&moved.from).out() || book.shut(&moved.to).into();
    if transaction.moves.iter().any(is_shut) { Err(Failure::Frozen) } else { Ok(()) }
}

fn check_sums(book: &Book, transaction: &Transaction) -> Result<(), Failure> {
    for ((account, asset), change) in book.changes(transaction) {
        let owed = match account.purse_of() {
            Some(member) if transaction.template.is_given_away() => owed(book, member, asset),
            _ => 0,
        };
        check_balance(book, (&account, asset), change, owed)?;
    }
    Ok(())
}

/// What a member owes of an asset.
pub(super) fn owed(book: &Book, member: crate::ids::MemberId, asset: Asset) -> i64 {
    let debt = AccountId::Member(member, super::Purse::Receivable);
    book.accounts.get(&(debt, asset)).map_or(0, |balance| balance.posted.saturating_neg())
}

fn check_balance(
    book: &Book,
    (account, asset): (&AccountId, Asset),
    change: Change,
    owed: i64,
) -> Result<(), Failure> {
    let now = book.accounts.get(&(account.clone(), asset));
    let (posted, out, into) = now.map_or((0, 0, 0), |it| (it.posted, it.pending_out, it.pending_in));
    let after = changed(posted, change.posted).ok_or(Failure::Overflow)?;
    let out_after = changed(out, change.pending_out).ok_or(Failure::Overflow)?;
    changed(into, change.pending_in).ok_or(Failure::Overflow)?;
    let leaves = change.posted < change.pending_out;
    match account.policy() {
        Policy::Free => Ok(()),
        Policy::Debt if after <= 0 => Ok(()),
        Policy::Debt => Err(Failure::Malformed),
        Policy::Issuer if change.posted >= 0 || -i128::from(after) <= i128::from(book.supply_max) => Ok(()),
        Policy::Issuer => Err(Failure::Limit { limit: Limit::Supply, max: whole(book.supply_max) }),
        Policy::NonNegative => {
            let left = i128::from(after) - i128::from(out_after);
            if left >= i128::from(if leaves { owed } else { 0 }) {
                return Ok(());
            }
            let available = i128::from(posted) - i128::from(out) - i128::from(owed);
            Err(Failure::Insufficient { available: u64::try_from(available).unwrap_or(0) })
        }
    }
}

/// A number of units that is none below zero.
pub(super) fn whole(units: i64) -> u64 {
    u64::try_from(units).unwrap_or(0)
}
