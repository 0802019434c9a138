//! A text as glyphs: compatibility-normalised (NFKC), each remembering the bytes that it came from.
//!
//! Promises that the characters of all glyphs, joined, are the NFKC form of the text. Knows classes of
//! characters (unspaced scripts, ignorable ones, marks). Folds nothing: that is `normal`'s.

use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// One character and the bytes of the original text that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) ch: char,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Takes a text apart into NFKC glyphs.
///
/// A base and the characters that may compose with it are one cluster; all glyphs of a cluster name its whole
/// range, because a part of it has no place of its own.
pub(super) fn glyphs(text: &str) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(text.len().div_ceil(2));
    let mut chars = text.char_indices().peekable();
    while let Some((start, ch)) = chars.next() {
        let mut end = start + ch.len_utf8();
        let ends_cluster = chars.peek().is_none_or(|(_, next)| simple_form(*next).is_some());
        if let Some(form) = simple_form(ch).filter(|_| ends_cluster) {
            out.push(glyph(form, start..end));
            continue;
        }
        while let Some((at, next)) = chars.next_if(|(_, next)| continues_cluster(*next)) {
            end = at + next.len_utf8();
        }
        out.extend(text[start..end].nfkc().map(|ch| glyph(ch, start..end)));
    }
    out
}

fn glyph(ch: char, range: Range<usize>) -> Glyph {
    // Places have 32 bits because a message is far below 4 GiB; `normalise` cuts what is longer.
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Glyph { ch, start: place(range.start), end: place(range.end) }
}

/// The NFKC form of the common characters that continue no cluster, told without a table.
fn simple_form(ch: char) -> Option<char> {
    match ch {
        ch if ch.is_ascii() || is_common_han(ch) => Some(ch),
        '\u{3000}' => Some(' '),
        '、'..='〕' => Some(ch),
        '！'..='～' => char::from_u32(ch as u32 - ('！' as u32 - '!' as u32)),
        _ => None,
    }
}

fn continues_cluster(ch: char) -> bool {
    if simple_form(ch).is_some() {
        return false;
    }
    let half_width_voicing = matches!(ch, '\u{ff9e}' | '\u{ff9f}');
    half_width_voicing
        || canonical_combining_class(ch) != 0
        || decomposes_to_mark(ch)
        || is_nfkc_quick(std::iter::once(ch)) == IsNormalized::Maybe
        || is_half_width_jamo_tail(ch)
}

/// Half-width vowels become jamo that compose with the consonant before them.
fn is_half_width_jamo_tail(ch: char) -> bool {
    matches!(ch, '\u{ffa0}'..='\u{ffdc}' | '\u{3131}'..='\u{318e}')
}

/// Some marks have combining class 0 themselves and yet decompose to characters that combine.
fn decomposes_to_mark(ch: char) -> bool {
    let mut first = None;
    decompose_canonical(ch, |part| {
        first.get_or_insert(part);
    });
    first.is_some_and(|part| part != ch && canonical_combining_class(part) != 0)
}

/// The unified ideographs of the basic block: nearly all of a Chinese message.
pub(super) fn is_common_han(ch: char) -> bool {
    matches!(ch, '\u{4e00}'..='\u{9fff}')
}

/// Scripts written without spaces, where a word can begin at any character: Chinese, Japanese, Korean, Thai,
/// Lao, Khmer, Burmese. (Korean has spaces, but glues particles to its words.)
pub(super) fn is_unspaced(ch: char) -> bool {
    is_common_han(ch)
        || matches!(ch,
            '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
            | '々'..='〇' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | 'ー'
            | '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{0e01}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}')
}

/// Says whether a character is a letter or digit of a script that spaces its words, such as Latin.
pub(super) fn is_spaced_letter(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_alphanumeric() } else { !is_unspaced(ch) && ch.is_alphanumeric() }
}

/// Characters that show nothing: zero width, direction controls, variation selectors, tags, fillers,
/// controls.
pub(super) fn is_ignorable(ch: char) -> bool {
    match ch {
        '\t' | '\n' | '\r' => false,
        ch if ch.is_ascii() => ch.is_ascii_control(),
        ch if is_common_han(ch) => false,
        ch => {
            ch.is_control()
                || matches!(ch,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
        }
    }
}

/// Combining marks of no script in particular: accents, overlays, the stacks of "zalgo" text. The marks that
/// scripts need for spelling (Arabic, Devanagari, Thai and so on) are not among them.
pub(super) fn is_free_mark(ch: char) -> bool {
    matches!(ch,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Takes the accents off a letter of the alphabets that have them precomposed.
pub(super) fn without_accent(ch: char) -> char {
    if !matches!(ch, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}') {
        return ch;
    }
    let mut base = None;
    decompose_canonical(ch, |part| {
        base.get_or_insert(part);
    });
    base.unwrap_or(ch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn glyphs_joined_are_the_nfkc_form(
            text in "\\PC{0,24}|(\\p{M}|\\p{L}|[ｱ-ﾝﾞﾟ]|[\u{1100}-\u{11ff}ﾡ-ￜ]){0,24}"
        ) {
            let joined: String = glyphs(&text).iter().map(|glyph| glyph.ch).collect();
            prop_assert_eq!(joined, text.nfkc().collect::<String>());
        }

        #[test]
        fn glyph_ranges_lie_on_boundaries_and_never_go_back(text in "\\PC{0,24}|\\p{any}{0,24}") {
            let mut last = 0;
            for glyph in glyphs(&text) {
                prop_assert!(text.get(glyph.start as usize..glyph.end as usize).is_some());
                prop_assert!(glyph.start >= last);
                last = glyph.start;
            }
        }
    }
}
