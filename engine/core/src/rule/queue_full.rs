//! Too much waits in the queue already: what would be held is denied. Not a rule of the operator's.

use serde::{Deserialize, Serialize};

use super::check::Finding;
use crate::notice::Text;

/// The queue's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// So many of one member wait.
    pub per_member: u32,
    /// So many wait in all.
    pub total: u32,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What waits of the author's.
    pub own: u32,
    /// What waits in all.
    pub total: u32,
}

/// Broken where there is no room for one more.
pub(crate) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.own >= params.per_member || facts.total >= params.total)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let code = if facts.own >= params.per_member { "rule.queue_full_own" } else { "rule.queue_full" };
    let reason = Text::new(code).with("found", facts.own).with("max", params.per_member);
    (reason, Some(Text::new("rule.queue_full.remedy")))
}
