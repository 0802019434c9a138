//! The host's state machines and hand-offs as tables: every step, twice, late, out of order and refused.

mod sign_in;

use std::collections::BTreeSet;

use super::noun::{
    LinkCommand, LoginCommand, PersonCommand, QuotaCommand, RegistryCommand, SessionCommand, TokenCommand,
};
use super::*;
use crate::command::Actor;
use crate::community::Status;
use crate::ids::TokenId;
use crate::member;
use crate::moment::{DAY_MS, HOUR_MS};
use crate::role::Permission;
use crate::testing_host::{GARDEN, HOST, Streams, WORKSHOP};

fn set(status: Wanted) -> RegistryCommand {
    RegistryCommand::SetStatus { community: GARDEN, status }
}

fn state(streams: &Streams) -> &'static str {
    streams.known().communities.get(GARDEN).map_or("unknown", Row::state_name)
}

#[test]
fn names_that_no_community_should_bear() {
    for (name, usable) in [
        ("garden", true),
        ("花园 2", true),
        ("", false),
        (" garden", false),
        ("a/b", false),
        ("..", false),
        ("-rf", false),
        ("com_x", false),
        ("COM_x", false),
        ("!!!", false),
        ("a\u{7}b", false),
    ] {
        assert_eq!(check_name(name).is_ok(), usable, "{name:?}");
    }
}

#[test]
fn a_name_is_taken_whatever_its_case_and_width() {
    let mut streams = Streams::with_garden();
    for name in ["garden", "GARDEN", "ｇａｒｄｅｎ"] {
        let register = RegistryCommand::Register { community: WORKSHOP, name: name.to_owned() };
        assert_eq!(streams.host(register), Err(Refusal::AlreadyExists { what: name.to_owned() }));
    }
    assert_eq!(streams.known().communities.named("Garden").map(|row| row.id), Some(GARDEN));
}

#[test]
fn a_community_goes_from_state_to_state_by_its_own_answer() {
    use Wanted::{Open, Removed, Suspended};
    for (steps, ends) in [
        (&[Suspended][..], "suspended"),
        (&[Suspended, Open], "open"),
        (&[Suspended, Removed], "removed"),
        (&[Removed], "removed"),
    ] {
        let mut streams = Streams::with_garden();
        for step in steps {
            streams.host(set(*step)).unwrap();
            assert!(["suspending", "resuming", "removing"].contains(&state(&streams)));
            assert!(matches!(streams.host(set(Removed)), Err(Refusal::WrongState { .. })));
            streams.deliver_all();
        }
        assert_eq!(state(&streams), ends);
        assert_eq!(streams.community(GARDEN).profile.status.name(), ends);
        streams.pass(2 * HOUR_MS);
        assert_eq!(state(&streams), ends, "a time-out after the answer changes nothing");
    }
}

#[test]
fn a_removed_community_frees_its_name_and_takes_nothing_more() {
    let mut streams = Streams::with_garden();
    streams.host(set(Wanted::Removed)).unwrap();
    streams.deliver_all();
    assert!(streams.streams[&GARDEN].erasures.is_everything());
    let refused = streams.ask(GARDEN, Actor::Host, crate::community::Command::Resume);
    assert_eq!(refused, Err(Refusal::CommunityRemoved));
    streams.found(WORKSHOP, "garden");
}

#[test]
fn a_silent_community_ends_the_ask_and_a_late_answer_still_counts() {
    let mut streams = Streams::with_garden();
    streams.host(set(Wanted::Suspended)).unwrap();
    let asked = streams.parcels(HOST).remove(0);
    streams.pass(HOUR_MS);
    assert_eq!(state(&streams), "open");
    streams.deliver(&asked).unwrap();
    streams.deliver_all();
    assert_eq!(state(&streams), "suspended");
}

