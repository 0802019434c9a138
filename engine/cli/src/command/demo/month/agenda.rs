//! What is to happen, by its time. What happens puts more in.

use std::collections::BTreeMap;

use kith_core::ids::{AppealId, ChannelId, HoldId, MessageId, ReceiptId};
use kith_core::message::Sort;
use kith_core::queue::Decision;

use super::super::world::Answers;

/// Somebody, by their place among the players.
pub(super) type Who = usize;

/// How somebody comes to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// With an invite, by its place among those that were made.
    Invite(usize),
    /// With an answer that says what brings them.
    Answer,
    /// With an answer that says nothing.
    Shrug,
}

/// Whether the group wants to read it; what moderators go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    Well,
    Ill,
}

/// What somebody says.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) who: Who,
    pub(super) channel: ChannelId,
    pub(super) text: String,
    pub(super) sort: Sort,
    pub(super) meant: Meant,
    pub(super) follows: Follows,
}

/// What it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// Nothing.
    Nothing,
    /// A message that stands.
    Message(MessageId),
    /// A thread, by its number.
    Thread(usize, Answers),
}

/// What opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    Thread,
    Question,
}

/// What a moderator looks at, and what they go by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looked {
    pub(super) hold: HoldId,
    pub(super) by: Who,
    pub(super) meant: Meant,
    /// Why it waits.
    pub(super) receipt: ReceiptId,
}

/// One thing.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// The owner makes an invite under a source.
    Invite { source: &'static str, uses: u32 },
    /// Somebody asks to be let in; `source` is how they came.
    Knock { who: Who, door: Door, source: &'static str },
    /// The owner gives somebody the moderators' role.
    Trust { who: Who },
    /// Somebody says something.
    Say(Said),
    /// Some people who are there begin to talk.
    Open(Opening),
    /// Somebody sells something, and goes on while they can.
    Advertise { who: Who, left: u32 },
    /// A regular says what only looks like an ad.
    Alarm { newcomer: Newcomer },
    /// Somebody writes much faster than anybody reads.
    Flood,
    /// Somebody puts an emoji under a message.
    React { who: Who, message: MessageId },
    /// Who asked accepts an answer.
    Accept { who: Who, question: MessageId, answer: MessageId },
    /// The owner tells everybody something.
    Announce { place: usize },
    /// Somebody confirms that they read it.
    Confirm { who: Who, message: MessageId },
    /// A moderator looks at what waits.
    Look(Looked),
    /// Somebody asks to look again.
    Appeal { who: Who, receipt: ReceiptId, meant: Meant },
    /// The owner decides about that.
    Judge { appeal: AppealId, decision: Decision },
    /// A moderator has a word with somebody.
    Warn { place: usize },
    /// A moderator sends somebody out for a month.
    Ban { who: Who },
    /// A version of a script is put in.
    Put { script: &'static str, version: u32 },
    /// Somebody leaves.
    Leave { who: Who },
}

/// Of whom it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newcomer {
    Yes,
    No,
}

/// What is to happen, first things first.
#[derive(Default)]
pub(super) struct Agenda {
    rows: BTreeMap<(u64, u64), Act>,
    put: u64,
}

impl Agenda {
    /// Puts something in.
    pub(super) fn put(&mut self, at_ms: u64, act: Act) {
        self.put += 1;
        self.rows.insert((at_ms, self.put), act);
    }

    /// The next thing, if it is due by then.
    pub(super) fn next_until(&mut self, until_ms: u64) -> Option<(u64, Act)> {
        let first = self.rows.first_entry().filter(|first| first.key().0 <= until_ms)?;
        let ((at_ms, _), act) = first.remove_entry();
        Some((at_ms, act))
    }
}
