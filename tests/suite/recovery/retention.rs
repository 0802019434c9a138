//! Retention: what is cut off is gone from the disk, and the community is what it was.

use kith::streams::Streams;
use kith_core::community::{Blueprint, Command, Setting};
use kith_core::limits::RECENT_MESSAGES_MAX;
use kith_core::message;
use kith_core::moment::MINUTE_MS;

use crate::world::{Ground, ManualClock, World};

const PLANTED: &str = "the planted words of long ago";

/// The log's files as one.
fn log_of(world: &World) -> Vec<u8> {
    let files = std::fs::read_dir(world.data().join("log")).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn compact(world: &World) {
    let data = world.data().to_str().unwrap().to_owned();
    let words = ["kith", "compact", "--data", &data].map(std::ffi::OsString::from);
    let mut streams = Streams::new(std::io::sink(), std::io::sink());
    assert_eq!(kith::run(words, &mut streams), 0);
}

#[test]
fn a_cut_drops_the_past_and_keeps_the_community() {
    let clock = ManualClock::new();
    let mut world = Ground::fresh().clock(&clock).open();
    let place = world.found("garden", &Blueprint::default());
    let whole = world.found("orchard", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let long_ago = world.post(place, ann, PLANTED).unwrap();
    for number in 0..RECENT_MESSAGES_MAX {
        clock.advance(MINUTE_MS);
        world.post(place, ann, &format!("{number} {}", "compost ".repeat(100))).unwrap();
    }
    let kept = world.post(whole, whole.owner, "nothing is cut here").unwrap();
    let setting = Setting::RetentionDays(Some(1));
    world.ask_member(place.id, place.owner, Command::Change { setting }).unwrap();
    world.settle(place.id);
    let (before, seq) = (world.state_hash(place.id), world.durable_seq(place.id));
    world.stop();
    let bytes = log_of(&world).len();

    compact(&world);

    assert!(log_of(&world).len() < bytes / 4, "the bytes came back");
    world.start().unwrap();
    world.await_index();
    assert!(world.verify().is_sound());
    assert_eq!((world.state_hash(place.id), world.durable_seq(place.id)), (before, seq));
    let react = |message| message::Command::React { message, emoji: "👍".to_owned() };
    assert!(world.ask_member(place.id, ann, react(long_ago)).is_err(), "what was cut is not found again");
    world.ask_member(whole.id, whole.owner, react(kept)).unwrap();
    world.post(place, ann, "life goes on").unwrap();
    let after = world.state_hash(place.id);
    world.restart();
    assert_eq!(world.state_hash(place.id), after);
    assert!(world.verify().is_sound());
}