#[test]
fn an_older_word_never_overrides_a_newer_one() {
    let mut streams = Streams::with_garden();
    streams.host(set(Wanted::Suspended)).unwrap();
    let older = streams.parcels(HOST).remove(0);
    streams.pass(HOUR_MS);
    streams.lose_parcels(HOST);
    streams.host(RegistryCommand::Rename { community: GARDEN, name: "park".to_owned() }).unwrap();
    streams.deliver_all();
    streams.host(set(Wanted::Suspended)).unwrap();
    streams.deliver_all();
    streams.host(set(Wanted::Open)).unwrap();
    streams.deliver_all();
    streams.deliver(&older).unwrap();
    streams.deliver_all();
    assert_eq!(state(&streams), "open");
    assert_eq!(streams.community(GARDEN).profile.status, Status::Open);
    assert_eq!(streams.community(GARDEN).profile.name, "park");
}

#[test]
fn a_rename_reserves_the_name_and_a_refusal_frees_it() {
    let mut streams = Streams::with_garden();
    streams.host(RegistryCommand::Rename { community: GARDEN, name: "park".to_owned() }).unwrap();
    let taken = RegistryCommand::Register { community: WORKSHOP, name: "park".to_owned() };
    assert!(matches!(streams.host(taken.clone()), Err(Refusal::AlreadyExists { .. })));
    streams.lose_parcels(HOST);
    // The host's own command for removal reaches the community before the name does.
    streams.ask(GARDEN, Actor::Host, crate::community::Command::Remove).unwrap();
    streams.pass(HOUR_MS);
    streams.host(taken).unwrap();
    assert_eq!(streams.known().communities.named("garden").map(|row| row.id), Some(GARDEN));
}

#[test]
fn a_founding_that_is_never_confirmed_lapses_and_may_still_be_confirmed() {
    let mut streams = Streams::new();
    streams.host(RegistryCommand::Register { community: GARDEN, name: "garden".to_owned() }).unwrap();
    assert_eq!(state(&streams), "founding");
    streams.pass(HOUR_MS);
    assert_eq!(state(&streams), "lapsed");
    let mut other = streams.clone();
    streams.host(RegistryCommand::Confirm { community: GARDEN }).unwrap();
    assert_eq!(state(&streams), "open");
    other.host(RegistryCommand::Register { community: WORKSHOP, name: "garden".to_owned() }).unwrap();
    let refused = other.host(RegistryCommand::Confirm { community: GARDEN });
    assert!(matches!(refused, Err(Refusal::AlreadyExists { .. })));
}

#[test]
fn an_imported_member_is_claimed_once() {
    let mut streams = Streams::with_garden();
    let (person, member) = streams.linked(GARDEN, "alice");
    assert_eq!(streams.community(GARDEN).members.get(member).and_then(|row| row.person), Some(person));
    assert_eq!(streams.known().persons.get(person).map(|row| row.links.get(&GARDEN)), Some(Some(&member)));
    let other = streams.person();
    streams.host(PersonCommand::Claim { person: other, community: GARDEN, member }).unwrap();
    streams.deliver_all();
    assert_eq!(streams.community(GARDEN).members.get(member).and_then(|row| row.person), Some(person));
    assert_eq!(streams.known().persons.claim(GARDEN, member), None);
    assert!(streams.known().persons.get(other).unwrap().links.is_empty());
}

#[test]
fn a_claim_without_an_answer_ends_and_a_late_answer_links() {
    let mut streams = Streams::with_garden();
    let (person, member) = (streams.person(), streams.import(GARDEN, "alice"));
    let claim = PersonCommand::Claim { person, community: GARDEN, member };
    streams.host(claim.clone()).unwrap();
    assert!(matches!(streams.host(claim), Err(Refusal::WrongState { .. })));
    streams.pass(DAY_MS);
    assert_eq!(streams.known().persons.claim(GARDEN, member), None);
    streams.deliver_all();
    assert_eq!(streams.known().persons.get(person).unwrap().links.get(&GARDEN), Some(&member));
}

