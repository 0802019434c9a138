//! The queue: what waits for a moderator, why it was decided, and asking again.
//!
//! A hold has a deadline and an outcome (release, deny, keep). Every denial, hold and sanction has a
//! receipt from which alone the verdict can be derived again. An appeal shows what today's rules would say;
//! its outcome is kept as a label.
//!
//! In reading order: `receipt`, `hold`, `denied` (kept for appeals), `appeal`, `config`.

mod appeal;
mod config;
mod denied;
mod hold;
mod receipt;

#[cfg(test)]
mod tests;

pub use appeal::{Appeal, Decision, Review, State};
pub use config::QueueConfig;
pub use denied::Denied;
pub use hold::{AtDeadline, Hold, Item, full_for, hold, let_go, withdraw_join};
pub(crate) use receipt::own_words;
pub use receipt::{Ground, Receipt, Verdict, keep_receipt};

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::event::Event as AnyEvent;
use crate::ids::{AppealId, HoldId, MemberId, ReceiptId};
use crate::message;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::rule::{Edition, Label, text_of};
use crate::stream::Community;

/// Numbers of receipts and timers within one command from which on the queue counts: other nouns are below.
const INDEX_FROM: u32 = 2 << 16;

/// What waits, and why things were decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// How long things wait, and how many.
    #[serde(default)]
    pub config: QueueConfig,
    /// Receipts of the last decisions.
    pub receipts: BTreeMap<ReceiptId, Receipt>,
    /// What waits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holds: BTreeMap<HoldId, Hold>,
    /// What was denied and can still be appealed, oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub denied: VecDeque<Denied>,
    /// Appeals.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub appeals: BTreeMap<AppealId, Appeal>,
}

/// Sets a new community's queue up. `apply` of its founding calls it.
pub fn configure(community: &mut Community, config: &QueueConfig) {
    community.queue.config = config.clone();
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

/// Who or what settled a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A person.
    Person {
        /// Who; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
    },
    /// Nobody did in time.
    Deadline,
    /// An appeal was right.
    Appeal {
        /// Which.
        appeal: AppealId,
    },
    /// The script that held it was undone.
    Undo,
}

/// What can be asked of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Decide about something that waits.
    Resolve {
        /// What.
        hold: HoldId,
        /// How.
        outcome: AtDeadline,
        /// A word for its author; owned by them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<BodyRef>,
    },
    /// Ask to look at a decision again.
    Appeal {
        /// Which decision.
        receipt: ReceiptId,
        /// Why.
        text: BodyRef,
    },
    /// Decide about an appeal.
    DecideAppeal {
        /// Which.
        appeal: AppealId,
        /// How.
        decision: Decision,
        /// A word for the member; owned by them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<BodyRef>,
    },
    /// Change how long things wait, and how many.
    Configure {
        /// How.
        config: QueueConfig,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Resolve { .. } | Self::DecideAppeal { .. } => Need::Permission(Permission::Moderate),
            Self::Appeal { .. } => Need::Known,
            Self::Configure { .. } => Need::Permission(Permission::ManageRules),
        }
    }
}

/// What happened in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Something waits.
    Held {
        /// Under which id.
        id: HoldId,
        /// What and why.
        hold: Box<Hold>,
    },
    /// A hold was settled, or kept without a deadline.
    Resolved {
        /// Which.
        hold: HoldId,
        /// How.
        outcome: AtDeadline,
        /// By what.
        cause: Cause,
        /// What explains a denial.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<ReceiptId>,
        /// A word for its author.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<BodyRef>,
    },
    /// A hold has no object any more.
    Withdrawn {
        /// Which.
        hold: HoldId,
    },
    /// A member appealed.
    Appealed {
        /// Under which id.
        id: AppealId,
        /// What about, why, and what today's rules say.
        appeal: Box<Appeal>,
        /// The rule that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edition: Option<Edition>,
    },
    /// An appeal was decided.
    AppealDecided {
        /// Which.
        id: AppealId,
        /// How.
        decision: Decision,
        /// By whom; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// A word for the member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<BodyRef>,
        /// The rules that were wrong, where it was overturned.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        editions: Vec<Edition>,
    },
    /// A denied message was posted after all.
    Restored {
        /// One of its receipts.
        receipt: ReceiptId,
    },
    /// The queue's settings changed.
    Configured {
        /// What they are now.
        config: QueueConfig,
        /// What they were.
        old: QueueConfig,
    },
}

/// Takes everything about an erased member out: what waits, what was denied, why, and what they asked again.
pub fn forget(queue: &mut Queue, member: MemberId) {
    queue.receipts.retain(|_, receipt| receipt.member != member);
    queue.holds.retain(|_, hold| hold.item.member() != member);
    queue.denied.retain(|denied| denied.held.header.author != member);
    queue.appeals.retain(|_, appeal| appeal.receipt.member != member);
}

