//! What the rules share that count one kind of links and let so many pass: invites and contacts differ in
//! what they count and in their texts only.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::view::{Quote, View};
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::text::links::LinkKind;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post, Occasion::Edit];

/// What the operator sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// So many pass.
    pub max: u32,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many there are.
    pub found: u32,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Quote>,
}

impl Params {
    pub(super) fn check_sound(&self, _rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Counts links of some kinds.
pub(super) fn count(view: &View<'_>, kinds: &[LinkKind]) -> Facts {
    let (found, first) = view.count_links(|link| kinds.contains(&link.kind));
    Facts { found, first }
}

/// Broken by more than may pass.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.found > params.max)
}

/// Reason and remedy under a rule's code.
pub(super) fn texts(code: &str, (params, facts): (&Params, &Facts)) -> (Text, Option<Text>) {
    let reason = Text::new(code).with("found", facts.found).with("max", params.max);
    let reason = facts.first.first().map_or(reason.clone(), |quote| reason.with("quote", *quote));
    (reason, Some(Text::new(&format!("{code}.remedy")).with("max", params.max)))
}
