//! What an undo found and did, for people and programs. Fields are only ever added.

use std::collections::{BTreeMap, BTreeSet};

use kith_core::ids::{CommandId, MemberId};
use kith_core::script::{Left, What};
use serde::Serialize;

/// Things shown one by one; beyond it the counts say enough.
const SHOWN_MAX: usize = 50;

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is only listed what would be.
    Plan,
    /// It is done.
    Carry,
}

/// What an undo found and did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The script's name.
    pub script: String,
    /// The version.
    pub version: u32,
    /// From when on it was looked, Unix milliseconds; `None` for ever since.
    pub since_ms: Option<u64>,
    /// Whether anything was changed.
    pub mode: Mode,
    /// Records of the log that were read.
    pub records: u64,
    /// Runs of the version among them.
    pub runs: u64,
    /// The log begins here because its past was cut off: what the version did before is not known.
    pub cut_ms: Option<u64>,
    /// Things undone, or that would be.
    pub undone: u64,
    /// Things that are as before already: somebody was faster, or time was.
    pub over: u64,
    /// Things that cannot be undone.
    pub left: u64,
    /// The same by kind.
    pub kinds: BTreeMap<What, Line>,
    /// Whom anything undone concerns.
    pub members: BTreeSet<MemberId>,
    /// The first messages that are shown again, as their authors wrote them.
    pub texts: Vec<Shown>,
    /// The first things that cannot be undone, with the reason.
    pub reasons: Vec<Reason>,
    /// The commands that did it.
    pub commands: Vec<CommandId>,
}

/// Things of one kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Line {
    /// Undone.
    pub undone: u64,
    /// As before already.
    pub over: u64,
    /// Not to be undone, by reason.
    pub left: BTreeMap<Left, u64>,
}

/// A message that is shown again.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// What had been done to it.
    pub what: What,
    /// Whose it is.
    pub member: MemberId,
    /// When it had been done, Unix milliseconds.
    pub at_ms: u64,
    /// What they wrote.
    pub text: String,
}

/// Something that cannot be undone.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Reason {
    /// What had been done.
    pub what: What,
    /// To whom.
    pub member: Option<MemberId>,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// Why it stays.
    pub left: Left,
}

impl Report {
    pub(super) fn new(script: String, version: u32, (since_ms, mode): (Option<u64>, Mode)) -> Self {
        Self {
            script,
            version,
            since_ms,
            mode,
            records: 0,
            runs: 0,
            cut_ms: None,
            undone: 0,
            over: 0,
            left: 0,
            kinds: BTreeMap::new(),
            members: BTreeSet::new(),
            texts: Vec::new(),
            reasons: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Counts what became of one thing.
    pub(super) fn count(&mut self, found: (What, Option<MemberId>, u64), left: Option<Left>) {
        let (what, member, at_ms) = found;
        let line = self.kinds.entry(what).or_default();
        match left {
            None => {
                (self.undone, line.undone) = (self.undone + 1, line.undone + 1);
                self.members.extend(member);
            }
            Some(Left::Over) => (self.over, line.over) = (self.over + 1, line.over + 1),
            Some(left) => {
                self.left += 1;
                *line.left.entry(left).or_default() += 1;
                if self.reasons.len() < SHOWN_MAX {
                    self.reasons.push(Reason { what, member, at_ms, left });
                }
            }
        }
    }

    /// Shows one message, if there is room.
    pub(super) fn show(&mut self, shown: Option<Shown>) {
        if self.texts.len() < SHOWN_MAX {
            self.texts.extend(shown);
        }
    }

    /// Whether there was nothing to change.
    pub fn is_nothing(&self) -> bool {
        self.undone == 0
    }
}
