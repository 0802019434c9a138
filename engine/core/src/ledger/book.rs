//! The book: every balance of a community, its holds, its escrows, and what has been taken back.
//!
//! A fold of transactions and nothing else. Applying one cannot fail and never panics; whether it may happen
//! was asked of `post` before. Points keep the time at which they end wherever they go: each account that
//! holds some lists what ends when, and the oldest leave first.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::account::{Policy, Shut, Terms};
use super::amount::BALANCE_MAX;
use super::transaction::{Kind, Move, Transaction};
use super::{AccountId, Asset};
use crate::ids::TransactionId;
use crate::moment::DAY_MS;

/// How long a transaction can be taken back; afterwards a new one says what is to be.
pub const REVERSIBLE_MS: u64 = 180 * DAY_MS;
/// Transactions that can be taken back; the oldest go first.
pub const REVERSIBLE_MAX: usize = 20_000;

/// Points that end at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// When, Unix milliseconds.
    pub ends_ms: u64,
    /// How many.
    pub units: i64,
}

/// What is in an account of one asset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What is there.
    pub posted: i64,
    /// What is held to leave.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pending_out: i64,
    /// What is held to arrive.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pending_in: i64,
    /// Points that end, by when; the rest of them do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Bucket>,
}

fn is_zero(units: &i64) -> bool {
    *units == 0
}

impl Balance {
    /// What can leave, counting as gone what is held.
    pub fn available(&self) -> i64 {
        self.posted.saturating_sub(self.pending_out)
    }

    fn is_empty(&self) -> bool {
        self.posted == 0 && self.pending_out == 0 && self.pending_in == 0
    }

    /// Takes units out, the oldest first: what they are, by when they end.
    fn pour(&mut self, units: i64) -> Vec<(Option<u64>, i64)> {
        let (mut left, mut out) = (units, Vec::new());
        for bucket in &mut self.buckets {
            let part = bucket.units.min(left);
            if part > 0 {
                bucket.units -= part;
                left -= part;
                out.push((Some(bucket.ends_ms), part));
            }
        }
        self.buckets.retain(|bucket| bucket.units > 0);
        if left > 0 {
            out.push((None, left));
        }
        out
    }

    fn fill(&mut self, ends_ms: u64, units: i64) {
        match self.buckets.binary_search_by_key(&ends_ms, |bucket| bucket.ends_ms) {
            Ok(at) => self.buckets[at].units = self.buckets[at].units.saturating_add(units),
            Err(at) => self.buckets.insert(at, Bucket { ends_ms, units }),
        }
    }
}

/// A hold that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// From here on it cannot be posted.
    pub until_ms: u64,
    /// What is held.
    pub moves: Vec<Move>,
}

/// A transaction that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// When it was posted.
    pub at_ms: u64,
    /// What moved.
    pub moves: Vec<Move>,
    /// How much of each move was taken back.
    pub reversed: Vec<i64>,
}

/// What one transaction changes of one balance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) posted: i128,
    pub(super) pending_out: i128,
    pub(super) pending_in: i128,
}

pub(super) type Changes = BTreeMap<(AccountId, Asset), Change>;

/// All money of a community.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub(super) accounts: BTreeMap<(AccountId, Asset), Balance>,
    pub(super) holds: BTreeMap<TransactionId, Held>,
    pub(super) escrows: BTreeMap<AccountId, Terms>,
    pub(super) shut: BTreeMap<AccountId, Shut>,
    pub(super) originals: BTreeMap<TransactionId, Original>,
    /// Points made less points unmade, counted apart from the accounts.
    pub(super) issued: i64,
    /// The most points there may be.
    pub(super) supply_max: i64,
    /// How many transactions there were.
    pub(super) transactions: u64,
}

impl Book {
    /// Whether nothing ever moved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is in an account.
    pub fn balance(&self, account: &AccountId, asset: Asset) -> Balance {
        self.accounts.get(&(account.clone(), asset)).cloned().unwrap_or_default()
    }

