//! Time that jumps, and timers that were due while nobody was there.
//!
//! Ownership offers serve as timers: each runs out by itself after some days.

use std::cell::RefCell;
use std::ops::ControlFlow;

use kith_core::community::{Blueprint, Command};
use kith_core::event::Event;
use kith_core::ids::CommunityId;
use kith_core::moment::{DAY_MS, HOUR_MS};
use kith_core::ports::Records;
use kith_core::record::Record;
use kith_core::timer;

use crate::world::{Dice, Ground, ManualClock, Place, START_MS, World, rounds};

/// Longer than any offer lasts.
const LONG_MS: u64 = 30 * DAY_MS;

fn offered(world: &World, name: &str) -> Place {
    let place = world.found(name, &Blueprint::default());
    let heir = world.join(place.id, "heir");
    world.ask_member(place.id, place.owner, Command::OfferOwnership { to: heir }).unwrap();
    place
}

fn has_offer(world: &World, id: CommunityId) -> bool {
    world.view(id, |community| community.profile.offer.is_some())
}

/// The times of a stream's records, and how many timers fired.
fn told(world: &World, id: CommunityId) -> (Vec<u64>, usize) {
    let (mut times, mut fired) = (Vec::new(), 0);
    let visit = |frame: kith_core::ports::StoredFrame| {
        for stored in &frame.records {
            times.push(stored.at_ms);
            let record = Record::decode(&stored.bytes).unwrap();
            let is_firing = |event: &&Event| matches!(event, Event::Timer(timer::Event::Fired { .. }));
            fired += record.events.iter().filter(is_firing).count();
        }
        ControlFlow::Continue(())
    };
    let mut visit = visit;
    world.opened().store().log().read(id, 1, &mut visit).unwrap();
    (times, fired)
}

#[test]
fn the_time_of_records_never_goes_back() {
    let clock = ManualClock::new();
    let mut world = Ground::fresh().clock(&clock).open();
    let place = world.found("garden", &Blueprint::default());
    let mut dice = Dice::new(5);
    for step in 0..40_u64 {
        clock.set_wall(START_MS - DAY_MS + dice.roll(2 * DAY_MS));
        let tag = kith_core::member::Command::Tag { member: place.owner, tag: format!("t{step}") };
        world.ask_member(place.id, place.owner, tag).unwrap();
        if step % 15 == 14 {
            world.restart();
        }
    }
    let (times, _) = told(&world, place.id);
    assert!(times.is_sorted() && times.len() > 40, "{times:?}");
    assert!(world.verify().is_sound());
}

#[test]
fn timers_wait_for_the_operator_when_the_wall_clock_jumps() {
    let clock = ManualClock::new();
    let world = Ground::fresh().clock(&clock).open();
    let place = offered(&world, "garden");
    clock.advance(HOUR_MS / 2);
    assert!(!world.engine().timers_paused());
    clock.set_wall(START_MS + LONG_MS);
    world.until("timers are paused", |world| world.engine().timers_paused());
    assert!(has_offer(&world, place.id), "nothing fires at a time that nobody confirmed");
    assert_eq!(told(&world, place.id).1, 0);
    world.engine().resume_timers();
    world.until("the offer has run out", |world| !has_offer(world, place.id));
    assert_eq!(told(&world, place.id).1, 1);
}

#[test]
fn timers_missed_while_down_fire_once_in_every_community() {
    for loses_index in [false, true] {
        let (clock, count) = (ManualClock::new(), rounds(150, 10_000));
        let mut world = Ground::fresh().clock(&clock).open();
        let places: Vec<Place> =
            (0..count).map(|number| offered(&world, &format!("room {number}"))).collect();
        world.await_index();
        world.close();
        clock.advance(LONG_MS);
        if loses_index {
            std::fs::remove_dir_all(world.data().join("index")).unwrap();
        }
        world.start().unwrap();
        // Nobody asks for any of them: they have to wake by themselves.
        let waiting = RefCell::new(places.clone());
        world.until("every timer has fired", |world| {
            waiting.borrow_mut().retain(|place| told(world, place.id).1 == 0);
            waiting.borrow().is_empty()
        });
        world.restart();
        world.await_index();
        assert!(places.iter().all(|place| told(&world, place.id).1 == 1), "and not again");
    }
}
