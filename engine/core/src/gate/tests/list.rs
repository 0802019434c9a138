//! Seats and the waiting list.

use crate::gate::testing::Bench;
use crate::gate::{Command, GateConfig};
use crate::ids::MemberId;
use crate::member;
use crate::moment::HOUR_MS;
use crate::notice::Arg;

fn seats(capacity: u64) -> Bench {
    Bench::new(GateConfig { capacity: Some(capacity), ..GateConfig::default() })
}

/// Persons are numbered from 2: 1 is the owner.
fn joined(capacity: u64, people: u128) -> Bench {
    let mut bench = seats(capacity);
    for person in 2..2 + people {
        bench.join(person).unwrap();
    }
    bench
}

#[test]
fn member_501_of_500_reads_their_place_in_the_list() {
    let mut bench = joined(500, 500);
    assert_eq!(bench.standing(501), "active");
    bench.join(502).unwrap();
    bench.join(503).unwrap();
    assert_eq!((bench.standing(502), bench.place(502)), ("waiting", Some((1, 2))));
    assert_eq!((bench.standing(503), bench.place(503)), ("waiting", Some((2, 2))));
    let told = &bench.row(502).notices[0].text;
    assert_eq!(told.code, "gate.place_in_list");
    assert_eq!((&told.args["place"], &told.args["of"]), (&Arg::Number(1), &Arg::Number(1)));
    assert_eq!(bench.place(501), None, "who is inside has no place");
    bench.assert_folds_again();
}

#[test]
fn a_leavers_seat_is_kept_for_24_hours_and_then_offered_to_the_next() {
    let mut bench = joined(2, 5);
    assert_eq!(bench.place(4), Some((1, 3)));
    bench.ask(2, member::Command::Leave).unwrap();
    assert_eq!(bench.standing(4), "offered");
    assert_eq!(bench.told(4), ["gate.place_in_list", "gate.seat_offered"]);
    assert_eq!(bench.row(4).notices[1].text.args["hours"], Arg::Number(24));
    assert_eq!(bench.place(5), Some((1, 2)), "the gap closed");
    bench.advance(24 * HOUR_MS - 1);
    assert_eq!((bench.standing(4), bench.standing(5)), ("offered", "waiting"));
    bench.advance(1);
    assert_eq!((bench.standing(4), bench.standing(5)), ("left", "offered"));
    assert_eq!(bench.told(4).last(), Some(&"gate.seat_lapsed"));
    bench.ask(5, Command::AcceptSeat).unwrap();
    assert_eq!(bench.standing(5), "active");
    bench.advance(48 * HOUR_MS);
    assert_eq!((bench.standing(5), bench.standing(6)), ("active", "waiting"));
    assert!(bench.stream.timers.is_empty());
    bench.assert_folds_again();
}

#[test]
fn fifty_joins_on_one_seat_admit_one() {
    let bench = joined(1, 50);
    let standings: Vec<&str> = (2..52).map(|person| bench.standing(person)).collect();
    assert_eq!(standings.iter().filter(|standing| **standing == "active").count(), 1);
    assert_eq!(standings.iter().filter(|standing| **standing == "waiting").count(), 49);
    for person in 3..52 {
        assert_eq!(bench.place(person), Some((person as u64 - 2, 49)));
    }
}

#[test]
fn an_offered_seat_counts_as_taken() {
    let mut bench = joined(1, 2);
    bench.ask(2, member::Command::Leave).unwrap();
    assert_eq!(bench.standing(3), "offered");
    bench.join(4).unwrap();
    assert_eq!(bench.standing(4), "waiting");
    bench.ask(3, Command::DeclineSeat).unwrap();
    assert_eq!((bench.standing(3), bench.standing(4)), ("left", "offered"));
    assert_eq!(bench.ask(3, Command::AcceptSeat).unwrap_err().code(), "not_found");
}