#[test]
fn a_suspended_person_is_refused_everywhere_whatever_overtakes_what() {
    let mut streams = Streams::with_garden();
    let (person, member) = streams.linked(GARDEN, "alice");
    streams.host(PersonCommand::Suspend { person }).unwrap();
    let suspend = streams.parcels(HOST).remove(0);
    streams.host(PersonCommand::Resume { person }).unwrap();
    let resume = streams.parcels(HOST).remove(1);
    let mut ordered = streams.clone();
    ordered.deliver(&suspend).unwrap();
    for actor in [Actor::Member(member), Actor::Person(person)] {
        let refused = ordered.ask(GARDEN, actor, member::Command::Leave);
        assert_eq!(refused, Err(Refusal::PersonSuspended));
    }
    ordered.deliver(&resume).unwrap();
    ordered.ask(GARDEN, Actor::Member(member), member::Command::Leave).unwrap();
    streams.deliver(&resume).unwrap();
    streams.deliver(&suspend).unwrap();
    streams.ask(GARDEN, Actor::Member(member), member::Command::Leave).unwrap();
}

#[test]
fn somebody_suspended_who_turns_up_elsewhere_is_suspended_there() {
    let mut streams = Streams::with_garden();
    let (person, member) = (streams.person(), streams.import(GARDEN, "alice"));
    streams.host(PersonCommand::Claim { person, community: GARDEN, member }).unwrap();
    streams.host(PersonCommand::Suspend { person }).unwrap();
    streams.deliver_all();
    assert!(streams.community(GARDEN).hosted.is_suspended(person));
}

#[test]
fn only_the_host_speaks_for_the_host() {
    let mut streams = Streams::with_garden();
    streams.found(WORKSHOP, "workshop");
    let parcel = handoff::Parcel::Host(Parcel::SetStatus { status: Wanted::Removed, revision: 999 });
    let kind = handoff::Command::Receive { from: WORKSHOP, parcel };
    let refused = streams.ask(GARDEN, Actor::Stream(WORKSHOP), kind);
    assert_eq!(refused, Err(Refusal::HostOnly));
}

#[test]
fn quotas_reach_the_communities_and_hold() {
    let mut streams = Streams::with_garden();
    assert_eq!(streams.community(GARDEN).hosted.quotas(), Some(&Quotas::default()));
    let quotas = Quotas { members: 1, messages_per_second: 2, ..Quotas::default() };
    streams.host(QuotaCommand::SetDefault { quotas }).unwrap();
    streams.deliver_all();
    assert_eq!(streams.community(GARDEN).hosted.quotas(), Some(&quotas));
    streams.import(GARDEN, "alice");
    let community = streams.community(GARDEN);
    let command = streams.records[&GARDEN].last().map(|(record, _)| record.command.clone()).unwrap();
    let mut out = Outcome::default();
    let joined = member::Event::Joined { member: MemberId(9), role: "member".to_owned() };
    out.event(joined);
    let refused = Refusal::QuotaExceeded { quota: "members".to_owned(), max: 1 };
    assert_eq!(within_members(community, &command, &out), Err(refused));
    assert_eq!(within_members(community, &command, &Outcome::default()), Ok(()));
}

#[test]
fn messages_above_the_quota_of_a_second_are_refused() {
    let mut streams = Streams::with_garden();
    let quotas = Some(Quotas { messages_per_second: 2, ..Quotas::default() });
    streams.host(QuotaCommand::Set { community: GARDEN, quotas }).unwrap();
    streams.deliver_all();
    let mut command = streams.records[&GARDEN].last().map(|(record, _)| record.command.clone()).unwrap();
    command.kind = crate::message::Command::Post {
        channel: crate::ids::ChannelId(1),
        parts: Vec::new(),
        reply_to: None,
        sort: crate::message::Sort::Talk,
        mentions: crate::message::Mentions::default(),
    }
    .into();
    let mut community = streams.community(GARDEN).clone();
    let moment = |at_ms| Moment { seq: 1, at_ms, command: command.id };
    for allowed in [true, true, false] {
        assert_eq!(within_messages(&community, &command).is_ok(), allowed);
        community.hosted.count_message(&moment(command.at_ms));
    }
    command.at_ms += 1_000;
    assert_eq!(within_messages(&community, &command), Ok(()));
}

