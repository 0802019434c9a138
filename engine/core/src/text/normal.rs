//! Normalisation for matching: what a text says once its disguises are off, and where in the original it says
//! so.
//!
//! Loose matching reads a text as a person would: NFKC (which takes care of full width, circled and
//! mathematical letters), case, invisible characters, accents, look-alikes from `lookalikes.txt`, then
//! spacing and punctuation. Spacing is squeezed out beside Chinese, and between single Latin letters (`w.x`),
//! never between Latin words. Marks that end a clause (`，。！？` and line ends) are squeezed out only beside a
//! lone character, so that `加。微。信` is read as one word and `要加。微信上说` is not.
//!
//! The normal form is for comparison with other normal forms only; nobody should see or store it.

use std::ops::Range;

use super::glyphs::without_accent;
use super::glyphs::{
    Glyph, glyphs, is_common_han, is_free_mark, is_ignorable, is_spaced_letter, is_unspaced,
};
use super::lookalikes::{Context, Spelled, lookalikes};

/// The bytes of a text that are read; places are kept in 32 bits. Messages are limited far below it
/// elsewhere.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// How much of a text's dress is taken off before matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exactness {
    /// NFKC and case only.
    Plain,
    /// All folding that this module knows.
    Loose,
}

/// A normalised text with the way back to the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normal {
    text: String,
    pieces: Vec<Piece>,
}

/// A character of the normal form: where it begins there, and the bytes of the original it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    at: u32,
    start: u32,
    end: u32,
}

impl Normal {
    /// The normal form.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte range of the original text that a byte range of the normal form stands for.
    pub fn range(&self, normal: Range<usize>) -> Range<usize> {
        let first = self.pieces.partition_point(|piece| piece.at as usize <= normal.start).saturating_sub(1);
        let last = self.pieces.partition_point(|piece| (piece.at as usize) < normal.end);
        match self.pieces.get(first..last.max(first)) {
            Some([only]) => only.start as usize..only.end as usize,
            Some([head, .., tail]) => head.start as usize..tail.end as usize,
            _ => 0..0,
        }
    }

    fn from_glyphs(glyphs: &[Glyph]) -> Self {
        let mut text = String::with_capacity(glyphs.len() * 3);
        let mut pieces = Vec::with_capacity(glyphs.len());
        for glyph in glyphs {
            pieces.push(Piece { at: text.len() as u32, start: glyph.start, end: glyph.end });
            text.push(glyph.ch);
        }
        Self { text, pieces }
    }
}

/// Normalises a text. Bytes beyond [`TEXT_BYTES_MAX`] are not read.
pub fn normalise(text: &str, exactness: Exactness) -> Normal {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    match exactness {
        Exactness::Plain => {
            let mut folded = Vec::with_capacity(text.len());
            glyphs(text).into_iter().for_each(|glyph| fold_case(glyph, &mut folded));
            Normal::from_glyphs(&folded)
        }
        Exactness::Loose => loose(text, Letters::Latinised),
    }
}

/// Normalises an entry of a Cyrillic or Greek list, whose letters must not be taken for Latin ones.
pub(super) fn normalise_native(text: &str) -> Normal {
    loose(text, Letters::Native)
}

/// What a text shows, for finding links and contacts: NFKC and case, without what is invisible, spacing as it
/// is.
pub(super) fn normalise_visible(text: &str) -> Normal {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    let mut visible = glyphs(text);
    visible.retain_mut(make_plain);
    let mut folded = Vec::with_capacity(visible.len());
    visible.into_iter().for_each(|glyph| fold_case(glyph, &mut folded));
    Normal::from_glyphs(&folded)
}

/// What becomes of Cyrillic and Greek letters that are drawn like Latin ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Latinised,
    Native,
}

fn loose(text: &str, letters: Letters) -> Normal {
    let folded = plain(text).unwrap_or_else(|| fold(text, letters));
    Normal::from_glyphs(&spell(&squeeze(&folded)))
}

/// The folded glyphs of any text, step by step.
fn fold(text: &str, letters: Letters) -> Vec<Glyph> {
    let mut visible = glyphs(text);
    visible.retain_mut(make_plain);
    if letters == Letters::Latinised && !text.is_ascii() {
        latinise(&mut visible);
    }
    let mut folded = Vec::with_capacity(visible.len());
    for at in 0..visible.len() {
        let glyph = Glyph { ch: digit_as_letter(&visible, at).unwrap_or(visible[at].ch), ..visible[at] };
        fold_case(glyph, &mut folded);
    }
    if !text.is_ascii() {
        fold_alike(&mut folded);
    }
    folded
}

