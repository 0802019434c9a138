//! Measures of a text for the rules on length, flood and repetition. Only integers; knows no limits.

use std::sync::LazyLock;

use regex::Regex;

use super::glyphs::{is_free_mark, is_ignorable, is_unspaced};
use super::normal::{Exactness, Normal, normalise};

/// What can be counted in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Characters as a person counts them: no invisible ones, no marks; joined emoji and flags are one.
    pub chars: u32,
    /// Lines, with an empty text having none.
    pub lines: u32,
    /// The longest run of one character, white space aside. Flags are told apart by their first letter only.
    pub run_chars_max: u32,
    /// Upper-case letters among letters that have case, in per mille.
    pub caps_permille: u32,
    /// Letters that have case: a share of few says little.
    pub cased_chars: u32,
    /// Emoji.
    pub emoji: u32,
    /// Mentions: `@name`, full width too, not within an address.
    pub mentions: u32,
}

static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\p{L}\p{N}_.@＠]|\p{Han})[@＠][\p{L}\p{N}_]").expect("the pattern is a constant")
});

/// Measures a text.
pub fn measure(text: &str) -> Measure {
    let (lines, mentions) = (count(text.lines()), count(MENTION.find_iter(text)));
    Measure { lines, mentions, ..walk(text) }
}

/// The characters alone, as `measure` counts them.
pub fn chars(text: &str) -> u32 {
    if text.is_ascii() {
        let shown = |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r');
        return count(text.bytes().filter(shown));
    }
    walk(text).chars
}

