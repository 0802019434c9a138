//! Days and months as the community's members count them: in its zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::moment::DAY_MS;

fn date(zone: &TimeZone, at_ms: u64) -> Option<Date> {
    let at = Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?;
    Some(at.to_zoned(zone.clone()).date())
}

/// The day of a time, counted from 1970-01-01.
pub(super) fn day(zone: &TimeZone, at_ms: u64) -> i32 {
    let found = date(zone, at_ms).and_then(|date| {
        let first = Date::new(1970, 1, 1).ok()?;
        first.until(date).ok().map(|span| span.get_days())
    });
    found.unwrap_or_else(|| i32::try_from(at_ms / DAY_MS).unwrap_or(i32::MAX))
}

/// When the month begins that comes `months` after that of a time, Unix milliseconds; `None` beyond the
/// calendar.
pub(super) fn month_after(zone: &TimeZone, at_ms: u64, months: u32) -> Option<u64> {
    let first = date(zone, at_ms)?.first_of_month();
    let then = first.checked_add(Span::new().try_months(i64::from(months)).ok()?).ok()?;
    let begins = then.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
    u64::try_from(begins).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> u64 {
        text.parse::<Timestamp>().unwrap().as_millisecond() as u64
    }

    #[test]
    fn t14_days_and_months_are_those_of_the_zone() {
        let shanghai = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(day(&TimeZone::UTC, at("1970-01-02T00:00:00Z")), 1);
        assert_eq!(day(&shanghai, at("1970-01-01T15:59:59Z")), 0);
        assert_eq!(day(&shanghai, at("1970-01-01T16:00:00Z")), 1);
        for (now, months, begins) in [
            ("2026-01-31T00:00:00Z", 1, "2026-01-31T16:00:00Z"),
            ("2026-01-31T16:00:00Z", 1, "2026-02-28T16:00:00Z"),
            ("2028-02-29T12:00:00Z", 12, "2029-01-31T16:00:00Z"),
            ("2026-12-15T00:00:00Z", 1, "2026-12-31T16:00:00Z"),
        ] {
            assert_eq!(month_after(&shanghai, at(now), months), Some(at(begins)), "{now}");
        }
        assert_eq!(month_after(&TimeZone::UTC, u64::MAX, 1), None);
        assert_eq!(month_after(&TimeZone::UTC, 0, u32::MAX), None);
    }
}
