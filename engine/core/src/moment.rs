//! When and by what an event came about: what `apply` may know besides the event; and lengths of time as
//! operators write them.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::ids::CommandId;

/// Milliseconds of a second, a minute, an hour, a day.
pub const SECOND_MS: u64 = 1_000;
/// Milliseconds of a minute.
pub const MINUTE_MS: u64 = 60 * SECOND_MS;
/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// Milliseconds of 24 hours; calendar days need the community's zone.
pub const DAY_MS: u64 = 24 * HOUR_MS;

/// The place of an event in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The record's number.
    pub seq: u64,
    /// The record's time, Unix milliseconds.
    pub at_ms: u64,
    /// The command that led to it.
    pub command: CommandId,
}

/// A length of time in milliseconds, written as `90s`, `15m`, `24h` or `7d`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

/// Says what a length of time looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a length of time; write a number and s, m, h or d, such as `24h`")]
pub struct DurationError {
    text: String,
}

/// Units from the largest, so that a length is written with the largest that fits evenly.
const UNITS: [(char, u64); 4] = [('d', DAY_MS), ('h', HOUR_MS), ('m', MINUTE_MS), ('s', SECOND_MS)];

impl FromStr for Duration {
    type Err = DurationError;
    fn from_str(text: &str) -> Result<Self, DurationError> {
        let error = || DurationError { text: text.chars().take(40).collect() };
        let (digits, unit_ms) = UNITS
            .iter()
            .find_map(|(unit, ms)| text.strip_suffix(*unit).map(|digits| (digits, *ms)))
            .ok_or_else(error)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error());
        }
        let count: u64 = digits.parse().map_err(|_| error())?;
        count.checked_mul(unit_ms).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, unit_ms) = UNITS
            .iter()
            .find(|(_, ms)| self.0 != 0 && self.0.is_multiple_of(*ms))
            .copied()
            .unwrap_or(('s', SECOND_MS));
        write!(f, "{}{unit}", self.0 / unit_ms)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        serializer.serialize_u64(self.0)
    }
}

struct DurationForm;

impl Visitor<'_> for DurationForm {
    type Value = Duration;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"24h\"")
    }
    fn visit_u64<E: de::Error>(self, ms: u64) -> Result<Duration, E> {
        Ok(Duration(ms))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_str(DurationForm);
        }
        deserializer.deserialize_u64(DurationForm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_read_and_written() {
        for (text, ms) in [("90s", 90_000), ("15m", 900_000), ("24h", DAY_MS), ("7d", 7 * DAY_MS), ("0s", 0)]
        {
            assert_eq!(text.parse(), Ok(Duration(ms)), "{text}");
        }
        for (ms, text) in
            [(90_000, "90s"), (900_000, "15m"), (DAY_MS, "1d"), (0, "0s"), (90 * MINUTE_MS, "90m")]
        {
            assert_eq!(Duration(ms).to_string(), text);
        }
        for text in ["", "h", "24", "-1h", "1.5h", "1 h", "１h", "99999999999999999d", "+1h"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
