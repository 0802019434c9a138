//! What a replay tells of each hook but messages: verdicts on joins and cards, and what was done upon
//! commands, events, timers and topics. Serialized with stable names, as `report`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Case, Fault};

/// Runs of one hook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Runs {
    /// How often it ran.
    pub runs: u64,
    /// Effects that would have been tried, by kind: `tag`, `post`, `set_timer` …
    pub effects: BTreeMap<&'static str, u64>,
    /// Effects among these that would have been refused: no permission, nothing to change.
    pub refused: u64,
    /// Runs that failed.
    pub faults: u64,
    /// Times that it was not asked because its breaker was open.
    pub skipped: u64,
    /// What failed, most often first.
    pub fault_kinds: Vec<Fault>,
    /// The slowest runs.
    pub slowest: Vec<SlowRun>,
    /// The same through another version; joins and cards compare their verdicts instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<OtherRuns>,
}

/// What another version's runs of the same hook did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OtherRuns {
    /// How often it ran.
    pub runs: u64,
    /// Effects that would have been tried, by kind.
    pub effects: BTreeMap<&'static str, u64>,
    /// Effects among these that would have been refused.
    pub refused: u64,
    /// Runs that failed.
    pub faults: u64,
}

/// One slow run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlowRun {
    /// When it would have been, Unix milliseconds.
    pub at_ms: u64,
    /// Time by the clock, microseconds.
    pub wall_us: u64,
}

/// Verdicts on joins, or on changes of cards and nicknames.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rulings {
    /// How many it was asked about.
    pub asked: u64,
    /// Let through.
    pub allowed: u64,
    /// Denied, those included for which the ladder does.
    pub denied: u64,
    /// Held for a human.
    pub held: u64,
    /// Those that gate or rules denied, or whose words are erased: it is not asked about them.
    pub not_asked: u64,
    /// Outcomes that differ from what is recorded.
    pub differs: u64,
    /// Of these, hit here and let through then.
    pub stricter: u64,
    /// Of these, let through here and hit then.
    pub looser: u64,
    /// Who is hit, and whose outcome differs, newest first.
    pub cases: Vec<Case>,
    /// The same history through another version.
    pub against: Option<Agreement>,
    /// What the runs used and did.
    #[serde(flatten)]
    pub used: Runs,
}

/// How another version rules on the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Both come to the same.
    pub same: u64,
    /// Hit by the draft only.
    pub stricter: u64,
    /// Hit by the other only.
    pub looser: u64,
}

/// Commands that members typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Commands {
    /// Those upon which it said or did something.
    pub answered: u64,
    /// Those that stand as messages, as nobody answered commands then.
    pub posted_then: u64,
    /// What the runs used and did.
    #[serde(flatten)]
    pub used: Runs,
}

/// Timers of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Timers {
    /// Those that had not rung when the history ended.
    pub waiting: u64,
    /// After how many the replay let no more ring, where it came to that: what is counted is less than what
    /// would have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_after: Option<u64>,
    /// What the runs used and did.
    #[serde(flatten)]
    pub used: Runs,
}

/// Times at which topics were wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Topics {
    /// Topics that it proposed.
    pub proposed: u64,
    /// What the runs used and did.
    #[serde(flatten)]
    pub used: Runs,
}
