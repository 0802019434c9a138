//! A rule as the operator writes it, in `community.toml` under `[[rule]]` or by command.
//!
//! ```toml
//! [[rule]]
//! name = "ads"
//! step = "hold"
//! exempt_tags = ["regular"]
//! check.words.lists = ["ads"]
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Check;
use super::ladder::{LadderConfig, Step};
use crate::decide::Ctx;
use crate::ids::ChannelId;
use crate::limits::{self, RULE_SCOPE_MAX};
use crate::member::Member;
use crate::refusal::Refusal;
use crate::role::Permission;

/// A rule: what it checks, where, on whom, and where its breaches start on the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// Its name, unique in the community.
    pub name: String,
    /// What it checks.
    pub check: Check,
    /// The first rung for a breach.
    #[serde(default)]
    pub step: Step,
    /// On which occasions; empty for those that suit the check.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub on: BTreeSet<Occasion>,
    /// In which channels, by name or id; empty for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<String>,
    /// Whoever has one of these roles is exempt.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub exempt_roles: BTreeSet<String>,
    /// Whoever has one of these tags is exempt.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub exempt_tags: BTreeSet<String>,
    /// Whether those with the permission `moderate` are bound too; by default they are exempt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binds_moderators: bool,
    /// Code of the community's own text instead of the reason that the check gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Code of the community's own text instead of what the check says would have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What a rule may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Named lists.
    pub lists: &'a BTreeMap<String, Vec<String>>,
    /// The community's own texts: language → code → template.
    pub texts: &'a BTreeMap<String, BTreeMap<String, String>>,
    /// The ladder.
    pub ladder: &'a LadderConfig,
}

impl RuleConfig {
    /// A rule with nothing but a name and a check.
    pub fn new(name: &str, check: Check) -> Self {
        Self {
            name: name.to_owned(),
            check,
            step: Step::default(),
            on: BTreeSet::new(),
            channels: BTreeSet::new(),
            exempt_roles: BTreeSet::new(),
            exempt_tags: BTreeSet::new(),
            binds_moderators: false,
            reason: None,
            remedy: None,
        }
    }

    /// Refuses a rule that could not work: a name that is none, a list or text that does not exist, a
    /// pattern that does not compile, a step above the ladder's end.
    pub fn check_sound(&self, around: &Surroundings<'_>) -> Result<(), Refusal> {
        limits::check_name(&self.name)?;
        for (what, names) in
            [("channel", &self.channels), ("role", &self.exempt_roles), ("tag", &self.exempt_tags)]
        {
            if names.len() > RULE_SCOPE_MAX {
                return Err(Refusal::TooMany { what: what.to_owned(), max: RULE_SCOPE_MAX as u64 });
            }
            names.iter().try_for_each(|name| limits::check_name(name))?;
        }
        self.check.check_sound(&self.name, around)?;
        for code in self.reason.iter().chain(&self.remedy) {
            if !around.texts.values().any(|texts| texts.contains_key(code)) {
                return Err(Refusal::NotFound { what: format!("text {code}") });
            }
        }
        if around.ladder.rungs.iter().all(|rung| rung.step() < self.step) {
            return Err(Refusal::ValueInvalid {
                name: format!("{}.step", self.name),
                expected: "a step that the ladder has".to_owned(),
            });
        }
        Ok(())
    }

    /// Whether the rule looks at this occasion in this channel.
    pub(super) fn covers(&self, ctx: &Ctx<'_>, occasion: Occasion, channel: Option<ChannelId>) -> bool {
        let on_occasion = if self.on.is_empty() {
            self.check.default_occasions().contains(&occasion)
        } else {
            self.on.contains(&occasion)
        };
        on_occasion && (self.channels.is_empty() || channel.is_some_and(|id| self.covers_channel(ctx, id)))
    }

    fn covers_channel(&self, ctx: &Ctx<'_>, id: ChannelId) -> bool {
        super::view::channel_name(ctx.community, id).is_some_and(|name| self.channels.contains(name))
            || self.channels.contains(&id.to_string())
    }

    /// Whether the rule binds this member.
    pub(super) fn binds(&self, ctx: &Ctx<'_>, author: &Member) -> bool {
        self.exempt_roles.is_disjoint(&author.roles)
            && self.exempt_tags.is_disjoint(&author.tags)
            && (self.binds_moderators || !ctx.community.roles.allow(author, Permission::Moderate))
    }
}
