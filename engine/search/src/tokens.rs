//! A text as tokens, each with its place and the bytes of the text that it came from.
//!
//! Words of scripts with spaces are one token. Scripts without spaces (Chinese, Japanese, Thai …; emoji go
//! with them) give each character and each pair of neighbours: a question of one character or of more finds
//! every place that has it. A dictionary's segmentation lost one place in thirteen of those in 18,048 lines
//! of real chat (`微信` was not found in `加我微信号`), and cost 33 MB of memory. Width, case and compatibility
//! forms make no difference (`normal`, exactly); traditional and simplified characters do.

use std::ops::Range;

use kith_core::text::normal::{Exactness, Normal, normalise};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Its folded characters.
    pub(crate) text: String,
    /// Its place: a character of an unspaced script and a word of a spaced one count one each.
    pub(crate) place: usize,
    /// The bytes of the original text.
    pub(crate) range: Range<usize>,
}

/// What a character is to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a word.
    Word,
    /// A character that stands for itself.
    Single,
    /// Shows nothing and parts nothing.
    Invisible,
    /// Parts words.
    Gap,
}

fn class(ch: char) -> Class {
    match ch {
        'a'..='z' | '0'..='9' => Class::Word,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => {
            Class::Invisible
        }
        '\u{e00}'..='\u{fff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30fa}'
        | '\u{30fc}'..='\u{318f}'
        | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{2600}'..='\u{27bf}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{20000}'..='\u{3ffff}' => Class::Single,
        ch if ch.is_alphanumeric() || is_mark(ch) => Class::Word,
        _ => Class::Gap,
    }
}

/// Marks that NFKC leaves beside their letter.
fn is_mark(ch: char) -> bool {
    let european = matches!(ch, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}');
    let semitic = matches!(ch, '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}');
    european || semitic || matches!(ch, '\u{900}'..='\u{dff}')
}

/// The tokens of a text in the order of their places; a pair comes after its first character.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let normal = normalise(text, Exactness::Plain);
    let mut reading = Reading { normal: &normal, out: Vec::new(), place: 0, word: None, single: None };
    for (at, ch) in normal.text().char_indices() {
        reading.take(at, ch);
    }
    reading.end_word(normal.text().len());
    reading.out
}

/// A text half read.
struct Reading<'a> {
    normal: &'a Normal,
    out: Vec<Token>,
    place: usize,
    /// Where the word began that is being read.
    word: Option<usize>,
    /// The character before, if a pair may be made with it: where it began and ended.
    single: Option<Range<usize>>,
}

impl Reading<'_> {
    fn take(&mut self, at: usize, ch: char) {
        let class = class(ch);
        if class == Class::Invisible {
            return;
        }
        if class != Class::Word {
            self.end_word(at);
        }
        match class {
            Class::Word => {
                self.word.get_or_insert(at);
                self.single = None;
            }
            Class::Single => {
                let here = at..at + ch.len_utf8();
                if let Some(before) = self.single.replace(here.clone()) {
                    self.push(&[before, here.clone()], self.place - 1);
                }
                self.push(&[here], self.place);
                self.place += 1;
            }
            Class::Gap | Class::Invisible => self.single = None,
        }
    }

    fn end_word(&mut self, end: usize) {
        if let Some(start) = self.word.take() {
            self.push(std::slice::from_ref(&(start..end)), self.place);
            self.place += 1;
        }
    }

    /// A token of pieces of the normal form; what is invisible between or in them is left out.
    fn push(&mut self, pieces: &[Range<usize>], place: usize) {
        let whole = pieces.iter().flat_map(|piece| self.normal.text()[piece.clone()].chars());
        let text = whole.filter(|ch| class(*ch) != Class::Invisible).collect();
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return };
        let range = self.normal.range(first.start..last.end);
        self.out.push(Token { text, place, range });
    }
}

/// The tokens by which a phrase is looked for: pairs cover their characters, so that only a character by
/// itself is looked for as one.
pub(crate) fn needed(tokens: Vec<Token>) -> Vec<Token> {
    let paired = |place: usize, pairs: &[Token]| {
        pairs.iter().any(|pair| pair.place == place || pair.place + 1 == place)
    };
    let is_pair = |token: &Token| {
        let mut chars = token.text.chars();
        chars.next().is_some_and(|ch| class(ch) == Class::Single) && chars.next().is_some()
    };
    let (pairs, mut rest): (Vec<Token>, Vec<Token>) = tokens.into_iter().partition(is_pair);
    rest.retain(|token| !paired(token.place, &pairs));
    rest.extend(pairs);
    rest.sort_by_key(|token| token.place);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = tokens(text);
        let mut sorted: Vec<String> =
            found.iter().map(|token| format!("{}@{}", token.text, token.place)).collect();
        sorted.sort();
        let mut expected: Vec<String> = expected.iter().map(|it| (*it).to_owned()).collect();
        expected.sort();
        assert_eq!(sorted, expected, "{text}");
        for token in found {
            assert!(text.get(token.range).is_some(), "{text}: a range is on characters");
        }
    }

    #[test]
    fn texts_become_words_characters_and_pairs() {
        check("", &[]);
        check("\"\"'' -- …", &[]);
        check("Hello, WORLD", &["hello@0", "world@1"]);
        check("foo_bar.rs", &["foo@0", "bar@1", "rs@2"]);
        check("抢红包", &["抢@0", "红@1", "包@2", "抢红@0", "红包@1"]);
        check("红。包", &["红@0", "包@1"]);
        check("加VX号", &["加@0", "vx@1", "号@2"]);
        check("ＡＢ１２", &["ab12@0"]);
        check("红\u{200b}包", &["红@0", "包@1", "红包@0"]);
        check("pass\u{200b}word", &["password@0"]);
        check("🎉", &["🎉@0"]);
        check("Straße", &["strasse@0"]);
        check("हिन्दी", &["हिन्दी@0"]);
    }

    #[test]
    fn a_phrase_needs_pairs_where_there_are_any() {
        let needed: Vec<String> =
            needed(tokens("a 红包了 b 我")).into_iter().map(|token| token.text).collect();
        assert_eq!(needed, ["a", "红包", "包了", "b", "我"]);
    }

    #[test]
    fn ranges_name_the_original_bytes() {
        let text = "看ＡＢ红包";
        let found = tokens(text);
        let word = found.iter().find(|token| token.text == "ab").unwrap();
        assert_eq!(&text[word.range.clone()], "ＡＢ");
        let pair = found.iter().find(|token| token.text == "红包").unwrap();
        assert_eq!(&text[pair.range.clone()], "红包");
    }
}
