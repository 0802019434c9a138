//! Tests of the community noun: founding, settings, lists, handing over, closing.

use super::*;
use crate::event::Event as AnyEvent;
use crate::ids::CommandId;
use crate::moment::DAY_MS;
use crate::testing_talk::{ADMIN, ANN, BEN, Bench, GONE, MODERATOR, OWNER as OWNER_ID};

fn code(result: Result<Vec<AnyEvent>, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "ok")
}

fn claim(bench: &mut Bench, member: MemberId) {
    let crate::stream::Kind::Community(community) = &mut bench.stream.kind else { panic!("it was founded") };
    community.members.change(member, |row| row.person = Some(PersonId(member.0)));
}

#[test]
fn settings_are_typed_and_bounded() {
    let zone = |name: &str| Setting::Zone(Zone::new(name).unwrap());
    let rows = [
        (Setting::About("a garden".to_owned()), "ok"),
        (Setting::About("x".repeat(721)), "text_too_long"),
        (zone("Asia/Shanghai"), "ok"),
        (zone("Asia/Shanghai"), "nothing_to_change"),
        (Setting::Language(Language::Chinese), "ok"),
        (Setting::RejoinPauseMs(0), "ok"),
        (Setting::RejoinPauseMs(u64::MAX), "value_invalid"),
        (Setting::RetentionDays(Some(30)), "ok"),
        (Setting::RetentionDays(Some(0)), "value_invalid"),
        (Setting::RetentionDays(None), "ok"),
    ];
    let mut bench = Bench::new();
    for (setting, expected) in rows {
        let asked = Command::Change { setting: setting.clone() };
        assert_eq!(code(bench.ask(OWNER_ID, asked)), expected, "{setting:?}");
    }
    assert_eq!(bench.community().profile.zone.name(), "Asia/Shanghai");
    assert!(matches!(Zone::new("Middle/Earth"), Err(Refusal::ValueInvalid { .. })));
    assert_eq!(
        code(bench.ask(ANN, Command::Change { setting: Setting::RejoinPauseMs(1) })),
        "permission_missing"
    );
    bench.check();
}

