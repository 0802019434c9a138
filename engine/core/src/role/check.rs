//! The one place where a command is held against actor, role, token scope and community.

use super::{Need, OWNER, Permission};
use crate::command::{Actor, Command};
use crate::decide::Ctx;
use crate::member::{Member, Standing};
use crate::refusal::Refusal;
use crate::stream::Community;

/// Checks actor × role × token scope × community for a command, and finds the acting member.
pub fn check<'a>(community: &'a Community, command: &Command) -> Result<Option<&'a Member>, Refusal> {
    check_person(community, command.actor)?;
    let need = command.kind.needs();
    check_scope(command, need)?;
    match (command.actor, need) {
        (Actor::Host, Need::Host | Need::Permission(_) | Need::All(_) | Need::Owner) => Ok(None),
        (Actor::Timer(_), Need::Timer) | (Actor::Stream(_), Need::Stream) => Ok(None),
        (_, Need::Host) => Err(Refusal::HostOnly),
        (Actor::Person(person), Need::Person) => Ok(community.members.of_person(person)),
        (Actor::Person(person), _) => {
            check_member(community, community.members.of_person(person).ok_or(Refusal::NotAMember)?, need)
        }
        (Actor::Member(id), _) => {
            check_member(community, community.members.get(id).ok_or(Refusal::NotAMember)?, need)
        }
        (Actor::Host | Actor::Timer(_) | Actor::Stream(_), _) => Err(Refusal::NotAMember),
    }
}

/// Refuses a person whom the host lets act nowhere.
fn check_person(community: &Community, actor: Actor) -> Result<(), Refusal> {
    let person = match actor {
        Actor::Person(person) => Some(person),
        Actor::Member(id) => community.members.get(id).and_then(|member| member.person),
        Actor::Host | Actor::Timer(_) | Actor::Stream(_) => None,
    };
    match person {
        Some(person) if community.hosted.is_suspended(person) => Err(Refusal::PersonSuspended),
        _ => Ok(()),
    }
}

fn check_scope(command: &Command, need: Need) -> Result<(), Refusal> {
    let Some(scope) = &command.scope else { return Ok(()) };
    if matches!(need, Need::Owner | Need::Host | Need::Oneself) {
        return Err(Refusal::ScopeTooNarrow { permission: OWNER.to_owned() });
    }
    match need.permissions().iter().find(|it| !scope.contains(it)) {
        Some(missing) => Err(Refusal::ScopeTooNarrow { permission: missing.code().to_owned() }),
        None => Ok(()),
    }
}

fn check_member<'a>(
    community: &Community,
    member: &'a Member,
    need: Need,
) -> Result<Option<&'a Member>, Refusal> {
    if matches!(need, Need::Known | Need::Oneself | Need::Person) {
        return Ok(Some(member));
    }
    match member.standing {
        Standing::Active | Standing::Bot => {}
        Standing::Banned { .. } => return Err(Refusal::Banned),
        _ => return Err(Refusal::NotAMember),
    }
    if let Some(missing) = need.permissions().iter().find(|it| !community.roles.allow(member, **it)) {
        return Err(Refusal::PermissionMissing { permission: missing.code().to_owned() });
    }
    match need {
        Need::Owner if community.profile.owner != Some(member.id) => Err(Refusal::OwnerOnly),
        Need::Timer | Need::Stream => Err(Refusal::HostOnly),
        _ => Ok(Some(member)),
    }
}

/// Refuses an actor whose roles or token do not allow it: for what a command needs besides its `Need`, such
/// as the permission that depends on the kind of a channel.
pub fn may(ctx: &Ctx<'_>, permission: Permission) -> Result<(), Refusal> {
    if ctx.actor.is_some_and(|actor| !ctx.community.roles.allow(actor, permission)) {
        return Err(Refusal::PermissionMissing { permission: permission.code().to_owned() });
    }
    check_scope(ctx.command, Need::Permission(permission))
}

/// Refuses unless the actor outranks `target`; the host outranks everybody.
pub fn outranks(ctx: &Ctx<'_>, target: &Member) -> Result<(), Refusal> {
    let Some(actor) = ctx.actor else { return Ok(()) };
    if ctx.community.roles.rank(actor) > ctx.community.roles.rank(target) {
        return Ok(());
    }
    Err(Refusal::RankTooLow)
}

#[cfg(test)]
mod tests;
