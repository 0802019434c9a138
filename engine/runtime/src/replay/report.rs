//! What a replay tells: figures, the people it would have hit, and where it differs from what happened.
//!
//! Serialized with stable names: fields are only ever added. Times are Unix milliseconds.

use kith_core::ids::{MemberId, MessageId};
use kith_core::notice::Text;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::sections::{Commands, Rulings, Runs, Timers, Topics};
use crate::texts::ENGLISH_READER;

/// What a draft would have done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The script.
    pub script: String,
    /// The hooks it answers: messages are counted where `message` is among them.
    pub hooks: Vec<&'static str>,
    /// Messages it was asked about.
    pub messages: u64,
    /// Of these, messages that were imported: nobody had decided about them here.
    pub imported: u64,
    /// Messages that it denies, those included for which the ladder does.
    pub denied: u64,
    /// Messages that it holds, those included for which the ladder or the blast cap does.
    pub held: u64,
    /// Messages that it posts with another text.
    pub rewritten: u64,
    /// Breaches that it reports, whatever the ladder makes of each.
    pub breaches: u64,
    /// Mutes of the author that follow.
    pub muted: u64,
    /// Authors who are sent out or banned.
    pub removed: u64,
    /// Runs that failed.
    pub faults: u64,
    /// Denials and sanctions that the blast cap turned into holds.
    pub capped: u64,
    /// Messages on which it was not asked because its breaker was open, or as it was in quarantine.
    pub skipped: u64,
    /// Messages that a mute of its own would have prevented.
    pub prevented: u64,
    /// Messages that the built-in rules denied, or whose text is erased: it is not asked about them.
    pub not_asked: u64,
    /// Messages whose outcome differs from what is recorded.
    pub differs: u64,
    /// In which way.
    pub difference: Differs,
    /// Regulars who are hit: they wrote on at least five days of the thirty before.
    pub regulars_hit: u64,
    /// The regulars who are hit, most messages first, with what they wrote.
    pub regulars: Vec<Regular>,
    /// Everybody else who is hit, newest first.
    pub cases: Vec<Case>,
    /// Messages by day in the community's zone.
    pub days: Vec<Day>,
    /// Holds on an average day on which somebody wrote: work for a human.
    pub holds_per_day: f64,
    /// What failed, most often first.
    pub fault_kinds: Vec<Fault>,
    /// The slowest runs.
    pub slowest: Vec<Slow>,
    /// Labels that people gave, and how the draft stands to them.
    pub labels: Labels,
    /// Of the labelled messages that are hit, the share that is unwanted; `null` without labels.
    pub precision: Option<f64>,
    /// Of the unwanted messages, the share that is hit; `null` without labels.
    pub recall: Option<f64>,
    /// The same history through another version.
    pub against: Option<Against>,
    /// People who asked to be let in; `null` where the draft has no such hook, as with those that follow.
    pub joins: Option<Rulings>,
    /// Changes of cards and nicknames.
    pub cards: Option<Rulings>,
    /// Commands that members typed.
    pub commands: Option<Commands>,
    /// What it was told of afterwards.
    pub events: Option<Runs>,
    /// Timers of its own.
    pub timers: Option<Timers>,
    /// Times at which topics were wanted.
    pub topics: Option<Topics>,
    /// Runs, whatever the hook, that read what the history lacks: of imported members it knows no card, and
    /// not when they came in.
    pub lacking_runs: u64,
    /// Time that the draft itself took, microseconds.
    pub script_us: u64,
    /// Time by the clock, milliseconds; set by whoever has a clock.
    pub wall_ms: u64,
}

/// In which way outcomes differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// Hit here and let through then.
    pub stricter: u64,
    /// Let through here and hit then.
    pub looser: u64,
    /// Of the stricter ones, imported messages: let through by nobody.
    pub imported: u64,
}

/// A regular who is hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Regular {
    /// Who.
    pub member: MemberId,
    /// Their name today.
    pub nickname: String,
    /// How many of their messages are hit.
    pub messages: u64,
    /// The first of these.
    pub cases: Vec<Case>,
}

/// One message, join or change that is hit, or that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Which message; none where it is a join or a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// By whom.
    pub member: MemberId,
    /// Their name today.
    pub nickname: String,
    /// When.
    pub at_ms: u64,
    /// What was written, shortened: of a join the name that was brought, of a change what was to change.
    pub text: String,
    /// What the draft says: `deny`, `hold`, `rewrite`, `violation`, `allow`, `fault`, `capped`, `skipped`.
    pub says: &'static str,
    /// What comes of it: `allow`, `hold`, `deny`.
    pub verdict: &'static str,
    /// What came of it then.
    pub recorded: &'static str,
    /// The code of the reason.
    pub code: String,
    /// The reason.
    pub reason: String,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The date in the community's zone, `2026-11-22`.
    pub date: String,
    /// Messages it was asked about.
    pub messages: u64,
    /// Denied.
    pub denied: u64,
    /// Held.
    pub held: u64,
}

/// A kind of fault at one place. For machines, what it says stands there in English, with code and arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its code.
    pub kind: &'static str,
    /// Line in the source, from 1; 0 where there is none.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How often.
    pub times: u64,
    /// What the first one says.
    pub says: Text,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, line, column, times, says } = self;
        let value = json!({
            "kind": kind, "line": line, "column": column, "times": times,
            "detail": ENGLISH_READER.render(says), "code": says.code, "args": says.args,
        });
        value.serialize(serializer)
    }
}

/// One slow run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slow {
    /// On which message.
    pub message: MessageId,
    /// Time by the clock, microseconds.
    pub wall_us: u64,
}

/// What people called messages, at the source or in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Labels {
    /// Unwanted messages.
    pub unwanted: u64,
    /// Wanted messages.
    pub wanted: u64,
    /// Unwanted messages that are hit.
    pub unwanted_hit: u64,
    /// Wanted messages that are hit.
    pub wanted_hit: u64,
}

/// The same history through another version.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Against {
    /// The version's name.
    pub script: String,
    /// Messages on which both say the same.
    pub same: u64,
    /// Hit by the draft only.
    pub stricter: u64,
    /// Hit by the other only.
    pub looser: u64,
    /// The first messages on which they differ; `recorded` is what the other says.
    pub cases: Vec<Case>,
}
