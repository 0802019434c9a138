//! What an author is told about a source or a case file: file, line, column, the line with a caret, and what
//! to write instead.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::blueprint::{Mistake, Place};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot be used.
    Error,
    /// It works, and is probably not what was meant.
    Warning,
}

impl Severity {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing about one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable, such as `unknown_function`.
    pub code: String,
    /// Where, what and what to write.
    pub mistake: Mistake,
}

impl Diagnostic {
    /// An error about a whole file.
    pub fn of_file(file: &str, code: &str, what: impl Into<String>) -> Self {
        let mistake = Mistake { place: Place::file(file), what: what.into(), advice: None };
        Self { severity: Severity::Error, code: code.to_owned(), mistake }
    }

    /// The same with what to do.
    #[must_use]
    pub fn advising(mut self, advice: impl Into<String>) -> Self {
        self.mistake.advice = Some(advice.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}[{}] {}", self.severity.name(), self.code, self.mistake)
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Mistake { place, what, advice } = &self.mistake;
        let value = json!({
            "severity": self.severity.name(), "code": self.code, "message": what, "hint": advice,
            "file": place.file, "line": place.line, "column": place.line.map(|_| place.column),
            "source_line": place.source,
        });
        value.serialize(serializer)
    }
}
