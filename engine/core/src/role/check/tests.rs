//! The table of who may ask what: command × what it needs × actor, with every permission alone.

use std::collections::BTreeSet;

use super::*;
use crate::command::CommandKind;
use crate::host::noun::PersonCommand;
use crate::ids::{ChannelId, CommandId, CommunityId, MemberId, PersonId, TimerId};
use crate::member::{self, Origin};
use crate::role::{self, MEMBER, Permission, Role};
use crate::testing_host::{GARDEN, Streams, WORKSHOP};
use crate::{body, community, gate, handoff, host, import, message, privacy, script, timer};

const SOMEBODY: MemberId = MemberId(77);
const PERSON: PersonId = PersonId(78);
/// What an undo does by itself, one would need for doing it by hand.
const UNDO: &[Permission] = &[Permission::ManageRules, Permission::Moderate, Permission::Sanction];

/// Commands of every noun that stand for their kind, and what each needs.
fn commands() -> Vec<(CommandKind, Need)> {
    use Need::{Host, Inside, Known, Owner, Permission as May, Stream, Timer};
    let other = MemberId(5);
    let name = "x".to_owned();
    let role = Role { rank: 1, permissions: BTreeSet::new() };
    let setting = community::Command::SetTexts { language: "en".to_owned(), texts: Default::default() };
    let batch = import::Command::Batch {
        origin: import::Origin { format: name.clone(), file: [0; 32] },
        channel: ChannelId(1),
        authors: Vec::new(),
        rows: Vec::new(),
        through_line: 1,
    };
    let done = privacy::Erasures::default();
    let undo =
        script::Undo { no: 0, name: name.clone(), version: 1, items: Vec::new(), told: BTreeSet::new() };
    vec![
        (community::Command::Rename { name: name.clone() }.into(), Host),
        (community::Command::Suspend.into(), Host),
        (community::Command::Resume.into(), Host),
        (community::Command::Remove.into(), Host),
        (setting.into(), May(Permission::ManageSettings)),
        (
            community::Command::SetList { name: name.clone(), lines: Vec::new() }.into(),
            May(Permission::ManageRules),
        ),
        (community::Command::OfferOwnership { to: other }.into(), Owner),
        (community::Command::WithdrawOwnership.into(), Owner),
        (community::Command::AcceptOwnership.into(), Inside),
        (community::Command::Archive { pointer: None }.into(), Owner),
        (role::Command::Define { name: name.clone(), role }.into(), May(Permission::ManageRoles)),
        (role::Command::Remove { name: name.clone() }.into(), May(Permission::ManageRoles)),
        (role::Command::Give { member: other, name: name.clone() }.into(), May(Permission::ManageMembers)),
        (role::Command::Take { member: other, name: name.clone() }.into(), May(Permission::ManageMembers)),
        (member::Command::Leave.into(), Inside),
        (member::Command::Remove { member: other, reason: None }.into(), May(Permission::Sanction)),
        (member::Command::Ban { member: other, for_ms: None, reason: None }.into(), May(Permission::Ban)),
        (member::Command::Unban { member: other }.into(), May(Permission::Ban)),
        (member::Command::Tag { member: other, tag: name.clone() }.into(), May(Permission::ManageMembers)),
        (member::Command::ReadNotices { until_ms: 1 }.into(), Known),
        (post().into(), May(Permission::Read)),
        (privacy::Command::EraseMyself.into(), Need::Oneself),
        (privacy::Command::Erase { member: other }.into(), Owner),
        (privacy::Command::Finish { done }.into(), Stream),
        (batch.into(), May(Permission::Import)),
        (handoff::Command::Delivered { rows: BTreeSet::new() }.into(), Stream),
        (timer::Command::Fire { timer: TimerId(1), due_ms: 1 }.into(), Timer),
        (CommandKind::Host(host::Command::Rehost), Host),
        (PersonCommand::Suspend { person: PERSON }.into(), Host),
        (script::Command::Undo(undo).into(), Need::All(UNDO)),
        (gate::Command::Withdraw.into(), Need::Person),
    ]
}

