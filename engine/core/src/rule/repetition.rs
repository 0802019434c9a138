//! The same text of one author again and again. Known by a fingerprint of 32 bits, which proves nothing
//! about a text that was erased.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::flood::check_look_back;
use super::view::View;
use crate::moment::Duration;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post];

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// So many times it passes.
    pub times: u32,
    /// In so long a time.
    pub within: Duration,
    /// Shorter texts are never a repetition: people say "ok" often.
    #[serde(default = "ordinary_min_chars")]
    pub min_chars: u32,
}

fn ordinary_min_chars() -> u32 {
    6
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How often the author said the same in that time before this.
    pub before: u32,
    /// Characters of the text.
    pub chars: u32,
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        check_look_back(rule, self.times, self.within)
    }
}

/// Counts the author's messages with the same fingerprint within the time.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    let chars = if view.draft.texts.is_empty() { 0 } else { view.measure().chars };
    if chars < params.min_chars || view.draft.texts.is_empty() {
        return Facts { before: 0, chars };
    }
    let same = view.said(params.within.0).filter(|said| said.fingerprint == view.fingerprint());
    Facts { before: same.count() as u32, chars }
}

/// Broken where this is once too often.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.chars >= params.min_chars && facts.before >= params.times)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let text = |code: &str| {
        Text::new(code)
            .with("found", facts.before.saturating_add(1))
            .with("max", params.times)
            .with("within", Arg::Duration(params.within.0))
    };
    (text("rule.repetition"), Some(text("rule.repetition.remedy")))
}
