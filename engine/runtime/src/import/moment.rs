//! Moments as files write them, turned into Unix milliseconds.
//!
//! Anything before 1970 or after the year 9999 is refused, so that a wrong unit or a wrong column is seen at
//! once.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::limits::MOMENT_MS_MAX;

/// From this number on, a Unix time counts milliseconds: as seconds it would lie beyond the year 5138.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// Unix seconds in decimal digits.
pub(super) fn from_unix_seconds(text: &str) -> Option<u64> {
    digits(text)?.checked_mul(1_000).filter(|ms| *ms <= MOMENT_MS_MAX)
}

/// Unix seconds or milliseconds, told apart by size; a fraction is cut to the millisecond.
pub(super) fn from_unix(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (whole, _) = (digits(whole)?, fraction.bytes().all(|b| b.is_ascii_digit()).then_some(())?);
    if whole >= MILLISECONDS_FROM {
        return Some(whole).filter(|ms| *ms <= MOMENT_MS_MAX);
    }
    let millis = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, b| sum * 10 + u64::from(b - b'0'));
    Some(whole * 1_000 + millis)
}

/// `2023-01-02T03:04:05` or with a space in between, on the clock of `zone`; the hour may have one digit.
///
/// In the hour that a clock repeats, the earlier moment is taken; in the hour it skips, the later one.
pub(super) fn from_local(text: &str, zone: &TimeZone) -> Option<u64> {
    let (date, time) = text.split_once(['T', ' '])?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(time.trim_start(), ':', [2, 2, 2])?;
    let local = DateTime::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        0,
    );
    from_civil(local.ok()?, zone)
}

/// RFC 3339, Unix seconds or milliseconds, or a local time on the clock of `zone`.
pub(super) fn from_any(text: &str, zone: &TimeZone) -> Option<u64> {
    let text = text.trim();
    from_unix(text).or_else(|| from_local(text, zone)).or_else(|| text.parse().ok().and_then(from_timestamp))
}

/// A moment in a `strptime` format; local on the clock of `zone` where the format has no offset.
pub(super) fn from_format(text: &str, format: &str, zone: &TimeZone) -> Option<u64> {
    let parsed = BrokenDownTime::parse(format, text.trim()).ok()?;
    if let Ok(timestamp) = parsed.to_timestamp() {
        return from_timestamp(timestamp);
    }
    let local = parsed.to_datetime().or_else(|_| parsed.to_date().map(DateTime::from)).ok()?;
    from_civil(local, zone)
}

fn from_civil(local: DateTime, zone: &TimeZone) -> Option<u64> {
    zone.to_ambiguous_timestamp(local).compatible().ok().and_then(from_timestamp)
}

fn from_timestamp(timestamp: Timestamp) -> Option<u64> {
    u64::try_from(timestamp.as_millisecond()).ok().filter(|ms| *ms <= MOMENT_MS_MAX)
}

fn digits(text: &str) -> Option<u64> {
    // `parse` alone would take a sign.
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn fields(text: &str, separator: char, widths_max: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut field = |width_max: usize| {
        let part = parts.next()?;
        (part.len() <= width_max).then(|| digits(part)).flatten()
    };
    let all = [field(widths_max[0])?, field(widths_max[1])?, field(widths_max[2])?];
    parts.next().is_none().then_some(all)
}

#[cfg(test)]
mod tests;
