//! Members: a person inside one community, from first sight at the gate to the day they are gone.

mod notice;
pub mod rejoin;
mod roster;

pub(crate) use notice::is_named;
pub use roster::Members;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::body::{Bodies, BodyRef};
use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::{CommunityId, InviteId, MemberId, PersonId};
use crate::limits;
use crate::moment::Moment;
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::role::{self, Need, Permission};
use crate::stream::Community;

/// Where a member stands. Applicants have a row so that what they write can be sealed and erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// At the gate: application, approval, waiting list; the gate knows which.
    Applicant,
    /// Inside.
    Active,
    /// A script's: acts, but is nobody and takes no seat.
    Bot,
    /// Left by themselves.
    Left {
        /// When.
        at_ms: u64,
    },
    /// Sent out; may ask to come back from `again_ms` on.
    Removed {
        /// When.
        at_ms: u64,
        /// When they may apply again.
        again_ms: u64,
    },
    /// Banned.
    Banned {
        /// When.
        at_ms: u64,
        /// Until when; `None` for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<u64>,
    },
    /// Turned away at the gate.
    TurnedAway {
        /// When.
        at_ms: u64,
    },
    /// Everything they wrote is destroyed; the row stays so that facts keep adding up.
    Erased {
        /// When.
        at_ms: u64,
    },
}

impl Standing {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Active => "active",
            Self::Bot => "bot",
            Self::Left { .. } => "left",
            Self::Removed { .. } => "removed",
            Self::Banned { .. } => "banned",
            Self::TurnedAway { .. } => "turned_away",
            Self::Erased { .. } => "erased",
        }
    }
}

/// How a member came: recorded for good, whatever happens to the invite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Named by the invite or the connector: `qr`, `offline-2026-05`, `import`; empty where nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The invite that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<InviteId>,
    /// Who invited them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviter: Option<MemberId>,
    /// The community they overflowed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CommunityId>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Never reused.
    pub id: MemberId,
    /// `None` until somebody claims an imported member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Shown name.
    pub nickname: BodyRef,
    /// The card's values by field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub card: BTreeMap<String, BodyRef>,
    /// Names of roles; everybody inside has `member` or `guest`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// Names of tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Where they stand.
    pub standing: Standing,
    /// First seen, Unix milliseconds: application, admission or import.
    pub since_ms: u64,
    /// Last admitted, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_ms: Option<u64>,
    /// How they came.
    #[serde(default)]
    pub origin: Origin,
    /// What the engine has to tell them, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

impl Member {
    /// The row of a bot: nobody's, with the scripts' role, on no seat.
    pub fn bot(id: MemberId, nickname: BodyRef, at_ms: u64) -> Self {
        Self {
            id,
            person: None,
            nickname,
            card: BTreeMap::new(),
            roles: BTreeSet::from([role::SCRIPT.to_owned()]),
            tags: BTreeSet::new(),
            standing: Standing::Bot,
            since_ms: at_ms,
            joined_ms: None,
            origin: Origin::default(),
            notices: Vec::new(),
        }
    }
}

/// Something the engine tells one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// What, rendered in the member's language.
    pub text: Text,
}