/// The folded glyphs of ASCII without digits or invisible characters: most of what is said, in one pass.
fn plain(text: &str) -> Option<Vec<Glyph>> {
    let simple = |byte: &u8| match byte {
        b'$' | b'0'..=b'9' => false,
        byte => byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
    };
    if !text.bytes().all(|byte| simple(&byte)) {
        return None;
    }
    let glyph =
        |(start, byte): (u32, u8)| Glyph { ch: char::from(byte.to_ascii_lowercase()), start, end: start + 1 };
    Some((0..).zip(text.bytes()).map(glyph).collect())
}

/// Drops what shows nothing; takes off accents, circles and squares.
fn make_plain(glyph: &mut Glyph) -> bool {
    if glyph.ch.is_ascii_graphic() || is_common_han(glyph.ch) {
        return true;
    }
    glyph.ch = without_frame(without_accent(glyph.ch));
    !is_ignorable(glyph.ch) && !is_free_mark(glyph.ch)
}

/// White letters and digits in black frames and flag letters, which NFKC leaves alone.
fn without_frame(ch: char) -> char {
    let counted = |first: char, as_first: char| char::from_u32(ch as u32 - first as u32 + as_first as u32);
    match ch {
        '\u{1f150}'..='\u{1f169}' => counted('\u{1f150}', 'a'),
        '\u{1f170}'..='\u{1f189}' => counted('\u{1f170}', 'a'),
        '\u{1f1e6}'..='\u{1f1ff}' => counted('\u{1f1e6}', 'a'),
        '\u{2776}'..='\u{277e}' => counted('\u{2776}', '1'),
        '\u{278a}'..='\u{2792}' => counted('\u{278a}', '1'),
        '\u{2780}'..='\u{2788}' => counted('\u{2780}', '1'),
        _ => None,
    }
    .unwrap_or(ch)
}

/// Full case folding, near enough: upper case first makes `ß` and final sigma meet their partners.
fn fold_case(glyph: Glyph, out: &mut Vec<Glyph>) {
    let ch = glyph.ch;
    if ch.is_ascii() {
        out.push(Glyph { ch: ch.to_ascii_lowercase(), ..glyph });
    } else if is_common_han(ch) {
        out.push(glyph);
    } else {
        out.extend(ch.to_uppercase().flat_map(char::to_lowercase).map(|ch| Glyph { ch, ..glyph }));
    }
}

/// Scripts whose letters are borrowed to draw Latin words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lender {
    Cyrillic,
    Greek,
    Other,
}

fn lender(ch: char) -> Lender {
    match ch {
        '\u{400}'..='\u{52f}' => Lender::Cyrillic,
        '\u{370}'..='\u{3ff}' => Lender::Greek,
        _ => Lender::Other,
    }
}

/// Folds letters drawn like Latin ones, unless the text is really written in their script.
fn latinise(glyphs: &mut [Glyph]) {
    if glyphs.iter().all(|glyph| glyph.ch.is_ascii() || is_common_han(glyph.ch)) {
        return;
    }
    let table = lookalikes();
    let really = |script| {
        glyphs.iter().any(|g| lender(g.ch) == script && g.ch.is_alphabetic() && table.letter(g.ch).is_none())
    };
    let (cyrillic, greek) = (really(Lender::Cyrillic), really(Lender::Greek));
    for run in glyphs.chunk_by_mut(|a, b| is_spaced_letter(a.ch) == is_spaced_letter(b.ch)) {
        let mixed = run.iter().any(|glyph| glyph.ch.is_ascii_alphabetic());
        for glyph in run.iter_mut().filter(|glyph| !glyph.ch.is_ascii() && !is_common_han(glyph.ch)) {
            let native = match lender(glyph.ch) {
                Lender::Cyrillic => cyrillic,
                Lender::Greek => greek,
                Lender::Other => false,
            };
            if mixed || !native {
                glyph.ch = table.letter(glyph.ch).unwrap_or(glyph.ch);
            }
        }
    }
}

/// The letter that a digit is written for: between Latin letters, alone or doubled (`fr33dom`, but not
/// `l10n`, `mp3`).
fn digit_as_letter(glyphs: &[Glyph], at: usize) -> Option<char> {
    let ch = glyphs[at].ch;
    if !(ch.is_ascii_digit() || ch == '$') {
        return None;
    }
    let same = |glyph: &&Glyph| glyph.ch == ch;
    let before = glyphs[..at].iter().rev().take_while(same).count();
    let after = glyphs[at + 1..].iter().take_while(same).count();
    let is_letter = |glyph: Option<&Glyph>| glyph.is_some_and(|glyph| glyph.ch.is_ascii_alphabetic());
    let left = (at - before).checked_sub(1).and_then(|left| glyphs.get(left));
    let between = before + after <= 1 && is_letter(left) && is_letter(glyphs.get(at + 1 + after));
    if between { lookalikes().digit(ch) } else { None }
}

