//! The ladder: what follows a breach, from a reminder to a ban for good.
//!
//! A breach starts at the rule's step and climbs one rung for each live strike of the member. A strike is
//! forgotten for every `forget_days` that pass. Which rung was taken can be derived again from a [`Climb`]
//! alone.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use crate::limits::RUNGS_MAX;
use crate::moment::{DAY_MS, Duration, HOUR_MS};
use crate::queue::Verdict;
use crate::refusal::Refusal;

/// Where a rule's breaches start: the kinds of rungs, from the mildest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It passes, and the author is reminded.
    Remind,
    /// It waits for a human.
    #[default]
    Hold,
    /// It is denied, and the author is warned.
    Warn,
    /// It is denied, and the author is silent for a time.
    Mute,
    /// It is denied, and the author is sent out.
    Remove,
    /// It is denied, and the author is banned.
    Ban,
}

impl Step {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Remind => "remind",
            Self::Hold => "hold",
            Self::Warn => "warn",
            Self::Mute => "mute",
            Self::Remove => "remove",
            Self::Ban => "ban",
        }
    }
}

/// One rung, written as `remind`, `hold`, `warn`, `mute 1h`, `remove`, `ban 30d` or `ban`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// It passes, and the author is reminded.
    Remind,
    /// It waits for a human.
    Hold,
    /// It is denied, and the author is warned.
    Warn,
    /// It is denied, and the author is silent for a time.
    Mute(Duration),
    /// It is denied, and the author is sent out; they may apply again after the rejoin pause.
    Remove,
    /// It is denied, and the author is banned for a time.
    Ban(Duration),
    /// It is denied, and the author is banned for good.
    BanForGood,
}

impl Rung {
    /// The kind of rung.
    pub const fn step(self) -> Step {
        match self {
            Self::Remind => Step::Remind,
            Self::Hold => Step::Hold,
            Self::Warn => Step::Warn,
            Self::Mute(_) => Step::Mute,
            Self::Remove => Step::Remove,
            Self::Ban(_) | Self::BanForGood => Step::Ban,
        }
    }

    /// What it means for the message.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Remind => Verdict::Allow,
            Self::Hold => Verdict::Hold,
            Self::Warn | Self::Mute(_) | Self::Remove | Self::Ban(_) | Self::BanForGood => Verdict::Deny,
        }
    }
}

/// Says what a rung looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a rung; write remind, hold, warn, `mute 1h`, remove, `ban 30d` or ban")]
pub struct RungError {
    text: String,
}

impl FromStr for Rung {
    type Err = RungError;
    fn from_str(text: &str) -> Result<Self, RungError> {
        let error = || RungError { text: text.chars().take(40).collect() };
        let (name, time) = match text.split_once(' ') {
            Some((name, time)) => (name, Some(time.trim().parse::<Duration>().map_err(|_| error())?)),
            None => (text, None),
        };
        match (name, time) {
            ("remind", None) => Ok(Self::Remind),
            ("hold", None) => Ok(Self::Hold),
            ("warn", None) => Ok(Self::Warn),
            ("mute", Some(time)) => Ok(Self::Mute(time)),
            ("remove", None) => Ok(Self::Remove),
            ("ban", Some(time)) => Ok(Self::Ban(time)),
            ("ban", None) => Ok(Self::BanForGood),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mute(time) | Self::Ban(time) => write!(f, "{} {time}", self.step().name()),
            _ => f.write_str(self.step().name()),
        }
    }
}

impl Serialize for Rung {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rung {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The ladder of a community, as it stands in `community.toml` under `[ladder]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LadderConfig {
    /// The rungs from the mildest; several of one kind may follow one another, such as `mute 1h`, `mute
    /// 24h`.
    pub rungs: Vec<Rung>,
    /// One strike is forgotten every so many days; 0 forgets none.
    pub forget_days: u32,
}

impl Default for LadderConfig {
    fn default() -> Self {
        Self {
            rungs: vec![
                Rung::Remind,
                Rung::Hold,
                Rung::Warn,
                Rung::Mute(Duration(HOUR_MS)),
                Rung::Mute(Duration(DAY_MS)),
                Rung::Remove,
                Rung::Ban(Duration(30 * DAY_MS)),
                Rung::BanForGood,
            ],
            forget_days: 30,
        }
    }
}

impl LadderConfig {
    /// Refuses a ladder that goes down, is empty or too long, or has a rung without a length of time.
    pub fn check(&self) -> Result<(), Refusal> {
        let invalid = |expected: &str| {
            Err(Refusal::ValueInvalid { name: "ladder.rungs".to_owned(), expected: expected.to_owned() })
        };
        if self.rungs.len() > RUNGS_MAX {
            return Err(Refusal::TooMany { what: "rung".to_owned(), max: RUNGS_MAX as u64 });
        }
        if self.rungs.is_empty() {
            return invalid("at least one rung");
        }
        if self.rungs.iter().any(|rung| matches!(rung, Rung::Mute(Duration(0)) | Rung::Ban(Duration(0)))) {
            return invalid("a length of time above zero");
        }
        if self.rungs.windows(2).any(|pair| pair[0] >= pair[1]) {
            return invalid("each rung harder than the one before");
        }
        Ok(())
    }

