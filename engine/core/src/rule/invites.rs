//! Invites into other groups and platforms.

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

/// Counts them.
pub(super) fn measure(view: &View<'_>, _params: &Params) -> Facts {
    let (found, first) = view.count_links(|link| matches!(link.kind, LinkKind::Invite | LinkKind::GroupQr));
    Facts { found, first }
}

/// Broken by more than may pass.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.found > params.max)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let reason = Text::new("rule.invites").with("found", facts.found).with("max", params.max);
    let reason = facts.first.first().map_or(reason.clone(), |quote| reason.with("quote", *quote));
    (reason, Some(Text::new("rule.invites.remedy").with("max", params.max)))
}
