//! Times as the API writes them: RFC 3339 in UTC, to the millisecond.

use jiff::Timestamp;

/// A time in Unix milliseconds as RFC 3339; one beyond the calendar as its end.
pub(crate) fn rfc3339(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    format!("{:.3}", at.unwrap_or(Timestamp::MAX))
}

/// Unix milliseconds of an RFC 3339 time.
pub(crate) fn parse(text: &str) -> Option<u64> {
    text.parse::<Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        assert_eq!(rfc3339(1_700_000_000_120), "2023-11-14T22:13:20.120Z");
        assert_eq!(parse("2023-11-14T22:13:20.120Z"), Some(1_700_000_000_120));
        assert_eq!(parse("2023-11-15T06:13:20.12+08:00"), Some(1_700_000_000_120));
        for wrong in ["", "yesterday", "1969-01-01T00:00:00Z", "2023-11-14"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert!(rfc3339(u64::MAX).starts_with("9999-"));
    }
}
