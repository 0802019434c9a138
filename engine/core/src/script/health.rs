//! What a script's runs came to: what it used, when its breaker opens, how far its blast reaches.
//!
//! Folded from the rows of runs, so that the same log opens the same breakers. A breaker belongs to one hook
//! of the live version: `FAULTS_MAX` faults in a minute, and a fifth of the runs, open it for a minute; one
//! probe closes it or opens it again; the third opening in an hour is a quarantine. Faults by a limit count
//! at most twice a member, so that one person's input cannot switch a community's rule off.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Run, RunOutcome, Script};
use crate::decide::{Ctx, Outcome};
use crate::event::Event;
use crate::hook::{FaultKind, Hook};
use crate::ids::MemberId;
use crate::moment::{HOUR_MS, MINUTE_MS};
use crate::notice::Text;
use crate::{member, rule};

/// Faults in a minute that open a breaker.
const FAULTS_MAX: usize = 5;
/// Of so many runs at least one must have failed for the breaker to open.
const RUNS_PER_FAULT_MAX: u64 = 5;
/// Openings in an hour that end in quarantine.
const OPENINGS_MAX: usize = 3;
/// How often one member's input counts among the faults by a limit.
const FAULTS_PER_MEMBER_MAX: usize = 2;
/// Members muted or sent out in an hour that any version may reach.
const SANCTIONS_FLOOR: u64 = 3;
/// Messages denied in an hour that any version may reach.
const DENIALS_FLOOR: u64 = 3;
/// Of so many members one may be muted or sent out in an hour.
const MEMBERS_PER_SANCTION: u64 = 100;
/// Of so many messages one may be denied in an hour.
const MESSAGES_PER_DENIAL: u64 = 20;

/// What the runs of a script came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// All its runs.
    #[serde(default)]
    pub metered: Metered,
    /// Since when the live version is live, Unix milliseconds.
    #[serde(default)]
    pub since_ms: u64,
    /// The hour that is counted, from the Unix epoch.
    #[serde(default)]
    pub hour: u64,
    /// Messages it was asked about in that hour.
    #[serde(default)]
    pub asked: u64,
    /// Messages it denied in that hour.
    #[serde(default)]
    pub denied: u64,
    /// Members it muted or sent out in that hour.
    #[serde(default)]
    pub sanctioned: u64,
    /// Whether the cap was reached in that hour, and the operators told.
    #[serde(default)]
    pub capped: bool,
    /// Breakers by hook, where there was a fault.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub breakers: BTreeMap<Hook, Breaker>,
    /// The version that is in quarantine while no other is live. Joins and cards wait for a human then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<u32>,
    /// Versions that ever were.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub failed: BTreeSet<u32>,
}

/// What runs used and came to, all counted since the script was added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    /// How many there were.
    pub runs: u64,
    /// Their operations.
    pub operations: u64,
    /// How many failed.
    pub faults: u64,
    /// How many held.
    pub held: u64,
    /// How many denied, breaches included.
    pub denied: u64,
    /// How many rewrote.
    pub rewritten: u64,
}

/// The breaker of one hook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// The faults of the last minute: when, and whose input by a limit.
    pub faults: VecDeque<(u64, Option<MemberId>)>,
    /// When the counting of runs began, Unix milliseconds; how many there were since, and how many failed.
    pub runs: (u64, u64, u64),
    /// Until when it is open, Unix milliseconds; 0 for never.
    pub open_until_ms: u64,
    /// When it opened within the last hour.
    pub openings: VecDeque<u64>,
}

impl Breaker {
    /// Whether a run is skipped at a time. After the minute one run goes through as a probe.
    pub fn is_open(&self, at_ms: u64) -> bool {
        at_ms < self.open_until_ms
    }

    fn note(&mut self, fault: Option<(FaultKind, Option<MemberId>)>, at_ms: u64) {
        if at_ms.saturating_sub(self.runs.0) >= MINUTE_MS {
            self.runs = (at_ms, 0, 0);
        }
        self.runs.1 = self.runs.1.saturating_add(1);
        self.faults.retain(|(then, _)| at_ms.saturating_sub(*then) < MINUTE_MS);
        let probe = self.open_until_ms > 0 && !self.is_open(at_ms);
        let Some((kind, member)) = fault else {
            if probe {
                self.open_until_ms = 0;
                self.faults.clear();
            }
            return;
        };
        self.runs.2 = self.runs.2.saturating_add(1);
        let member = member.filter(|_| by_limit(kind));
        let counted =
            member.map_or(0, |member| self.faults.iter().filter(|(_, other)| *other == Some(member)).count());
        if counted < FAULTS_PER_MEMBER_MAX && self.faults.len() < FAULTS_MAX {
            self.faults.push_back((at_ms, member));
        }
        let (_, runs, failed) = self.runs;
        let often = self.faults.len() >= FAULTS_MAX && failed.saturating_mul(RUNS_PER_FAULT_MAX) >= runs;
        if probe || often {
            self.open_until_ms = at_ms.saturating_add(MINUTE_MS);
            self.faults.clear();
            self.openings.retain(|then| at_ms.saturating_sub(*then) < HOUR_MS);
            self.openings.push_back(at_ms);
        }
    }
}

const fn by_limit(kind: FaultKind) -> bool {
    !matches!(kind, FaultKind::Compile | FaultKind::Runtime | FaultKind::NoRuling)
}

impl Health {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Another version is live: its breakers are new, and what it may do in an hour is counted anew.
    pub(super) fn begin(&mut self, at_ms: u64) {
        let failed = std::mem::take(&mut self.failed);
        *self = Self { metered: self.metered, since_ms: at_ms, failed, ..Self::default() };
    }