fn issue(holder: Holder, reach: Reach, expires_ms: Option<u64>, secret: u8) -> TokenCommand {
    TokenCommand::Issue {
        holder,
        reach,
        permissions: BTreeSet::from([Permission::Read]),
        label: "bot".to_owned(),
        expires_ms,
        secret_hash: SecretHash([secret; 32]),
    }
}

#[test]
fn a_secret_grants_until_it_expires_is_revoked_or_its_person_may_not_act() {
    let mut streams = Streams::with_garden();
    let person = streams.person();
    let end_ms = streams.now_ms + 100;
    let token = TokenId(streams.next_id().0);
    let reach = Reach::Community(GARDEN);
    streams.host(issue(Holder::Person(person), reach, Some(end_ms), 1)).unwrap();
    streams.host(issue(Holder::Host, Reach::All, None, 2)).unwrap();
    let again = streams.host(issue(Holder::Host, Reach::All, None, 2));
    assert_eq!(again, Err(Refusal::AlreadyExists { what: "token".to_owned() }));
    let now_ms = streams.now_ms;
    let grant = |streams: &Streams, secret: u8, at_ms| {
        authenticate(streams.known(), &SecretHash([secret; 32]), at_ms)
    };
    let granted = grant(&streams, 1, now_ms).unwrap();
    assert_eq!((granted.token, granted.actor), (token, Actor::Person(person)));
    assert_eq!([GARDEN, WORKSHOP, HOST].map(|id| granted.reaches(id)), [true, false, false]);
    let all = grant(&streams, 2, u64::MAX).unwrap();
    assert_eq!([GARDEN, WORKSHOP, HOST].map(|id| all.reaches(id)), [true, true, false]);
    assert_eq!(grant(&streams, 1, end_ms), None);
    assert_eq!(grant(&streams, 3, now_ms), None);
    streams.host(PersonCommand::Suspend { person }).unwrap();
    assert_eq!(grant(&streams, 1, now_ms), None);
    streams.host(PersonCommand::Resume { person }).unwrap();
    streams.host(TokenCommand::Revoke { token }).unwrap();
    assert_eq!(grant(&streams, 1, now_ms), None);
}

#[test]
fn the_host_stream_knows_who_may_ask_what() {
    let mut streams = Streams::with_garden();
    let (me, other) = (streams.person(), streams.person());
    let suspended = streams.person();
    streams.host(PersonCommand::Suspend { person: suspended }).unwrap();
    let my_session = sign_in::signed_in(&mut streams, me, 1);
    let their_session = sign_in::signed_in(&mut streams, other, 2);
    let mine: Vec<CommandKind> = vec![
        PersonCommand::Erase { person: me }.into(),
        issue(Holder::Person(me), Reach::All, None, 1).into(),
        LoginCommand::Clear { person: me }.into(),
        SessionCommand::SignOut { session: my_session }.into(),
        SessionCommand::SignOutAll { person: me, keep: None }.into(),
        LinkCommand::Issue { person: me, secret_hash: SecretHash([7; 32]), expires_ms: u64::MAX }.into(),
    ];
    let hosts: Vec<CommandKind> = vec![
        PersonCommand::Erase { person: other }.into(),
        issue(Holder::Person(other), Reach::All, None, 2).into(),
        issue(Holder::Host, Reach::All, None, 3).into(),
        PersonCommand::Register { name: None }.into(),
        PersonCommand::Suspend { person: other }.into(),
        PersonCommand::Claim { person: me, community: GARDEN, member: MemberId(1) }.into(),
        set(Wanted::Suspended).into(),
        RegistryCommand::Confirm { community: GARDEN }.into(),
        QuotaCommand::SetDefault { quotas: Quotas::default() }.into(),
        LoginCommand::Clear { person: other }.into(),
        SessionCommand::SignIn { person: me, session: sign_in::session(9, u64::MAX) }.into(),
        SessionCommand::SignOut { session: their_session }.into(),
        SessionCommand::SignOutAll { person: other, keep: None }.into(),
        LinkCommand::Issue { person: other, secret_hash: SecretHash([8; 32]), expires_ms: u64::MAX }.into(),
        LinkCommand::Redeem { link: SecretHash([8; 32]), session: sign_in::session(9, u64::MAX) }.into(),
    ];
    let host = streams.known();
    let asked = |actor, kind: &CommandKind, scope: Option<BTreeSet<Permission>>| {
        let mut command = streams.records[&HOST][0].0.command.clone();
        (command.actor, command.kind, command.scope) = (actor, kind.clone(), scope);
        check(host, &command)
    };
    for kind in mine.iter().chain(&hosts) {
        assert_eq!(asked(Actor::Host, kind, None), Ok(()));
        let scoped = asked(Actor::Host, kind, Some(Permission::ALL.iter().copied().collect()));
        assert!(matches!(scoped, Err(Refusal::ScopeTooNarrow { .. })));
        assert_eq!(asked(Actor::Person(me), kind, None).is_ok(), mine.contains(kind), "{kind:?}");
        assert_eq!(asked(Actor::Person(suspended), kind, None), Err(Refusal::PersonSuspended));
        assert_eq!(asked(Actor::Person(PersonId(1)), kind, None), Err(Refusal::PersonNotFound));
        for actor in [Actor::Member(MemberId(1)), Actor::Stream(GARDEN), Actor::Timer(TimerId(1))] {
            assert_eq!(asked(actor, kind, None), Err(Refusal::HostOnly));
        }
    }
    let talk: CommandKind = member::Command::Leave.into();
    assert_eq!(asked(Actor::Host, &talk, None), Err(Refusal::WrongStream));
}

