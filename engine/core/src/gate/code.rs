//! Invite codes as people write them: how one is minted, compared, and put into a link.
//!
//! Codes are compared without case, width, spacing and hyphens, and `O`, `I`, `L` count as `0`, `1`, `1`
//! (Crockford base32): whoever reads one off a poster cannot pick the wrong letter. Nothing here has dice:
//! bits come in.

use unicode_normalization::UnicodeNormalization;

use crate::refusal::Refusal;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits between hyphens, so that a code can be read aloud.
const GROUP: usize = 4;
/// Letters of a code at least: shorter ones are guessed.
pub const CODE_LETTERS_MIN: usize = 4;
/// Letters of a code at most.
pub const CODE_LETTERS_MAX: usize = 64;

/// An unguessable code from 80 random bits: `7K2M-0QXR-…`, 16 digits.
pub fn mint_code(random: [u8; 10]) -> String {
    let bits = random.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let mut code = String::with_capacity(19);
    for place in (0..16).rev() {
        code.push(char::from(DIGITS[((bits >> (place * 5)) & 31) as usize]));
        if place > 0 && place % GROUP == 0 {
            code.push('-');
        }
    }
    code
}

/// The form in which codes are compared; `None` if it cannot be one.
pub fn canonical(code: &str) -> Option<String> {
    let mut letters = String::new();
    for letter in code.trim().nfkc().filter(|letter| !matches!(letter, '-' | ' ' | '_')) {
        letters.push(match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => return None,
        });
        if letters.len() > CODE_LETTERS_MAX {
            return None;
        }
    }
    (letters.len() >= CODE_LETTERS_MIN).then_some(letters)
}

/// The canonical form of a code that somebody wants to give out.
pub(super) fn usable(code: &str) -> Result<String, Refusal> {
    let expected = || format!("A–Z 0–9, {CODE_LETTERS_MIN}–{CODE_LETTERS_MAX}");
    canonical(code).ok_or_else(|| super::invalid("invite", expected()))
}

/// The link that a QR code shows: `base`, a slash, the code as it was given out.
pub fn invite_link(base: &str, code: &str) -> String {
    let code: String = code.trim().nfkc().map(|letter| if letter == ' ' { '-' } else { letter }).collect();
    format!("{}/join/{code}", base.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        let rows = [
            ("abcd", Some("ABCD")),
            ("AB-CD", Some("ABCD")),
            (" ab cd ", Some("ABCD")),
            ("ＡＢＣＤ", Some("ABCD")),
            ("hell0", Some("HE110")),
            ("HELLO", Some("HE110")),
            ("h-e-i-i-o", Some("HE110")),
            ("zig-2026", Some("Z1G2026")),
            ("abc", None),
            ("", None),
            ("ab--", None),
            ("加群加群", None),
            ("ab/cd", None),
            ("ab\u{200b}cd", None),
        ];
        for (code, expected) in rows {
            assert_eq!(canonical(code).as_deref(), expected, "{code:?}");
        }
        assert_eq!(canonical(&"A".repeat(CODE_LETTERS_MAX)).map(|code| code.len()), Some(CODE_LETTERS_MAX));
        assert_eq!(canonical(&"A".repeat(CODE_LETTERS_MAX + 1)), None);
    }

    #[test]
    fn a_minted_code_is_its_own_reading() {
        assert_eq!(mint_code([0; 10]), "0000-0000-0000-0000");
        assert_eq!(mint_code([255; 10]), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        let code = mint_code([1, 35, 69, 103, 137, 171, 205, 239, 18, 52]);
        assert_eq!(canonical(&code), Some(code.replace('-', "")));
        assert_eq!(code.len(), 19);
    }

    #[test]
    fn a_link_has_the_code_at_its_end() {
        assert_eq!(invite_link("https://kith.example/", "7K2M-0QXR"), "https://kith.example/join/7K2M-0QXR");
        assert_eq!(invite_link("https://kith.example", " 7K2M 0QXR "), "https://kith.example/join/7K2M-0QXR");
    }
}