    /// How long it takes to forget a strike; `None` where none is forgotten.
    pub fn forget_ms(&self) -> Option<u64> {
        (self.forget_days > 0).then(|| u64::from(self.forget_days) * DAY_MS)
    }
}

/// How a breach came to its rung: enough to climb again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climb {
    /// The rule's step.
    pub step: Step,
    /// Live strikes of the member before this breach.
    pub strikes: u32,
    /// The rungs of that day.
    pub rungs: Vec<Rung>,
}

impl Climb {
    /// The rung: the first that is not milder than the step, and one further for each live strike. On a
    /// ladder that ends before the step, its last rung.
    pub fn rung(&self) -> Rung {
        let start = self.rungs.iter().position(|rung| rung.step() >= self.step);
        let last = self.rungs.len().saturating_sub(1);
        let place = start.unwrap_or(last).saturating_add(self.strikes as usize).min(last);
        self.rungs.get(place).copied().unwrap_or(Rung::Hold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(text: &str) -> Vec<Rung> {
        text.split(", ").map(|rung| rung.parse().unwrap()).collect()
    }

    #[test]
    fn rungs_are_written_as_they_are_read() {
        for text in ["remind", "hold", "warn", "mute 90s", "mute 1d", "remove", "ban 30d", "ban"] {
            assert_eq!(text.parse::<Rung>().unwrap().to_string(), text);
        }
        for text in ["", "mute", "remind 1h", "kick", "mute 1y", "mute  ", "Ban", "ban for good"] {
            assert!(text.parse::<Rung>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_breach_starts_at_the_step_and_climbs_with_strikes() {
        let full = "remind, hold, warn, mute 1h, mute 1d, remove, ban 30d, ban";
        for (ladder, step, strikes, expected) in [
            (full, Step::Remind, 0, "remind"),
            (full, Step::Remind, 1, "hold"),
            (full, Step::Remind, 2, "warn"),
            (full, Step::Remind, 7, "ban"),
            (full, Step::Hold, 0, "hold"),
            (full, Step::Hold, 2, "mute 1h"),
            (full, Step::Mute, 0, "mute 1h"),
            (full, Step::Mute, 1, "mute 1d"),
            (full, Step::Remove, 0, "remove"),
            (full, Step::Ban, 0, "ban 30d"),
            (full, Step::Ban, 1, "ban"),
            (full, Step::Ban, u32::MAX, "ban"),
            ("remind, mute 1h", Step::Hold, 0, "mute 1h"),
            ("remind, mute 1h", Step::Remind, 1, "mute 1h"),
            ("remind, hold", Step::Ban, 0, "hold"),
            ("warn", Step::Remind, 0, "warn"),
            ("warn", Step::Remind, 9, "warn"),
        ] {
            let climb = Climb { step, strikes, rungs: rungs(ladder) };
            assert_eq!(climb.rung().to_string(), expected, "{ladder}: {step:?} with {strikes}");
        }
    }

    #[test]
    fn a_ladder_only_goes_up() {
        for (ladder, sound) in [
            ("remind, hold, warn, mute 1h, mute 1d, remove, ban 30d, ban", true),
            ("warn", true),
            ("mute 1d, mute 1h", false),
            ("ban, ban 30d", false),
            ("hold, remind", false),
            ("hold, hold", false),
            ("mute 0s", false),
        ] {
            let config = LadderConfig { rungs: rungs(ladder), forget_days: 0 };
            assert_eq!(config.check().is_ok(), sound, "{ladder}");
        }
        assert!(LadderConfig { rungs: Vec::new(), forget_days: 0 }.check().is_err());
        assert!(LadderConfig::default().check().is_ok());
    }
}
