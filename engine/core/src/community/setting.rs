//! Settings: typed, each changed by command, each with its bounds.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::moment::DAY_MS;
use crate::refusal::Refusal;

use super::Language;

/// The longest span a setting can name: ten years.
const SPAN_MS_MAX: u64 = 3_653 * DAY_MS;

/// An IANA time zone that the bundled database knows.
///
/// Events keep the name as it was; a name that a later release's database lacks is treated as UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(String);

impl Default for Zone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl Zone {
    /// A zone by its IANA name.
    pub fn new(name: &str) -> Result<Self, Refusal> {
        match TimeZone::get(name) {
            Ok(_) => Ok(Self(name.to_owned())),
            Err(_) => Err(Refusal::ValueInvalid {
                name: name.chars().take(60).collect(),
                expected: "an IANA time zone such as Asia/Shanghai".to_owned(),
            }),
        }
    }

    /// Refuses a name that the database lacks; a blueprint's zone comes unchecked.
    pub fn check(&self) -> Result<(), Refusal> {
        Self::new(&self.0).map(|_| ())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Its rules.
    pub fn rules(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

/// Typed settings of a community; each can be changed by command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long somebody who was removed has to wait before they may apply again, milliseconds.
    pub rejoin_pause_ms: u64,
    /// How many days records are kept; what is older is replaced by the state it led to. `None` keeps all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// Values of the operator's own, by name: what scripts read, so that people who don't code change a value
    /// and no source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<String, Own>,
}

/// A value of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Own {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
}

impl Default for Settings {
    fn default() -> Self {
        Self { rejoin_pause_ms: 7 * DAY_MS, retention_days: None, own: BTreeMap::new() }
    }
}

impl Settings {
    /// Refuses values out of their bounds.
    pub fn check(&self) -> Result<(), Refusal> {
        check_span("rejoin_pause_ms", self.rejoin_pause_ms)?;
        check_retention(self.retention_days)?;
        if self.own.len() > limits::OWN_SETTINGS_MAX {
            return Err(Refusal::TooMany {
                what: "setting".to_owned(),
                max: limits::OWN_SETTINGS_MAX as u64,
            });
        }
        self.own.iter().try_for_each(|(name, value)| check_own(name, value))
    }
}

fn check_own(name: &str, value: &Own) -> Result<(), Refusal> {
    limits::check_name(name)?;
    match value {
        Own::Text(text) if text.len() > limits::REASON_BYTES_MAX => {
            Err(Refusal::TextTooLong { field: name.to_owned(), max: limits::REASON_BYTES_MAX as u64 })
        }
        _ => Ok(()),
    }
}

/// A day at least: appeals and receipts need their records for a while.
fn check_retention(days: Option<u32>) -> Result<(), Refusal> {
    match days {
        Some(days) if days == 0 || u64::from(days) > SPAN_MS_MAX / DAY_MS => Err(Refusal::ValueInvalid {
            name: "retention_days".to_owned(),
            expected: format!("1–{}, or none to keep everything", SPAN_MS_MAX / DAY_MS),
        }),
        _ => Ok(()),
    }
}

fn check_span(name: &str, span_ms: u64) -> Result<(), Refusal> {
    if span_ms <= SPAN_MS_MAX {
        return Ok(());
    }
    Err(Refusal::ValueInvalid { name: name.to_owned(), expected: format!("at most {SPAN_MS_MAX} ms") })
}

/// One setting with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// What the community is for, in one line.
    About(String),
    /// The time zone.
    Zone(Zone),
    /// The language of its texts.
    Language(Language),
    /// The pause before somebody removed may apply again, milliseconds.
    RejoinPauseMs(u64),
    /// How many days records are kept; `None` keeps all.
    RetentionDays(Option<u32>),
}

impl Setting {
    /// Refuses a value out of its bounds.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::About(about) if about.len() > 4 * limits::NAME_BYTES_MAX => Err(Refusal::TextTooLong {
                field: "about".to_owned(),
                max: 4 * limits::NAME_BYTES_MAX as u64,
            }),
            Self::About(_) | Self::Language(_) => Ok(()),
            Self::Zone(zone) => zone.check(),
            Self::RejoinPauseMs(span_ms) => check_span("rejoin_pause_ms", *span_ms),
            Self::RetentionDays(days) => check_retention(*days),
        }
    }

    /// The value that this setting has now.
    pub fn current(&self, profile: &super::Profile) -> Self {
        match self {
            Self::About(_) => Self::About(profile.about.clone()),
            Self::Zone(_) => Self::Zone(profile.zone.clone()),
            Self::Language(_) => Self::Language(profile.language),
            Self::RejoinPauseMs(_) => Self::RejoinPauseMs(profile.settings.rejoin_pause_ms),
            Self::RetentionDays(_) => Self::RetentionDays(profile.settings.retention_days),
        }
    }

    /// Sets it.
    pub(super) fn set(&self, profile: &mut super::Profile) {
        match self {
            Self::About(about) => profile.about.clone_from(about),
            Self::Zone(zone) => profile.zone = zone.clone(),
            Self::Language(language) => profile.language = *language,
            Self::RejoinPauseMs(span_ms) => profile.settings.rejoin_pause_ms = *span_ms,
            Self::RetentionDays(days) => profile.settings.retention_days = *days,
        }
    }
}
