//! A script's file on the command line, and what the checks say of it.

use std::path::Path;

use kith_runtime::scripting::{self, Diagnostic, Problem, Written};
use serde_json::{Value, json};

use super::page::{Say, refused};
use crate::failure::Failure;
use crate::report::Report;

/// Reads a script; a file that is not there is bad input, one that cannot be read as a script has problems.
pub(super) fn read(path: &Path) -> Result<Written, Failure> {
    if !path.exists() {
        let shown = path.display().to_string();
        return Err(refused("no_file", &[("path", &shown)]));
    }
    Ok(scripting::file_of(path)?)
}

/// Diagnostics below each other.
pub(super) fn lines(say: Say, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.shown(&say.reader()) + "\n").collect()
}

/// The same for machines.
pub(super) fn values(say: Say, diagnostics: &[Diagnostic]) -> Vec<Value> {
    diagnostics.iter().map(|diagnostic| diagnostic.json(&say.reader())).collect()
}

/// A report of what keeps a script from being used.
pub(super) fn of_problem(say: Say, name: &str, problem: &Problem) -> Report {
    let reader = say.reader();
    let (kind, found): (_, Vec<Value>) = match problem {
        Problem::Mistakes(diagnostics) => ("mistakes", values(say, diagnostics)),
        Problem::Cases(tried) => ("cases", tried.iter().map(|tried| tried.json(&reader)).collect()),
    };
    let text = format!("{}\n\n{}", problem.shown(&reader), say.line("not_put", &[("name", name)]));
    Report::new(&json!({ "script": name, "problem": kind, "found": found }), text).of_problems()
}