    /// Every account that has something in it or held at it.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountId, Asset, &Balance)> {
        self.accounts.iter().map(|((account, asset), balance)| (account, *asset, balance))
    }

    /// An open hold.
    pub fn hold(&self, id: TransactionId) -> Option<&Held> {
        self.holds.get(&id)
    }

    /// The terms of an escrow that has something in it.
    pub fn terms(&self, account: &AccountId) -> Option<&Terms> {
        self.escrows.get(account)
    }

    /// A transaction that can still be taken back.
    pub fn original(&self, id: TransactionId) -> Option<&Original> {
        self.originals.get(&id)
    }

    /// What is shut at an account.
    pub fn shut(&self, account: &AccountId) -> Shut {
        self.shut.get(account).copied().unwrap_or_default()
    }

    /// Points that there are.
    pub fn issued(&self) -> i64 {
        self.issued
    }

    /// How many transactions there were.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// What a transaction changes, account by account. Both the check and the fold go by it.
    pub(super) fn changes(&self, transaction: &Transaction) -> Changes {
        let mut changes = Changes::new();
        let mut add = |account: &AccountId, asset: Asset, change: Change| {
            let sum = changes.entry((account.clone(), asset)).or_default();
            sum.posted += change.posted;
            sum.pending_out += change.pending_out;
            sum.pending_in += change.pending_in;
        };
        let resolved = match &transaction.kind {
            Kind::PostHold { of } | Kind::VoidHold { of } | Kind::Expire { of } => self.holds.get(of),
            Kind::Post | Kind::Hold { .. } | Kind::Reverse { .. } => None,
        };
        for held in resolved.iter().flat_map(|held| &held.moves) {
            let units = -i128::from(held.amount.units());
            add(&held.from, held.asset, Change { pending_out: units, ..Change::default() });
            add(&held.to, held.asset, Change { pending_in: units, ..Change::default() });
        }
        for moved in &transaction.moves {
            let units = i128::from(moved.amount.units());
            let (out, into) = match &transaction.kind {
                Kind::Hold { .. } => (
                    Change { pending_out: units, ..Change::default() },
                    Change { pending_in: units, ..Change::default() },
                ),
                Kind::Post | Kind::PostHold { .. } | Kind::Reverse { .. } => (
                    Change { posted: -units, ..Change::default() },
                    Change { posted: units, ..Change::default() },
                ),
                Kind::VoidHold { .. } | Kind::Expire { .. } => break,
            };
            add(&moved.from, moved.asset, out);
            add(&moved.to, moved.asset, into);
        }
        changes
    }

    /// Folds a transaction that was posted at a time.
    pub fn apply(&mut self, transaction: &Transaction, at_ms: u64) {
        let changes = self.changes(transaction);
        self.transactions += 1;
        if let Some(opened) = &transaction.opens {
            let (account, terms) = opened.as_ref();
            self.escrows.insert(account.clone(), terms.clone());
        }
        for ((account, asset), change) in &changes {
            let balance = self.accounts.entry((account.clone(), *asset)).or_default();
            balance.posted = bounded(balance.posted, change.posted);
            balance.pending_out = bounded(balance.pending_out, change.pending_out);
            balance.pending_in = bounded(balance.pending_in, change.pending_in);
        }
        self.flow(&changes, transaction.ends_ms);
        self.note(transaction, at_ms);
        self.tidy(&changes);
    }

    /// Moves what ends when along with the points: from those who lose some to those who gain.
    fn flow(&mut self, changes: &Changes, made_ends_ms: Option<u64>) {
        let points =
            || changes.iter().filter(|((_, asset), change)| *asset == Asset::Points && change.posted != 0);
        let mut pool = VecDeque::new();
        for (key, change) in points().filter(|(_, change)| change.posted < 0) {
            let units = bounded(0, -change.posted);
            match (key.0.policy(), self.accounts.get_mut(key)) {
                (Policy::NonNegative, Some(balance)) => pool.extend(balance.pour(units)),
                (Policy::Issuer, _) => {
                    self.issued = self.issued.saturating_add(units);
                    pool.push_back((made_ends_ms, units));
                }
                _ => pool.push_back((None, units)),
            }
        }
        for (key, change) in points().filter(|(_, change)| change.posted > 0) {
            let mut left = bounded(0, change.posted);
            if key.0.policy() == Policy::Issuer {
                self.issued = self.issued.saturating_sub(left);
            }
            while let Some((ends_ms, units)) = pool.pop_front().filter(|_| left > 0) {
                let part = units.min(left);
                left -= part;
                if part < units {
                    pool.push_front((ends_ms, units - part));
                }
                let balance = self.accounts.get_mut(key).filter(|_| key.0.policy() == Policy::NonNegative);
                if let (Some(ends_ms), Some(balance)) = (ends_ms, balance) {
                    balance.fill(ends_ms, part);
                }
                if left == 0 {
                    break;
                }
            }
        }
    }

    /// Remembers holds, and what can be taken back.
    fn note(&mut self, transaction: &Transaction, at_ms: u64) {
        match &transaction.kind {
            Kind::Hold { until_ms } => {
                let held = Held { until_ms: *until_ms, moves: transaction.moves.clone() };
                self.holds.insert(transaction.id, held);
            }
            Kind::PostHold { of } | Kind::VoidHold { of } | Kind::Expire { of } => {
                self.holds.remove(of);
            }
            Kind::Reverse { of, units } => {
                if let Some(original) = self.originals.get_mut(of) {
                    for (sum, units) in original.reversed.iter_mut().zip(units) {
                        *sum = sum.saturating_add(*units);
                    }
                }
            }
            Kind::Post => {}
        }
        let posts = matches!(transaction.kind, Kind::Post | Kind::PostHold { .. });
        if posts && transaction.template.is_reversible() {
            let (moves, reversed) = (transaction.moves.clone(), vec![0; transaction.moves.len()]);
            self.originals.insert(transaction.id, Original { at_ms, moves, reversed });
        }
        let oldest_ms = at_ms.saturating_sub(REVERSIBLE_MS);
        while self.originals.len() > REVERSIBLE_MAX
            || self.originals.first_key_value().is_some_and(|(_, original)| original.at_ms < oldest_ms)
        {
            self.originals.pop_first();
        }
    }

    /// Forgets accounts that are empty, and escrows that are.
    fn tidy(&mut self, changes: &Changes) {
        for key in changes.keys() {
            if self.accounts.get(key).is_some_and(Balance::is_empty) {
                self.accounts.remove(key);
                let first = (key.0.clone(), Asset::FIRST);
                if self.accounts.range(first..).next().is_none_or(|((other, _), _)| *other != key.0) {
                    self.escrows.remove(&key.0);
                }
            }
        }
    }
}

/// A balance after a change, within its bounds whatever the log says.
fn bounded(balance: i64, change: i128) -> i64 {
    let sum = i128::from(balance).saturating_add(change);
    let bound = i128::from(BALANCE_MAX);
    i64::try_from(sum.clamp(-bound, bound)).unwrap_or(balance)
}
