//! Amounts: whole minor units of one asset, above zero and below a bound, never a float.
//!
//! An amount that exists is within its bounds; sums are made in `i128` and come back only if they fit. What
//! the units are worth is the asset's business.

use serde::{Deserialize, Serialize};

/// The largest amount of one move, in minor units: ten trillion yuan, a thousandth of what a balance holds.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;
/// The largest balance, in minor units; nine times below what 64 bits hold.
pub const BALANCE_MAX: i64 = 1_000 * AMOUNT_MAX;

/// Says why a number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{units} is not an amount: a whole number of minor units from 1 to {AMOUNT_MAX}")]
pub struct AmountError {
    units: i128,
}

/// Minor units that move: from 1 to `AMOUNT_MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

impl Amount {
    /// An amount of so many units.
    pub fn new(units: impl Into<i128>) -> Result<Self, AmountError> {
        let units = units.into();
        match i64::try_from(units) {
            Ok(fitting) if (1..=AMOUNT_MAX).contains(&fitting) => Ok(Self(fitting)),
            _ => Err(AmountError { units }),
        }
    }

    /// How many units.
    pub const fn units(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Amount {
    type Error = AmountError;
    fn try_from(units: i64) -> Result<Self, AmountError> {
        Self::new(units)
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

/// A balance after a change, if it is one.
pub(super) fn changed(balance: i64, change: i128) -> Option<i64> {
    let sum = i128::from(balance).checked_add(change)?;
    i64::try_from(sum).ok().filter(|sum| (-BALANCE_MAX..=BALANCE_MAX).contains(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_only_whole_units_within_bounds_are_amounts() {
        for (units, is_amount) in [
            (0, false),
            (1, true),
            (-1, false),
            (i128::from(AMOUNT_MAX), true),
            (i128::from(AMOUNT_MAX) + 1, false),
            (i128::from(i64::MAX), false),
            (i128::from(i64::MIN), false),
            (i128::MAX, false),
            (i128::MIN, false),
        ] {
            assert_eq!(Amount::new(units).is_ok(), is_amount, "{units}");
        }
    }

    #[test]
    fn an_amount_in_json_is_a_whole_number() {
        let amount: Amount = serde_json::from_str("1234").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), "1234");
        for text in
            ["1e3", "1.0", "-0", "0", "-5", "\"12\"", "1000000000000001", "9223372036854775808", "null"]
        {
            assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn t13_a_balance_never_wraps() {
        for (balance, change, expected) in [
            (0, 5, Some(5)),
            (5, -9, Some(-4)),
            (BALANCE_MAX, 1, None),
            (-BALANCE_MAX, -1, None),
            (0, i128::MAX, None),
            (-1, i128::MIN, None),
            (i64::MAX, i128::MAX, None),
        ] {
            assert_eq!(changed(balance, change), expected, "{balance} {change}");
        }
    }
}
