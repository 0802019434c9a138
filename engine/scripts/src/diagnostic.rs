//! What an author is told about a source: where, what, and what to write instead. Knows no language: what is
//! said is a code with arguments.

use kith_core::notice::Text;
use rhai::Position;
use serde::Serialize;
use unicode_width::UnicodeWidthChar;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot be put live.
    Error,
    /// It works, and is probably not what was meant.
    Warning,
}

/// Bytes of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first.
    pub start: usize,
    /// One after the last.
    pub end: usize,
}

/// One thing about one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable, such as `unknown_function`.
    pub code: &'static str,
    /// What is wrong.
    pub message: Text,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Counts from 1; 0 where it is about the whole source.
    pub line: u32,
    /// In characters, counts from 1.
    pub column: u32,
    /// The bytes it is about.
    pub span: Span,
    /// The line it is on.
    pub source_line: String,
}

impl Diagnostic {
    /// Adds what to write instead.
    pub(crate) fn with_hint(mut self, hint: Text) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Whether it keeps the source from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A source with its lines, to name places in it.
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(starts).collect() }
    }

    fn line(&self, number: usize) -> &'a str {
        let start = number.checked_sub(1).and_then(|index| self.lines.get(index));
        let rest = start.map_or("", |start| &self.text[*start..]);
        rest.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    /// How far a line stands from the margin.
    pub(crate) fn indent(&self, number: usize) -> usize {
        let line = self.line(number);
        line.len() - line.trim_start().len()
    }

    /// A byte of the text as line and column.
    pub(crate) fn place(&self, byte: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = self.lines[line - 1];
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count()) + 1;
        Position::new(line.min(65_535) as u16, column.min(65_535) as u16)
    }

    /// The byte at a position.
    fn byte(&self, position: Position) -> usize {
        let line = position.line().unwrap_or(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(self.text.len());
        let signs = position.position().unwrap_or(1).saturating_sub(1);
        start + self.line(line).chars().take(signs).map(char::len_utf8).sum::<usize>()
    }

    /// Something about one place; a name there is marked as a whole.
    pub(crate) fn error(&self, position: Position, code: &'static str, message: Text) -> Diagnostic {
        let (line, column) = (position.line().unwrap_or(0), position.position().unwrap_or(1));
        let start = self.byte(position);
        let rest = self.text.get(start..).unwrap_or_default();
        let named: usize =
            rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').map(char::len_utf8).sum();
        let first = rest.chars().next().filter(|sign| sign.width() != Some(0)).map_or(0, char::len_utf8);
        Diagnostic {
            severity: Severity::Error,
            code,
            message,
            hint: None,
            line: line as u32,
            column: column as u32,
            span: Span { start, end: start + named.max(first) },
            source_line: self.line(line).to_owned(),
        }
    }

    /// Something about the source as a whole.
    pub(crate) fn about(code: &'static str, message: Text) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message,
            hint: None,
            line: 0,
            column: 0,
            span: Span { start: 0, end: 0 },
            source_line: String::new(),
        }
    }
}
