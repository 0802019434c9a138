//! A random walk of joins, leavers, decisions and hours beside a naive model: a vector in which people queue.

use proptest::prelude::*;

use crate::gate::invite::Terms;
use crate::gate::testing::{Asking, Bench};
use crate::gate::{Command, Condition, Decision, GateConfig, Mode};
use crate::member;
use crate::moment::HOUR_MS;

/// Persons 2..12 take part.
const PEOPLE: std::ops::Range<u128> = 2..12;

#[derive(Debug, Clone)]
enum Step {
    Join(u128),
    Leave(u128),
    Withdraw(u128),
    Accept(u128),
    Decline(u128),
    Ban(u128),
    Unban(u128),
    Decide(u128, Decision),
    Capacity(Option<u64>),
    Hours(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let person = || PEOPLE;
    prop_oneof![
        6 => person().prop_map(Step::Join),
        2 => person().prop_map(Step::Leave),
        1 => person().prop_map(Step::Withdraw),
        3 => person().prop_map(Step::Accept),
        1 => person().prop_map(Step::Decline),
        1 => person().prop_map(Step::Ban),
        1 => person().prop_map(Step::Unban),
        3 => (person(), prop_oneof![Just(Decision::Admit), Just(Decision::Refuse)])
            .prop_map(|(person, decision)| Step::Decide(person, decision)),
        1 => proptest::option::weighted(0.9, 0..6_u64).prop_map(Step::Capacity),
        2 => (1..30_u64).prop_map(Step::Hours),
    ]
}

/// Where everybody stands, by the simplest means.
#[derive(Debug, Clone, Default)]
struct Model {
    capacity: Option<u64>,
    held: bool,
    review: Vec<u128>,
    list: Vec<u128>,
    offered: Vec<(u128, u64)>,
    inside: Vec<u128>,
    banned: Vec<u128>,
    reserved: Vec<u128>,
    used: u32,
    uses_max: u32,
    now_h: u64,
}

const LIST_MAX: usize = 4;
const OFFER_H: u64 = 24;

impl Model {
    fn free(&self) -> u64 {
        let taken = (self.inside.len() + self.offered.len()) as u64;
        self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(taken))
    }

    fn knows(&self, person: u128) -> bool {
        self.inside.contains(&person) || self.pending(person) || self.banned.contains(&person)
    }

    fn pending(&self, person: u128) -> bool {
        self.review.contains(&person)
            || self.list.contains(&person)
            || self.offered.iter().any(|(offered, _)| *offered == person)
    }

    fn offer(&mut self) {
        while self.free() > 0 && !self.list.is_empty() {
            let first = self.list.remove(0);
            self.offered.push((first, self.now_h + OFFER_H));
        }
    }

    fn drop_out(&mut self, person: u128) {
        self.review.retain(|other| *other != person);
        self.list.retain(|other| *other != person);
        self.offered.retain(|(other, _)| *other != person);
        self.reserved.retain(|other| *other != person);
        self.offer();
    }

    /// A seat, a place, or nothing; says whether they stay.
    fn seat(&mut self, person: u128) -> bool {
        if self.free() > 0 && self.list.is_empty() {
            self.inside.push(person);
        } else if self.list.len() < LIST_MAX {
            self.list.push(person);
        } else {
            return false;
        }
        true
    }

    fn settle_invite(&mut self, person: u128) {
        let before = self.reserved.len();
        self.reserved.retain(|other| *other != person || !self.inside.contains(&person));
        self.used += (before - self.reserved.len()) as u32;
    }

    fn take(&mut self, step: &Step) -> bool {
        match *step {
            Step::Join(person) if !self.knows(person) => {
                if self.used + self.reserved.len() as u32 >= self.uses_max {
                    return true;
                }
                if self.held {
                    self.review.push(person);
                    self.reserved.push(person);
                } else if self.seat(person) {
                    self.reserved.push(person);
                }
                self.settle_invite(person);
            }
            Step::Leave(person) if self.inside.contains(&person) => {
                self.inside.retain(|other| *other != person);
                self.offer();
            }
            Step::Withdraw(person) if self.pending(person) => self.drop_out(person),
            Step::Accept(person) if self.offered.iter().any(|(offered, _)| *offered == person) => {
                self.offered.retain(|(offered, _)| *offered != person);
                self.inside.push(person);
                self.settle_invite(person);
            }
            Step::Decline(person) if self.offered.iter().any(|(offered, _)| *offered == person) => {
                self.drop_out(person);
            }
            Step::Ban(person) if self.inside.contains(&person) || self.pending(person) => {
                self.inside.retain(|other| *other != person);
                self.banned.push(person);
                self.drop_out(person);
            }
            Step::Unban(person) if self.banned.contains(&person) => {
                self.banned.retain(|other| *other != person);
            }
            Step::Decide(person, Decision::Admit) if self.review.contains(&person) => {
                self.review.retain(|other| *other != person);
                if self.seat(person) { self.settle_invite(person) } else { self.drop_out(person) }
            }
            Step::Decide(person, Decision::Refuse) if self.pending(person) => self.drop_out(person),
            Step::Capacity(capacity) if capacity != self.capacity => {
                self.capacity = capacity;
                self.offer();
            }
            Step::Hours(hours) => {
                for _ in 0..hours {
                    self.now_h += 1;
                    while let Some((person, _)) =
                        self.offered.iter().find(|(_, end)| *end <= self.now_h).copied()
                    {
                        self.drop_out(person);
                    }
                }
            }
            _ => return false,
        }
        true
    }
}

