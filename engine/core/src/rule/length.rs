//! Too many characters or lines.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::view::View;
use crate::notice::Text;
use crate::refusal::Refusal;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post, Occasion::Edit];

/// What the operator sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// So many characters pass, as a reader counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
    /// So many lines pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u32>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Characters.
    pub chars: u32,
    /// Lines.
    pub lines: u32,
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        if self.max_chars.is_none() && self.max_lines.is_none() {
            let expected = "max_chars or max_lines";
            return Err(Refusal::ValueInvalid { name: rule.to_owned(), expected: expected.to_owned() });
        }
        Ok(())
    }
}

/// Counts characters and lines of all texts.
pub(super) fn measure(view: &View<'_>, _params: &Params) -> Facts {
    let measure = view.measure();
    Facts { chars: measure.chars, lines: measure.lines }
}

/// Broken by one too many of either.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(over(facts.chars, params.max_chars) || over(facts.lines, params.max_lines))
}

fn over(found: u32, max: Option<u32>) -> bool {
    max.is_some_and(|max| found > max)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let (code, found, max) = match (params.max_chars, params.max_lines) {
        (Some(max), _) if facts.chars > max => ("rule.length_chars", facts.chars, max),
        (_, max) => ("rule.length_lines", facts.lines, max.unwrap_or(0)),
    };
    let text = |code: &str| Text::new(code).with("found", found).with("max", max);
    (text(code), Some(text(&format!("{code}.remedy"))))
}