/// What can be asked of or about a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Leave.
    Leave,
    /// Send a member out; they may come back after the rejoin pause.
    Remove {
        /// Whom.
        member: MemberId,
        /// Why, in the operator's words; owned by the member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Send a member out, or keep an applicant out.
    Ban {
        /// Whom.
        member: MemberId,
        /// For how long; `None` for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
        /// Why, in the operator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Lift a ban.
    Unban {
        /// Whose.
        member: MemberId,
    },
    /// Put a tag on a member.
    Tag {
        /// On whom.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// Take a tag off.
    Untag {
        /// From whom.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// Forget the notices read up to a time.
    ReadNotices {
        /// Unix milliseconds, inclusive.
        until_ms: u64,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Leave => Need::Inside,
            Self::Remove { .. } => Need::Permission(Permission::Sanction),
            Self::Ban { .. } | Self::Unban { .. } => Need::Permission(Permission::Ban),
            Self::Tag { .. } | Self::Untag { .. } => Need::Permission(Permission::ManageMembers),
            Self::ReadNotices { .. } => Need::Known,
        }
    }
}

/// What happened to a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Let in, by whatever gate; or back in.
    Joined {
        /// Who.
        member: MemberId,
        /// The role they start with.
        role: String,
    },
    /// Left by themselves.
    Left {
        /// Who.
        member: MemberId,
    },
    /// Sent out, by a moderator or by the ladder.
    Removed {
        /// Who.
        member: MemberId,
        /// When they may apply again, Unix milliseconds.
        again_ms: u64,
        /// By whom; `None` by a rule or the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
        /// The roles they had.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        old_roles: BTreeSet<String>,
    },
    /// Banned.
    Banned {
        /// Who.
        member: MemberId,
        /// Until when; `None` for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<u64>,
        /// By whom; `None` by a rule or the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
        /// The roles they had.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        old_roles: BTreeSet<String>,
    },
    /// Back inside as they were: what had sent them out was undone.
    Reinstated {
        /// Who.
        member: MemberId,
        /// The roles they have again.
        roles: BTreeSet<String>,
        /// How they had been sent out.
        old: Standing,
    },
    /// A ban lifted, by hand or because its time was over.
    Unbanned {
        /// Who.
        member: MemberId,
    },
    /// A tag put on.
    Tagged {
        /// Who.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// A tag taken off.
    Untagged {
        /// Who.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// The engine tells a member something.
    Notified {
        /// Whom.
        member: MemberId,
        /// What.
        text: Text,
    },
    /// Notices read.
    NoticesRead {
        /// By whom.
        member: MemberId,
        /// Up to when, Unix milliseconds.
        until_ms: u64,
    },
}

/// Decides a member command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Leave => leave(ctx, out),
        Command::Remove { member, reason } => {
            let target = ctx.member_inside(*member)?;
            subordinate(ctx, target)?;
            remove(ctx, target, *reason, out);
            Ok(())
        }
        Command::Ban { member, for_ms, reason } => ban(ctx, *member, *for_ms, *reason, out),
        Command::Unban { member } => unban(ctx, *member, out),
        Command::Tag { member, tag } => put_tag(ctx, *member, tag, out),
        Command::Untag { member, tag } => {
            if !ctx.member_inside(*member)?.tags.contains(tag) {
                return Err(Refusal::NothingToChange);
            }
            out.event(Event::Untagged { member: *member, tag: tag.clone() });
            Ok(())
        }
        Command::ReadNotices { until_ms } => {
            let member = ctx.actor.ok_or(Refusal::NotAMember)?;
            if !member.notices.iter().any(|notice| notice.at_ms <= *until_ms) {
                return Err(Refusal::NothingToChange);
            }
            out.event(Event::NoticesRead { member: member.id, until_ms: *until_ms });
            Ok(())
        }
    }
}

fn leave(ctx: &Ctx<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.actor.ok_or(Refusal::NotAMember)?;
    if ctx.community.profile.owner == Some(member.id) {
        return Err(Refusal::WrongState {
            what: role::OWNER.to_owned(),
            state: "hand_over_first".to_owned(),
        });
    }
    out.event(Event::Left { member: member.id });
    crate::gate::seat_freed(ctx, out);
    Ok(())
}

/// Sends a member out. The ladder calls it too, so it refuses nothing.
pub fn remove(ctx: &Ctx<'_>, target: &Member, reason: Option<BodyRef>, out: &mut Outcome) {
    out.event(Event::Removed {
        member: target.id,
        again_ms: ctx.at_ms().saturating_add(ctx.community.profile.settings.rejoin_pause_ms),
        by: ctx.actor.map(|actor| actor.id).filter(|by| *by != target.id),
        reason,
        old_roles: target.roles.clone(),
    });
    crate::gate::seat_freed(ctx, out);
}

fn ban(
    ctx: &Ctx<'_>,
    id: MemberId,
    for_ms: Option<u64>,
    reason: Option<BodyRef>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let target = ctx.community.members.get(id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
    subordinate(ctx, target)?;
    if matches!(target.standing, Standing::Erased { .. }) {
        return Err(Refusal::WrongState { what: id.to_string(), state: "erased".to_owned() });
    }
    banish(ctx, target, for_ms, reason, out);
    Ok(())
}

/// Bans a member or applicant. The ladder calls it too, so it refuses nothing.
pub fn banish(
    ctx: &Ctx<'_>,
    target: &Member,
    for_ms: Option<u64>,
    reason: Option<BodyRef>,
    out: &mut Outcome,
) {
    out.event(Event::Banned {
        member: target.id,
        until_ms: for_ms.map(|for_ms| ctx.at_ms().saturating_add(for_ms)),
        by: ctx.actor.map(|actor| actor.id).filter(|by| *by != target.id),
        reason,
        old_roles: target.roles.clone(),
    });
    match target.standing {
        Standing::Active => crate::gate::seat_freed(ctx, out),
        Standing::Applicant => crate::gate::dismiss(ctx, target.id, out),
        _ => {}
    }
}

fn unban(ctx: &Ctx<'_>, id: MemberId, out: &mut Outcome) -> Result<(), Refusal> {
    let target = ctx.community.members.get(id).ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
    if !matches!(target.standing, Standing::Banned { .. }) {
        let state = target.standing.name().to_owned();
        return Err(Refusal::WrongState { what: id.to_string(), state });
    }
    out.event(Event::Unbanned { member: id });
    Ok(())
}

fn put_tag(ctx: &Ctx<'_>, id: MemberId, tag: &str, out: &mut Outcome) -> Result<(), Refusal> {
    limits::check_name(tag)?;
    let target = ctx.member_inside(id)?;
    if target.tags.contains(tag) {
        return Err(Refusal::NothingToChange);
    }
    if target.tags.len() >= limits::TAGS_MAX {
        return Err(Refusal::TooMany { what: "tag".to_owned(), max: limits::TAGS_MAX as u64 });
    }
    out.event(Event::Tagged { member: id, tag: tag.to_owned() });
    Ok(())
}

/// Nobody acts upon the owner, themselves, or somebody of their own rank or above.
fn subordinate(ctx: &Ctx<'_>, target: &Member) -> Result<(), Refusal> {
    if ctx.community.profile.owner == Some(target.id) {
        return Err(Refusal::RankTooLow);
    }
    role::outranks(ctx, target)
}

/// Applies what happened to a member.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, shelf: Shelf<'_>) {
    let at_ms = moment.at_ms;
    match event {
        Event::Joined { member, role } => community.members.change(*member, |member| {
            member.standing = Standing::Active;
            member.joined_ms = Some(at_ms);
            member.roles = BTreeSet::from([role.clone()]);
        }),
        Event::Left { member } => depart(community, *member, Standing::Left { at_ms }),
        Event::Removed { member, again_ms, .. } => {
            depart(community, *member, Standing::Removed { at_ms, again_ms: *again_ms });
        }
        Event::Banned { member, until_ms, .. } => {
            depart(community, *member, Standing::Banned { at_ms, until_ms: *until_ms });
        }
        Event::Reinstated { member, roles, .. } => community.members.change(*member, |member| {
            member.standing = Standing::Active;
            member.roles.clone_from(roles);
        }),
        Event::Unbanned { member } => {
            community.members.change(*member, |member| member.standing = Standing::Left { at_ms });
        }
        Event::Tagged { member, tag } => community.members.change(*member, |member| {
            member.tags.insert(tag.clone());
        }),
        Event::Untagged { member, tag } => community.members.change(*member, |member| {
            member.tags.remove(tag);
        }),
        Event::Notified { member, text } => {
            notice::put(community, *member, Notice { at_ms, text: text.clone() }, shelf);
        }
        Event::NoticesRead { member, until_ms } => notice::read(community, *member, *until_ms, shelf),
    }
}

fn depart(community: &mut Community, id: MemberId, standing: Standing) {
    community.members.change(id, |member| {
        member.standing = standing;
        member.roles.clear();
    });
}

/// Keeps the bodies that a member's row refers to.
pub fn keep(kept: &mut Bodies, member: &Member, bodies: &Bodies) {
    for reference in std::iter::once(&member.nickname).chain(member.card.values()) {
        if let Some(body) = bodies.get(reference) {
            kept.insert(body.clone());
        }
    }
}
