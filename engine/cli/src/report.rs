//! What a command says at its end: text for people, or one JSON object with the same facts.

use kith_core::community::Language;
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::streams::Streams;

/// For whom a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text.
    People,
    /// JSON; fields are only ever added.
    Json,
}

/// What a command found or did.
#[derive(Debug)]
pub(crate) struct Report {
    value: Value,
    text: String,
    problems: bool,
}

impl Report {
    /// A report in both forms.
    pub(crate) fn new(value: &impl Serialize, text: impl Into<String>) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        Self { value, text: text.into(), problems: false }
    }

    /// Of a command that has spoken while it ran.
    pub(crate) fn said_already() -> Self {
        Self { value: Value::Null, text: String::new(), problems: false }
    }

    /// The same, of something that is not as it should be: exit code 1.
    pub(crate) fn of_problems(self) -> Self {
        Self { problems: true, ..self }
    }
}

/// Says how it ended and gives the exit code.
pub(crate) fn finish(
    done: Result<Report, Failure>,
    form: Form,
    language: Language,
    streams: &mut Streams,
) -> u8 {
    match done {
        Ok(report) => {
            let text = match form {
                Form::People => report.text,
                Form::Json if report.value.is_null() => String::new(),
                Form::Json => format!("{}\n", report.value),
            };
            match streams.say(&text) {
                // Nobody reads any more: that is the reader's choice, as in `kith log show | head`.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => 70,
                _ => u8::from(report.problems),
            }
        }
        Err(failure) => {
            let (message, hint) = (failure.message(language), failure.hint(language));
            let text = match form {
                Form::Json => {
                    let error = json!({ "code": failure.code(), "message": message, "hint": hint });
                    format!("{}\n", json!({ "error": error }))
                }
                Form::People => {
                    let hint = hint.map(|hint| format!("  {hint}\n")).unwrap_or_default();
                    format!("kith: {message}\n{hint}")
                }
            };
            streams.say_aside(&text);
            failure.exit as u8
        }
    }
}

/// A hash in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