/// Everything that is counted character by character.
fn walk(text: &str) -> Measure {
    let mut out = Measure::default();
    let mut upper = 0_u64;
    let mut run = Run::default();
    let mut before = Before::Other;
    for ch in text.chars() {
        before = match sort(ch) {
            Sort::Joiner => Before::Joiner,
            Sort::Hidden => before,
            Sort::Flag if before == Before::HalfFlag => Before::Other,
            sort => {
                let joined = before == Before::Joiner && sort == Sort::Emoji;
                let emoji = matches!(sort, Sort::Emoji | Sort::Flag) && !joined;
                out.chars = out.chars.saturating_add(u32::from(!joined));
                out.emoji = out.emoji.saturating_add(u32::from(emoji));
                upper += u64::from(ch.is_uppercase());
                out.cased_chars += u32::from(ch.is_uppercase() || ch.is_lowercase());
                out.run_chars_max = out.run_chars_max.max(run.push(ch));
                if sort == Sort::Flag { Before::HalfFlag } else { Before::Other }
            }
        };
    }
    let permille = (upper * 1000).checked_div(u64::from(out.cased_chars)).unwrap_or(0);
    out.caps_permille = u32::try_from(permille).unwrap_or(u32::MAX);
    out
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// The run of equal characters that a text ends with so far.
#[derive(Default)]
struct Run {
    last: Option<char>,
    chars: u32,
}

impl Run {
    fn push(&mut self, ch: char) -> u32 {
        self.chars = if ch.is_whitespace() {
            0
        } else if self.last == Some(ch) {
            self.chars.saturating_add(1)
        } else {
            1
        };
        self.last = Some(ch);
        self.chars
    }
}

/// What came before a character, as far as the two may be one for a person.
#[derive(PartialEq, Eq)]
enum Before {
    Joiner,
    HalfFlag,
    Other,
}

#[derive(PartialEq, Eq)]
enum Sort {
    Joiner,
    Hidden,
    Flag,
    Emoji,
    Other,
}

fn sort(ch: char) -> Sort {
    match ch {
        '\u{200d}' => Sort::Joiner,
        '\u{1f3fb}'..='\u{1f3ff}' => Sort::Hidden,
        ch if is_ignorable(ch) || is_free_mark(ch) => Sort::Hidden,
        '\u{1f1e6}'..='\u{1f1ff}' => Sort::Flag,
        ch if is_emoji(ch) => Sort::Emoji,
        _ => Sort::Other,
    }
}

/// Blocks of characters that chat programs draw as pictures.
fn is_emoji(ch: char) -> bool {
    matches!(ch,
        '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23f3}' | '\u{2600}'..='\u{27bf}' | '\u{2b05}'..='\u{2b55}'
        | '\u{1f004}' | '\u{1f0cf}' | '\u{1f18e}'..='\u{1f19a}' | '\u{1f300}'..='\u{1faff}')
}

/// A number that equal and merely disguised texts share, to notice repetition.
///
/// 32-bit FNV-1a (offset 0x811c9dc5, prime 0x01000193) over the UTF-8 bytes of the loose normal form without
/// its spaces, or, where nothing remains of that (a message of emoji, say), over the text's own bytes without
/// white space. 32 bits on purpose: many texts share each value, so that what is kept after an erasure proves
/// nothing. Equal values are a reason to look, never a proof. A change to the look-alikes changes
/// fingerprints; they serve within hours, so nothing depends on old ones.
pub fn fingerprint(text: &str) -> u32 {
    fingerprint_of(&normalise(text, Exactness::Loose), text)
}

/// `fingerprint` of a text whose loose normal form is there already.
pub(super) fn fingerprint_of(normal: &Normal, text: &str) -> u32 {
    let is_said = normal.text().chars().any(|ch| ch.is_alphanumeric() || is_unspaced(ch));
    let read = if is_said { normal.text() } else { text };
    let bytes = read.split_whitespace().flat_map(str::bytes);
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_measured_as_people_count() {
        let m = |chars, lines, run_chars_max, caps_permille, cased_chars, emoji, mentions| Measure {
            chars,
            lines,
            run_chars_max,
            caps_permille,
            cased_chars,
            emoji,
            mentions,
        };
        let rows = [
            ("", m(0, 0, 0, 0, 0, 0, 0)),
            ("你好", m(2, 1, 1, 0, 0, 0, 0)),
            ("你\u{200b}好\u{336}", m(2, 1, 1, 0, 0, 0, 0)),
            ("a\nb\n", m(4, 2, 1, 0, 2, 0, 0)),
            ("HELLO you", m(9, 1, 2, 625, 8, 0, 0)),
            ("哈哈哈哈!", m(5, 1, 4, 0, 0, 0, 0)),
            ("哈\u{200b}哈", m(2, 1, 2, 0, 0, 0, 0)),
            ("a     b", m(7, 1, 1, 0, 2, 0, 0)),
            ("👍👍🏽", m(2, 1, 2, 0, 0, 2, 0)),
            ("👨‍👩‍👧", m(1, 1, 1, 0, 0, 1, 0)),
            ("🇨🇳🇨🇳", m(2, 1, 2, 0, 0, 2, 0)),
            ("❤️", m(1, 1, 1, 0, 0, 1, 0)),
            ("@小明 @bob hi@x.org", m(17, 1, 1, 0, 9, 0, 2)),
            ("好＠小明", m(4, 1, 1, 0, 0, 0, 1)),
        ];
        for (text, expected) in rows {
            assert_eq!(measure(text), expected, "{text:?}");
        }
    }

    #[test]
    fn fingerprints_are_stable_and_see_through_disguise() {
        assert_eq!(fingerprint(""), 0x811c_9dc5);
        assert_eq!(fingerprint("a"), 0xe40c_292c);
        assert_eq!(fingerprint("foobar"), 0xbf9c_f968);
        assert_eq!(fingerprint("ＦＯＯＢＡＲ"), 0xbf9c_f968);
        assert_eq!(fingerprint("加 微信！"), fingerprint("珈\u{200b}薇.信"));
        assert_ne!(fingerprint("👍"), fingerprint("👎"));
        assert_ne!(fingerprint("你好"), fingerprint("再见"));
    }

    proptest! {
        #[test]
        fn any_text_is_measured(text in "\\p{any}{0,40}|[\x00-\x7f]{0,40}|[👍👨\u{200d}🇨a@ \n]{0,20}") {
            let measure = measure(&text);
            prop_assert!(measure.chars as usize <= text.chars().count());
            prop_assert_eq!(chars(&text), measure.chars);
            prop_assert!(measure.run_chars_max <= text.chars().count() as u32);
            prop_assert!(measure.caps_permille <= 1000);
            prop_assert_eq!(fingerprint(&text), fingerprint(&text));
        }
    }
}
