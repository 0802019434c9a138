//! Many messages of one author in a short time.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::view::View;
use crate::limits::{LOOK_BACK_MESSAGES_MAX, LOOK_BACK_MS_MAX};
use crate::moment::Duration;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post];

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// So many messages pass.
    pub messages: u32,
    /// In so long a time.
    pub within: Duration,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Messages of the author in that time before this one.
    pub before: u32,
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        check_look_back(rule, self.messages, self.within)
    }
}

/// Refuses a count or a time beyond what is remembered.
pub(super) fn check_look_back(rule: &str, messages: u32, within: Duration) -> Result<(), Refusal> {
    if messages == 0 || messages > LOOK_BACK_MESSAGES_MAX {
        return Err(Refusal::ValueInvalid {
            name: rule.to_owned(),
            expected: format!("1 to {LOOK_BACK_MESSAGES_MAX} messages"),
        });
    }
    if within.0 == 0 || within.0 > LOOK_BACK_MS_MAX {
        return Err(Refusal::ValueInvalid {
            name: format!("{rule}.within"),
            expected: format!("1s to {}", Duration(LOOK_BACK_MS_MAX)),
        });
    }
    Ok(())
}

/// Counts the author's messages within the time.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    Facts { before: view.said(params.within.0).count() as u32 }
}

/// Broken where this message is one too many.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.before >= params.messages)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let text = |code: &str| {
        Text::new(code)
            .with("found", facts.before.saturating_add(1))
            .with("max", params.messages)
            .with("within", Arg::Duration(params.within.0))
    };
    (text("rule.flood"), Some(text("rule.flood.remedy")))
}
