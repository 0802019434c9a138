//! What a language has to offer before a source of it is put in.

use std::collections::BTreeSet;

use kith_core::hook::Hook;

use super::Diagnostic;
use crate::blueprint::Source;

/// Turns sources into what can be run, and tries them. Off the writers: may take its time, within bounds of
/// its own.
pub trait Compiler: Send + Sync {
    /// Compiles a source and looks at it closely; an error is everything that keeps it from being used.
    fn compile(&self, source: Source<'_>) -> Result<Compiled, Vec<Diagnostic>>;

    /// Plays the cases of a case file; an error is everything that keeps the file from being read.
    fn cases(&self, source: Source<'_>, cases: Source<'_>) -> Result<Vec<Tried>, Vec<Diagnostic>>;
}

/// A source that can be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compiled {
    /// The hooks it answers.
    pub hooks: BTreeSet<Hook>,
    /// What is probably not meant, though it works.
    pub warnings: Vec<Diagnostic>,
}

/// What became of one case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tried {
    /// The case's name.
    pub name: String,
    /// What was expected and what came, as a person reads it; `None` where both are the same.
    pub differs: Option<String>,
}
