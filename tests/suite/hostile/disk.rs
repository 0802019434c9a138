//! A disk that is full, fails, or does not sync: from then on nothing is acknowledged, and the engine says
//! that it is over.

use kith_core::community::Blueprint;
use kith_store::disk::{Failure, SimulatedDisk};

use crate::recovery::power::on_disk;
use crate::world::{Acks, Ground, ManualClock, assert_nothing_lost, rounds};

/// How the disk fails: a write in some way, or a sync.
const FAILURES: [Option<Failure>; 4] =
    [None, Some(Failure::NoSpace), Some(Failure::Short), Some(Failure::Io)];
const SEGMENT_BYTES_MAX: u64 = 8 * 1024;
const ASKS: usize = 40;

#[test]
fn a_failing_disk_ends_the_engine_and_nothing_is_acknowledged_after_it() {
    for failure in FAILURES {
        for until in 0..rounds(10, 60) {
            let (disk, clock) = (SimulatedDisk::default(), ManualClock::new());
            let folder = tempfile::tempdir().unwrap();
            let ground = || {
                let ground = Ground::at(&folder.path().join("data")).clock(&clock);
                ground.store(on_disk(&disk, SEGMENT_BYTES_MAX))
            };
            let mut world = ground().open();
            let place = world.found("garden", &Blueprint::default());
            let other = world.found("attic", &Blueprint::default());
            match failure {
                None => disk.fail_sync(until),
                Some(failure) => disk.fail_write(until, failure),
            }
            let (mut acks, mut failed) = (Acks::default(), false);
            for number in 0..ASKS {
                clock.advance(1_000);
                let text = format!("words {number} {}", "and more ".repeat(number));
                let draft = world.message(place.id, place.channel, place.owner, &text);
                match world.ask(draft) {
                    Ok(reply) => {
                        assert!(!failed, "{failure:?} {until}: acknowledged after a failure");
                        acks.note(place.id, &reply);
                    }
                    Err(_) => failed = true,
                }
            }
            assert!(failed, "{failure:?} {until}: the failure was noticed");
            world.wait(world.engine().failure());
            assert!(world.post(other, other.owner, "nobody answers").is_err());
            assert!(world.look(place.id, |stream| stream.seq).is_err());
            world.wait(world.engine().stop());
            world.close();
            disk.power_cut(until);
            let world = ground().open();
            assert_nothing_lost(&world, &acks);
            world.post(place, place.owner, "a healthy disk").unwrap();
        }
    }
}