/// Decides a queue command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Resolve { hold, outcome, note } => hold::resolve(ctx, (*hold, *outcome), *note, out),
        Command::Appeal { receipt, text } => appeal::appeal(ctx, *receipt, *text, out),
        Command::DecideAppeal { appeal, decision, note } => {
            appeal::decide(ctx, (*appeal, *decision), *note, out)
        }
        Command::Configure { config } => {
            config.check()?;
            let old = ctx.community.queue.config.clone();
            if old == *config {
                return Err(Refusal::NothingToChange);
            }
            out.event(Event::Configured { config: config.clone(), old });
            Ok(())
        }
    }
}

/// A timer of the queue fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    match timer {
        Timer::Deadline { hold } => hold::deadline(ctx, *hold, out),
    }
}

/// Takes note of a denied message, which is kept for an appeal.
pub fn saw(community: &mut Community, event: &AnyEvent, moment: &Moment, mut shelf: Shelf<'_>) {
    let AnyEvent::Message(message::Event::Denied { held, receipts }) = event else { return };
    let queue = &mut community.queue;
    let until_ms = moment.at_ms.saturating_add(queue.config.appeal_ms());
    let denied =
        Denied { held: (**held).clone(), receipts: receipts.clone(), editions: Vec::new(), until_ms };
    denied::add(queue, denied, &mut shelf);
    denied::expire(queue, moment.at_ms, &mut shelf);
}

/// Applies what happened in the queue.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, mut shelf: Shelf<'_>) {
    match event {
        Event::Held { id, hold } => {
            if let Item::Message(held) = &hold.item {
                let parts = held.parts.iter().chain(&held.original);
                parts.filter_map(text_of).for_each(|body| keep(&mut shelf, body));
            }
            hold.bodies().for_each(|body| keep(&mut shelf, body));
            community.queue.holds.insert(*id, (**hold).clone());
        }
        Event::Resolved { outcome: AtDeadline::Keep, hold, .. } => {
            if let Some(hold) = community.queue.holds.get_mut(hold) {
                hold.due_ms = None;
            }
        }
        Event::Resolved { hold, outcome, cause, receipt, .. } => {
            let Some(hold) = community.queue.holds.remove(hold) else { return };
            label(community, &hold, (*outcome, *cause));
            for body in hold.bodies() {
                shelf.0.remove(body.id);
            }
            settled(&mut community.queue, hold, (*receipt, moment.at_ms), &mut shelf);
        }
        Event::Withdrawn { hold } => {
            let hold = community.queue.holds.remove(hold);
            hold.iter().flat_map(Hold::bodies).for_each(|body| drop(shelf.0.remove(body.id)));
        }
        Event::Appealed { id, appeal, edition } => {
            keep(&mut shelf, &appeal.text);
            if let Some(edition) = edition {
                community.rules.tallies.count(edition, Label::Appealed);
            }
            community.queue.appeals.insert(*id, (**appeal).clone());
            appeal::shrink(&mut community.queue);
        }
        Event::AppealDecided { id, decision, by, editions, .. } => {
            for edition in editions {
                community.rules.tallies.count(edition, Label::Overturned);
            }
            if let Some(appeal) = community.queue.appeals.get_mut(id) {
                appeal.state = State::Decided { decision: *decision, by: *by, at_ms: moment.at_ms };
                shelf.0.remove(appeal.text.id);
            }
        }
        Event::Restored { receipt } => denied::take(&mut community.queue, *receipt, &mut shelf),
        Event::Configured { config, .. } => community.queue.config = config.clone(),
    }
    denied::expire(&mut community.queue, moment.at_ms, &mut shelf);
}

/// Labels the rules that held something with what a person made of it.
fn label(community: &mut Community, hold: &Hold, (outcome, cause): (AtDeadline, Cause)) {
    let label = match (outcome, cause) {
        (AtDeadline::Release, Cause::Person { .. }) => Label::Released,
        (AtDeadline::Deny, Cause::Person { .. }) => Label::Denied,
        _ => return,
    };
    for edition in &hold.editions {
        community.rules.tallies.count(edition, label);
    }
}

/// A message that was denied is kept for an appeal; what was released needs no keeping any more.
fn settled(queue: &mut Queue, hold: Hold, (receipt, at_ms): (Option<ReceiptId>, u64), shelf: &mut Shelf<'_>) {
    let Item::Message(held) = hold.item else { return };
    let Some(receipt) = receipt else { return denied::forget_bodies(&held, shelf) };
    let mut receipts = hold.receipts;
    receipts.push(receipt);
    let until_ms = at_ms.saturating_add(queue.config.appeal_ms());
    queue.denied.push_back(Denied { held: *held, receipts, editions: hold.editions, until_ms });
}
