//! Callers who repeat themselves: the same key and input get the same answer, whatever happened in between.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use kith_core::answer;
use kith_core::command::{Actor, Key};
use kith_core::community::Blueprint;
use kith_core::event::Event;
use kith_core::ids::{CommandId, MemberId};
use kith_core::limits::COMMANDS_PER_MINUTE_MAX;
use kith_core::member::Command;
use kith_core::moment::MINUTE_MS;
use kith_core::ports::{Records, StoredFrame};
use kith_core::record::Record;
use kith_runtime::draft::{AskError, Draft};

use crate::world::{Dice, Ground, ManualClock, Place, World, rounds};

/// What a key was answered: the record, or a refusal's code.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Done(u64, CommandId),
    Refused(&'static str),
}

const KEYS: u64 = 30;
const INPUTS: u64 = 3;

/// One of few commands, some of which are refused.
fn command(place: Place, input: u64) -> Command {
    match input {
        0 => Command::Tag { member: place.owner, tag: "tea".to_owned() },
        1 => Command::Untag { member: place.owner, tag: "tea".to_owned() },
        _ => Command::Ban { member: MemberId(99), for_ms: None, reason: None },
    }
}

fn keyed(world: &World, place: Place, actor: Actor, key: u64, input: u64) -> Draft {
    let pepper = world.opened().ports().keys.pepper(place.id).unwrap();
    let key = Key::new(format!("key {key}"), &pepper, &input.to_be_bytes());
    Draft { key: Some(key), ..world.draft(place.id, actor, command(place, input)) }
}

fn answer(world: &World, draft: Draft) -> Answer {
    match world.ask(draft) {
        Ok(reply) => Answer::Done(reply.seq, reply.command),
        Err(AskError::Refused(refusal)) => Answer::Refused(refusal.code()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_same_key_and_input_get_the_same_answer() {
    for seed in 0..rounds(3, 200) {
        let (clock, mut dice) = (ManualClock::new(), Dice::new(seed));
        let mut world = Ground::fresh().clock(&clock).open();
        let place = world.found("garden", &Blueprint::default());
        let admin = world.join(place.id, "admin");
        let give = kith_core::role::Command::Give { member: admin, name: "admin".to_owned() };
        world.ask_member(place.id, place.owner, give).unwrap();
        world.settle(place.id);
        let actors = [Actor::Member(place.owner), Actor::Member(admin), Actor::Host];
        let mut given: BTreeMap<(Actor, u64), (u64, Answer)> = BTreeMap::new();
        for _ in 0..250 {
            clock.advance(1_500);
            let (actor, key, input) = (*dice.pick(&actors), dice.roll(KEYS), dice.roll(INPUTS));
            let before = world.look(place.id, |stream| (stream.seq, stream.hash())).unwrap();
            let answer = answer(&world, keyed(&world, place, actor, key, input));
            let after = world.look(place.id, |stream| (stream.seq, stream.hash())).unwrap();
            match given.get(&(actor, key)) {
                Some((first, expected)) if *first == input => assert_eq!(&answer, expected),
                Some(_) => assert_eq!(answer, Answer::Refused("key_reused")),
                None => {
                    assert_eq!(after.0, before.0 + 1, "a keyed answer is recorded, refusals included");
                    given.insert((actor, key), (input, answer));
                    continue;
                }
            }
            assert_eq!(after, before, "seed {seed}: an answer given twice changes nothing");
            match dice.roll(20) {
                0 => world.restart(),
                1 => world.rest(place.id),
                2 => {
                    world.close();
                    world.start().unwrap();
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_member_above_the_rate_is_refused_until_the_minute_is_over() {
    let clock = ManualClock::new();
    let world = Ground::fresh().clock(&clock).open();
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    clock.advance(MINUTE_MS);
    let post = |number: u32| world.post(place, ann, &format!("words {number}"));
    for number in 0..COMMANDS_PER_MINUTE_MAX {
        post(number).unwrap();
    }
    let before = world.state_hash(place.id);
    for number in 0..5 {
        let refused = post(number);
        assert!(matches!(&refused, Err(AskError::Refused(refusal)) if refusal.code() == "too_many_commands"));
    }
    assert_eq!(world.state_hash(place.id), before);
    world.post(place, place.owner, "others are not counted with her").unwrap();
    clock.advance(MINUTE_MS);
    post(0).unwrap();
    post(1).unwrap();
    assert_eq!(counted(&world, place), [BTreeMap::from([(Actor::Member(ann), 5)])], "one event a minute");
    for number in 0..COMMANDS_PER_MINUTE_MAX {
        // Those above the rate are refused.
        let _ = post(number);
    }
    world.rest(place.id);
    let second = BTreeMap::from([(Actor::Member(ann), 2)]);
    assert_eq!(counted(&world, place)[1..], [second], "what is not counted yet is when the stream rests");
}

/// What the log says of refusals for their rate, in order.
fn counted(world: &World, place: Place) -> Vec<BTreeMap<Actor, u32>> {
    let mut counted = Vec::new();
    let visit = &mut |frame: StoredFrame| {
        for stored in &frame.records {
            let record = Record::decode(&stored.bytes).unwrap();
            counted.extend(record.events.into_iter().filter_map(|event| match event {
                Event::Answer(answer::Event::RateExceeded(refused)) => Some(refused.by_actor),
                _ => None,
            }));
        }
        ControlFlow::Continue(())
    };
    world.opened().store().log().read(place.id, 1, visit).unwrap();
    counted
}
