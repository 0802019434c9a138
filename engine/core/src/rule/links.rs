//! Links, except to hosts that the operator allows.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::view::{Quote, View};
use crate::limits::{self, HOSTS_PER_RULE_MAX};
use crate::notice::Text;
use crate::refusal::Refusal;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post, Occasion::Edit];

/// What the operator sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// So many pass.
    pub max: u32,
    /// Hosts that do not count, with everything below them: `example.org` allows `docs.example.org`.
    pub allowed_hosts: Vec<String>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Links to hosts that are not allowed.
    pub found: u32,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Quote>,
}

impl Params {
    pub(super) fn check_sound(&self, _rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        if self.allowed_hosts.len() > HOSTS_PER_RULE_MAX {
            return Err(Refusal::TooMany { what: "host".to_owned(), max: HOSTS_PER_RULE_MAX as u64 });
        }
        self.allowed_hosts.iter().try_for_each(|host| limits::check_name(host))
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| {
            let above = host.strip_suffix(allowed.as_str());
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        })
    }
}

/// Counts links to hosts that are not allowed.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    let (found, first) = view.count_links(|link| {
        View::is_web(link) && !link.host.as_deref().is_some_and(|host| params.allows(host))
    });
    Facts { found, first }
}

/// Broken by more than may pass.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.found > params.max)
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let reason = Text::new("rule.links").with("found", facts.found).with("max", params.max);
    let reason = facts.first.first().map_or(reason.clone(), |quote| reason.with("quote", *quote));
    (reason, Some(Text::new("rule.links.remedy").with("max", params.max)))
}