#[test]
fn a_seat_can_not_be_accepted_after_its_time_even_if_the_timer_is_late() {
    let mut bench = joined(1, 2);
    bench.ask(2, member::Command::Leave).unwrap();
    bench.at_ms += 24 * HOUR_MS;
    assert_eq!(bench.ask(3, Command::AcceptSeat).unwrap_err().code(), "wrong_state");
}

#[test]
fn more_seats_are_offered_in_the_order_of_the_list() {
    let mut bench = joined(1, 6);
    bench.owner(Command::SetCapacity { capacity: Some(4) }).unwrap();
    let standings: Vec<&str> = (2..8).map(|person| bench.standing(person)).collect();
    assert_eq!(standings, ["active", "offered", "offered", "waiting", "waiting", "waiting"]);
    bench.owner(Command::SetCapacity { capacity: None }).unwrap();
    assert!((3..8).all(|person| bench.standing(person) == "offered"));
    bench.assert_folds_again();
}

#[test]
fn thousands_of_seats_are_offered_by_more_than_one_command() {
    let mut bench = joined(1, 1_002);
    let outcome = bench.owner(Command::SetCapacity { capacity: None }).unwrap();
    assert!(outcome.events.len() < 2_000);
    assert_eq!((bench.standing(502), bench.standing(503)), ("offered", "waiting"));
    bench.join(5_000).unwrap();
    assert_eq!(bench.standing(5_000), "waiting", "nobody overtakes those who wait");
    bench.advance(0);
    assert_eq!(bench.standing(1_002), "offered");
}

#[test]
fn fewer_seats_send_nobody_away() {
    let mut bench = joined(3, 4);
    bench.owner(Command::SetCapacity { capacity: Some(1) }).unwrap();
    assert_eq!(bench.community().members.active_count(), 4);
    bench.ask(2, member::Command::Leave).unwrap();
    assert_eq!(bench.standing(5), "waiting", "the room is still too full");
}

#[test]
fn leaving_the_list_closes_the_gap() {
    let mut bench = joined(1, 4);
    bench.ask(4, Command::Withdraw).unwrap();
    assert_eq!((bench.place(3), bench.place(5)), (Some((1, 2)), Some((2, 2))));
    bench.join(4).unwrap();
    assert_eq!(bench.place(4), Some((3, 3)), "who comes back queues up again");
}

#[test]
fn a_full_list_without_a_next_community_turns_away_and_says_so() {
    let mut bench = Bench::new(GateConfig { capacity: Some(1), waiting_max: 1, ..GateConfig::default() });
    for person in 2..4 {
        bench.join(person).unwrap();
    }
    let outcome = bench.join(4).unwrap();
    assert_eq!(bench.standing(4), "turned_away");
    assert_eq!(outcome.decisions[0].reason.code, "gate.capacity.full");
    assert_eq!(outcome.decisions[0].ground.verdict(), outcome.decisions[0].verdict);
    assert_eq!(
        outcome.decisions[0].remedy.as_ref().map(|text| text.code.as_str()),
        Some("gate.capacity.remedy")
    );
}

#[test]
fn a_banned_applicant_gives_up_their_offer() {
    let mut bench = joined(1, 3);
    bench.ask(2, member::Command::Leave).unwrap();
    let offered: MemberId = bench.row(3).id;
    bench.owner(member::Command::Ban { member: offered, for_ms: None, reason: None }).unwrap();
    assert_eq!((bench.standing(3), bench.standing(4)), ("banned", "offered"));
    bench.assert_folds_again();
}

#[test]
fn a_timer_that_finds_another_offer_does_nothing() {
    let mut bench = joined(1, 2);
    bench.ask(2, member::Command::Leave).unwrap();
    let (due_ms, _) = bench.stream.timers.next().unwrap();
    bench.ask(3, Command::DeclineSeat).unwrap();
    bench.join(2).unwrap();
    bench.join(3).unwrap();
    bench.advance(HOUR_MS);
    bench.ask(2, member::Command::Leave).unwrap();
    bench.advance(due_ms - bench.at_ms);
    assert_eq!(bench.standing(3), "offered", "the first offer's timer is not the second's");
}