fn envelope(community: CommunityId, actor: Actor, kind: &CommandKind) -> Command {
    Command {
        id: CommandId(1),
        community,
        at_ms: 1,
        actor,
        scope: None,
        key: None,
        cause: None,
        kind: kind.clone(),
    }
}

/// A garden in which somebody has one role with these permissions.
fn garden(permissions: &[Permission]) -> Community {
    let mut community = Streams::with_garden().community(GARDEN).clone();
    let role = Role { rank: 10, permissions: permissions.iter().copied().collect() };
    community.roles.0.insert("only".to_owned(), role);
    community.members.put(Member {
        id: SOMEBODY,
        person: Some(PERSON),
        nickname: body::BodyRef { id: crate::ids::BodyId(1), len: 0, mac: [0; 16] },
        card: Default::default(),
        roles: BTreeSet::from(["only".to_owned()]),
        tags: BTreeSet::new(),
        standing: Standing::Active,
        since_ms: 1,
        joined_ms: Some(1),
        origin: Origin::default(),
        notices: Vec::new(),
    });
    community
}

#[test]
fn every_command_declares_what_it_needs() {
    for (kind, need) in commands() {
        assert_eq!(kind.needs(), need, "{kind:?}");
    }
}

#[test]
fn one_permission_allows_exactly_what_needs_it() {
    for permission in Permission::ALL {
        let community = garden(&[*permission]);
        for (kind, need) in commands() {
            let allowed = match need {
                Need::Permission(needed) => needed == *permission,
                Need::Inside | Need::Known | Need::Oneself | Need::Person => true,
                Need::All(_) | Need::Host | Need::Owner | Need::Timer | Need::Stream => false,
            };
            for actor in [Actor::Member(SOMEBODY), Actor::Person(PERSON)] {
                let checked = check(&community, &envelope(GARDEN, actor, &kind));
                assert_eq!(checked.is_ok(), allowed, "{actor:?} with {permission:?} asks {kind:?}");
            }
        }
    }
}

#[test]
fn what_came_later_is_allowed_by_a_role_that_allows_everything_older() {
    let first: Vec<Permission> = Permission::first().collect();
    let later: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| it.is_later()).collect();
    assert_eq!(later, [Permission::Connect, Permission::GrantPoints, Permission::ManageMoney]);
    for (given, allowed) in [(&first[..], true), (&first[1..], false), (&later[..], true)] {
        let role = Role { rank: 1, permissions: given.iter().copied().collect() };
        assert_eq!(role.allows(Permission::Connect), allowed, "{given:?}");
    }
    let roles = role::Roles::default();
    let having: Vec<&str> = roles
        .0
        .iter()
        .filter(|(_, role)| role.allows(Permission::Connect))
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(having, ["admin", "owner"]);
}

#[test]
fn nobody_acts_in_a_community_that_they_are_not_in() {
    let community = garden(Permission::ALL);
    // Anybody may knock anywhere.
    for (kind, _) in commands().into_iter().filter(|(_, need)| *need != Need::Person) {
        for actor in [Actor::Member(MemberId(5)), Actor::Person(PersonId(5))] {
            assert!(check(&community, &envelope(WORKSHOP, actor, &kind)).is_err(), "{actor:?} asks {kind:?}");
        }
    }
}

#[test]
fn the_host_timers_and_other_streams_ask_only_what_is_theirs() {
    let community = garden(&[]);
    for (kind, need) in commands() {
        for (actor, allowed) in [
            (Actor::Host, matches!(need, Need::Host | Need::Permission(_) | Need::All(_) | Need::Owner)),
            (Actor::Timer(TimerId(1)), need == Need::Timer),
            (Actor::Stream(WORKSHOP), need == Need::Stream),
        ] {
            let checked = check(&community, &envelope(GARDEN, actor, &kind));
            assert_eq!(checked.is_ok(), allowed, "{actor:?} asks {kind:?}");
        }
    }
}

