//! Operators' regular expressions: compiled within limits, refused with a picture of where and a word on how
//! to go on.
//!
//! The engine of the `regex` crate takes time linear in the text whatever the pattern, so limits are about
//! memory. Patterns match the text as written; case is ignored, because people who write rules for chat
//! expect that (`(?-i)` turns it off). Compiling is the caller's to delay and the result its to keep.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::ErrorKind;

use super::glyphs::{is_free_mark, is_ignorable};

/// Bytes of a pattern: longer ones are word lists.
pub const PATTERN_BYTES_MAX: usize = 1_000;
/// Bytes of a compiled pattern: one with a dozen Unicode classes fits, `\w{1000}` does not.
pub const COMPILED_BYTES_MAX: usize = 1 << 20;
/// Groups within groups: people do not read deeper ones either.
pub const NESTING_MAX: u32 = 20;

/// Why a pattern is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternProblem {
    /// It is longer than [`PATTERN_BYTES_MAX`].
    TooLong,
    /// Its compiled form is larger than [`COMPILED_BYTES_MAX`].
    TooLarge,
    /// It cannot be read, or is nested deeper than [`NESTING_MAX`].
    Syntax,
    /// It matches the empty text, so it would hit everything.
    MatchesEmpty,
}

/// A pattern that is not accepted. Displays as several lines, for a fixed-width font.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct PatternError {
    /// What is wrong.
    pub problem: PatternProblem,
    /// What to do, in one sentence.
    pub remedy: &'static str,
    /// Where in the pattern, in bytes, if in a part of it.
    pub range: Option<Range<usize>>,
    text: String,
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern.
    pub fn compile(source: &str) -> Result<Self, PatternError> {
        if source.len() > PATTERN_BYTES_MAX {
            let remedy = "write a shorter pattern, or put the words on a word list";
            return Err(whole(PatternProblem::TooLong, "the pattern is too long", remedy));
        }
        let built = RegexBuilder::new(source)
            .case_insensitive(true)
            .size_limit(COMPILED_BYTES_MAX)
            .dfa_size_limit(COMPILED_BYTES_MAX)
            .nest_limit(NESTING_MAX)
            .build();
        match built {
            Ok(regex) if regex.is_match("") => Err(whole(
                PatternProblem::MatchesEmpty,
                "the pattern matches an empty text, so every message",
                "write `+` instead of `*`, or drop the alternative that is empty",
            )),
            Ok(regex) => Ok(Self(regex)),
            Err(regex::Error::CompiledTooBig(_)) => Err(whole(
                PatternProblem::TooLarge,
                "the pattern is too large when compiled",
                "make repetition counts smaller, or write `[0-9]` for `\\d` and `[a-z]` for `\\w`",
            )),
            Err(_) => Err(syntax_error(source)),
        }
    }

    /// The pattern as written.
    pub fn source(&self) -> &str {
        self.0.as_str()
    }

    /// The first place where the pattern matches, in bytes.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.0.find(text).map(|found| found.range())
    }
}

fn whole(problem: PatternProblem, what: &str, remedy: &'static str) -> PatternError {
    PatternError { problem, remedy, range: None, text: format!("{what}\nhint: {remedy}") }
}

/// Reads the pattern once more for what the engine does not tell: the place and kind of the error.
fn syntax_error(source: &str) -> PatternError {
    let mut parser =
        regex_syntax::ParserBuilder::new().case_insensitive(true).nest_limit(NESTING_MAX).build();
    let (what, span, remedy) = match parser.parse(source) {
        Err(regex_syntax::Error::Parse(error)) => {
            (error.kind().to_string(), *error.span(), remedy_for(error.kind()))
        }
        Err(regex_syntax::Error::Translate(error)) => (
            error.kind().to_string(),
            *error.span(),
            "write a class that Unicode knows, such as `\\p{Han}` for Chinese characters",
        ),
        _ => {
            let remedy = "write a simpler pattern";
            return whole(PatternProblem::Syntax, "the pattern cannot be read", remedy);
        }
    };
    let range = span.start.offset..span.end.offset;
    let text = format!("{what}\n{}\nhint: {remedy}", underline(source, &range));
    PatternError { problem: PatternProblem::Syntax, remedy, range: Some(range), text }
}

