//! One record: whose doing each of its events is.
//!
//! The rows of runs name the version's own events; what was held, denied and punished rests on receipts.

use std::collections::BTreeSet;

use kith_core::command::CommandKind;
use kith_core::event::Event;
use kith_core::hook::Hook;
use kith_core::ids::{MemberId, MessageId, ReceiptId};
use kith_core::member;
use kith_core::notice::Arg;
use kith_core::queue::{self, Ground};
use kith_core::record::Record;
use kith_core::script::{self, RunOutcome, Wording};

use super::cells::Doer;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    pub(super) no: u32,
    pub(super) version: u32,
    pub(super) bot: MemberId,
    pub(super) since_ms: u64,
}

/// What one record says of whose doing its events are.
pub(super) struct Page<'a> {
    pub(super) record: &'a Record,
    pub(super) at_ms: u64,
    pub(super) undo: bool,
    pub(super) ranges: Vec<(usize, usize)>,
    pub(super) topic: bool,
    pub(super) receipts: BTreeSet<ReceiptId>,
    /// Whether the last strike rests on one of the version's receipts.
    pub(super) struck: bool,
}

impl<'a> Page<'a> {
    pub(super) fn of(record: &'a Record, sought: &Sought) -> Self {
        let at_ms = record.command.at_ms;
        let counts = at_ms >= sought.since_ms;
        let own = |run: &&script::Run| counts && (run.no, run.version) == (sought.no, sought.version);
        let of_version = |receipt: &&queue::Receipt| match &receipt.ground {
            Ground::Script(ground) => counts && (ground.no, ground.version) == (sought.no, sought.version),
            _ => false,
        };
        let undo = matches!(&record.command.kind, CommandKind::Script(script::Command::Undo(undo))
            if (undo.no, undo.version) == (sought.no, sought.version));
        let range = |run: &script::Run| (run.events.0 as usize, run.events.1 as usize);
        Self {
            record,
            at_ms,
            undo,
            ranges: record.runs.iter().filter(own).map(range).collect(),
            topic: record.runs.iter().filter(own).any(|run| run.hook == Hook::Topic),
            receipts: record.decisions.iter().filter(of_version).map(|receipt| receipt.id).collect(),
            struck: false,
        }
    }

    /// Whose an event is by the rows of the runs.
    pub(super) fn doer(&self, index: usize) -> Doer {
        let own = |(first, count): &(usize, usize)| (*first..first.saturating_add(*count)).contains(&index);
        match () {
            () if self.undo => Doer::Undo,
            () if self.ranges.iter().any(own) => Doer::Version,
            () => Doer::Other,
        }
    }

    /// Whose it is if it rests on a receipt.
    pub(super) fn doer_by(&self, doer: Doer, receipt: ReceiptId) -> Doer {
        if doer == Doer::Other && self.receipts.contains(&receipt) { Doer::Version } else { doer }
    }

    /// Whether anything else of the record says no to what these receipts are about.
    pub(super) fn objected(&self, receipts: &[ReceiptId]) -> bool {
        let others = self.record.decisions.iter().filter(|receipt| receipts.contains(&receipt.id));
        others.filter(|receipt| !self.receipts.contains(&receipt.id)).any(queue::Receipt::objects)
    }

    /// Whether the version, and nobody else, put the record's message in other words.
    pub(super) fn rewrote_alone(&self, sought: &Sought) -> bool {
        let runs = self.record.runs.iter().filter(|run| run.outcome == RunOutcome::Rewrite);
        let mut runs = runs.map(|run| (run.no, run.version)).peekable();
        self.at_ms >= sought.since_ms
            && runs.peek().is_some()
            && runs.all(|run| run == (sought.no, sought.version))
    }

    pub(super) fn wording(&self, sought: &Sought) -> Wording {
        if self.rewrote_alone(sought) { Wording::Original } else { Wording::Kept }
    }

    /// The author of a message that the record deletes, from what they are told.
    pub(super) fn author_of(&self, message: MessageId) -> Option<MemberId> {
        self.record.events.iter().find_map(|event| match event {
            Event::Member(member::Event::Notified { member, text })
                if text.args.get("message") == Some(&Arg::Message(message)) =>
            {
                Some(*member)
            }
            _ => None,
        })
    }
}
