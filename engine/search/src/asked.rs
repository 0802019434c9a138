//! What somebody types, read: words, phrases, and what must not be there.
//!
//! Promises that any text is a question: what makes no sense is passed over, what is too long is cut. Knows
//! quotation marks of Chinese keyboards too. Reads no `name:` operators: who asks resolves those.

use std::ops::Range;

use kith_core::ports::search::{QUERY_CHARS_MAX, QUERY_WORDS_MAX};

use crate::tokens::{Token, needed, tokens};

/// A word or phrase of a question: tokens that have to stand at these places after one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// At least one.
    pub(crate) tokens: Vec<Token>,
    /// Whether it must be there.
    pub(crate) wanted: Wanted,
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// It must.
    Yes,
    /// It must not.
    No,
}

fn is_quote(ch: char) -> bool {
    matches!(ch, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' | '＂')
}

/// Reads a question.
pub(crate) fn read(words: &str) -> Vec<Phrase> {
    let end = words.char_indices().nth(QUERY_CHARS_MAX).map_or(words.len(), |(at, _)| at);
    let mut phrases = Vec::new();
    let mut rest = words[..end].trim_start();
    while !rest.is_empty() && phrases.len() < QUERY_WORDS_MAX {
        let (wanted, after) = match rest.strip_prefix(['-', '－']) {
            Some(after) => (Wanted::No, after),
            None => (Wanted::Yes, rest),
        };
        let (piece, next) = match after.strip_prefix(is_quote) {
            Some(quoted) => quoted.split_once(is_quote).unwrap_or((quoted, "")),
            None => after
                .split_at(after.find(|ch: char| ch.is_whitespace() || is_quote(ch)).unwrap_or(after.len())),
        };
        let tokens = needed(tokens(piece));
        if !tokens.is_empty() {
            phrases.push(Phrase { tokens, wanted });
        }
        rest = next.trim_start();
    }
    phrases
}

/// Where a text has what a question wants: byte ranges in order, none touching another.
pub(crate) fn marks(words: &str, text: &str) -> Vec<Range<usize>> {
    let here = tokens(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    for phrase in read(words).iter().filter(|phrase| phrase.wanted == Wanted::Yes) {
        let Some(first) = phrase.tokens.first() else { continue };
        for start in here.iter().filter(|token| token.text == first.text) {
            found.extend(stretch(phrase, start, first.place, &here));
        }
    }
    joined(found)
}

/// The bytes of a phrase that begins with a token, if the rest of it follows.
fn stretch(phrase: &Phrase, start: &Token, first_place: usize, here: &[Token]) -> Option<Range<usize>> {
    let mut range = start.range.clone();
    for token in &phrase.tokens {
        let place = start.place + (token.place - first_place);
        let from = here.partition_point(|other| other.place + 1 < place);
        let near = here[from..].iter().take_while(|other| other.place <= place + 1);
        let same = near.filter(|other| other.place == place).find(|other| other.text == token.text)?;
        range = range.start.min(same.range.start)..range.end.max(same.range.end);
    }
    Some(range)
}

fn joined(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in found {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_read(words: &str, expected: &str) {
        let shown: Vec<String> = read(words)
            .into_iter()
            .map(|phrase| {
                let sign = if phrase.wanted == Wanted::No { "-" } else { "" };
                let texts: Vec<&str> = phrase.tokens.iter().map(|token| token.text.as_str()).collect();
                format!("{sign}{}", texts.join("+"))
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{words}");
    }

    #[test]
    fn questions_are_words_phrases_and_what_must_not_be() {
        check_read("Zig release", "zig release");
        check_read("\"zig release\" -master", "zig+release -master");
        check_read("-\"not this\" that", "-not+this that");
        check_read("foo.bar", "foo+bar");
        check_read("抢红包", "抢红+红包");
        check_read("“红包 雨”-假", "红包+雨 -假");
        check_read("a\"b c\"d", "a b+c d");
        check_read("-", "");
        check_read("- -- \"\" \"\"\" '", "");
        check_read("\"open", "open");
        check_read("a -", "a");
    }

    #[test]
    fn hostile_questions_are_cut_and_passed_over() {
        assert_eq!(read(&"a".repeat(10_000))[0].tokens[0].text.len(), QUERY_CHARS_MAX);
        assert_eq!(read(&"a ".repeat(10_000)).len(), QUERY_WORDS_MAX);
        assert_eq!(read(&"\"".repeat(10_000)), []);
        assert_eq!(read(&"-".repeat(10_000)), []);
        assert_eq!(read(&"红".repeat(10_000))[0].tokens.len(), QUERY_CHARS_MAX - 1);
        assert_eq!(read("\0\u{202e}\u{fffd}\u{1f3f4}\u{e0067}").len(), 1);
    }

    fn check_marks(words: &str, text: &str, expected: &[&str]) {
        let ranges = marks(words, text);
        let marked: Vec<&str> = ranges.into_iter().map(|range| &text[range]).collect();
        assert_eq!(marked, expected, "{words} in {text}");
    }

    #[test]
    fn what_was_asked_for_is_marked_where_it_stands() {
        check_marks("红包", "抢红包啦，红包！", &["红包", "红包"]);
        check_marks("抢红包", "抢红包啦", &["抢红包"]);
        check_marks("ab", "看ＡＢ！", &["ＡＢ"]);
        check_marks("\"hello world\"", "hello you; Hello, world", &["Hello, world"]);
        check_marks("hello -world", "hello world", &["hello"]);
        check_marks("a b", "a b c", &["a", "b"]);
        check_marks("红", "红红红", &["红红红"]);
        check_marks("x", "", &[]);
        check_marks("", "x", &[]);
    }
}