fn fold_alike(glyphs: &mut [Glyph]) {
    let table = lookalikes();
    // Kept words are compared with the text as written, so folds wait until all have been judged.
    let folds: Vec<(usize, char)> = (0..glyphs.len())
        .filter(|at| !glyphs[*at].ch.is_ascii())
        .filter_map(|at| Some((at, table.alike(glyphs[at].ch)?)))
        .filter(|(at, _)| !table.is_kept(*at, |at| glyphs.get(at).map(|glyph| glyph.ch)))
        .collect();
    for (at, ch) in folds {
        glyphs[at].ch = ch;
    }
}

/// What a character is to the squeeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A letter of a script without spaces.
    Unspaced,
    /// A letter or digit of a script with spaces.
    Spaced,
    /// A plus sign, which may be read as 加.
    Plus,
    /// Spacing, hyphens, dots, decoration, emoji.
    Soft,
    /// What ends a clause or a line.
    Hard,
}

fn class(ch: char) -> Class {
    match ch {
        'a'..='z' => Class::Spaced,
        ch if is_common_han(ch) => Class::Unspaced,
        '+' => Class::Plus,
        '\n' | '\r' | '\u{2028}' | '\u{2029}' | '!' | '?' | ';' | ',' | ':' | '。' | '、' | '…' => {
            Class::Hard
        }
        ch if is_spaced_letter(ch) => Class::Spaced,
        ch if is_unspaced(ch) => Class::Unspaced,
        _ => Class::Soft,
    }
}

/// Takes separators out where they only hide a word, and leaves one space where they stand between words.
fn squeeze(glyphs: &[Glyph]) -> Vec<Glyph> {
    let classes: Vec<Class> = glyphs.iter().map(|glyph| class(glyph.ch)).collect();
    let is_letter = |at: usize| matches!(classes.get(at), Some(Class::Unspaced | Class::Spaced));
    let is_lone = |at: usize| is_letter(at) && !is_letter(at + 1) && (at == 0 || !is_letter(at - 1));
    let mut out: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let mut left: Option<usize> = None;
    for at in (0..glyphs.len()).filter(|at| !matches!(classes[*at], Class::Soft | Class::Hard)) {
        if let Some(left) = left.filter(|left| left + 1 < at) {
            let hard = classes[left + 1..at].contains(&Class::Hard);
            let words = classes[left] == Class::Spaced && classes[at] == Class::Spaced;
            let spelled_out = is_lone(left) && is_lone(at) && glyphs[left].ch.is_alphabetic();
            let joined = match words {
                true => !hard && spelled_out && glyphs[at].ch.is_alphabetic(),
                false => !hard || is_lone(left) || is_lone(at),
            };
            if !joined {
                out.push(Glyph { ch: ' ', start: glyphs[left + 1].start, end: glyphs[at - 1].end });
            }
        }
        out.push(glyphs[at]);
        left = Some(at);
    }
    out
}

/// Reads Latin spellings and plus signs that stand for Chinese.
fn spell(glyphs: &[Glyph]) -> Vec<Glyph> {
    let mut out: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let table = lookalikes();
    let mut at = 0;
    while let Some(glyph) = glyphs.get(at) {
        let rules = table.spelled(glyph.ch);
        if let Some(rule) = rules.iter().find(|rule| applies(rule, glyphs, at, &out)) {
            let next = at + rule.source.len();
            let (start, end) = (glyph.start, glyphs[next - 1].end);
            out.extend(rule.target.iter().map(|ch| Glyph { ch: *ch, start, end }));
            at = next;
            continue;
        }
        let beside = |glyph: Option<&Glyph>| glyph.is_some_and(|glyph| is_unspaced(glyph.ch));
        let is_decoration = glyph.ch == '+' && beside(out.last()) && beside(glyphs.get(at + 1));
        if !is_decoration {
            out.push(*glyph);
        }
        at += 1;
    }
    out
}

fn applies(rule: &Spelled, glyphs: &[Glyph], at: usize, out: &[Glyph]) -> bool {
    let matches_at = |word: &[char], at: usize| {
        let is_word = glyphs.get(at..at + word.len()).is_some_and(|part| part.iter().map(|g| &g.ch).eq(word));
        let runs_on = glyphs.get(at + word.len()).is_some_and(|next| next.ch.is_ascii_alphabetic());
        is_word && !(runs_on && word.last().is_some_and(char::is_ascii_alphabetic))
    };
    let next = at + rule.source.len();
    let begins = out.last().is_none_or(|before| before.ch != '+' && !is_spaced_letter(before.ch));
    begins
        && matches_at(&rule.source, at)
        && match &rule.context {
            Context::Free => true,
            Context::Before(words) => words.iter().any(|word| matches_at(word, next)),
            Context::After(words) => words
                .iter()
                .any(|word| out.iter().rev().map(|g| &g.ch).take(word.len()).eq(word.iter().rev())),
        }
        && !lookalikes().is_kept(at, |at| glyphs.get(at).map(|glyph| glyph.ch))
}

#[cfg(test)]
mod tests;
