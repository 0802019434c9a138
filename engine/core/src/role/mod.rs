//! Roles: named sets of permissions with a rank, and who has them.
//!
//! A member has any number of roles; what any of them allows is allowed. Every command declares its `Need`,
//! and `check` is the one place where it is held against them.

mod check;
mod permission;

pub use check::{check, may, outranks};
pub use permission::{Need, Permission};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome};
use crate::ids::MemberId;
use crate::limits;
use crate::member::Member;
use crate::refusal::Refusal;
use crate::stream::Community;

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Who outranks whom: a member may act only upon lower ranks. The owner has 100, a guest 0.
    pub rank: u8,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
}

impl Role {
    /// Whether it allows something, said or because it allows everything that is older.
    pub fn allows(&self, permission: Permission) -> bool {
        let everything = || Permission::first().all(|older| self.permissions.contains(&older));
        self.permissions.contains(&permission) || (permission.is_later() && everything())
    }
}

/// The name of the role that every member has.
pub const MEMBER: &str = "member";
/// The name of the owner's role.
pub const OWNER: &str = "owner";
/// The name of the administrators' role.
pub const ADMIN: &str = "admin";
/// The name of the moderators' role.
pub const MODERATOR: &str = "moderator";
/// The name of the guests' role.
pub const GUEST: &str = "guest";
/// The name of the scripts' role. Where a community defines none of that name, `scripts_own` stands for it.
pub const SCRIPT: &str = "script";

/// The roles of a community, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(pub BTreeMap<String, Role>);

impl Default for Roles {
    /// The five built-in roles.
    fn default() -> Self {
        use Permission as P;
        let role =
            |rank, permissions: &[P]| Role { rank, permissions: permissions.iter().copied().collect() };
        let moderator =
            [P::Read, P::Post, P::React, P::Invite, P::Announce, P::Moderate, P::Sanction, P::Approve];
        // What came later these two have without its being said: states of before say nothing of it.
        let all: Vec<P> = P::first().collect();
        Self(BTreeMap::from([
            (OWNER.to_owned(), role(100, &all)),
            (ADMIN.to_owned(), role(80, &all)),
            (MODERATOR.to_owned(), role(60, &moderator)),
            (MEMBER.to_owned(), role(20, &[P::Read, P::Post, P::React, P::Invite])),
            (GUEST.to_owned(), role(0, &[P::Read])),
        ]))
    }
}

/// What scripts may do unless the community says otherwise: below moderators, so that no script acts upon
/// one.
fn scripts_own() -> &'static Role {
    static ROLE: OnceLock<Role> = OnceLock::new();
    ROLE.get_or_init(|| {
        use Permission as P;
        let permissions = [P::Read, P::Post, P::React, P::Moderate, P::Sanction, P::ManageMembers];
        Role { rank: 50, permissions: BTreeSet::from(permissions) }
    })
}

impl Roles {
    fn find(&self, name: &str) -> Option<&Role> {
        self.0.get(name).or_else(|| (name == SCRIPT).then(scripts_own))
    }

    /// The rank of a member: the highest of their roles.
    pub fn rank(&self, member: &Member) -> u8 {
        member.roles.iter().filter_map(|name| self.find(name)).map(|role| role.rank).max().unwrap_or(0)
    }

    /// Whether any role of the member allows it, or none has to.
    pub fn allow(&self, member: &Member, permission: Permission) -> bool {
        let every = permission == Permission::Participate;
        every || member.roles.iter().filter_map(|name| self.find(name)).any(|role| role.allows(permission))
    }
}

/// What can be asked of roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Define a role, or define it anew.
    Define {
        /// Its name.
        name: String,
        /// What it is.
        role: Role,
    },
    /// Remove a role that is not built in; its bearers lose it.
    Remove {
        /// Its name.
        name: String,
    },
    /// Give a member a role.
    Give {
        /// To whom.
        member: MemberId,
        /// Which.
        name: String,
    },
    /// Take a role from a member.
    Take {
        /// From whom.
        member: MemberId,
        /// Which.
        name: String,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Define { .. } | Self::Remove { .. } => Need::Permission(Permission::ManageRoles),
            Self::Give { .. } | Self::Take { .. } => Need::Permission(Permission::ManageMembers),
        }
    }
}

