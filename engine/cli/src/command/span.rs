//! Spans as people write them at the command line: `90s`, `15m`, `24h`, `7d`.

use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// `90s`, `15m`, `24h` or `7d` in milliseconds.
pub(super) fn span_ms(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a span such as 90s, 15m, 24h or 7d, found {text:?}");
    let unit_ms = match text.chars().last() {
        Some('s') => SECOND_MS,
        Some('m') => MINUTE_MS,
        Some('h') => HOUR_MS,
        Some('d') => DAY_MS,
        _ => return Err(expected()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| expected())?;
    count.checked_mul(unit_ms).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_unit() {
        for (text, expected) in [
            ("90s", Some(90_000)),
            ("15m", Some(900_000)),
            ("24h", Some(86_400_000)),
            ("7d", Some(604_800_000)),
            ("7", None),
            ("d", None),
            ("", None),
            ("7天", None),
            ("99999999999999999d", None),
        ] {
            assert_eq!(span_ms(text).ok(), expected, "{text}");
        }
    }
}
