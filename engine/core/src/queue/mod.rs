//! The queue: what waits for a moderator, why it was decided, and asking again.
//!
//! A hold has a deadline and an outcome (release, deny, keep). Every denial, hold and sanction has a receipt
//! from which alone the verdict can be derived again. An appeal shows what today's rules would say; its
//! outcome is kept as a label.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::{HoldId, MemberId, ReceiptId};
use crate::moment::Moment;
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::stream::Community;
use crate::{card, gate, message, rule};

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

/// What a verdict rests on: the clause with its parameters and the facts it read, so that the verdict can be
/// derived again from this alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A rule.
    Rule(rule::Ground),
    /// A condition of the gate.
    Gate(gate::Ground),
    /// A person decided.
    Person {
        /// Who; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// What they decided.
        verdict: Verdict,
    },
}

impl Ground {
    /// The verdict that follows from the ground.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Rule(ground) => ground.verdict(),
            Self::Gate(ground) => ground.verdict(),
            Self::Person { verdict, .. } => *verdict,
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

/// Something that waits for a human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A message that is not shown yet; released, it is posted under this id.
    Message(message::Held),
    /// Somebody at the gate; the gate keeps the application.
    Join {
        /// Who.
        member: MemberId,
    },
    /// A change of card or nickname.
    Card(card::Held),
}

/// Puts something into the queue, with its deadline and the receipts that explain why.
pub fn hold(_ctx: &Ctx<'_>, _item: Item, receipts: &[Receipt], out: &mut Outcome) {
    let _ = (receipts, out);
}

/// What waits, and why things were decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Receipts of the last decisions.
    pub receipts: BTreeMap<ReceiptId, Receipt>,
}

/// Why the queue set a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// A hold's deadline.
    Deadline {
        /// Which hold.
        hold: HoldId,
    },
}

/// What can be asked of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match *self {}
    }
}

/// What happened in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {}

/// Keeps a receipt among the newest.
pub fn keep_receipt(queue: &mut Queue, receipt: &Receipt) {
    queue.receipts.insert(receipt.id, receipt.clone());
}

/// Decides a queue command.
pub fn decide(_ctx: &Ctx<'_>, command: &Command, _out: &mut Outcome) -> Result<(), Refusal> {
    match *command {}
}

/// A timer of the queue fired.
pub fn on_timer(_ctx: &Ctx<'_>, timer: &Timer, _out: &mut Outcome) {
    match timer {
        Timer::Deadline { .. } => {}
    }
}

/// Applies what happened in the queue.
pub fn apply(_community: &mut Community, event: &Event, _moment: &Moment, _shelf: Shelf<'_>) {
    match *event {}
}
