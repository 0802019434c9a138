//! Strikes: breaches that count against a member until they are forgotten, and mutes.
//!
//! Each strike names the receipt that explains it, so that an appeal takes back that one and no other. One
//! strike is forgotten for every full `forget_ms` since the oldest live one, oldest first.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::ids::{MemberId, ReceiptId};
use crate::limits::{STRIKES_MAX, STRUCK_MEMBERS_MAX};

/// The strikes of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strikes {
    /// Receipts of the strikes, oldest first; some may be forgotten by now, see `live`.
    pub receipts: VecDeque<ReceiptId>,
    /// From when on the forgetting is counted, Unix milliseconds.
    pub since_ms: u64,
}

impl Strikes {
    /// How many strikes are not forgotten at a time.
    pub fn live(&self, at_ms: u64, forget_ms: Option<u64>) -> u32 {
        let forgotten = forgotten(self.since_ms, at_ms, forget_ms);
        (self.receipts.len() as u64).saturating_sub(forgotten) as u32
    }

    /// Drops what is forgotten at a time and counts on from the last one that was.
    pub fn settle(&mut self, at_ms: u64, forget_ms: Option<u64>) {
        let forgotten = forgotten(self.since_ms, at_ms, forget_ms);
        for _ in 0..forgotten.min(self.receipts.len() as u64) {
            self.receipts.pop_front();
        }
        self.since_ms = match forget_ms {
            Some(forget_ms) if !self.receipts.is_empty() => {
                self.since_ms.saturating_add(forgotten.saturating_mul(forget_ms))
            }
            _ if self.receipts.is_empty() => at_ms,
            _ => self.since_ms,
        };
    }

    /// Adds a strike to those that are not forgotten.
    pub fn add(&mut self, receipt: ReceiptId, at_ms: u64, forget_ms: Option<u64>) {
        self.settle(at_ms, forget_ms);
        if self.receipts.len() >= STRIKES_MAX {
            self.receipts.pop_front();
        }
        self.receipts.push_back(receipt);
    }
}

fn forgotten(since_ms: u64, at_ms: u64, forget_ms: Option<u64>) -> u64 {
    forget_ms.and_then(|forget_ms| at_ms.saturating_sub(since_ms).checked_div(forget_ms)).unwrap_or(0)
}

/// A member who may not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// Until when, Unix milliseconds.
    pub until_ms: u64,
    /// What explains it.
    pub receipt: ReceiptId,
}

/// Strikes and mutes of all members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Strikes by member.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub strikes: BTreeMap<MemberId, Strikes>,
    /// Mutes by member.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mutes: BTreeMap<MemberId, Mute>,
}

impl Record {
    /// Live strikes of a member.
    pub fn live(&self, member: MemberId, at_ms: u64, forget_ms: Option<u64>) -> u32 {
        self.strikes.get(&member).map_or(0, |strikes| strikes.live(at_ms, forget_ms))
    }

    /// The mute that holds for a member at a time.
    pub fn mute(&self, member: MemberId, at_ms: u64) -> Option<&Mute> {
        self.mutes.get(&member).filter(|mute| mute.until_ms > at_ms)
    }

    /// Adds a strike. Where too many members have some, those whose counting began first are let off.
    pub(super) fn strike(
        &mut self,
        member: MemberId,
        receipt: ReceiptId,
        (at_ms, forget_ms): (u64, Option<u64>),
    ) {
        if !self.strikes.contains_key(&member) && self.strikes.len() >= STRUCK_MEMBERS_MAX {
            let oldest = self.strikes.iter().min_by_key(|(_, strikes)| strikes.since_ms).map(|(id, _)| *id);
            if let Some(oldest) = oldest {
                self.strikes.remove(&oldest);
            }
        }
        self.strikes.entry(member).or_default().add(receipt, at_ms, forget_ms);
    }

    /// Takes back the strike of one receipt, if it is still there.
    pub(super) fn take_back(
        &mut self,
        member: MemberId,
        receipt: ReceiptId,
        (at_ms, forget_ms): (u64, Option<u64>),
    ) {
        let Some(strikes) = self.strikes.get_mut(&member) else { return };
        strikes.settle(at_ms, forget_ms);
        strikes.receipts.retain(|other| *other != receipt);
        if strikes.receipts.is_empty() {
            self.strikes.remove(&member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::DAY_MS;

    const FORGET: Option<u64> = Some(30 * DAY_MS);

    fn strikes(days: &[u64]) -> Strikes {
        let mut strikes = Strikes::default();
        for (index, day) in days.iter().enumerate() {
            strikes.add(ReceiptId(index as u128), day * DAY_MS, FORGET);
        }
        strikes
    }

    #[test]
    fn one_strike_is_forgotten_every_thirty_days() {
        for (struck_on, day, live) in [
            (&[][..], 100, 0),
            (&[0][..], 0, 1),
            (&[0][..], 29, 1),
            (&[0][..], 30, 0),
            (&[0][..], 1_000, 0),
            (&[0, 10][..], 29, 2),
            (&[0, 10][..], 30, 1),
            (&[0, 10][..], 59, 1),
            (&[0, 10][..], 60, 0),
            (&[0, 10, 31][..], 31, 2),
            (&[0, 10, 31][..], 60, 1),
            (&[0, 40][..], 69, 1),
            (&[0, 40][..], 70, 0),
            (&[0, 0, 0, 0][..], 60, 2),
        ] {
            assert_eq!(strikes(struck_on).live(day * DAY_MS, FORGET), live, "{struck_on:?} on day {day}");
        }
    }

    #[test]
    fn nothing_is_forgotten_where_the_ladder_says_so() {
        let mut strikes = Strikes::default();
        strikes.add(ReceiptId(1), 0, None);
        strikes.add(ReceiptId(2), 900 * DAY_MS, None);
        assert_eq!(strikes.live(9_000 * DAY_MS, None), 2);
    }

    #[test]
    fn live_counts_the_same_before_and_after_settling() {
        for day in 0..200 {
            let before = strikes(&[0, 3, 20, 45, 46]);
            let mut after = before.clone();
            after.settle(day.max(46) * DAY_MS, FORGET);
            for later in [0, 1, 29, 30, 31, 90] {
                let at_ms = (day.max(46) + later) * DAY_MS;
                assert_eq!(before.live(at_ms, FORGET), after.live(at_ms, FORGET), "day {day} + {later}");
            }
        }
    }

    #[test]
    fn an_appeal_takes_back_one_strike_and_no_other() {
        let mut record = Record::default();
        let member = MemberId(7);
        for receipt in [1, 2, 3] {
            record.strike(member, ReceiptId(receipt), (0, FORGET));
        }
        record.take_back(member, ReceiptId(2), (0, FORGET));
        assert_eq!(record.strikes[&member].receipts, [ReceiptId(1), ReceiptId(3)]);
        record.take_back(member, ReceiptId(2), (0, FORGET));
        assert_eq!(record.live(member, 0, FORGET), 2);
        record.take_back(member, ReceiptId(1), (0, FORGET));
        record.take_back(member, ReceiptId(3), (0, FORGET));
        assert!(record.strikes.is_empty());
    }
}
