//! Receipts: why something was decided, so that the verdict can be derived again from the receipt alone.

use serde::{Deserialize, Serialize};

use super::hold::AtDeadline;
use crate::body::BodyRef;
use crate::decide::{Shelf, keep};
use crate::ids::{MemberId, ReceiptId};
use crate::limits::RECEIPTS_MAX;
use crate::notice::{Arg, Text};
use crate::rule::{Clause, Edition, Label};
use crate::stream::Community;
use crate::{gate, member, rule, script};

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

impl Receipt {
    /// Whether it speaks against what it is about. That the queue was full does not: it makes a denial of a
    /// hold, and whoever wanted the hold has a receipt of their own.
    pub fn objects(&self) -> bool {
        let full =
            matches!(&self.ground, Ground::Rule(rule::Ground { clause: Clause::QueueFull { .. }, .. }));
        self.verdict != Verdict::Allow && !full
    }
}

/// What a script said to the member: the receipt's own, as nothing else that stays holds it. What a rule
/// quotes is the message's.
pub(crate) fn own_words(receipt: &Receipt) -> impl Iterator<Item = &BodyRef> {
    let is_script = matches!(receipt.ground, Ground::Script(_));
    receipt.reason.args.values().filter_map(move |arg| match arg {
        Arg::Body(body) if is_script => Some(body),
        _ => None,
    })
}

/// Keeps a receipt among the newest, with what it says, and counts it for its rule.
pub fn keep_receipt(community: &mut Community, receipt: &Receipt, mut shelf: Shelf<'_>) {
    own_words(receipt).for_each(|body| keep(&mut shelf, body));
    if let Some(edition) = Edition::of(receipt) {
        community.rules.tallies.count(&edition, Label::Hit);
    }
    community.queue.receipts.insert(receipt.id, receipt.clone());
    while community.queue.receipts.len() > RECEIPTS_MAX {
        let Some((_, oldest)) = community.queue.receipts.pop_first() else { return };
        for body in own_words(&oldest) {
            // A notice that nobody has read may say the same.
            if !member::is_named(community, oldest.member, body.id) {
                shelf.0.remove(body.id);
            }
        }
    }
}
