//! The steps before a version is put in: read, compile, look closely, play the cases.

use std::collections::BTreeSet;

use kith_core::hook::Hook;
use kith_core::limits::{self, SCRIPT_BYTES_MAX};
use serde::Serialize;

use super::{Compiler, Diagnostic, Tried};
use crate::blueprint::Source;

/// A script as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Written {
    /// The script's name.
    pub name: String,
    /// The file it was read from, as diagnostics name it.
    pub file: String,
    /// The source.
    pub source: String,
    /// Its case file and what stands in it.
    pub cases: Option<(String, String)>,
}

impl Written {
    /// The source as a file.
    pub fn source(&self) -> Source<'_> {
        Source { path: &self.file, text: &self.source }
    }
}

/// A script that passed every step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The hooks it answers.
    pub hooks: BTreeSet<Hook>,
    /// What is probably not meant, though it works.
    pub warnings: Vec<Diagnostic>,
    /// The cases that were played.
    pub cases: Vec<Tried>,
}

/// Why a script did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Something has to be written differently.
    #[error("{}", lines(.0))]
    Mistakes(Vec<Diagnostic>),
    /// Cases come out otherwise than they expect.
    #[error("{}", broken(.0))]
    Cases(Vec<Tried>),
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn broken(tried: &[Tried]) -> String {
    let shown = tried.iter().filter_map(|tried| {
        let differs = tried.differs.as_ref()?.trim_end().replace('\n', "\n  ");
        Some(format!("case “{}”\n  {differs}", tried.name))
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// Takes a script through every step.
pub fn check(compiler: &dyn Compiler, written: &Written) -> Result<Checked, Problem> {
    let refuse =
        |code, what: String| Err(Problem::Mistakes(vec![Diagnostic::of_file(&written.file, code, what)]));
    if limits::check_name(&written.name).is_err() {
        return refuse("name", format!("`{}` cannot be the name of a script", written.name));
    }
    if written.source.len() > SCRIPT_BYTES_MAX {
        return refuse("too_long", format!("a script has at most {SCRIPT_BYTES_MAX} bytes"));
    }
    let compiled = compiler.compile(written.source()).map_err(Problem::Mistakes)?;
    let cases = match &written.cases {
        None => Vec::new(),
        Some((path, text)) => {
            compiler.cases(written.source(), Source { path, text }).map_err(Problem::Mistakes)?
        }
    };
    match cases.iter().any(|tried| tried.differs.is_some()) {
        true => Err(Problem::Cases(cases)),
        false => Ok(Checked { hooks: compiled.hooks, warnings: compiled.warnings, cases }),
    }
}
