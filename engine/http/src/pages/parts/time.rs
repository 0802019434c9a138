//! Times for people, in the zone of whoever the page is about, with the exact one for programs.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kith_core::community::Language;
use maud::{Markup, html};

use crate::moment::rfc3339;

/// A time on a clock on somebody's wall.
#[derive(Debug, Clone)]
pub(crate) struct Zoned {
    zone: TimeZone,
    language: Language,
}

impl Zoned {
    /// Clocks of a zone by its IANA name; of UTC where it is not known.
    pub(crate) fn new(zone: &str, language: Language) -> Self {
        Self { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), language }
    }

    fn told(&self, at_ms: u64, format: &str) -> String {
        let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
        let at = at.unwrap_or(Timestamp::MAX).to_zoned(self.zone.clone());
        at.strftime(format).to_string()
    }

    /// A day, and the year with it: it says when without asking what day it is today.
    pub(crate) fn day(&self, at_ms: u64) -> String {
        match self.language {
            Language::English => self.told(at_ms, "%-d %B %Y"),
            Language::Chinese => self.told(at_ms, "%Y年%-m月%-d日"),
        }
    }

    /// A time of day.
    pub(crate) fn clock(&self, at_ms: u64) -> String {
        self.told(at_ms, "%H:%M")
    }

    /// Day and month, short: for lists of what is recent.
    pub(crate) fn short(&self, at_ms: u64) -> String {
        match self.language {
            Language::English => self.told(at_ms, "%-d %b"),
            Language::Chinese => self.told(at_ms, "%-m月%-d日"),
        }
    }

    /// Day and time of day.
    pub(crate) fn full(&self, at_ms: u64) -> String {
        match self.language {
            Language::English => self.told(at_ms, "%-d %b %Y, %H:%M"),
            Language::Chinese => self.told(at_ms, "%Y年%-m月%-d日 %H:%M"),
        }
    }
}

/// A time, shown as `text`.
pub(crate) fn time(at_ms: u64, text: &str) -> Markup {
    html! { time datetime=(rfc3339(at_ms)) { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_the_clock_on_the_wall_has_it() {
        let english = Zoned::new("Asia/Shanghai", Language::English);
        let chinese = Zoned::new("Asia/Shanghai", Language::Chinese);
        assert_eq!(english.full(1_700_000_000_000), "15 Nov 2023, 06:13");
        assert_eq!(chinese.full(1_700_000_000_000), "2023年11月15日 06:13");
        assert_eq!(Zoned::new("Nowhere/At_all", Language::English).clock(1_700_000_000_000), "22:13");
        assert_eq!(english.day(u64::MAX), english.day(u64::MAX - 1));
    }
}
