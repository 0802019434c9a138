//! The gate's configuration: its conditions, how they are joined, its seats, and what is checked before it
//! is taken.
//!
//! Promises that a configuration that passed `check` can be evaluated without a surprise. It does not
//! evaluate: each condition does so in its own file.

use serde::{Deserialize, Serialize};

use super::{Ground, approval, card_required, invite, open, questions};
use crate::decide::Ctx;
use crate::ids::CommunityId;
use crate::limits;
use crate::moment::HOUR_MS;
use crate::queue::Verdict;
use crate::refusal::Refusal;
use crate::role::{MEMBER, Roles};

/// Conditions of one gate; more than a handful nobody reads.
pub const CONDITIONS_MAX: usize = 16;
/// People on one waiting list.
pub const WAITING_MAX: u32 = 10_000;
/// The longest that a seat is kept for somebody: thirty days.
pub const OFFER_HOURS_MAX: u32 = 720;

/// How conditions are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Each must hold: the strictest verdict counts.
    #[default]
    All,
    /// One is enough: the mildest verdict counts.
    Any,
}

impl Mode {
    /// What the verdicts of single conditions come to; a gate without conditions is open.
    pub fn join(self, verdicts: impl Iterator<Item = Verdict>) -> Verdict {
        let joined = match self {
            Self::All => verdicts.max(),
            Self::Any => verdicts.min(),
        };
        joined.unwrap_or(Verdict::Allow)
    }
}

/// One condition; each has a file of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Everybody may come.
    Open,
    /// A valid invite code.
    Invite(invite::Terms),
    /// Questions of the community's own.
    Questions(questions::Terms),
    /// Every required field of the card filled in.
    Card,
    /// A human lets each one in.
    Approval,
}

impl Condition {
    /// Holds an application against the condition.
    pub(super) fn check(&self, ctx: &Ctx<'_>, request: &super::Request<'_>) -> Ground {
        match self {
            Self::Open => Ground::Open(open::Ground {}),
            Self::Invite(terms) => Ground::Invite(invite::check(ctx, terms, request)),
            Self::Questions(terms) => Ground::Questions(questions::check(ctx, terms, request.answers)),
            Self::Card => Ground::Card(card_required::check(&ctx.community.card.schema, request.card)),
            Self::Approval => Ground::Approval(approval::Ground {}),
        }
    }
}

/// Where those go for whom there is no room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overflow {
    /// The next community's name; the runtime looks up its id when somebody goes there.
    pub community: String,
    /// Its id, where the operator wants no other community to inherit the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CommunityId>,
}

/// What becomes of the tags of somebody who comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagsOnReturn {
    /// They come back as they were known.
    #[default]
    Keep,
    /// They start afresh.
    Clear,
}

/// What must hold before somebody is let in, and how many may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateConfig {
    /// How the conditions are joined.
    pub mode: Mode,
    /// The conditions; none means open.
    pub conditions: Vec<Condition>,
    /// Seats; `None` for as many as come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Places on the waiting list; 0 for no list.
    pub waiting_max: u32,
    /// How long a seat is kept for somebody it was offered to.
    pub offer_hours: u32,
    /// Where those may go for whom there is no room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Overflow>,
    /// The role that newcomers start with.
    pub role: String,
    /// What becomes of the tags of somebody who comes back.
    pub tags_on_return: TagsOnReturn,
}

impl Default for GateConfig {
    /// Open to everybody, without a limit.
    fn default() -> Self {
        Self {
            mode: Mode::All,
            conditions: Vec::new(),
            capacity: None,
            waiting_max: 1_000,
            offer_hours: 24,
            overflow: None,
            role: MEMBER.to_owned(),
            tags_on_return: TagsOnReturn::Keep,
        }
    }
}

impl GateConfig {
    /// Refuses what could not be evaluated or would hand out more than a member's rank.
    pub fn check(&self, roles: &Roles) -> Result<(), Refusal> {
        if self.conditions.len() > CONDITIONS_MAX {
            return Err(Refusal::TooMany { what: "condition".to_owned(), max: CONDITIONS_MAX as u64 });
        }
        if self.waiting_max > WAITING_MAX {
            return Err(Refusal::TooMany { what: "waiting_max".to_owned(), max: u64::from(WAITING_MAX) });
        }
        if self.offer_hours == 0 || self.offer_hours > OFFER_HOURS_MAX {
            return Err(super::invalid("offer_hours", format!("1–{OFFER_HOURS_MAX}")));
        }
        self.conditions.iter().try_for_each(|condition| match condition {
            Condition::Questions(terms) => terms.check(),
            _ => Ok(()),
        })?;
        if let Some(overflow) = &self.overflow {
            limits::check_name(&overflow.community)?;
        }
        self.check_role(roles)
    }

    fn check_role(&self, roles: &Roles) -> Result<(), Refusal> {
        let role = roles.0.get(&self.role).ok_or_else(|| Refusal::NotFound { what: self.role.clone() })?;
        match roles.0.get(MEMBER) {
            Some(member) if role.rank > member.rank => Err(Refusal::RankTooLow),
            _ => Ok(()),
        }
    }

    /// How long a seat is kept, in milliseconds.
    pub(super) fn offer_ms(&self) -> u64 {
        u64::from(self.offer_hours).saturating_mul(HOUR_MS)
    }
}
