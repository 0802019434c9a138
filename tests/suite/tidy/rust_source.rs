//! Just enough of Rust's grammar to ask a file where its comments, attributes, functions and tests are.
//!
//! A scanner of tokens, not a parser: it gets strings, raw strings, nested comments, lifetimes and char
//! literals right, never fails, and costs nothing to build, where `syn` with line numbers would be compiled a
//! second time for this crate alone. It expands no macro.

use std::ops::RangeInclusive;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Comment,
    Word,
    Lifetime,
    Number,
    Text,
    Sign,
}

/// A piece of a Rust file with the lines it covers, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) line: usize,
    pub(super) line_last: usize,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// A scanned file.
#[derive(Debug)]
pub(super) struct RustSource<'a> {
    /// Every token, comments included.
    pub(super) tokens: Vec<Token<'a>>,
    /// The tokens that are not comments.
    pub(super) code: Vec<Token<'a>>,
    test_lines: Vec<RangeInclusive<usize>>,
}

impl<'a> RustSource<'a> {
    pub(super) fn scan(text: &'a str) -> Self {
        let tokens = scan_tokens(text);
        let code: Vec<Token<'a>> =
            tokens.iter().copied().filter(|token| token.kind != Kind::Comment).collect();
        let test_lines = lines_of_tests(&code);
        Self { tokens, code, test_lines }
    }

    /// Whether the line belongs to an item under `#[cfg(test)]` or `#[test]`.
    pub(super) fn is_test_line(&self, line: usize) -> bool {
        self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// The code outside tests.
    pub(super) fn production(&self) -> Vec<Token<'a>> {
        self.code.iter().copied().filter(|token| !self.is_test_line(token.line)).collect()
    }

    /// The tokens of each attribute, from its first word to before its closing bracket.
    pub(super) fn attributes(&self) -> Vec<&[Token<'a>]> {
        (0..self.code.len())
            .filter_map(|at| attribute(&self.code, at))
            .map(|found| &self.code[found])
            .collect()
    }

    /// Every function that has a body, tests included.
    pub(super) fn functions(&self) -> Vec<Function<'a>> {
        (0..self.code.len()).filter_map(|at| function(&self.code, at)).collect()
    }
}

fn function<'a>(code: &[Token<'a>], at: usize) -> Option<Function<'a>> {
    let name = code.get(at + 1).filter(|name| code[at].text == "fn" && name.kind == Kind::Word)?;
    let end = item_end(code, at);
    let line = code[at].line;
    (code[end].text == "}").then(|| Function { name: name.text, line, lines: code[end].line_last - line + 1 })
}

/// Where the attribute that starts at `at` has its words.
fn attribute(code: &[Token], at: usize) -> Option<std::ops::Range<usize>> {
    let is = |at: usize, sign: &str| code.get(at).is_some_and(|token| token.text == sign);
    let open = at + 1 + usize::from(is(at + 1, "!"));
    let end = closing(code, open);
    (is(at, "#") && is(open, "[") && end > open).then_some(open + 1..end)
}

fn lines_of_tests(code: &[Token]) -> Vec<RangeInclusive<usize>> {
    let mut found = Vec::new();
    for at in 0..code.len() {
        let Some(inside) = attribute(code, at) else { continue };
        if !marks_test(&code[inside.clone()]) {
            continue;
        }
        if code[at + 1].text == "!" {
            return vec![1..=usize::MAX];
        }
        let end = item_end(code, inside.end + 1);
        found.push(code[at].line..=code.get(end).map_or(usize::MAX, |token| token.line_last));
    }
    found
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]` and `#[cfg(all(test, …))]`, but not `#[cfg(not(test))]`.
fn marks_test(attribute: &[Token]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token.text == word);
    let is_cfg = attribute.first().is_some_and(|token| token.text == "cfg");
    let is_named_test = attribute.last().is_some_and(|token| token.text == "test");
    (is_cfg && has("test") && !has("not")) || is_named_test
}

