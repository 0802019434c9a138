//! Erasing: what was planted is found nowhere, and the facts stay what they were.

use super::*;
use crate::command::Actor;
use crate::host::noun::PersonCommand;
use crate::ids::MemberId;
use crate::member;
use crate::testing_host::{GARDEN, HOST, Keep, Streams, WORKSHOP};

const PLANTED: &str = "rose-of-the-planted-name";

/// A garden with a member whose name is planted, and one who stays.
fn garden() -> (Streams, MemberId, MemberId) {
    let mut streams = Streams::with_garden();
    let (_, rose) = streams.linked(GARDEN, PLANTED);
    let (_, fern) = streams.linked(GARDEN, "fern");
    streams.ask(GARDEN, Actor::Host, member::Command::Tag { member: rose, tag: "vip".to_owned() }).unwrap();
    (streams, rose, fern)
}

fn holds(streams: &Streams, needle: &str) -> bool {
    let stream = &streams.streams[&GARDEN];
    let found = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    found(&stream.encode()) || stream.bodies.iter().any(|body| found(&body.bytes))
}

#[test]
fn an_erased_member_is_found_nowhere_and_the_hash_stays() {
    let (mut streams, rose, _) = garden();
    assert!(holds(&streams, PLANTED));
    streams.ask(GARDEN, Actor::Member(rose), Command::EraseMyself).unwrap();
    assert!(!holds(&streams, PLANTED));
    assert!(holds(&streams, "fern"));
    let stream = &streams.streams[&GARDEN];
    let row = stream.community().unwrap().members.get(rose).unwrap();
    assert!(matches!(row.standing, member::Standing::Erased { .. }));
    assert!(row.person.is_none() && row.tags.is_empty() && row.roles.is_empty());
    let destroyed = |body: &crate::body::Body| if body.owner == rose { Keep::No } else { Keep::Yes };
    assert_eq!(streams.refold(GARDEN, destroyed).hash(), stream.hash());
    assert_eq!(streams.refold(GARDEN, |_| Keep::No).hash(), stream.hash());
    assert_eq!(streams.refold(GARDEN, |_| Keep::Yes).bodies, stream.bodies);
}

#[test]
fn who_may_erase_whom() {
    let (streams, rose, fern) = garden();
    for (actor, command, expected) in [
        (Actor::Member(rose), Command::EraseMyself, None),
        (Actor::Host, Command::Erase { member: rose }, None),
        (Actor::Member(fern), Command::Erase { member: rose }, Some("owner_only")),
        (Actor::Host, Command::Erase { member: MemberId(1) }, Some("not_found")),
        (Actor::Host, Command::EraseMyself, Some("not_a_member")),
        (Actor::Host, Command::Finish { done: Erasures::default() }, Some("not_a_member")),
    ] {
        let refused = streams.clone().ask(GARDEN, actor, command.clone()).err();
        assert_eq!(refused.map(|refusal| refusal.code()), expected, "{actor:?} {command:?}");
    }
}

#[test]
fn an_owner_hands_over_before_they_are_erased() {
    let mut streams = Streams::new();
    let person = streams.person();
    streams.found_owned(WORKSHOP, "workshop", person, "olive");
    let owner = streams.community(WORKSHOP).profile.owner.unwrap();
    let refused = streams.ask(WORKSHOP, Actor::Member(owner), Command::EraseMyself);
    assert!(matches!(refused, Err(Refusal::WrongState { .. })));
    streams.host(PersonCommand::Erase { person }).unwrap();
    streams.deliver_all();
    assert_eq!(streams.community(WORKSHOP).profile.owner, None);
}

#[test]
fn an_erasure_stays_in_the_state_until_it_is_finished_once() {
    let (mut streams, rose, _) = garden();
    streams.ask(GARDEN, Actor::Member(rose), Command::EraseMyself).unwrap();
    let again = streams.ask(GARDEN, Actor::Host, Command::Erase { member: rose });
    assert_eq!(again, Err(Refusal::NothingToChange));
    let done = streams.streams[&GARDEN].erasures.clone();
    assert!(done.members().eq([rose]));
    let finish = Command::Finish { done };
    streams.ask(GARDEN, Actor::Stream(GARDEN), finish.clone()).unwrap();
    assert!(streams.streams[&GARDEN].erasures.is_empty());
    let again = streams.ask(GARDEN, Actor::Stream(GARDEN), finish);
    assert_eq!(again, Err(Refusal::NothingToChange));
    streams.deliver_all();
    assert!(streams.known().persons.iter().all(|person| person.links.values().all(|id| *id != rose)));
}

#[test]
fn a_community_with_nothing_of_a_person_says_so() {
    let (mut streams, ..) = garden();
    let parcel = crate::handoff::Parcel::Privacy(Parcel::Erase { person: PersonId(1) });
    let kind = crate::handoff::Command::Receive { from: HOST, parcel };
    let told = streams.ask(GARDEN, Actor::Stream(HOST), kind).unwrap();
    assert_eq!(told.outbox.len(), 1);
}

#[test]
fn an_export_holds_ones_own_and_nothing_of_others() {
    let (streams, rose, fern) = garden();
    let sheet = serde_json::to_string(&export(&streams.streams[&GARDEN], rose).unwrap()).unwrap();
    assert!(sheet.contains(PLANTED) && sheet.contains("vip"));
    assert!(!sheet.contains("fern") && !sheet.contains(&fern.to_string()));
    assert_eq!(export(&streams.streams[&GARDEN], MemberId(1)), None);
}
