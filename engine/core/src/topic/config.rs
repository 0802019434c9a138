//! When topics are raised, where, and how often one may come again; as the operator writes it.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::moment::DAY_MS;
use crate::refusal::Refusal;

/// Times of the day at which topics are raised; more would be noise.
const HOURS_MAX: usize = 8;
/// Topics raised at once.
const COUNT_MAX: u32 = 5;
/// The longest pause before a topic may come again: ten years.
const DAYS_MAX: u32 = 3_653;

/// How topics are raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicConfig {
    /// When, in the community's zone, such as `["09:00"]`; never where it is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<TimeOfDay>,
    /// The name of the channel; the first group channel where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// How many at a time.
    pub count: u32,
    /// How many days one may not come again.
    pub repeat_days: u32,
    /// The named list that the built-in generator takes topics from.
    pub list: String,
    /// How many days a question without an answer is raised as a topic; 0 for never.
    pub question_days: u32,
}

impl Default for TopicConfig {
    fn default() -> Self {
        Self {
            at: Vec::new(),
            channel: String::new(),
            count: 1,
            repeat_days: 30,
            list: "topics".to_owned(),
            question_days: 7,
        }
    }
}

impl TopicConfig {
    /// Whether nothing was configured.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what would not work; whether the channel is there is for the caller to say.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.at.len() > HOURS_MAX {
            return Err(Refusal::TooMany { what: "topics.at".to_owned(), max: HOURS_MAX as u64 });
        }
        limits::check_name(&self.list)?;
        within("topics.count", self.count, 1..=COUNT_MAX)?;
        within("topics.repeat_days", self.repeat_days, 0..=DAYS_MAX)?;
        within("topics.question_days", self.question_days, 0..=DAYS_MAX)
    }

    /// How long one may not come again.
    pub(super) fn repeat_ms(&self) -> u64 {
        u64::from(self.repeat_days).saturating_mul(DAY_MS)
    }

    /// The next time after a moment at which topics are raised. A time that a day lacks because clocks go
    /// forward is moved by the gap; of one that a day has twice, the first counts.
    pub(super) fn next_ms(&self, zone: &TimeZone, now_ms: u64) -> Option<u64> {
        let today = day_of(zone, now_ms)?.0;
        let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
        let times = days.flat_map(|day| {
            self.at.iter().filter_map(move |at| {
                let at = day.at(at.hour, at.minute, 0, 0).to_zoned(zone.clone()).ok()?;
                u64::try_from(at.timestamp().as_millisecond()).ok()
            })
        });
        times.filter(|at_ms| *at_ms > now_ms).min()
    }
}

fn within(name: &str, value: u32, range: std::ops::RangeInclusive<u32>) -> Result<(), Refusal> {
    if range.contains(&value) {
        return Ok(());
    }
    let expected = format!("{}–{}", range.start(), range.end());
    Err(Refusal::ValueInvalid { name: name.to_owned(), expected })
}

/// A time of the day, written as `09:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

/// Says what a time of the day or a day looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct CalendarError {
    text: String,
    expected: &'static str,
}

impl TryFrom<String> for TimeOfDay {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        let number = |digits: &str, below: i8| {
            let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|number| two && *number < below)
        };
        let read = text
            .split_once(':')
            .and_then(|(hour, minute)| Some(Self { hour: number(hour, 24)?, minute: number(minute, 60)? }));
        read.ok_or(CalendarError { text, expected: "a time of the day such as \"09:00\"" })
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.hour, time.minute)
    }
}

/// A day in the community's zone, written as `2026-05-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl TryFrom<String> for Day {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Self, CalendarError> {
        let read = text.parse().map(Self).ok();
        read.ok_or(CalendarError { text, expected: "a day such as \"2026-05-01\"" })
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The day that a moment belongs to.
pub(super) fn day_of(zone: &TimeZone, at_ms: u64) -> Option<Day> {
    let at = Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?;
    Some(Day(at.to_zoned(zone.clone()).date()))
}