/// The index of the `;` or `}` that ends the item which starts at `at`, past its attributes.
fn item_end(code: &[Token], mut at: usize) -> usize {
    while at < code.len() {
        if let Some(inside) = attribute(code, at) {
            at = inside.end + 1;
            continue;
        }
        match code[at].text {
            ";" => return at,
            "{" => return closing(code, at),
            "(" | "[" => at = closing(code, at) + 1,
            _ => at += 1,
        }
    }
    code.len().saturating_sub(1)
}

/// The index of the sign that closes the one at `open`, or of the last token.
pub(super) fn closing(code: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in code.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len().saturating_sub(1)
}

fn scan_tokens(text: &str) -> Vec<Token<'_>> {
    let (mut rest, mut line, mut tokens) = (text, 1, Vec::new());
    while let Some(first) = rest.chars().next() {
        let (kind, bytes) =
            if first.is_whitespace() { (None, first.len_utf8()) } else { next_token(rest, first) };
        let (piece, after) = rest.split_at(bytes);
        let line_last = line + piece.matches('\n').count();
        tokens.extend(kind.map(|kind| Token { kind, text: piece, line, line_last }));
        (rest, line) = (after, line_last);
    }
    tokens
}

fn next_token(rest: &str, first: char) -> (Option<Kind>, usize) {
    let (kind, bytes) = if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment_bytes(rest))
    } else if let Some(bytes) = raw_text_bytes(rest).or_else(|| text_bytes(rest)) {
        (Kind::Text, bytes)
    } else if let Some(bytes) = char_bytes(rest) {
        (Kind::Text, bytes)
    } else if first == '\'' {
        (Kind::Lifetime, 1 + word_bytes(&rest[1..]))
    } else if first.is_ascii_digit() {
        (Kind::Number, number_bytes(rest))
    } else if is_word(first) {
        let raw_prefix = if rest.starts_with("r#") { 2 } else { 0 };
        (Kind::Word, raw_prefix + word_bytes(&rest[raw_prefix..]))
    } else {
        (Kind::Sign, first.len_utf8())
    };
    (Some(kind), bytes)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn word_bytes(rest: &str) -> usize {
    rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
}

/// A number may have one dot, if a digit follows: `1..2` and `1.max(2)` end before theirs.
fn number_bytes(rest: &str) -> usize {
    let whole = word_bytes(rest);
    let fraction =
        rest[whole..].strip_prefix('.').filter(|after| after.starts_with(|next: char| next.is_ascii_digit()));
    whole + fraction.map_or(0, |after| 1 + word_bytes(after))
}

fn block_comment_bytes(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = rest[at..].find("/*").into_iter().chain(rest[at..].find("*/")).min() {
        let opens = rest[at + found..].starts_with("/*");
        depth = if opens { depth + 1 } else { depth - 1 };
        at += found + 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#` and their `b` and `c` forms.
fn raw_text_bytes(rest: &str) -> Option<usize> {
    let after_r = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let hashes = after_r.len() - after_r.trim_start_matches('#').len();
    let body = after_r[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let close = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(rest.len() - body.len() + close)
}

/// `"…"` and its `b` and `c` forms.
fn text_bytes(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('"')?;
    Some(rest.len() - body.len() + quoted_bytes(body, '"'))
}

/// `'x'`, `'\n'`, `b'x'`; nothing for a lifetime.
fn char_bytes(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('\'')?;
    let mut letters = body.chars();
    let is_char = letters.next()? == '\\' || letters.next() == Some('\'');
    is_char.then(|| rest.len() - body.len() + quoted_bytes(body, '\''))
}

/// The bytes up to and with the closing quote, escapes skipped.
fn quoted_bytes(body: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in body.char_indices() {
        if letter == quote && !is_escaped {
            return at + quote.len_utf8();
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    body.len()
}

#[cfg(test)]
mod tests;
