//! A transaction: moves that happen together or not at all, under a template that says what they are for.
//!
//! A template is the engine's: whoever asks names it and numbers, never accounts of their choice. It says
//! between which kinds of accounts its moves go; the book refuses every other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::{EscrowKind, Payee, Purse, Terms};
use super::{AccountId, Amount, Asset};
use crate::ids::{CommandId, MemberId, TransactionId};

/// Moves of one transaction: what a sweep of five hundred members takes, with room for what they owe.
pub const MOVES_MAX: usize = 1_024;
/// Bytes of what a transaction says besides its moves.
pub const META_BYTES_MAX: usize = 1_024;

/// So much of an asset from one account to another: what leaves here arrives there, so all accounts of an
/// asset sum to zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Where it leaves.
    pub from: AccountId,
    /// Where it arrives.
    pub to: AccountId,
    /// What.
    pub asset: Asset,
    /// How much, in minor units.
    pub amount: Amount,
}

impl Move {
    /// The same move with another amount.
    pub fn of(&self, amount: Amount) -> Self {
        Self { amount, ..self.clone() }
    }

    /// Whether the accounts and the asset are the same.
    pub fn is_along(&self, other: &Self) -> bool {
        self.from == other.from && self.to == other.to && self.asset == other.asset
    }
}

/// What a transaction does with its moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// They happen.
    Post,
    /// They are held: nobody else can have the money, and it arrives once the hold is posted.
    Hold {
        /// From here on the hold cannot be posted any more, Unix milliseconds.
        until_ms: u64,
    },
    /// Held moves happen, as far as they are named; the rest is released.
    PostHold {
        /// Which.
        of: TransactionId,
    },
    /// A hold is released.
    VoidHold {
        /// Which.
        of: TransactionId,
    },
    /// A hold's time is over.
    Expire {
        /// Which.
        of: TransactionId,
    },
    /// Moves of before are taken back.
    Reverse {
        /// Which.
        of: TransactionId,
        /// So many units of each of its moves, in their order.
        units: Vec<i64>,
    },
}

macro_rules! templates {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What a transaction is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Template { $($(#[$doc])* #[serde(rename = $code)] $name,)* }

        impl Template {
            /// Every template.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable name, with its version.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

templates! {
    /// The community gives a member points that it makes.
    PointsGrant = "points.grant.v1";
    /// The community takes points away from a member, and there are fewer.
    PointsTake = "points.take.v1";
    /// A member spends points on something of the community's.
    PointsSpend = "points.spend.v1";
    /// Points that nobody spent in time.
    PointsExpire = "points.expire.v1";
    /// A member sends another something, to be accepted.
    TransferHold = "transfer.hold.v1";
    /// What became of it.
    TransferEnd = "transfer.end.v1";
    /// A member gives another something at once.
    TransferDirect = "transfer.direct.v1";
    /// A member puts something into a red packet.
    PacketFund = "packet.fund.v1";
    /// A member opens one.
    PacketClaim = "packet.claim.v1";
    /// What nobody opened goes back.
    PacketRefund = "packet.refund.v1";
    /// Somebody takes a transaction back.
    Reverse = "ledger.reverse.v1";
}

impl Template {
    /// Whether it gives one member's assets to another: of currencies that is licensed business.
    pub fn is_between_members(self) -> bool {
        matches!(self, Self::TransferHold | Self::TransferDirect | Self::PacketFund)
    }

    /// Whether it can be taken back later.
    pub fn is_reversible(self) -> bool {
        matches!(self, Self::PointsGrant | Self::PointsSpend | Self::TransferDirect | Self::TransferEnd)
    }

    /// Whether a member's debts come first: what they owe they cannot give away.
    pub(super) fn is_given_away(self) -> bool {
        self.is_between_members() || self == Self::PointsSpend
    }

    /// Whether its moves go between such accounts.
    pub(super) fn fits(self, moved: &Move) -> bool {
        use AccountId as A;
        let (from, to) = (&moved.from, &moved.to);
        let purses = (from.purse_of(), to.purse_of());
        match self {
            Self::PointsGrant => match (from, to) {
                (A::Mint(Asset::Points), A::Member(_, Purse::Points)) => true,
                (A::Member(one, Purse::Points), A::Member(other, Purse::Receivable)) => one == other,
                _ => false,
            },
            Self::PointsTake | Self::PointsSpend | Self::PointsExpire => {
                matches!((from, to), (A::Member(_, Purse::Points), A::Mint(Asset::Points)))
            }
            Self::TransferHold | Self::TransferEnd | Self::TransferDirect => {
                matches!(purses, (Some(one), Some(other)) if one != other)
            }
            Self::PacketFund => purses.0.is_some() && matches!(to, A::Escrow(EscrowKind::Packet, _)),
            Self::PacketClaim => matches!(from, A::Escrow(EscrowKind::Packet, _)) && purses.1.is_some(),
            Self::PacketRefund => {
                matches!(from, A::Escrow(EscrowKind::Packet, _)) && (purses.1.is_some() || *to == A::Suspense)
            }
            // What is taken back is held against the original, move by move.
            Self::Reverse => !matches!(to, A::Revenue(Payee::Referrer(_))) || purses.0.is_some(),
        }
    }
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Which.
    pub id: TransactionId,
    /// What for.
    pub template: Template,
    /// The command that led to it.
    pub cause: CommandId,
    /// Who asked; `None` for the host and timers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// The day in the community's zone, counted from 1970-01-01: what caps of a day count by.
    pub day: i32,
    /// What becomes of the moves.
    pub kind: Kind,
    /// What moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// The escrow that is born with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<Box<(AccountId, Terms)>>,
    /// When points end that are made here, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_ms: Option<u64>,
    /// What else the engine says of it; never what people wrote.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, String>,
}
