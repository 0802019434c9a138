//! What an author is told about a source or a case file: file, line, column, the line with a caret, and what
//! to write instead; rendered in whatever language its reader has.

use std::fmt;

use kith_core::notice::Text;
use serde_json::{Value, json};

use crate::blueprint::{Mistake, Place};
use crate::texts::{ENGLISH_READER, Reader};

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
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: Text,
    /// What to write.
    pub advice: Option<Text>,
}

impl Diagnostic {
    /// An error about a whole file.
    pub fn of_file(file: &str, code: &str, what: Text) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            place: Place::file(file),
            what,
            advice: None,
        }
    }

    /// An error that comes with words of its own, in English.
    pub fn of_mistake(code: &str, mistake: Mistake) -> Self {
        let said = |words: String| Text::new("script.check.as_said").with("text", words);
        let Mistake { place, what, advice } = mistake;
        let (what, advice) = (said(what), advice.map(said));
        Self { severity: Severity::Error, code: code.to_owned(), place, what, advice }
    }

    /// As a person reads it.
    pub fn shown(&self, reader: &Reader<'_>) -> String {
        let severity = reader.render(&Text::new(&format!("script.check.{}", self.severity.name())));
        let what = reader.render(&self.what);
        let advice = self.advice.as_ref().map(|advice| reader.render(advice));
        format!("{severity}[{}] {}", self.code, Mistake { place: self.place.clone(), what, advice })
    }

    /// As a machine reads it: `message` and `hint` are for people, the texts' own codes and arguments beside
    /// them for who renders them anew.
    pub fn json(&self, reader: &Reader<'_>) -> Value {
        let Self { severity, code, place, what, advice } = self;
        json!({
            "severity": severity.name(), "code": code, "message": reader.render(what),
            "hint": advice.as_ref().map(|advice| reader.render(advice)),
            "file": place.file, "line": place.line, "column": place.line.map(|_| place.column),
            "source_line": place.source,
            "message_code": what.code, "args": what.args,
            "hint_code": advice.as_ref().map(|advice| &advice.code),
            "hint_args": advice.as_ref().map(|advice| &advice.args),
        })
    }
}

/// In English, for logs and errors.
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown(&ENGLISH_READER))
    }
}
