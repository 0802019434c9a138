//! The row that a record keeps of each run: which version was asked, what it came to, which events are its.

use serde::{Deserialize, Serialize};

use crate::hook::{Fault, FaultKind, Hook};
use crate::notice::Text;

/// One run. Written as an array of numbers, so that an "allow" without effects takes less than 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Run {
    /// The script's number.
    pub no: u32,
    /// The version's.
    pub version: u32,
    /// The hook.
    pub hook: Hook,
    /// What it came to.
    pub outcome: Outcome,
    /// Operations it took.
    pub operations: u64,
    /// The record's events that are its doing: the first, and how many.
    pub events: (u32, u32),
    /// Effects that the nouns refused: no permission, too high a rank, nothing to change.
    pub refused: u32,
    /// Why it failed, if it did.
    pub fault: Option<Fault>,
}

type Row = (u32, u32, u8, u8, u64, u32, u32, u32, Option<(u8, u32, u32)>);

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Let through, or done where nothing was ruled on.
    Allow,
    /// Let through with another text.
    Rewrite,
    /// Held.
    Hold,
    /// Denied.
    Deny,
    /// A breach: the ladder decided.
    Violation,
    /// It failed.
    Fault,
    /// It would have denied or sanctioned, and the blast cap made a hold of it.
    Capped,
    /// Its breaker was open: it was not asked, and its policy on faults applied.
    Skipped,
}

const OUTCOMES: [Outcome; 8] = [
    Outcome::Allow,
    Outcome::Rewrite,
    Outcome::Hold,
    Outcome::Deny,
    Outcome::Violation,
    Outcome::Fault,
    Outcome::Capped,
    Outcome::Skipped,
];

const FAULTS: [FaultKind; 8] = [
    FaultKind::Compile,
    FaultKind::Runtime,
    FaultKind::Operations,
    FaultKind::Time,
    FaultKind::Memory,
    FaultKind::Size,
    FaultKind::Effects,
    FaultKind::NoRuling,
];

impl Outcome {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Rewrite => "rewrite",
            Self::Hold => "hold",
            Self::Deny => "deny",
            Self::Violation => "violation",
            Self::Fault => "fault",
            Self::Capped => "capped",
            Self::Skipped => "skipped",
        }
    }
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).unwrap_or(0) as u8
}

impl From<Run> for Row {
    fn from(run: Run) -> Self {
        let fault = run.fault.map(|fault| {
            let (line, column) = fault.place.map_or((0, 0), |place| (place.line, place.column));
            (place(&FAULTS, &fault.kind), line, column)
        });
        let (first, count) = run.events;
        let (hook, outcome) = (place(&Hook::ALL, &run.hook), place(&OUTCOMES, &run.outcome));
        (run.no, run.version, hook, outcome, run.operations, first, count, run.refused, fault)
    }
}

impl From<Row> for Run {
    fn from((no, version, hook, outcome, operations, first, count, refused, fault): Row) -> Self {
        let hook = Hook::ALL.get(usize::from(hook)).copied().unwrap_or(Hook::Event);
        let fault = fault.map(|(kind, line, column)| Fault {
            kind: FAULTS.get(usize::from(kind)).copied().unwrap_or(FaultKind::Runtime),
            hook,
            place: (line > 0).then_some(crate::hook::Place { line, column }),
            detail: Text::default(),
        });
        let outcome = OUTCOMES.get(usize::from(outcome)).copied().unwrap_or(Outcome::Fault);
        Self { no, version, hook, outcome, operations, events: (first, count), refused, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_without_effects_takes_less_than_32_bytes() {
        let run = Run {
            no: 70_000,
            version: 70_000,
            hook: Hook::Message,
            outcome: Outcome::Allow,
            operations: 100_000,
            events: (0, 0),
            refused: 0,
            fault: None,
        };
        let bytes = rmp_serde::to_vec_named(&run).unwrap();
        assert!(bytes.len() < 32, "{}", bytes.len());
        assert_eq!(rmp_serde::from_slice::<Run>(&bytes).unwrap(), run);
    }

    #[test]
    fn a_fault_keeps_its_place_and_not_its_detail() {
        let place = Some(crate::hook::Place { line: 3, column: 9 });
        let fault = Fault { kind: FaultKind::Memory, hook: Hook::Join, place, detail: Text::new("secret") };
        let run = Run {
            no: 1,
            version: 2,
            hook: Hook::Join,
            outcome: Outcome::Fault,
            operations: 5,
            events: (1, 2),
            refused: 3,
            fault: Some(fault.clone()),
        };
        let read: Run = rmp_serde::from_slice(&rmp_serde::to_vec_named(&run).unwrap()).unwrap();
        assert_eq!(read.fault, Some(Fault { detail: Text::default(), ..fault }));
    }
}
