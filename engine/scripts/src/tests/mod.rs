//! The crate's tests: what scripts may do, what they may not, what their authors are told.

mod english;
mod examples;
mod flat;
mod hooks;
mod hostile;
mod measure;
mod table;

use english::english;

use crate::cases::{self, Case, CaseResult};
use crate::{Diagnostic, Host, Limits};

#[global_allocator]
static ALLOCATOR: crate::Counting = crate::Counting::new();

/// The usual limits with a patient clock: a test machine may be slow.
fn patient() -> Limits {
    let mut limits = Limits::default();
    limits.waited_for.wall_ms_max = 20_000;
    limits
}

/// A case in its own words, played with a source.
fn play(source: &str, case: &str) -> CaseResult {
    let case: Case = toml::from_str(case).unwrap();
    cases::run(&Host::new(patient()), source, &case).unwrap()
}

/// A case that must come out as it says.
#[track_caller]
fn check(source: &str, case: &str) {
    if let Err(said) = Host::new(Limits::default()).compile(source) {
        panic!("{}", said.iter().map(complaint).collect::<String>());
    }
    let result = play(source, case);
    assert!(result.passed, "{}", differs(&result));
}

/// Why a case failed, as its author reads it.
fn differs(result: &CaseResult) -> String {
    result.differs.iter().map(|line| english(line) + "\n").collect()
}

/// What is wrong with a source, as its author reads it.
fn complaints(source: &str) -> String {
    match Host::new(Limits::default()).compile(source) {
        Ok(compiled) => compiled.warnings.iter().map(complaint).collect(),
        Err(said) => said.iter().map(complaint).collect(),
    }
}

fn complaint(said: &Diagnostic) -> String {
    let hint = said.hint.as_ref().map(english).unwrap_or_default();
    let message = english(&said.message);
    format!("{}: line {}, column {}: {message}\n  = {hint}\n", said.code, said.line, said.column)
}