#[test]
fn an_event_that_overwrites_carries_the_old_value() {
    let mut bench = Bench::new();
    let set = |lines: &[&str]| Command::SetList {
        name: "ads".to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    bench.ask(ADMIN, set(&["one"])).unwrap();
    let events = bench.ask(ADMIN, set(&["two", "three"])).unwrap();
    let [AnyEvent::Community(Event::ListSet { old, lines, .. })] = &events[..] else { panic!("{events:?}") };
    assert_eq!((old.len(), lines.len()), (1, 2));
    bench.ask(ADMIN, set(&[])).unwrap();
    assert!(bench.community().profile.lists.is_empty());
    bench.check();
}

#[test]
fn ownership_changes_hands_only_with_consent() {
    let mut bench = Bench::new();
    let offer = |to| Command::OfferOwnership { to };
    assert_eq!(code(bench.ask(ADMIN, offer(ANN))), "owner_only");
    assert_eq!(code(bench.ask(OWNER_ID, offer(GONE))), "not_found");
    assert_eq!(code(bench.ask(OWNER_ID, offer(ANN))), "wrong_state", "nobody has claimed Ann yet");
    claim(&mut bench, ANN);
    assert_eq!(code(bench.ask(OWNER_ID, offer(OWNER_ID))), "nothing_to_change");
    assert_eq!(code(bench.ask(OWNER_ID, offer(ANN))), "ok");
    assert_eq!(code(bench.ask(BEN, Command::AcceptOwnership)), "not_found");
    assert_eq!(code(bench.ask(ANN, Command::DeclineOwnership)), "ok");
    assert_eq!(code(bench.ask(ANN, Command::AcceptOwnership)), "not_found");
    assert_eq!(code(bench.ask(OWNER_ID, offer(ANN))), "ok");
    assert_eq!(code(bench.ask(ANN, Command::AcceptOwnership)), "ok");
    let community = bench.community();
    assert_eq!(community.profile.owner, Some(ANN));
    assert!(community.members.get(ANN).unwrap().roles.contains(OWNER));
    assert!(!community.members.get(OWNER_ID).unwrap().roles.contains(OWNER));
    assert_eq!(code(bench.ask(OWNER_ID, offer(BEN))), "owner_only");
}

#[test]
fn an_offer_runs_out() {
    let mut bench = Bench::new();
    claim(&mut bench, ANN);
    bench.ask(OWNER_ID, Command::OfferOwnership { to: ANN }).unwrap();
    bench.pass(3 * DAY_MS);
    assert_eq!(bench.community().profile.offer, None);
    assert_eq!(code(bench.ask(ANN, Command::AcceptOwnership)), "not_found");
}

#[test]
fn an_owner_hands_over_before_leaving() {
    let mut bench = Bench::new();
    assert_eq!(code(bench.ask(OWNER_ID, crate::member::Command::Leave)), "wrong_state");
    assert_eq!(code(bench.ask(ANN, crate::member::Command::Leave)), "ok");
}

#[test]
fn a_closed_community_says_why_and_opens_again() {
    let mut bench = Bench::new();
    let set = |value| Command::Change { setting: Setting::RejoinPauseMs(value) };
    assert_eq!(code(bench.ask(MODERATOR, Command::Archive { pointer: None })), "owner_only");
    bench.ask(OWNER_ID, Command::Archive { pointer: Some("orchard".to_owned()) }).unwrap();
    assert_eq!(code(bench.ask(OWNER_ID, set(1))), "community_archived");
    assert_eq!(code(bench.ask_as(Actor::Host, Command::Resume)), "nothing_to_change");
    assert_eq!(code(bench.ask(OWNER_ID, Command::Reopen)), "ok");
    assert_eq!(code(bench.ask(OWNER_ID, set(1))), "ok");
    assert_eq!(code(bench.ask(OWNER_ID, Command::Suspend)), "host_only");
    bench.ask_as(Actor::Host, Command::Suspend).unwrap();
    assert_eq!(code(bench.ask(OWNER_ID, set(2))), "community_suspended");
    assert_eq!(code(bench.ask(OWNER_ID, Command::Reopen)), "community_suspended");
    bench.ask_as(Actor::Host, Command::Resume).unwrap();
    bench.ask_as(Actor::Host, Command::Remove).unwrap();
    assert_eq!(code(bench.ask(OWNER_ID, set(3))), "community_removed");
    assert_eq!(code(bench.ask_as(Actor::Host, Command::Resume)), "community_removed");
}

#[test]
fn founding_needs_the_host_and_a_blueprint_that_works() {
    let found = |actor, name: &str, blueprint: Blueprint| {
        let create = Command::Create { name: name.to_owned(), blueprint: Box::new(blueprint), founder: None };
        let stream = Stream::new(crate::ids::CommunityId(9));
        let envelope = command::Command {
            id: CommandId(1),
            community: stream.id,
            at_ms: 1,
            actor,
            scope: None,
            key: None,
            cause: None,
            kind: create.clone().into(),
        };
        let mut out = Outcome::default();
        found(&stream, &envelope, &Bodies::default(), &create, &mut out).map(|()| out.events.len())
    };
    let role = |rank| crate::role::Role { rank, permissions: Default::default() };
    let with_role = |name: &str, rank| Blueprint {
        roles: BTreeMap::from([(name.to_owned(), role(rank))]),
        ..Blueprint::default()
    };
    let with_list =
        |lines| Blueprint { lists: BTreeMap::from([("ads".to_owned(), lines)]), ..Blueprint::default() };
    let rows = [
        (Actor::Host, "garden", Blueprint::default(), "ok"),
        (Actor::Person(PersonId(1)), "garden", Blueprint::default(), "host_only"),
        (Actor::Host, "", Blueprint::default(), "name_invalid"),
        (Actor::Host, " garden", Blueprint::default(), "name_invalid"),
        (Actor::Host, "gar\nden", Blueprint::default(), "name_invalid"),
        (Actor::Host, "园丁", with_role("园丁", 30), "ok"),
        (Actor::Host, "garden", with_role("king", 100), "value_invalid"),
        (Actor::Host, "garden", with_role("", 10), "name_invalid"),
        (Actor::Host, "garden", with_list(vec!["加微".to_owned()]), "ok"),
        (Actor::Host, "garden", with_list(vec!["x".repeat(200)]), "text_too_long"),
        (Actor::Host, "garden", with_list(vec!["x".to_owned(); 20_001]), "too_many"),
    ];
    for (actor, name, blueprint, expected) in rows {
        let result = found(actor, name, blueprint);
        assert_eq!(result.map_or_else(|refusal| refusal.code(), |_| "ok"), expected, "{name}");
    }
}
