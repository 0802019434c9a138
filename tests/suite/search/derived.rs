//! The index is derived: cut off, broken or lost, it is made again, in nobody's way.

use std::fs;
use std::path::Path;

use kith_core::community::Blueprint;
use kith_runtime::indexing::find;

use super::question;
use crate::world::World;

#[test]
fn it_is_fed_in_a_thread_of_its_own() {
    let world = World::new();
    let place = world.found("garden", &Blueprint::default());
    world.await_index();
    let indexing = world.opened().indexing().unwrap();
    for text in ["roses", "more roses"] {
        let message = world.post(place, place.owner, text).unwrap();
        indexing.nudge();
        world.until("it is found", |world| {
            let asked = find(world.engine(), indexing.search(), question(place, text));
            let newest = world.wait(asked).ok().and_then(|it| it.found.first().map(|it| it.hit.message));
            newest == Some(message)
        });
    }
}

#[test]
fn what_was_not_committed_when_the_process_ended_is_read_again() {
    let mut world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let first = world.post(place, place.owner, "roses").unwrap();
    world.check(place, "roses", &[first]);
    let second = world.post(place, place.owner, "roses again").unwrap();
    // Words on their way into the index, and how far they go is not noted.
    let (_, search) = world.opened().feeder(Box::new(|_| {}));
    let hit = search.ask(&question(place, "roses")).unwrap().hits[0];
    search.remove(place.id, hit.message).unwrap();
    drop(search);
    world.close();
    world.start().unwrap();
    world.check(place, "roses", &[second, first]);
}

/// A way to lose the index.
struct Loss {
    name: &'static str,
    lose: fn(&Path),
}

const LOSSES: &[Loss] = &[
    Loss { name: "deleted", lose: |folder| fs::remove_dir_all(folder).unwrap() },
    Loss { name: "emptied", lose: |folder| each_file(folder, |_| Vec::new()) },
    Loss { name: "cut in half", lose: |folder| each_file(folder, |bytes| bytes[..bytes.len() / 2].to_vec()) },
    Loss {
        name: "garbage",
        lose: |folder| each_file(folder, |bytes| bytes.iter().map(|byte| byte ^ 0x5a).collect()),
    },
    Loss {
        name: "without its last file",
        lose: |folder| {
            let words = |name: &str| name.ends_with(".idx");
            let mut files = fs::read_dir(folder).unwrap().flatten();
            let file = files.find(|file| words(&file.file_name().to_string_lossy())).unwrap();
            fs::remove_file(file.path()).unwrap();
        },
    },
    Loss {
        name: "a file in its place",
        lose: |folder| {
            fs::remove_dir_all(folder).unwrap();
            fs::write(folder, b"not a folder").unwrap();
        },
    },
];

fn each_file(folder: &Path, change: impl Fn(&[u8]) -> Vec<u8>) {
    for file in fs::read_dir(folder).unwrap().flatten() {
        fs::write(file.path(), change(&fs::read(file.path()).unwrap())).unwrap();
    }
}

#[test]
fn a_lost_index_is_made_again_and_nothing_is_missing() {
    let mut world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let message = world.post(place, place.owner, "roses").unwrap();
    for loss in LOSSES {
        world.check(place, "roses", &[message]);
        world.stop();
        (loss.lose)(&world.data().join("search"));
        world.start().unwrap();
        world.await_index();
        assert_eq!(world.proposed(place, "roses"), [message], "{}", loss.name);
    }
}

#[test]
fn a_release_that_finds_the_index_of_another_makes_its_own() {
    let mut world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let message = world.post(place, place.owner, "roses").unwrap();
    world.check(place, "roses", &[message]);
    world.stop();
    let meta = world.data().join("search/meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let other = text.replace("\\\"version\\\":2", "\\\"version\\\":0");
    assert_ne!(text, other, "it says its version");
    fs::write(&meta, other).unwrap();
    world.start().unwrap();
    world.check(place, "roses", &[message]);
}
