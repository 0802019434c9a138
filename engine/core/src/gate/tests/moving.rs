//! Two communities: "take me to group two".

use crate::body::Bodies;
use crate::command::Actor;
use crate::decide::Outcome;
use crate::gate::testing::{Asking, Bench};
use crate::gate::{Command, Condition, Decision, GateConfig, MOVE_TIMEOUT_MS, Overflow};
use crate::handoff::{self, delivery_id};
use crate::hook::{Hook, Ruling};
use crate::ids::CommunityId;
use crate::member;
use crate::testing_script::{Stand, put, reason};

const ONE: CommunityId = CommunityId(1);
const TWO: CommunityId = CommunityId(2);

/// Group one with a seat, a list of one, and the way to group two; its seat and the list's place are taken.
fn group_one() -> Bench {
    let overflow = Some(Overflow { community: "group-two".to_owned(), id: None });
    let config = GateConfig { capacity: Some(1), waiting_max: 2, overflow, ..GateConfig::default() };
    let mut one = Bench::named(ONE, config);
    for person in 2..4 {
        one.join(person).unwrap();
    }
    one
}

fn group_two(conditions: &[Condition]) -> Bench {
    Bench::named(TWO, GateConfig { conditions: conditions.to_vec(), ..GateConfig::default() })
}

fn take() -> Command {
    Command::TakeOverflow { community: "group-two".to_owned(), to: TWO }
}

/// Brings what waits in one stream's outbox to the other, as the runtime would. What the host is told stays
/// there.
fn deliver(from: &mut Bench, to: &mut Bench) -> Vec<Outcome> {
    let waits = from.stream.handoffs.outbox().filter(|(.., out)| out.to != crate::ids::CommunityId::HOST);
    let rows: Vec<_> = waits.map(|(row, _, out)| (row, out.clone())).collect();
    let mut outcomes = Vec::new();
    for (row, outgoing) in &rows {
        assert_eq!(outgoing.to, to.stream.id);
        let id = delivery_id(from.stream.id, *row, to.at_ms);
        let bodies: Bodies =
            outgoing.bodies.iter().filter_map(|body| from.stream.bodies.get(body).cloned()).collect();
        let receive = handoff::Command::Receive { from: from.stream.id, parcel: outgoing.parcel.clone() };
        let actor = Actor::Stream(from.stream.id);
        outcomes.push(to.run(id, actor, receive.clone().into(), bodies.clone()).unwrap());
        let again = to.run(id, actor, receive.into(), bodies).unwrap_err();
        assert_eq!(again.code(), "nothing_to_change", "a second delivery changes nothing");
    }
    let id = crate::ids::CommandId(from.fresh());
    let delivered = handoff::Command::Delivered { rows: rows.iter().map(|(row, _)| *row).collect() };
    from.run(id, Actor::Stream(to.stream.id), delivered.into(), Bodies::default()).unwrap();
    outcomes
}

#[test]
fn take_me_to_group_two() {
    let (mut one, mut two) = (group_one(), group_two(&[]));
    one.apply(4, &Asking { source: "qr", ..Asking::default() }).unwrap();
    assert_eq!(one.told(4), ["gate.place_in_list_or_next"]);
    one.ask(4, take()).unwrap();
    assert_eq!((one.standing(4), one.place(4)), ("moving", Some((2, 2))), "the place is kept meanwhile");
    deliver(&mut one, &mut two);
    assert_eq!(two.standing(4), "active");
    assert_eq!((two.row(4).origin.source.as_str(), two.row(4).origin.from), ("qr", Some(ONE)));
    let nickname = two.row(4).nickname;
    assert_eq!(two.stream.bodies.text(&nickname), Some("小王"), "what they wrote came along");
    deliver(&mut two, &mut one);
    assert_eq!((one.standing(4), one.place(3)), ("left", Some((1, 1))));
    assert_eq!(one.told(4).last(), Some(&"gate.moved"));
    one.advance(2 * MOVE_TIMEOUT_MS);
    assert_eq!(one.standing(4), "left", "the timer finds nothing to do");
    one.assert_folds_again();
    two.assert_folds_again();
}

#[test]
fn who_finds_the_list_full_is_offered_group_two() {
    let (mut one, mut two) = (group_one(), group_two(&[]));
    for person in 4..7 {
        one.join(person).unwrap();
    }
    assert_eq!((one.standing(5), one.place(5)), ("full", None));
    assert_eq!(one.told(5), ["gate.full_but_next"]);
    one.ask(5, take()).unwrap();
    deliver(&mut one, &mut two);
    deliver(&mut two, &mut one);
    assert_eq!((one.standing(5), two.standing(5)), ("left", "active"));
    one.advance(one.community().gate.config.offer_hours as u64 * 3_600_000);
    assert_eq!((one.standing(6), one.told(6).last()), ("left", Some(&"gate.next_lapsed")));
}

