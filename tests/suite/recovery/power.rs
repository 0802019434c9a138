//! Power cuts under the engine: a disk that forgets what was not synced, in any combination of sectors and
//! names.
//!
//! The short and the night form differ in rounds only. The same on a real file system needs root and is
//! `real_power`.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kith_store::Store;
use kith_store::disk::SimulatedDisk;
use kith_store::log::LogOptions;

use super::crowd;
use crate::world::{Acks, Dice, Ground, OpenStore, assert_nothing_lost, rounds};

/// Small, so that cuts also meet segments being sealed.
const SEGMENT_BYTES_MAX: u64 = 64 * 1024;
const CUTS_PER_DISK: u64 = 5;
const ROOMS: usize = 4;
const IN_FLIGHT: usize = 12;

/// Opens the log and the keys on a simulated disk.
pub(crate) fn on_disk(disk: &SimulatedDisk, segment_bytes_max: u64) -> OpenStore {
    let disk = disk.clone();
    Arc::new(move |data: &Path| {
        Store::open_on(Arc::new(disk.clone()), data, LogOptions { segment_bytes_max })
    })
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    for seed in 0..rounds(10, 200) {
        lose_power_again_and_again(seed);
    }
}

/// Several cuts of one disk; the index lies on a folder that keeps everything.
fn lose_power_again_and_again(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::default();
    let acks = Arc::new(Mutex::new(Acks::default()));
    let mut dice = Dice::new(seed);
    let open = |disk: &SimulatedDisk| {
        Ground::at(&folder.path().join("data")).store(on_disk(disk, SEGMENT_BYTES_MAX)).open()
    };
    for round in 0..CUTS_PER_DISK {
        let mut world = open(&disk);
        assert_nothing_lost(&world, &acks.lock().unwrap());
        let enough = 1 + dice.place(30);
        let (count, noted) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&acks));
        let (cut, how) = (disk.clone(), dice.roll(u64::MAX));
        let on_ack: crowd::OnAck = Arc::new(move |community, reply| {
            noted.lock().unwrap().note(community, reply);
            if count.fetch_add(1, Ordering::SeqCst) == enough {
                cut.power_cut(how);
            }
        });
        let quiet: crowd::OnAck = {
            let noted = Arc::clone(&acks);
            Arc::new(move |community, reply| noted.lock().unwrap().note(community, reply))
        };
        let rooms = crowd::rooms(&world, ROOMS, &quiet);
        world.wait(crowd::throng(world.engine().clone(), rooms, IN_FLIGHT, on_ack));
        world.wait(world.engine().failure());
        world.close();
        assert!(acks.lock().unwrap().len() > enough, "seed {seed} round {round}");
    }
    assert_nothing_lost(&open(&disk), &acks.lock().unwrap());
}
