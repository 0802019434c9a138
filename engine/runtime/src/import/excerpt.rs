//! A glimpse of bad input that is safe to print: short, on one line, without characters that move the cursor
//! or hide text.

use std::fmt::Write as _;

use super::limits::EXCERPT_CHARS_MAX;

/// The beginning of `bytes` in at most 80 characters; `…` where it was cut, escapes for what must not be
/// printed raw.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    // Four bytes a character are the most that can matter; the rest of a huge line is not even decoded.
    let window = &bytes[..bytes.len().min(EXCERPT_CHARS_MAX * 4)];
    let mut shown = Shown { text: String::new(), chars: 0, is_cut: bytes.len() > window.len() };
    for chunk in window.utf8_chunks() {
        chunk.valid().chars().for_each(|c| shown.push_char(c));
        chunk.invalid().iter().for_each(|byte| shown.push(&format!("\\x{byte:02x}")));
    }
    shown.finish()
}

struct Shown {
    text: String,
    chars: usize,
    is_cut: bool,
}

impl Shown {
    fn push_char(&mut self, c: char) {
        let mut piece = String::new();
        match c {
            '\t' => piece.push_str("\\t"),
            c if is_unprintable(c) => {
                let _ = write!(piece, "\\u{{{:x}}}", u32::from(c));
            }
            c => piece.push(c),
        }
        self.push(&piece);
    }

    fn push(&mut self, piece: &str) {
        let chars = piece.chars().count();
        // One character is kept free for the mark of the cut.
        if self.is_full() || self.chars + chars >= EXCERPT_CHARS_MAX {
            self.is_cut = true;
            self.chars = EXCERPT_CHARS_MAX;
            return;
        }
        self.text.push_str(piece);
        self.chars += chars;
    }

    fn is_full(&self) -> bool {
        self.chars >= EXCERPT_CHARS_MAX
    }

    fn finish(mut self) -> String {
        if self.is_cut {
            self.text.push('…');
        }
        self.text
    }
}

/// Whether a character would move the cursor, reorder its neighbours or be invisible.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_must_not_reach_a_terminal() {
        let table: &[(&[u8], &str)] = &[
            (b"plain", "plain"),
            ("你好".as_bytes(), "你好"),
            (b"a\tb\0c\x1b[2J", "a\\tb\\u{0}c\\u{1b}[2J"),
            (b"\xc4\xe3", "\\xc4\\xe3"),
            ("a\u{202e}b\u{feff}".as_bytes(), "a\\u{202e}b\\u{feff}"),
        ];
        for (input, expected) in table {
            assert_eq!(excerpt(input), *expected);
        }
    }

    #[test]
    fn never_exceeds_eighty_characters() {
        for unit in ["a", "你", "\u{1b}", "😀"] {
            let shown = excerpt(unit.repeat(1_000).as_bytes());
            assert!(shown.chars().count() <= EXCERPT_CHARS_MAX, "{shown}");
            assert!(shown.ends_with('…'));
        }
    }
}