fn command(bench: &mut Bench, step: &Step) -> bool {
    let person_of = |bench: &Bench, person| {
        bench.community().members.of_person(crate::ids::PersonId(person)).map(|row| row.id)
    };
    let outcome = match *step {
        Step::Join(person) => bench.apply(person, &Asking { invite: Some("code"), ..Asking::default() }),
        Step::Leave(person) => bench.ask(person, member::Command::Leave),
        Step::Withdraw(person) => bench.ask(person, Command::Withdraw),
        Step::Accept(person) => bench.ask(person, Command::AcceptSeat),
        Step::Decline(person) => bench.ask(person, Command::DeclineSeat),
        Step::Hours(hours) => {
            (0..hours).for_each(|_| bench.advance(HOUR_MS));
            return true;
        }
        Step::Capacity(capacity) => {
            bench.owner(Command::SetCapacity { capacity: capacity.map(|seats| seats + 1) })
        }
        Step::Ban(person) | Step::Unban(person) | Step::Decide(person, _) => {
            let Some(member) = person_of(bench, person) else { return false };
            match *step {
                Step::Ban(_) if matches!(bench.standing(person), "left" | "turned_away" | "banned") => {
                    return false;
                }
                Step::Ban(_) => bench.owner(member::Command::Ban { member, for_ms: None, reason: None }),
                Step::Unban(_) => bench.owner(member::Command::Unban { member }),
                Step::Decide(_, decision) => bench.owner(Command::Decide { member, decision, reason: None }),
                _ => return false,
            }
        }
    };
    outcome.is_ok()
}

fn compare(bench: &Bench, model: &Model) {
    for person in PEOPLE {
        let place = model.list.iter().position(|other| *other == person);
        let expected = place.map(|place| (place as u64 + 1, model.list.len() as u64));
        let row = bench.community().members.of_person(crate::ids::PersonId(person));
        assert_eq!(
            row.and_then(|row| crate::gate::place(bench.community(), row.id)),
            expected,
            "person {person}"
        );
        let standing = bench.standing(person);
        assert_eq!(standing == "active", model.inside.contains(&person), "person {person} is {standing}");
        assert_eq!(standing == "review", model.review.contains(&person), "person {person} is {standing}");
        let offered = model.offered.iter().any(|(other, _)| *other == person);
        assert_eq!(standing == "offered", offered, "person {person} is {standing}");
    }
    let invite = bench.community().gate.invites.values().next().unwrap();
    assert_eq!((invite.used, invite.taken()), (model.used, model.used + model.reserved.len() as u32));
    assert!(invite.taken() <= invite.uses_max, "never more than the invite allows");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn seats_places_and_uses_are_those_of_a_naive_model(
        steps in proptest::collection::vec(step(), 1..80),
        capacity in 0..4_u64,
        held in any::<bool>(),
        uses_max in 1..20_u32,
    ) {
        let mut conditions = vec![Condition::Invite(Terms::default())];
        if held {
            conditions.push(Condition::Approval);
        }
        let config = GateConfig {
            mode: Mode::All,
            conditions,
            capacity: Some(capacity),
            waiting_max: LIST_MAX as u32,
            ..GateConfig::default()
        };
        let mut bench = Bench::new(config);
        let (code, source, uses) = ("code".to_owned(), String::new(), uses_max);
        let invite = Command::CreateInvite { code, uses, expires_at_ms: None, source, for_person: None };
        bench.owner(invite).unwrap();
        let mut model = Model { capacity: Some(capacity), held, uses_max, ..Model::default() };
        for step in &steps {
            let free = model.free();
            let done = command(&mut bench, step);
            prop_assert_eq!(done, model.take(step), "{:?}", step);
            compare(&bench, &model);
            if matches!(step, Step::Join(_) | Step::Accept(_)) && free == 0 {
                prop_assert_eq!(model.free(), 0, "nobody got a seat that was not there");
            }
        }
        bench.assert_folds_again();
    }
}
