//! What a community allows of messages: set by the blueprint or by command.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Event, reaction};
use crate::decide::{Ctx, Outcome};
use crate::limits;
use crate::refusal::Refusal;
use crate::stream::Community;

/// What a community allows of messages; `[message]` of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageConfig {
    /// How long after posting its author may edit a message; 0: never.
    pub edit_window_minutes: u32,
    /// How often in 24 hours everybody may be mentioned, by all who may together; 0: never.
    pub mention_all_per_day: u32,
    /// Reactions of the community's own besides Unicode emojis, such as `thumbs_up` or `doge`.
    pub emoji_codes: BTreeSet<String>,
}

impl Default for MessageConfig {
    fn default() -> Self {
        Self { edit_window_minutes: 24 * 60, mention_all_per_day: 3, emoji_codes: BTreeSet::new() }
    }
}

impl MessageConfig {
    /// Refuses values out of range.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.emoji_codes.len() > limits::EMOJI_CODES_MAX {
            return Err(Refusal::TooMany {
                what: "emoji_code".to_owned(),
                max: limits::EMOJI_CODES_MAX as u64,
            });
        }
        if let Some(code) = self.emoji_codes.iter().find(|code| !reaction::is_code(code)) {
            limits::check_name(code)?;
            return Err(Refusal::NameInvalid { name: code.clone() });
        }
        if self.mention_all_per_day > limits::MENTION_ALL_PER_DAY_MAX {
            let max = u64::from(limits::MENTION_ALL_PER_DAY_MAX);
            return Err(Refusal::TooMany { what: "mention_all_per_day".to_owned(), max });
        }
        Ok(())
    }
}

/// Gives a community that is being founded its blueprint's values. Check them before.
pub fn configure(community: &mut Community, config: &MessageConfig) {
    community.messages.config = config.clone();
}

pub(super) fn decide(ctx: &Ctx<'_>, config: &MessageConfig, out: &mut Outcome) -> Result<(), Refusal> {
    config.check()?;
    let old = &ctx.community.messages.config;
    if old == config {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Configured { config: config.clone(), old: old.clone() });
    Ok(())
}
