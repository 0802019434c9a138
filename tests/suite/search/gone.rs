//! What may not be found: what is held or denied, deleted, erased, cut off, or in a community that is gone.

use std::ffi::OsString;

use kith::streams::Streams;
use kith_core::command::{Actor, Command};
use kith_core::community::{self, Blueprint, Setting, Status};
use kith_core::decide::Outcome;
use kith_core::event::Event;
use kith_core::ids::MessageId;
use kith_core::message;
use kith_core::moment::MINUTE_MS;
use kith_core::ports::{NewFrame, NewRecord};
use kith_core::privacy;
use kith_core::queue;
use kith_core::record::Record;
use kith_runtime::draft::AskError;

use crate::world::{Ground, ManualClock, Place, World};

const STRICT: &str = r#"
[[rule]]
name = "ads"
step = "hold"
check.words = { lists = ["ads"] }
[[rule]]
name = "spam"
step = "warn"
check.words = { lists = ["spam"] }
[lists]
ads = ["bargain"]
spam = ["casino"]
"#;

#[test]
fn what_is_held_or_denied_is_not_found_until_it_is_let_go() {
    let mut world = World::new();
    let place = world.found("garden", &toml::from_str::<Blueprint>(STRICT).unwrap());
    let ann = world.join(place.id, "Ann");
    let held = world.post(place, ann, "a bargain of roses").unwrap();
    let denied = world.post(place, ann, "a casino of roses");
    assert!(!matches!(denied, Err(AskError::Stopping)), "{denied:?}");
    let said = world.post(place, ann, "plain roses").unwrap();
    world.check(place, "roses", &[said]);
    // What was held is read from another record than the one that lets it go, in another run too.
    world.restart();
    let hold = world.view(place.id, |community| *community.queue.holds.keys().next().unwrap());
    let release = queue::Command::Resolve { hold, outcome: queue::AtDeadline::Release, note: None };
    world.ask_member(place.id, place.owner, release).unwrap();
    world.check(place, "bargain", &[held]);
    world.check(place, "casino", &[]);
    let text = world.find(super::question(place, "bargain")).found.remove(0).text;
    assert_eq!(text, "a bargain of roses");
}

#[test]
fn what_was_deleted_is_not_found_even_before_the_index_knows() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let message = world.post(place, ann, "roses").unwrap();
    world.check(place, "roses", &[message]);
    let (mut feeder, search) = world.opened().feeder(Box::new(|_| {}));
    feeder.catch_up().unwrap();
    world.ask_member(place.id, ann, message::Command::Delete { message, reason: None }).unwrap();
    let question = super::question(place, "roses");
    assert_eq!(search.ask(&question).unwrap().hits.len(), 1, "the index is behind");
    let findings = world.wait(kith_runtime::indexing::find(world.engine(), &search, question)).unwrap();
    assert!(findings.found.is_empty(), "the state is not");
    drop(feeder);
    world.check(place, "roses", &[]);
}

/// Writes what happened into a stream at rest: an undo's doing, or a removal whose keys still stand.
fn happen(world: &World, place: Place, event: impl Into<Event>) {
    world.rest(place.id);
    let records = world.opened().ports().records;
    let head = records.head(place.id).unwrap();
    let kind = message::Command::Unpin { message: MessageId(1) };
    let (id, at_ms, community) = (world.mint().command(head.at_ms), head.at_ms, place.id);
    let (scope, key, cause) = (None, None, None);
    let command = Command { id, community, at_ms, actor: Actor::Host, scope, key, cause, kind: kind.into() };
    let mut outcome = Outcome::default();
    outcome.event(event);
    let (record, _) = Record::of(head.seq + 1, (command, message::Evidence::default()), outcome);
    let (seq, bytes) = (record.seq, record.encode());
    let record = NewRecord { seq, at_ms, ids: Vec::new(), bytes, bodies: Vec::new() };
    let (epoch, frame_no) = (head.epoch, head.frame_no + 1);
    let frame = NewFrame { community, epoch, frame_no, records: vec![record] };
    let (durable_to, durable) = std::sync::mpsc::channel();
    records.append(frame, Box::new(move |head| durable_to.send(head).unwrap())).unwrap();
    durable.recv().unwrap().unwrap();
}

#[test]
fn what_is_shown_again_is_found_by_what_it_said_last() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let message = world.post(place, ann, "roses at first").unwrap();
    world.edit(place, ann, message, "roses at last").unwrap();
    world.ask_member(place.id, ann, message::Command::Delete { message, reason: None }).unwrap();
    world.check(place, "roses", &[]);
    happen(&world, place, message::Event::Undeleted { message });
    world.check(place, "first", &[]);
    world.check(place, "last", &[message]);
}

#[test]
fn what_an_erased_member_wrote_is_not_found_and_what_others_wrote_is() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let (rose, fern) = (world.join(place.id, "Rose"), world.join(place.id, "Fern"));
    let hers = world.post(place, rose, "roses by Rose").unwrap();
    let edited = world.post(place, rose, "more roses").unwrap();
    world.edit(place, rose, edited, "yet more roses").unwrap();
    let others = world.post(place, fern, "roses by Fern").unwrap();
    world.check(place, "roses", &[others, edited, hers]);
    world.ask_as(place.id, Actor::Host, privacy::Command::Erase { member: rose }).unwrap();
    world.settle(place.id);
    world.check(place, "roses", &[others]);
    // An index made from the log has none of it either.
    let (mut feeder, _) = world.opened().feeder(Box::new(|_| {}));
    feeder.clear().unwrap();
    feeder.catch_up().unwrap();
    drop(feeder);
    world.check(place, "roses", &[others]);
}

#[test]
fn nothing_is_found_of_a_community_that_was_removed() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    world.post(place, place.owner, "roses").unwrap();
    assert_eq!(world.proposed(place, "roses").len(), 1);
    let other = world.found("orchard", &Blueprint::default());
    world.post(other, other.owner, "roses").unwrap();
    assert_eq!(world.proposed(other, "roses").len(), 1);
    let (status, old) = (Status::Removed, Status::Open);
    happen(&world, other, community::Event::StatusChanged { status, old });
    assert!(world.proposed(other, "roses").is_empty(), "before its keys are destroyed");
    world.ask_as(place.id, Actor::Host, community::Command::Remove).unwrap();
    world.settle(place.id);
    assert!(world.proposed(place, "roses").is_empty());
}

#[test]
fn what_retention_cut_off_is_not_found_any_more() {
    let clock = ManualClock::new();
    let mut world = Ground::fresh().clock(&clock).open();
    let place = world.found("garden", &Blueprint::default());
    let old = world.post(place, place.owner, "old roses").unwrap();
    clock.advance(3 * 24 * 60 * MINUTE_MS);
    let new = world.post(place, place.owner, "new roses").unwrap();
    world.check(place, "roses", &[new, old]);
    let setting = Setting::RetentionDays(Some(1));
    world.ask_member(place.id, place.owner, community::Command::Change { setting }).unwrap();
    world.settle(place.id);
    world.stop();
    let data = world.data().to_str().unwrap().to_owned();
    let words = ["kith", "compact", "--data", &data].map(OsString::from);
    assert_eq!(kith::run(words, &mut Streams::new(std::io::sink(), std::io::sink())), 0);
    world.start().unwrap();
    world.await_index();
    assert!(!world.proposed(place, "roses").contains(&old));
}