#[test]
fn the_owner_may_what_only_an_owner_may_and_nothing_of_the_hosts() {
    let mut community = garden(Permission::ALL);
    community.profile.owner = Some(SOMEBODY);
    for (kind, need) in commands() {
        let allowed = !matches!(need, Need::Host | Need::Timer | Need::Stream);
        let checked = check(&community, &envelope(GARDEN, Actor::Member(SOMEBODY), &kind));
        assert_eq!(checked.is_ok(), allowed, "{kind:?}");
    }
}

#[test]
fn a_token_only_narrows() {
    let mut community = garden(Permission::ALL);
    community.profile.owner = Some(SOMEBODY);
    for permission in Permission::ALL {
        for (kind, need) in commands() {
            for actor in [Actor::Member(SOMEBODY), Actor::Host] {
                let mut command = envelope(GARDEN, actor, &kind);
                let without = check(&community, &command).is_ok();
                command.scope = Some(BTreeSet::from([*permission]));
                let within = match need {
                    Need::Permission(needed) => needed == *permission,
                    Need::Inside | Need::Known | Need::Person => *permission == Permission::Participate,
                    Need::All(_) | Need::Owner | Need::Host | Need::Oneself => false,
                    Need::Timer | Need::Stream => true,
                };
                let checked = check(&community, &command);
                assert_eq!(checked.is_ok(), without && within, "{permission:?} narrows {kind:?}");
            }
        }
    }
}

#[test]
fn a_token_issued_for_nothing_asks_nothing_and_all_that_a_command_needs_is_needed() {
    let mut community = garden(Permission::ALL);
    community.profile.owner = Some(SOMEBODY);
    for actor in [Actor::Member(SOMEBODY), Actor::Person(PERSON), Actor::Host] {
        for (kind, _) in commands() {
            let mut command = envelope(GARDEN, actor, &kind);
            command.scope = Some(BTreeSet::new());
            assert!(check(&community, &command).is_err(), "{actor:?} asks {kind:?}");
        }
        let undo = commands().into_iter().find(|(_, need)| *need == Need::All(UNDO)).unwrap().0;
        for missing in UNDO {
            let scope = UNDO.iter().copied().filter(|it| it != missing).collect();
            let mut command = envelope(GARDEN, actor, &undo);
            command.scope = Some(scope);
            let permission = missing.code().to_owned();
            assert_eq!(check(&community, &command), Err(Refusal::ScopeTooNarrow { permission }));
            command.scope = Some(UNDO.iter().copied().collect());
            assert!(check(&community, &command).is_ok());
        }
    }
}

#[test]
fn standing_decides_before_permissions_do() {
    for (standing, inside, known) in [
        (Standing::Active, true, true),
        (Standing::Applicant, false, true),
        (Standing::Left { at_ms: 1 }, false, true),
        (Standing::Banned { at_ms: 1, until_ms: None }, false, true),
        (Standing::Erased { at_ms: 1 }, false, true),
    ] {
        let mut community = garden(Permission::ALL);
        community.members.change(SOMEBODY, |row| row.standing = standing);
        let asks =
            |kind: CommandKind| check(&community, &envelope(GARDEN, Actor::Member(SOMEBODY), &kind)).is_ok();
        assert_eq!(asks(member::Command::Leave.into()), inside, "{standing:?}");
        assert_eq!(asks(role::Command::Remove { name: MEMBER.to_owned() }.into()), inside, "{standing:?}");
        assert_eq!(asks(privacy::Command::EraseMyself.into()), known, "{standing:?}");
    }
}

fn post() -> message::Command {
    message::Command::Post {
        channel: ChannelId(1),
        parts: Vec::new(),
        reply_to: None,
        sort: message::Sort::Talk,
        mentions: message::Mentions::default(),
    }
}
