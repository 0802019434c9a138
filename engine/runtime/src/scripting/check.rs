//! The steps before a version is put in: read, compile, look closely, play the cases.

use std::collections::BTreeSet;

use kith_core::hook::Hook;
use kith_core::limits::{self, SCRIPT_BYTES_MAX};
use kith_core::notice::Text;
use kith_core::script::{Script, Version};
use serde_json::{Value, json};

use super::{CASES_ENDING, Compiler, Diagnostic, SCRIPT_ENDING, Tried};
use crate::blueprint::Source;
use crate::texts::{ENGLISH_READER, Reader};

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
    /// A version that a community keeps.
    pub fn kept(script: &Script, version: &Version) -> Self {
        let cases = Some(&version.cases).filter(|cases| !cases.is_empty());
        Self {
            name: script.name.clone(),
            file: format!("{}{SCRIPT_ENDING}", script.name),
            source: version.source.clone(),
            cases: cases.map(|cases| (format!("{}{CASES_ENDING}", script.name), cases.clone())),
        }
    }

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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.shown(&ENGLISH_READER))]
pub enum Problem {
    /// Something has to be written differently.
    Mistakes(Vec<Diagnostic>),
    /// Cases come out otherwise than they expect.
    Cases(Vec<Tried>),
}

impl Problem {
    /// As a person reads it.
    pub fn shown(&self, reader: &Reader<'_>) -> String {
        let lines: Vec<String> = match self {
            Self::Mistakes(found) => found.iter().map(|one| one.shown(reader)).collect(),
            Self::Cases(tried) => tried.iter().filter_map(|one| broken(one, reader)).collect(),
        };
        lines.join("\n")
    }

    /// As a machine reads it.
    pub fn json(&self, reader: &Reader<'_>) -> Value {
        match self {
            Self::Mistakes(found) => json!({ "mistakes": listed(found, |one| one.json(reader)) }),
            Self::Cases(tried) => json!({ "cases": listed(tried, |one| one.json(reader)) }),
        }
    }
}

fn listed<T>(all: &[T], json: impl Fn(&T) -> Value) -> Vec<Value> {
    all.iter().map(json).collect()
}

/// A case that came out otherwise, with its name; `None` for one that passed.
fn broken(tried: &Tried, reader: &Reader<'_>) -> Option<String> {
    let differs = tried.shown(reader)?.replace('\n', "\n  ");
    let title = reader.render(&Text::new("script.case.title").with("name", tried.name.as_str()));
    Some(format!("{title}\n  {differs}"))
}

/// Takes a script through every step.
pub fn check(compiler: &dyn Compiler, written: &Written) -> Result<Checked, Problem> {
    let refuse =
        |code, what: Text| Err(Problem::Mistakes(vec![Diagnostic::of_file(&written.file, code, what)]));
    if limits::check_name(&written.name).is_err() {
        return refuse("name", Text::new("script.check.name").with("name", written.name.as_str()));
    }
    if written.source.len() > SCRIPT_BYTES_MAX {
        return refuse("too_long", Text::new("script.source.too_long").with("max", SCRIPT_BYTES_MAX));
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
