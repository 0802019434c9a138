//! The ledger's own no: few words, so that the outcome of a key is small enough to be kept for ever.

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// Why a transaction cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// There is less, holds and debts counted.
    Insufficient {
        /// So much there is.
        available: u64,
    },
    /// A cap would be exceeded.
    Limit {
        /// Which.
        limit: Limit,
        /// So much it allows.
        max: u64,
    },
    /// An account that is concerned is frozen or closed.
    Frozen,
    /// The community's profile does not allow it.
    Profile,
    /// The hold, escrow or transaction that it names is not there, or not any more.
    Gone,
    /// The hold's or escrow's time is over, or has not come.
    Untimely,
    /// More would be taken back than is left of it.
    Reversed {
        /// So much is left.
        left: u64,
    },
    /// It has a shape that its template does not have.
    Malformed,
    /// A balance would leave its bounds.
    Overflow,
    /// The member has a share already.
    Claimed {
        /// How much.
        share: u64,
    },
    /// Nothing is left in the packet, or its time is over.
    Empty,
    /// Refused for a reason outside of the ledger, long ago.
    Other,
}

/// Which cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// All points there may be.
    Supply,
    /// Points granted in a day.
    GrantsPerDay,
    /// What one member sends in a day.
    SentPerDay,
    /// One share of a packet.
    Share,
}

impl Limit {
    /// The word for it in refusals.
    const fn word(self) -> &'static str {
        match self {
            Self::Supply => "points_supply",
            Self::GrantsPerDay => "points_granted_per_day",
            Self::SentPerDay => "sent_per_day",
            Self::Share => "share",
        }
    }
}

/// What a thing that is not there is called.
const TRANSACTION: &str = "transaction";

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let what = || TRANSACTION.to_owned();
        match failure {
            Failure::Insufficient { available } => Self::InsufficientFunds { available },
            Failure::Limit { limit, max } => Self::MoneyLimit { what: limit.word().to_owned(), max },
            Failure::Frozen => Self::AccountFrozen,
            Failure::Profile => Self::ProfileForbids,
            Failure::Gone => Self::NotFound { what: what() },
            Failure::Untimely => Self::WrongState { what: what(), state: "too_late".to_owned() },
            Failure::Reversed { left } => Self::ReversalTooLarge { left },
            Failure::Malformed => Self::ValueInvalid { name: what(), expected: "template".to_owned() },
            Failure::Overflow => Self::BalanceTooLarge,
            Failure::Claimed { share } => Self::PacketClaimed { share },
            Failure::Empty => Self::PacketEmpty,
            Failure::Other => Self::KeyBurned,
        }
    }
}

impl Failure {
    /// The failure that a refusal says, or `Other`.
    pub(super) fn of(refusal: &Refusal) -> Self {
        let limits = [Limit::Supply, Limit::GrantsPerDay, Limit::SentPerDay, Limit::Share];
        match refusal {
            Refusal::InsufficientFunds { available } => Self::Insufficient { available: *available },
            Refusal::MoneyLimit { what, max } => limits
                .into_iter()
                .find(|limit| limit.word() == what)
                .map_or(Self::Other, |limit| Self::Limit { limit, max: *max }),
            Refusal::AccountFrozen => Self::Frozen,
            Refusal::ProfileForbids => Self::Profile,
            Refusal::NotFound { what } if what == TRANSACTION => Self::Gone,
            Refusal::WrongState { what, state } if what == TRANSACTION && state == "too_late" => {
                Self::Untimely
            }
            Refusal::ReversalTooLarge { left } => Self::Reversed { left: *left },
            Refusal::ValueInvalid { name, .. } if name == TRANSACTION => Self::Malformed,
            Refusal::BalanceTooLarge => Self::Overflow,
            Refusal::PacketClaimed { share } => Self::Claimed { share: *share },
            Refusal::PacketEmpty => Self::Empty,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_read_back_from_what_it_refused() {
        for failure in [
            Failure::Insufficient { available: 7 },
            Failure::Limit { limit: Limit::Supply, max: 9 },
            Failure::Limit { limit: Limit::GrantsPerDay, max: 9 },
            Failure::Limit { limit: Limit::SentPerDay, max: 9 },
            Failure::Limit { limit: Limit::Share, max: 9 },
            Failure::Frozen,
            Failure::Profile,
            Failure::Gone,
            Failure::Untimely,
            Failure::Reversed { left: 3 },
            Failure::Malformed,
            Failure::Overflow,
            Failure::Claimed { share: 2 },
            Failure::Empty,
            Failure::Other,
        ] {
            assert_eq!(Failure::of(&failure.into()), failure);
        }
        assert_eq!(Failure::of(&Refusal::NotAMember), Failure::Other);
    }
}