#[test]
fn who_is_refused_there_stands_where_they_stood() {
    let (mut one, mut two) = (group_one(), group_two(&[Condition::Invite(Default::default())]));
    for person in 4..6 {
        one.join(person).unwrap();
    }
    for person in [3, 5] {
        one.ask(person, take()).unwrap();
    }
    one.ask(2, member::Command::Leave).unwrap();
    assert_eq!(one.standing(4), "offered", "who is away is not offered a seat");
    deliver(&mut one, &mut two);
    assert_eq!(two.standing(3), "turned_away");
    deliver(&mut two, &mut one);
    assert_eq!((one.standing(3), one.place(3)), ("waiting", Some((1, 1))));
    assert_eq!(one.standing(5), "full");
    assert!(one.told(3).contains(&"gate.refused_there"));
    one.ask(4, Command::DeclineSeat).unwrap();
    assert_eq!(one.standing(3), "offered");
    one.assert_folds_again();
    two.assert_folds_again();
}

#[test]
fn who_has_to_wait_there_keeps_waiting_here_until_they_are_taken() {
    let (mut one, mut two) = (group_one(), group_two(&[Condition::Approval]));
    one.ask(3, take()).unwrap();
    deliver(&mut one, &mut two);
    deliver(&mut two, &mut one);
    assert_eq!((two.standing(3), one.standing(3)), ("review", "waiting"));
    let member = two.row(3).id;
    two.owner(Command::Decide { member, decision: Decision::Admit, reason: None }).unwrap();
    deliver(&mut two, &mut one);
    assert_eq!((two.standing(3), one.standing(3)), ("active", "left"));
}

#[test]
fn without_an_answer_they_are_back_in_their_place_and_a_late_answer_counts() {
    let (mut one, mut two) = (group_one(), group_two(&[]));
    one.ask(3, take()).unwrap();
    one.ask(2, member::Command::Leave).unwrap();
    one.advance(MOVE_TIMEOUT_MS - 1);
    assert_eq!(one.standing(3), "moving");
    one.advance(1);
    assert_eq!(one.standing(3), "offered", "the seat that came free meanwhile");
    assert!(one.told(3).contains(&"gate.no_answer_there"));
    deliver(&mut one, &mut two);
    deliver(&mut two, &mut one);
    assert_eq!((one.standing(3), two.standing(3)), ("left", "active"));
    assert_eq!(one.community().members.active_count(), 1, "only the owner");
    one.assert_folds_again();
}

#[test]
fn only_the_community_that_was_asked_is_listened_to() {
    let (mut one, mut two) = (group_one(), group_two(&[]));
    let mut three = Bench::named(CommunityId(3), GateConfig::default());
    one.ask(3, take()).unwrap();
    deliver(&mut one, &mut two);
    two.stream.id = CommunityId(3);
    std::mem::swap(&mut two.stream.handoffs, &mut three.stream.handoffs);
    deliver(&mut three, &mut one);
    assert_eq!(one.standing(3), "moving");
}

#[test]
fn the_next_community_is_the_one_that_the_gate_names() {
    let mut one = group_one();
    let asks = |community: &str, to| Command::TakeOverflow { community: community.to_owned(), to };
    let rows = [
        (2, take(), "not_found"),
        (3, asks("group-three", TWO), "not_found"),
        (3, asks("group-two", ONE), "not_found"),
        (3, asks("group-two", CommunityId::HOST), "not_found"),
    ];
    for (person, command, expected) in rows {
        assert_eq!(one.ask(person, command.clone()).unwrap_err().code(), expected, "{command:?}");
    }
    one.ask(3, take()).unwrap();
    assert_eq!(one.ask(3, take()).unwrap_err().code(), "wrong_state");
}

#[test]
fn who_is_inside_or_waits_there_already_is_answered_without_asking_twice() {
    for (conditions, expected) in [(vec![], "left"), (vec![Condition::Approval], "waiting")] {
        let (mut one, mut two) = (group_one(), group_two(&conditions));
        two.join(3).unwrap();
        one.ask(3, take()).unwrap();
        deliver(&mut one, &mut two);
        assert_eq!(two.community().members.len(), 2);
        deliver(&mut two, &mut one);
        assert_eq!(one.standing(3), expected);
    }
}

#[test]
fn whoever_is_sent_on_is_asked_about_there_too() {
    let (mut one, mut two) = (group_one(), group_two(&[]));
    two.extend(Stand::new(|_| Ok((Ruling::Hold(reason("look")), Vec::new()))));
    two.owner(put("door", "fn on_join", Hook::Join)).unwrap();
    one.join(4).unwrap();
    one.ask(4, take()).unwrap();
    deliver(&mut one, &mut two);
    assert_eq!(two.standing(4), "review");
    two.assert_folds_again();
}
