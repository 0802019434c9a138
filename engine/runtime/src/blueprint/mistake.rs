//! A mistake in a file, as the person who wrote it sees it: file, line, the line itself with a caret, and
//! what to write.

use std::fmt;
use std::ops::Range;

use kith_core::notice::Arg;
use kith_core::refusal::Refusal;

use super::advice;
use super::load::Source;
use crate::import::excerpt::is_unprintable;

/// Characters of a source line that are shown; the caret stays in view for whatever a person would write.
const LINE_CHARS_MAX: usize = 160;

/// Where in a blueprint something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as a path in the blueprint's folder.
    pub file: String,
    /// Its line, counted from 1; `None` where no line is to blame.
    pub line: Option<usize>,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The line itself.
    pub source: String,
    /// Characters that the caret marks.
    pub marked: usize,
}

/// Something that has to be written differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to write.
    pub advice: Option<String>,
}

impl Place {
    /// A whole file.
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: None, column: 1, source: String::new(), marked: 0 }
    }

    /// A line that cannot be shown.
    pub(super) fn line(file: &str, line: usize) -> Self {
        Self { line: Some(line), ..Self::file(file) }
    }

    /// Characters of a line that is known, both counted from 1.
    pub fn of_line((file, line, column): (&str, usize, usize), source: &str, marked: usize) -> Self {
        let file = file.to_owned();
        Self { file, line: Some(line), column: column.max(1), source: shown(source), marked }
    }

    /// A whole line, counted from 1.
    pub(super) fn in_line(source: Source<'_>, line: usize) -> Self {
        let text = source.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let marked = text.chars().count();
        Self { line: Some(line), column: 1, source: shown(text), marked, file: source.path.to_owned() }
    }

    /// The bytes of a span; only its first line is marked.
    pub(super) fn at(source: Source<'_>, span: Range<usize>) -> Self {
        let text = source.text;
        let start = floor(text, span.start);
        let end = floor(text, span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let marked = text[start..end.min(line_start + line.len()).max(start)].chars().count().max(1);
        Self {
            file: source.path.to_owned(),
            line: Some(1 + text[..line_start].matches('\n').count()),
            column: 1 + text[line_start..start].chars().count(),
            source: shown(line),
            marked,
        }
    }

    /// Where the object of a refusal is written, if one of its arguments can be found in the text.
    pub(super) fn of_refusal(source: Source<'_>, refusal: &Refusal) -> Option<Self> {
        let text = refusal.text();
        // What was expected stands nowhere in the file.
        let args = text.args.iter().filter(|(name, _)| *name != "expected");
        let names = args.filter_map(|(_, arg)| match arg {
            Arg::Name(name) => Some(name.as_str()),
            Arg::Code(code) => code.rsplit('.').next(),
            _ => None,
        });
        // "rule ads" and "ads.step" both name something that stands in the file as a word of its own.
        let words: Vec<&str> = names.flat_map(|name| name.split([' ', '.']).rev()).collect();
        let quoted = words.iter().find_map(|word| find(source.text, &format!("\"{word}\"")));
        let key = || words.iter().find_map(|word| advice::key_in(source.text, word));
        let field = || words.iter().find_map(|word| find(source.text, &format!("{{{word}}}")));
        quoted.or_else(key).or_else(field).map(|span| Self::at(source, span))
    }
}

impl Mistake {
    /// A mistake that the TOML reader found.
    pub fn of_toml(source: Source<'_>, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or_default();
        let found = advice::of(source.text, span, error.message());
        Self { place: Place::at(source, found.span), what: found.what, advice: found.advice }
    }
}

pub(super) fn find(text: &str, word: &str) -> Option<Range<usize>> {
    if word.len() <= 2 {
        return None;
    }
    text.find(word).map(|at| at..at + word.len())
}

/// The nearest character boundary at or before a byte.
fn floor(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// A line that is safe to print, tabs as one space so that the caret stands right.
fn shown(line: &str) -> String {
    let safe = |c: char| match c {
        '\t' => ' ',
        c if is_unprintable(c) => '\u{fffd}',
        c => c,
    };
    line.chars().take(LINE_CHARS_MAX).map(safe).collect()
}

/// Columns that a character takes in a terminal.
pub fn columns(c: char) -> usize {
    let wide = matches!(u32::from(c),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd);
    if wide { 2 } else { 1 }
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column, source, marked } = &self.place;
        let Some(line) = line else {
            write!(out, "{file}: {}", self.what)?;
            return self.advice.iter().try_for_each(|advice| write!(out, "\n  = {advice}"));
        };
        write!(out, "{file}:{line}:{column}: {}", self.what)?;
        let margin = " ".repeat(line.to_string().len());
        if source.is_empty() {
            return self.advice.iter().try_for_each(|advice| write!(out, "\n{margin} = {advice}"));
        }
        let before: usize = source.chars().take(column - 1).map(columns).sum();
        let under: usize = source.chars().skip(column - 1).take(*marked).map(columns).sum();
        write!(
            out,
            "\n{margin} |\n{line} | {source}\n{margin} | {}{}",
            " ".repeat(before),
            "^".repeat(under.max(1))
        )?;
        self.advice.iter().try_for_each(|advice| write!(out, "\n{margin} = {advice}"))
    }
}
