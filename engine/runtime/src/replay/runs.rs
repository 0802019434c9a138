//! Counting the runs of one hook.

use std::collections::BTreeMap;

use kith_core::script::RunOutcome;

use super::answer::Answer;
use super::report::Fault;
use super::sections::{OtherRuns, Runs, SlowRun};

/// Slow runs shown.
pub(super) const SLOWEST_MAX: usize = 5;

/// Faults by kind and place.
#[derive(Default)]
pub(super) struct Faults(BTreeMap<(&'static str, u32, u32), Fault>);

impl Faults {
    pub(super) fn note(&mut self, answer: &Answer) {
        let Some(found) = &answer.fault else { return };
        let (line, column) = found.place.map_or((0, 0), |place| (place.line, place.column));
        let kind = found.kind.code();
        let new = || Fault { kind, line, column, times: 0, says: found.detail.clone() };
        self.0.entry((kind, line, column)).or_insert_with(new).times += 1;
    }

    /// Most often first.
    pub(super) fn told(self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.0.into_values().collect();
        faults.sort_by_key(|fault| std::cmp::Reverse(fault.times));
        faults
    }
}

impl From<Runs> for OtherRuns {
    fn from(runs: Runs) -> Self {
        let Runs { runs, effects, refused, faults, .. } = runs;
        Self { runs, effects, refused, faults }
    }
}

/// The runs of one hook so far.
#[derive(Default)]
pub(super) struct Tally {
    runs: Runs,
    faults: Faults,
}

impl Tally {
    pub(super) fn note(&mut self, answer: &Answer) {
        let runs = &mut self.runs;
        let skipped = answer.outcome == RunOutcome::Skipped;
        runs.runs += u64::from(!skipped);
        runs.skipped += u64::from(skipped && !answer.prevented);
        runs.faults += u64::from(answer.outcome == RunOutcome::Fault);
        runs.refused += u64::from(answer.refused);
        for kind in &answer.effects {
            *runs.effects.entry(kind).or_insert(0) += 1;
        }
        self.faults.note(answer);
        let slowest = &mut runs.slowest;
        let place = slowest.partition_point(|slow| slow.wall_us >= answer.wall_us);
        if !skipped && place < SLOWEST_MAX {
            slowest.insert(place, SlowRun { at_ms: answer.at_ms, wall_us: answer.wall_us });
            slowest.truncate(SLOWEST_MAX);
        }
    }

    pub(super) fn told(self) -> Runs {
        Runs { fault_kinds: self.faults.told(), ..self.runs }
    }
}