fn remedy_for(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::GroupUnclosed => "write `)` where the group ends, or `\\(` for the sign itself",
        ErrorKind::GroupUnopened => "write `(` where the group begins, or `\\)` for the sign itself",
        ErrorKind::ClassUnclosed => "write `]` where the class ends, or `\\[` for the sign itself",
        ErrorKind::ClassRangeInvalid => "write the range from the lower to the higher character, as in `a-z`",
        ErrorKind::RepetitionMissing => {
            "write what is to be repeated before it, or `\\` before the sign itself"
        }
        ErrorKind::RepetitionCountInvalid => "write the smaller number first, as in `{2,5}`",
        ErrorKind::RepetitionCountUnclosed | ErrorKind::RepetitionCountDecimalEmpty => {
            "write a count as in `{2,5}`, or `\\{` for the sign itself"
        }
        ErrorKind::UnsupportedLookAround => "match the neighbours too: look-around could take unbounded time",
        ErrorKind::UnsupportedBackreference => {
            "write the text again: back-references could take unbounded time"
        }
        ErrorKind::NestLimitExceeded(_) => "take groups apart, or make several patterns of this one",
        ErrorKind::EscapeUnrecognized | ErrorKind::EscapeUnexpectedEof => {
            "leave the `\\` out, or write `\\\\` for the sign itself"
        }
        _ => "correct the part that is marked",
    }
}

/// The line of the pattern with the error, and carets under the part that is wrong.
fn underline(source: &str, range: &Range<usize>) -> String {
    let start = source[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = source[range.start..].find('\n').map_or(source.len(), |at| range.start + at);
    let marked_end = range.end.clamp(range.start, end);
    let indent = columns(&source[start..range.start]);
    let carets = columns(&source[range.start..marked_end]).max(1);
    format!("  {}\n  {}{}", &source[start..end], " ".repeat(indent), "^".repeat(carets))
}

/// The columns that a text takes in a fixed-width font: two for Chinese and full-width characters and emoji.
fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

fn char_columns(ch: char) -> usize {
    match ch {
        ch if is_ignorable(ch) || is_free_mark(ch) => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' => 2,
        '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => 2,
        '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(source: &str) -> String {
        Pattern::compile(source).unwrap_err().to_string()
    }

    #[test]
    fn patterns_find_without_regard_to_case() {
        let pattern = Pattern::compile(r"加\s*(vx|微信)\d{3,}").unwrap();
        assert_eq!(pattern.find("请加 VX123456"), Some(3..15));
        assert_eq!(pattern.find("请加微信"), None);
    }

    #[test]
    fn errors_point_at_the_part_that_is_wrong() {
        let rows = [
            ("(加微", "unclosed group", "  (加微", "  ^"),
            ("加微)", "unopened group", "  加微)", "      ^"),
            ("[微-加]", "invalid character class range", "  [微-加]", "   ^^^^^"),
            ("微(?=信)", "look-around", "  微(?=信)", "    ^^^"),
            ("(?x)\n好\n好{2,1}", "invalid repetition count range", "  好{2,1}", "    ^^^^^"),
            ("微\\p{Chinese}", "Unicode property not found", "  微\\p{Chinese}", "    ^^^^^^^^^^^"),
            ("\\", "incomplete escape sequence", "  \\", "  ^"),
        ];
        for (source, what, line, carets) in rows {
            let text = error(source);
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0].starts_with(what), "{text}");
            assert_eq!(lines[1..3], [line, carets], "{text}");
            assert!(lines[3].starts_with("hint: ") && lines.len() == 4, "{text}");
        }
    }

    #[test]
    fn errors_say_what_to_do() {
        let rows = [
            ("(加", "write `)` where the group ends, or `\\(` for the sign itself"),
            ("加{5,2}", "write the smaller number first, as in `{2,5}`"),
            ("加*", "write `+` instead of `*`, or drop the alternative that is empty"),
            (r"\w{900}", "make repetition counts smaller, or write `[0-9]` for `\\d` and `[a-z]` for `\\w`"),
        ];
        for (source, remedy) in rows {
            assert_eq!(Pattern::compile(source).unwrap_err().remedy, remedy, "{source}");
        }
    }

    #[test]
    fn limits_are_told_apart() {
        let problem = |source: &str| Pattern::compile(source).unwrap_err().problem;
        assert_eq!(problem(&"a".repeat(PATTERN_BYTES_MAX + 1)), PatternProblem::TooLong);
        assert_eq!(problem(r"\w{900}"), PatternProblem::TooLarge);
        assert_eq!(problem(&format!("{}a{}", "(".repeat(30), ")".repeat(30))), PatternProblem::Syntax);
        assert!(Pattern::compile(&format!("{}a{}", "(".repeat(15), ")".repeat(15))).is_ok());
    }

    proptest! {
        #[test]
        fn any_pattern_over_any_text_gives_an_answer(
            source in "\\PC{0,16}|[()\\[\\]{}|*+?\\\\a加0-9,\n^-]{0,10}",
            text in "\\p{any}{0,20}",
        ) {
            match Pattern::compile(&source) {
                Ok(pattern) => {
                    if let Some(range) = pattern.find(&text) {
                        prop_assert!(text.get(range).is_some());
                    }
                }
                Err(error) => prop_assert!(error.range.is_none_or(|range| source.get(range).is_some())),
            }
        }
    }
}
