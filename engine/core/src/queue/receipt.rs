//! Receipts: why something was decided, so that the verdict can be derived again from the receipt alone.

use serde::{Deserialize, Serialize};

use super::hold::AtDeadline;
use crate::ids::{MemberId, ReceiptId};
use crate::limits::RECEIPTS_MAX;
use crate::notice::Text;
use crate::rule::{Edition, Label};
use crate::stream::Community;
use crate::{gate, rule, script};

/// What a rule or gate decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Let through.
    Allow,
    /// Wait for a human.
    Hold,
    /// Not let through.
    Deny,
}

/// What a verdict rests on: the clause with its parameters and the facts it read, so that the verdict can
/// be derived again from this alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A rule.
    Rule(rule::Ground),
    /// A condition of the gate.
    Gate(gate::Ground),
    /// A script.
    Script(script::Ground),
    /// A person decided.
    Person {
        /// Who; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// What they decided.
        verdict: Verdict,
    },
    /// Nobody decided in time.
    Deadline {
        /// What the settings say then.
        outcome: AtDeadline,
    },
}

impl Ground {
    /// The verdict that follows from the ground.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Rule(ground) => ground.verdict(),
            Self::Gate(ground) => ground.verdict(),
            Self::Script(ground) => ground.verdict(),
            Self::Person { verdict, .. } => *verdict,
            Self::Deadline { outcome } => outcome.verdict(),
        }
    }
}

/// The explanation of one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which.
    pub id: ReceiptId,
    /// Whom it is about.
    pub member: MemberId,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// What was decided.
    pub verdict: Verdict,
    /// What it rests on.
    pub ground: Ground,
    /// The reason as a text for the member.
    pub reason: Text,
    /// What would have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Text>,
}

/// Keeps a receipt among the newest, and counts it for its rule.
pub fn keep_receipt(community: &mut Community, receipt: &Receipt) {
    if let Some(edition) = Edition::of(receipt) {
        community.rules.tallies.count(&edition, Label::Hit);
    }
    let receipts = &mut community.queue.receipts;
    receipts.insert(receipt.id, receipt.clone());
    while receipts.len() > RECEIPTS_MAX {
        receipts.pop_first();
    }
}