/// What happened to roles. Events that overwrite carry the old value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A role was defined.
    Defined {
        /// Its name.
        name: String,
        /// What it is now.
        role: Role,
        /// What it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Role>,
    },
    /// A role was removed, and with it from its bearers.
    Removed {
        /// Its name.
        name: String,
        /// What it was.
        old: Role,
        /// Who had it.
        bearers: BTreeSet<MemberId>,
    },
    /// A member got a role.
    Given {
        /// Who.
        member: MemberId,
        /// Which.
        name: String,
    },
    /// A member lost a role.
    Taken {
        /// Who.
        member: MemberId,
        /// Which.
        name: String,
    },
}

/// Decides a role command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Define { name, role } => define(ctx, name, role, out),
        Command::Remove { name } => remove(ctx, name, out),
        Command::Give { member, name } => give(ctx, *member, name, out),
        Command::Take { member, name } => take(ctx, *member, name, out),
    }
}

fn define(ctx: &Ctx<'_>, name: &str, role: &Role, out: &mut Outcome) -> Result<(), Refusal> {
    limits::check_name(name)?;
    below_own_rank(ctx, role)?;
    let old = ctx.community.roles.0.get(name);
    match old {
        Some(old) if old == role => return Err(Refusal::NothingToChange),
        Some(old) => below_own_rank(ctx, old)?,
        None if ctx.community.roles.0.len() >= limits::ROLES_MAX => {
            return Err(Refusal::TooMany { what: "role".to_owned(), max: limits::ROLES_MAX as u64 });
        }
        None => {}
    }
    out.event(Event::Defined { name: name.to_owned(), role: role.clone(), old: old.cloned() });
    Ok(())
}

fn remove(ctx: &Ctx<'_>, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    if [OWNER, ADMIN, MODERATOR, MEMBER, GUEST].contains(&name) {
        return Err(Refusal::WrongState { what: name.to_owned(), state: "built_in".to_owned() });
    }
    let old = find(ctx, name)?;
    below_own_rank(ctx, old)?;
    let bearers = ctx.community.members.iter().filter(|m| m.roles.contains(name)).map(|m| m.id).collect();
    out.event(Event::Removed { name: name.to_owned(), old: old.clone(), bearers });
    Ok(())
}

fn give(ctx: &Ctx<'_>, id: MemberId, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let member = assignable(ctx, id, name)?;
    if member.roles.contains(name) {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Given { member: id, name: name.to_owned() });
    Ok(())
}

fn take(ctx: &Ctx<'_>, id: MemberId, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let member = assignable(ctx, id, name)?;
    if !member.roles.contains(name) || name == MEMBER {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Taken { member: id, name: name.to_owned() });
    Ok(())
}

/// A member inside to whom the actor may give, or from whom take, the role. Ownership has its own way
/// (handover).
fn assignable<'a>(ctx: &Ctx<'a>, id: MemberId, name: &str) -> Result<&'a Member, Refusal> {
    below_own_rank(ctx, find(ctx, name)?)?;
    if name == OWNER {
        return Err(Refusal::WrongState { what: name.to_owned(), state: "handed_over_only".to_owned() });
    }
    let member = ctx.member_inside(id)?;
    outranks(ctx, member)?;
    Ok(member)
}

fn find<'a>(ctx: &Ctx<'a>, name: &str) -> Result<&'a Role, Refusal> {
    ctx.community.roles.0.get(name).ok_or_else(|| Refusal::NotFound { what: name.to_owned() })
}

/// Nobody hands out more than they have: the role must rank below the actor and hold no permission they lack.
fn below_own_rank(ctx: &Ctx<'_>, role: &Role) -> Result<(), Refusal> {
    let Some(actor) = ctx.actor else { return Ok(()) };
    let roles = &ctx.community.roles;
    let within = role.permissions.iter().all(|permission| roles.allow(actor, *permission));
    if roles.rank(actor) > role.rank && within { Ok(()) } else { Err(Refusal::RankTooLow) }
}

/// Applies what happened to roles.
pub fn apply(community: &mut Community, event: &Event) {
    match event {
        Event::Defined { name, role, .. } => {
            community.roles.0.insert(name.clone(), role.clone());
        }
        Event::Removed { name, bearers, .. } => {
            community.roles.0.remove(name);
            for id in bearers {
                community.members.change(*id, |member| {
                    member.roles.remove(name);
                });
            }
        }
        Event::Given { member, name } => community.members.change(*member, |member| {
            member.roles.insert(name.clone());
        }),
        Event::Taken { member, name } => community.members.change(*member, |member| {
            member.roles.remove(name);
        }),
    }
}