#[test]
fn a_persons_name_is_a_body_of_theirs() {
    let mut streams = Streams::new();
    let name = streams.body(MemberId(3), "Alice");
    let refused = streams.host(PersonCommand::Register { name: Some(name) });
    assert_eq!(refused, Err(Refusal::BodyMissing));
}

#[test]
fn a_person_is_erased_in_every_community_and_then_here() {
    let mut streams = Streams::with_garden();
    streams.found(WORKSHOP, "workshop");
    let (person, rose) = streams.linked(GARDEN, "rose");
    let member = streams.import(WORKSHOP, "rosa");
    streams.host(PersonCommand::Claim { person, community: WORKSHOP, member }).unwrap();
    streams.deliver_all();
    streams.host(issue(Holder::Person(person), Reach::All, None, 1)).unwrap();
    streams.host(PersonCommand::Erase { person }).unwrap();
    assert_eq!(streams.known().tokens.iter().count(), 0);
    streams.lose_parcels(HOST);
    streams.pass(DAY_MS);
    streams.deliver_all();
    let standing = |streams: &Streams| streams.known().persons.get(person).unwrap().standing.name();
    assert_eq!(standing(&streams), "erasing", "keys are not destroyed yet");
    for community in [GARDEN, WORKSHOP] {
        let done = streams.streams[&community].erasures.clone();
        assert_eq!(done.members().count(), 1);
        let finish = privacy::Command::Finish { done };
        streams.ask(community, Actor::Stream(community), finish).unwrap();
        streams.deliver_all();
    }
    assert_eq!(standing(&streams), "erased");
    assert!(streams.streams[&HOST].erasures.members().eq([name_owner(person)]));
    let row = streams.community(GARDEN).members.get(rose).unwrap();
    assert!(matches!(row.standing, member::Standing::Erased { .. }));
}

#[test]
fn an_erasure_does_not_wait_for_a_removed_community() {
    let mut streams = Streams::with_garden();
    let (person, _) = streams.linked(GARDEN, "rose");
    streams.host(PersonCommand::Erase { person }).unwrap();
    streams.lose_parcels(HOST);
    streams.host(set(Wanted::Removed)).unwrap();
    streams.deliver_all();
    streams.pass(DAY_MS);
    assert_eq!(streams.known().persons.get(person).unwrap().standing.name(), "erased");
}
