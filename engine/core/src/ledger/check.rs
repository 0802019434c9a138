//! The book held against its own rules, at any time and while it is in use.
//!
//! Nothing here can be broken by what anybody asks; it finds our mistakes and damaged states. A breach stops
//! the community's money until the host looks. Knows the book's rules by their names: I1 to I4, I9.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::Policy;
use super::book::Book;
use super::{AccountId, Asset};
use crate::ids::TransactionId;

/// A rule of the book that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// I1: the accounts of an asset do not sum to zero.
    Sum {
        /// Which.
        asset: Asset,
    },
    /// I2: an account is below zero, or above where it may not be.
    Balance {
        /// Which.
        account: AccountId,
    },
    /// I3: there are other points than were made.
    Circulation,
    /// I4: what is held at an account is not what the open holds say.
    Held {
        /// Which.
        account: AccountId,
    },
    /// More points would end than there are.
    Ends {
        /// Where.
        account: AccountId,
    },
    /// I9: an escrow holds something after its time.
    Escrow {
        /// Which.
        account: AccountId,
    },
    /// A hold is open after its time.
    Hold {
        /// Which.
        hold: TransactionId,
    },
}

impl Breach {
    /// The rule's name.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Sum { .. } => "I1",
            Self::Balance { .. } => "I2",
            Self::Circulation => "I3",
            Self::Held { .. } | Self::Hold { .. } => "I4",
            Self::Ends { .. } => "ends",
            Self::Escrow { .. } => "I9",
        }
    }
}

/// The first rule that does not hold. `due_ms` is the time up to which every timer has fired: what had to be
/// over before has to be over.
pub fn audit(book: &Book, due_ms: u64) -> Option<Breach> {
    late(book, due_ms).or_else(|| balances(book)).or_else(|| sums(book)).or_else(|| holds(book))
}

/// The first escrow or hold that outlived its time.
pub fn late(book: &Book, due_ms: u64) -> Option<Breach> {
    let escrow = book.escrows.iter().find(|(_, terms)| terms.until_ms < due_ms);
    let hold = book.holds.iter().find(|(_, held)| held.until_ms < due_ms);
    escrow
        .map(|(account, _)| Breach::Escrow { account: account.clone() })
        .or_else(|| hold.map(|(hold, _)| Breach::Hold { hold: *hold }))
}

fn balances(book: &Book) -> Option<Breach> {
    for ((account, _), balance) in &book.accounts {
        let sound = match account.policy() {
            Policy::NonNegative => balance.posted >= 0 && balance.available() >= 0,
            Policy::Debt => balance.posted <= 0,
            // What was granted, spent and then taken back is owed to the issuer: then it may be above zero.
            Policy::Issuer | Policy::Free => true,
        };
        if !sound || balance.pending_in < 0 || balance.pending_out < 0 {
            return Some(Breach::Balance { account: account.clone() });
        }
        let ends: i128 = balance.buckets.iter().map(|bucket| i128::from(bucket.units)).sum();
        let counted = balance.buckets.iter().all(|bucket| bucket.units > 0);
        if !counted || ends > i128::from(balance.posted.max(0)) {
            return Some(Breach::Ends { account: account.clone() });
        }
    }
    None
}

fn sums(book: &Book) -> Option<Breach> {
    let mut sums: BTreeMap<Asset, i128> = BTreeMap::new();
    let mut points = 0;
    for ((account, asset), balance) in &book.accounts {
        *sums.entry(*asset).or_default() += i128::from(balance.posted);
        if *asset == Asset::Points && account.policy() != Policy::Issuer {
            points += i128::from(balance.posted);
        }
    }
    let broken = sums.into_iter().find(|(_, sum)| *sum != 0);
    broken
        .map(|(asset, _)| Breach::Sum { asset })
        .or_else(|| (points != i128::from(book.issued)).then_some(Breach::Circulation))
}

fn holds(book: &Book) -> Option<Breach> {
    let mut held: BTreeMap<(&AccountId, Asset), (i128, i128)> = BTreeMap::new();
    for moved in book.holds.values().flat_map(|held| &held.moves) {
        let units = i128::from(moved.amount.units());
        held.entry((&moved.from, moved.asset)).or_default().0 += units;
        held.entry((&moved.to, moved.asset)).or_default().1 += units;
    }
    for ((account, asset), balance) in &book.accounts {
        let said = (i128::from(balance.pending_out), i128::from(balance.pending_in));
        if held.remove(&(account, *asset)).unwrap_or_default() != said {
            return Some(Breach::Held { account: account.clone() });
        }
    }
    held.into_keys().next().map(|(account, _)| Breach::Held { account: account.clone() })
}

/// Whether an account that a transaction concerns is in a state that nobody could have led to: then nothing
/// moves, and the next audit says why.
pub(super) fn is_broken(book: &Book, transaction: &super::Transaction) -> bool {
    let broken = |account: &AccountId, asset: Asset| {
        let Some(balance) = book.accounts.get(&(account.clone(), asset)) else { return false };
        account.policy() == Policy::NonNegative && (balance.posted < 0 || balance.available() < 0)
    };
    transaction.moves.iter().any(|it| broken(&it.from, it.asset) || broken(&it.to, it.asset))
}
