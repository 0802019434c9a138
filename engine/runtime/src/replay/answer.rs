//! What a version says of one thing.

use kith_core::decide::Outcome;
use kith_core::event::Event;
use kith_core::hook::{Fault, Hook};
use kith_core::ids::MemberId;
use kith_core::member;
use kith_core::notice::Arg;
use kith_core::queue::{Ground, Verdict};
use kith_core::rule;
use kith_core::script::{Run, RunOutcome};

/// What a version says of one thing.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// In which hook it was asked.
    pub(super) hook: Hook,
    /// When, Unix milliseconds.
    pub(super) at_ms: u64,
    /// What it came to.
    pub(super) outcome: RunOutcome,
    /// What it amounts to, the ladder asked.
    pub(super) verdict: Verdict,
    /// The code of its reason.
    pub(super) code: String,
    /// Its reason in its words.
    pub(super) text: String,
    /// Whether its author is muted by what it says here.
    pub(super) mutes: bool,
    /// Whether its author is sent out by what it says here.
    pub(super) removes: bool,
    /// Whether a mute of its own would have kept the message from being written.
    pub(super) prevented: bool,
    /// Why it failed.
    pub(super) fault: Option<Fault>,
    /// Effects that it proposed and that were not dropped with a fault or by the cap, by kind.
    pub(super) effects: Vec<&'static str>,
    /// How many of these the nouns refused.
    pub(super) refused: u32,
    /// Topics that it proposed.
    pub(super) topics: u64,
    /// Whether it said or wanted anything at all.
    pub(super) reacted: bool,
    /// Whether it read what the history lacks.
    pub(super) lacked: bool,
    /// Time by the clock, microseconds.
    pub(super) wall_us: u64,
}

impl Answer {
    /// An answer of nobody: it was not asked, and what it was about goes on.
    pub(super) fn skipped(hook: Hook, at_ms: u64) -> Self {
        Self {
            hook,
            at_ms,
            outcome: RunOutcome::Skipped,
            verdict: Verdict::Allow,
            code: String::new(),
            text: String::new(),
            mutes: false,
            removes: false,
            prevented: false,
            fault: None,
            effects: Vec::new(),
            refused: 0,
            topics: 0,
            reacted: false,
            lacked: false,
            wall_us: 0,
        }
    }

    /// The first run of an outcome, and what it does to one member; `None` where nothing ran.
    pub(super) fn of(verdict: Verdict, at_ms: u64, out: &Outcome, member: MemberId) -> Option<Self> {
        let run: &Run = out.runs.first()?;
        let receipt = out.decisions.first();
        let code = match receipt.map(|receipt| &receipt.ground) {
            Some(Ground::Script(ground)) => ground.code.clone(),
            _ => String::new(),
        };
        let text = receipt.and_then(|receipt| match receipt.reason.args.get("text") {
            Some(Arg::Body(body)) => out.bodies.text(body),
            _ => None,
        });
        let mutes = |event: &Event| match event {
            Event::Rule(rule::Event::Muted { member: whom, .. }) => *whom == member,
            _ => false,
        };
        let removes = |event: &Event| match event {
            Event::Member(
                member::Event::Removed { member: whom, .. } | member::Event::Banned { member: whom, .. },
            ) => *whom == member,
            _ => false,
        };
        Some(Self {
            outcome: run.outcome,
            verdict,
            code,
            text: text.unwrap_or_default().to_owned(),
            mutes: out.events.iter().any(mutes),
            removes: out.events.iter().any(removes),
            fault: run.fault.clone(),
            refused: run.refused,
            ..Self::skipped(run.hook, at_ms)
        })
    }

    /// Whether it objects: it denies, holds or reports a breach. A fault or a breaker is no objection.
    pub(super) fn strikes(&self) -> bool {
        let objects = [RunOutcome::Deny, RunOutcome::Hold, RunOutcome::Violation, RunOutcome::Capped];
        objects.contains(&self.outcome)
    }
}
