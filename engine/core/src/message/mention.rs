//! Mentions: who is to take note of a message and is told so, and the budget of telling everybody.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Header, Messages};
use crate::channel;
use crate::decide::{Ctx, Outcome};
use crate::ids::MemberId;
use crate::limits;
use crate::member::Standing;
use crate::moment::DAY_MS;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::role::{self, Permission};

/// The code of the notice to whoever is mentioned.
pub const MENTIONED: &str = "message.mentioned";

/// Who is to take note of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// By name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<MemberId>,
    /// Everybody who may read it: needs the permission `mention_all` and what is left of the day's budget.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

impl Mentions {
    /// Whether nobody is mentioned.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && !self.all
    }
}

/// Refuses an actor who may not mention everybody, if that is asked.
pub(super) fn check_permission(ctx: &Ctx<'_>, mentions: &Mentions) -> Result<(), Refusal> {
    if mentions.all { role::may(ctx, Permission::MentionAll) } else { Ok(()) }
}

/// Refuses too many names, and everybody once the budget of the last 24 hours is used up.
pub(super) fn check_counts(ctx: &Ctx<'_>, mentions: &Mentions) -> Result<(), Refusal> {
    let too_many = |what: &str, max: u64| Err(Refusal::TooMany { what: what.to_owned(), max });
    if mentions.members.len() > limits::MENTIONS_MAX {
        return too_many("mention", limits::MENTIONS_MAX as u64);
    }
    let messages = &ctx.community.messages;
    let per_day = messages.config.mention_all_per_day;
    if mentions.all && messages.mentioned_all_since(ctx.at_ms().saturating_sub(DAY_MS)) >= per_day as usize {
        return too_many("mention_all", u64::from(per_day));
    }
    Ok(())
}

/// Refuses members who are not inside.
pub(super) fn check_members(ctx: &Ctx<'_>, mentions: &Mentions) -> Result<(), Refusal> {
    mentions.members.iter().try_for_each(|id| ctx.member_inside(*id).map(drop))
}

/// Tells those who are mentioned by name that they are, once for each message, however often it is released.
/// Not told: the author, who has left meanwhile, scripts, and who may not read it. Everybody (`all`) is told
/// by the message itself.
pub(super) fn notify(ctx: &Ctx<'_>, header: &Header, mentions: &Mentions, out: &mut Outcome) {
    if mentions.members.is_empty() || ctx.community.messages.get(header.id).is_some() {
        return;
    }
    let Some(channel) = ctx.community.channels.get(header.channel) else { return };
    let named = mentions.members.iter().filter_map(|id| ctx.community.members.get(*id));
    let told = named.filter(|member| {
        member.id != header.author
            && member.standing == Standing::Active
            && channel::may_read(ctx.community, member, channel)
    });
    for member in told.take(limits::MENTIONS_MAX) {
        let text = Text::new(MENTIONED)
            .with("author", Arg::Member(header.author))
            .with("channel", Arg::Channel(channel.id))
            .with("message", Arg::Message(header.id));
        out.notify(member.id, text);
    }
}

impl Messages {
    /// How often everybody was mentioned after a time.
    pub fn mentioned_all_since(&self, since_ms: u64) -> usize {
        self.mentioned_all_ms.iter().filter(|at_ms| **at_ms > since_ms).count()
    }

    pub(super) fn mention_all(&mut self, at_ms: u64) {
        let since_ms = at_ms.saturating_sub(DAY_MS);
        self.mentioned_all_ms.retain(|earlier_ms| *earlier_ms > since_ms);
        self.mentioned_all_ms.push_back(at_ms);
        if self.mentioned_all_ms.len() > limits::MENTION_ALL_PER_DAY_MAX as usize {
            self.mentioned_all_ms.pop_front();
        }
    }
}
