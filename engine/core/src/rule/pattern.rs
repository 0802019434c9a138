//! A regular expression of the operator's.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::view::{Quote, View};
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::text::pattern::Pattern;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post, Occasion::Edit];

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The expression, searched for in each text.
    pub pattern: String,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Texts in which it was found.
    pub found: u32,
    /// The first place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        check_pattern(rule, &self.pattern)
    }
}

/// Refuses a pattern that does not compile; what is expected shows the place in it.
pub(super) fn check_pattern(rule: &str, source: &str) -> Result<(), Refusal> {
    Pattern::compile(source).map(|_| ()).map_err(|error| Refusal::ValueInvalid {
        name: format!("{rule}.pattern"),
        expected: error.to_string(),
    })
}

/// Searches each text.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    let mut facts = Facts { found: 0, quote: None };
    let Some(pattern) = view.compiled.pattern(&params.pattern) else { return facts };
    for (index, text) in view.draft.texts.iter().enumerate() {
        let Some(range) = pattern.find(text) else { continue };
        facts.found += 1;
        facts.quote = facts.quote.or_else(|| view.quote(index, &range));
    }
    facts
}

/// Broken where it is found.
pub(super) fn verdict(_params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.found > 0)
}

pub(super) fn texts(_params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let reason = Text::new("rule.pattern").with("found", facts.found);
    let reason = facts.quote.map_or(reason.clone(), |quote| reason.with("quote", quote));
    (reason, Some(Text::new("rule.pattern.remedy")))
}
