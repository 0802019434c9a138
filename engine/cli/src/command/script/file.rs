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
pub(super) fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// A report of what keeps a script from being used.
pub(super) fn of_problem(say: Say, name: &str, problem: &Problem) -> Report {
    let (kind, found): (_, Value) = match problem {
        Problem::Mistakes(diagnostics) => ("mistakes", json!(diagnostics)),
        Problem::Cases(tried) => ("cases", json!(tried)),
    };
    let text = format!("{problem}\n\n{}", say.line("not_put", &[("name", name)]));
    Report::new(&json!({ "script": name, "problem": kind, "found": found }), text).of_problems()
}