    /// Whether a hook's breaker is open at a time.
    pub fn is_open(&self, hook: Hook, at_ms: u64) -> bool {
        self.breakers.get(&hook).is_some_and(|breaker| breaker.is_open(at_ms))
    }

    /// Whether a fault now would be the opening that ends in quarantine.
    pub fn would_quarantine(&self, run: &Run, member: Option<MemberId>, at_ms: u64) -> bool {
        let (Some(fault), Some(breaker)) = (&run.fault, self.breakers.get(&run.hook)) else { return false };
        let mut breaker = breaker.clone();
        breaker.note(Some((fault.kind, member)), at_ms);
        breaker.is_open(at_ms) && breaker.openings.len() >= OPENINGS_MAX
    }

    /// Whether one more denial or sanction stays within what a version may do in an hour.
    pub fn within_cap(&self, members: u64, at_ms: u64) -> bool {
        let counted = self.hour == at_ms / HOUR_MS;
        let now = |count: u64| if counted { count } else { 0 };
        let denials = (now(self.asked).saturating_add(1) / MESSAGES_PER_DENIAL).max(DENIALS_FLOOR);
        let sanctions = (members / MEMBERS_PER_SANCTION).max(SANCTIONS_FLOOR);
        now(self.denied) < denials && now(self.sanctioned) < sanctions
    }

    /// Takes note of a run with the events that are its doing.
    pub(super) fn note(&mut self, run: &Run, events: &[Event], (at_ms, member): (u64, Option<MemberId>)) {
        let hour = at_ms / HOUR_MS;
        if self.hour != hour {
            (self.hour, self.asked, self.denied, self.sanctioned, self.capped) = (hour, 0, 0, 0, false);
        }
        let denied = u64::from(matches!(run.outcome, RunOutcome::Deny | RunOutcome::Violation));
        let message = u64::from(run.hook == Hook::Message);
        self.asked += message;
        self.denied += denied * message;
        self.sanctioned += events.iter().filter(|event| sanctions(event)).count() as u64;
        let metered = &mut self.metered;
        metered.runs += u64::from(run.outcome != RunOutcome::Skipped);
        metered.operations = metered.operations.saturating_add(run.operations);
        metered.faults += u64::from(run.outcome == RunOutcome::Fault);
        metered.held += u64::from(matches!(run.outcome, RunOutcome::Hold | RunOutcome::Capped));
        metered.denied += denied;
        metered.rewritten += u64::from(run.outcome == RunOutcome::Rewrite);
        let fault = run.fault.as_ref().map(|fault| (fault.kind, member));
        let skipped = run.outcome == RunOutcome::Skipped;
        if !skipped && (fault.is_some() || self.breakers.contains_key(&run.hook)) {
            self.breakers.entry(run.hook).or_default().note(fault, at_ms);
        }
    }
}

/// A version that would open its breaker once too often is asked no more. The version that was live before it
/// takes its place where one is kept; else joins and cards wait for a human, and messages pass.
pub(crate) fn quarantine(ctx: &Ctx<'_>, script: &Script, run: &Run, out: &mut Outcome) {
    let member = ctx.actor.map(|actor| actor.id);
    if script.live != Some(run.version) || !script.health.would_quarantine(run, member, ctx.at_ms()) {
        return;
    }
    let older = |number: &u32| *number < run.version && !script.health.failed.contains(number);
    let live = script.versions.iter().map(|version| version.number).rfind(older);
    out.event(super::Event::Quarantined { no: script.no, version: run.version, live });
    let code = if live.is_some() { "script.rolled_back" } else { "script.quarantined" };
    tell_owner(ctx, script, (code, run.version), out);
}

/// A version reached what it may do in an hour: said once an hour.
pub(crate) fn cap(ctx: &Ctx<'_>, script: &Script, version: u32, out: &mut Outcome) {
    if !script.health.capped {
        out.event(super::Event::Capped { no: script.no, version });
        tell_owner(ctx, script, ("script.reached_cap", version), out);
    }
}

fn tell_owner(ctx: &Ctx<'_>, script: &Script, (code, version): (&str, u32), out: &mut Outcome) {
    if let Some(owner) = ctx.community.profile.owner {
        out.notify(owner, Text::new(code).with("script", script.name.as_str()).with("version", version));
    }
}

fn sanctions(event: &Event) -> bool {
    matches!(
        event,
        Event::Rule(rule::Event::Muted { .. })
            | Event::Member(member::Event::Removed { .. } | member::Event::Banned { .. })
    )
}

/// Takes note of a record's runs.
pub fn saw_runs(scripts: &mut super::Scripts, record: &crate::record::Record) {
    let member = match record.command.actor {
        crate::command::Actor::Member(member) => Some(member),
        _ => None,
    };
    let minute = record.command.at_ms / MINUTE_MS;
    for run in &record.runs {
        let before = if scripts.spent.0 == minute { scripts.spent.1 } else { 0 };
        scripts.spent = (minute, before.saturating_add(run.operations));
        let (first, count) = (run.events.0 as usize, run.events.1 as usize);
        let own = record.events.get(first..first.saturating_add(count)).unwrap_or_default();
        // What the ladder made of a breach stands outside the run's own events.
        let events = if run.outcome == RunOutcome::Violation { &record.events[..] } else { own };
        let script: Option<&mut Script> = scripts.rows.iter_mut().find(|script| script.no == run.no);
        if let Some(script) = script.filter(|script| script.live == Some(run.version)) {
            script.health.note(run, events, (record.command.at_ms, member));
        }
    }
}
