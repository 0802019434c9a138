//! What is derived, lost in every way: the engine serves before it is there again, and nothing is missing.
//!
//! An edit of a message that has left the window needs the index: it tells whether `locate` works again.

use std::fs;
use std::path::Path;

use kith_core::community::Blueprint;
use kith_core::ids::{MemberId, MessageId};
use kith_core::ports::StoreError;
use kith_runtime::draft::AskError;

use crate::world::{Ground, ManualClock, Place, World};

/// More than the state keeps headers of.
const MESSAGES: usize = kith_core::limits::RECENT_MESSAGES_MAX + 20;

/// A way to lose the index below DATA.
struct Loss {
    name: &'static str,
    lose: fn(&Path),
}

const LOSSES: &[Loss] = &[
    Loss { name: "deleted", lose: |data| fs::remove_dir_all(data.join("index")).unwrap() },
    Loss { name: "emptied", lose: |data| each_file(data, |_| Vec::new()) },
    Loss { name: "cut in half", lose: |data| each_file(data, |bytes| bytes[..bytes.len() / 2].to_vec()) },
    Loss { name: "cut by a byte", lose: |data| each_file(data, |bytes| bytes[..bytes.len() - 1].to_vec()) },
    Loss {
        name: "garbage",
        lose: |data| each_file(data, |bytes| bytes.iter().map(|byte| byte ^ 0x5a).collect()),
    },
    Loss { name: "half garbage", lose: |data| each_file(data, spoil_second_half) },
    Loss { name: "zeros", lose: |data| each_file(data, |bytes| vec![0; bytes.len()]) },
    Loss { name: "a file in its place", lose: put_a_file_there },
    Loss {
        name: "took the process with it twice",
        lose: |data| fs::write(data.join("index.attempts"), [2]).unwrap(),
    },
];

fn each_file(data: &Path, change: impl Fn(&[u8]) -> Vec<u8>) {
    for file in fs::read_dir(data.join("index")).unwrap().flatten() {
        if file.file_type().unwrap().is_file() {
            let bytes = fs::read(file.path()).unwrap();
            if !bytes.is_empty() {
                fs::write(file.path(), change(&bytes)).unwrap();
            }
        }
    }
}

fn spoil_second_half(bytes: &[u8]) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes.iter().enumerate().map(|(place, byte)| if place < middle { *byte } else { byte ^ 0xa5 }).collect()
}

fn put_a_file_there(data: &Path) {
    fs::remove_dir_all(data.join("index")).unwrap();
    fs::write(data.join("index"), b"not a folder").unwrap();
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A community whose first message has left the window.
fn talked(world: &World, clock: &ManualClock) -> (Place, MemberId, MessageId) {
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let mut first = None;
    for number in 0..MESSAGES {
        clock.advance(1_000);
        let message = world.post(place, ann, &format!("message {number}")).unwrap();
        first.get_or_insert(message);
    }
    (place, ann, first.unwrap())
}

#[test]
fn a_lost_index_is_made_again_and_nothing_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, whole) = (ManualClock::new(), folder.path().join("whole"));
    let mut world = Ground::at(&whole).clock(&clock).open();
    let (place, ann, first) = talked(&world, &clock);
    let state = world.state_hash(place.id);
    world.await_index();
    world.stop();
    for loss in LOSSES {
        let data = folder.path().join(loss.name);
        copy(&whole, &data);
        (loss.lose)(&data);
        let mut world = Ground::at(&data).clock(&clock).open();
        assert_eq!(world.state_hash(place.id), state, "{}: served at once", loss.name);
        clock.advance(1_000);
        world.post(place, ann, "still here").unwrap_or_else(|error| panic!("{}: {error}", loss.name));
        match world.edit(place, ann, first, "mended early") {
            Ok(_) | Err(AskError::Store(StoreError::NotReady)) => {}
            Err(error) => panic!("{}: {error}", loss.name),
        }
        world.await_index();
        clock.advance(1_000);
        world.edit(place, ann, first, "mended").unwrap_or_else(|error| panic!("{}: {error}", loss.name));
        assert!(world.verify().is_sound(), "{}", loss.name);
        let after = world.state_hash(place.id);
        world.restart();
        assert_eq!(world.state_hash(place.id), after, "{}", loss.name);
    }
}
