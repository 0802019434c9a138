//! Cuts, compaction and verification.

use std::path::Path;

use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{Head, Records, Snapshot, StoreError};

use super::model::{DATA, Writers, check_stream, frames, open, record, segment_path};
use crate::Store;
use crate::disk::SimulatedDisk;
use crate::log::NewCut;
use crate::log::placed::PlacedFrames;

const SMALL_SEGMENT_BYTES: u64 = 4 << 10;

fn head_at(store: &Store, community: CommunityId, frame_no: u64) -> Head {
    frames(store, community)
        .unwrap()
        .into_iter()
        .map(|frame| frame.head)
        .find(|h| h.frame_no == frame_no)
        .unwrap()
}

/// Cuts a stream at `covers` and moves its writer on.
fn cut(store: &Store, writers: &mut Writers, community: CommunityId, covers: Head) -> Result<(), StoreError> {
    let frame_no = writers.next[&community];
    let bodies = record(community, 1).bodies;
    let snapshot = Snapshot { head: covers, schema: 3, bytes: b"the state".to_vec(), bodies };
    let (sender, receiver) = std::sync::mpsc::channel();
    let done = Box::new(move |outcome| sender.send(outcome).unwrap());
    store.log().append_cut(NewCut { community, epoch: 1, frame_no, snapshot }, done)?;
    receiver.recv().unwrap()?;
    writers.next.insert(community, frame_no + 1);
    Ok(())
}

fn log_bytes(disk: &SimulatedDisk) -> usize {
    disk.paths().iter().map(|path| disk.bytes(path).unwrap().len()).sum()
}

fn numbers(store: &Store, community: CommunityId) -> Vec<u64> {
    frames(store, community).unwrap().iter().map(|frame| frame.head.frame_no).collect()
}

#[test]
fn compaction_drops_what_a_cut_stands_for_and_nothing_else() {
    let disk = SimulatedDisk::default();
    let (cut_stream, other, removed) = (CommunityId(1), CommunityId(2), CommunityId(3));
    let mut writers = Writers::default();
    {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        writers.fill(&store, 3, 40);
        let covers = head_at(&store, cut_stream, 30);
        cut(&store, &mut writers, cut_stream, covers).unwrap();
        store.log().remove(removed, Box::new(|outcome| assert!(outcome.is_ok()))).unwrap();
        writers.fill(&store, 2, 20);
        let before = log_bytes(&disk);
        let generation = store.log().generation();
        let done = store.compact(&mut |_| {}).unwrap();
        assert!(done.frames_dropped >= 60 && log_bytes(&disk) < before - 20_000, "{done:?}");
        assert!(store.log().generation() > generation);
        assert_eq!(numbers(&store, cut_stream), (31..=61).collect::<Vec<_>>());
    }
    for _ in 0..3 {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        assert_eq!(store.log().damages(), []);
        assert_eq!(store.log().streams(), [cut_stream, other]);
        let first = numbers(&store, cut_stream)[0];
        assert_eq!(first, 31);
        check_stream(&store, other).unwrap();
        assert!(numbers(&store, removed).is_empty());
        let snapshot = store.log().cut(cut_stream).unwrap().unwrap();
        assert_eq!((snapshot.head.frame_no, snapshot.schema, &*snapshot.bytes), (30, 3, &b"the state"[..]));
        assert_eq!(snapshot.bodies, record(cut_stream, 1).bodies);
        let report = store.verify(&mut |_, _| {}).unwrap();
        assert!(report.is_sound(), "{report:?}");
        writers.fill(&store, 2, 5);
        store.compact(&mut |_| {}).unwrap();
    }
}

#[test]
fn a_power_cut_during_compaction_leaves_the_log_as_it_was_or_as_it_will_be() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        let mut writers = Writers::default();
        writers.fill(&store, 3, 30);
        let covers = head_at(&store, CommunityId(1), 25);
        cut(&store, &mut writers, CommunityId(1), covers).unwrap();
        writers.fill(&store, 3, 10);
    }
    for failing_sync in 0..24 {
        for seed in 0..8 {
            let disk = disk.fork();
            let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
            disk.fail_sync(failing_sync);
            let _ = store.compact(&mut |_| {});
            disk.power_cut(seed);
            drop(store);
            let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
            let report = store.verify(&mut |_, _| {}).unwrap();
            assert!(report.is_sound(), "sync {failing_sync} seed {seed}: {report:?}");
            assert_eq!(numbers(&store, CommunityId(1)).last(), Some(&41));
            assert_eq!(store.log().cut(CommunityId(1)).unwrap().unwrap().head.frame_no, 25);
            for id in 2..=3 {
                assert_eq!(check_stream(&store, CommunityId(id)).unwrap(), 40);
            }
            store.compact(&mut |_| {}).unwrap();
            assert!(store.verify(&mut |_, _| {}).unwrap().is_sound());
        }
    }
}

#[test]
fn a_cut_must_name_a_frame_that_the_stream_has() {
    let store = open(&SimulatedDisk::default(), SMALL_SEGMENT_BYTES).unwrap();
    let mut writers = Writers::default();
    writers.fill(&store, 1, 5);
    let right = head_at(&store, CommunityId(1), 3);
    for wrong in [Head { hash: [9; 32], ..right }, Head { seq: 4, ..right }, Head { frame_no: 4, ..right }] {
        assert!(cut(&store, &mut writers, CommunityId(1), wrong).is_err(), "{wrong:?}");
    }
    cut(&store, &mut writers, CommunityId(1), right).unwrap();
}

#[test]
fn verify_names_the_place_of_damage_that_opening_did_not_look_at() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        Writers::default().fill(&store, 2, 30);
    }
    let mut bytes = disk.bytes(&segment_path(1)).unwrap();
    bytes[1000] ^= 4;
    disk.put(&segment_path(1), bytes);
    let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
    assert_eq!(store.log().damages(), [], "opening trusts an intact footer");
    let report = store.verify(&mut |_, _| {}).unwrap();
    let [problem] = &report.problems[..] else { panic!("{report:?}") };
    assert!(problem.file.ends_with("00000001.seg") && problem.offset <= 1000 && problem.community.is_some());
    assert_eq!(store.log().damages().len(), 1);
}

#[test]
fn verify_tells_erased_bodies_from_lost_keys() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        Writers::default().fill(&store, 2, 6);
        store.keys().destroy(CommunityId(1), MemberId(1)).unwrap();
    }
    let path = Path::new(DATA).join("keys/members");
    let mut keys = disk.bytes(&path).unwrap();
    keys[72 * 3 + 40] ^= 1;
    disk.put(&path, keys);
    let report = open(&disk, SMALL_SEGMENT_BYTES).unwrap().verify(&mut |_, _| {}).unwrap();
    assert_eq!((report.bodies, report.bodies_erased, report.bodies_unreadable), (8, 2, 2));
    assert_eq!(report.key_slots_damaged, 1);
    assert!(!report.is_sound());
}

#[test]
fn a_key_that_lost_power_cut_short_was_never_used() {
    let disk = SimulatedDisk::default();
    let mut writers = Writers::default();
    writers.fill(&open(&disk, SMALL_SEGMENT_BYTES).unwrap(), 1, 3);
    let path = Path::new(DATA).join("keys/members");
    let mut keys = disk.bytes(&path).unwrap();
    keys.extend([7; 40]);
    disk.put(&path, keys);
    for community in 2..=3 {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        assert!(store.verify(&mut |_, _| {}).unwrap().is_sound());
        writers.fill(&store, community, 3);
    }
    let report = open(&disk, SMALL_SEGMENT_BYTES).unwrap().verify(&mut |_, _| {}).unwrap();
    assert_eq!((report.is_sound(), report.bodies), (true, 18), "{report:?}");
}

#[test]
fn signed_heads_cannot_be_changed() {
    let store = open(&SimulatedDisk::default(), SMALL_SEGMENT_BYTES).unwrap();
    Writers::default().fill(&store, 3, 2);
    let signed = store.log().sign_heads(77);
    assert!(signed.verify());
    assert_eq!(signed.heads.iter().map(|head| head.frame_no).collect::<Vec<_>>(), [2, 2, 2]);
    let mut changed = signed.clone();
    changed.heads[1].hash[0] ^= 1;
    assert!(!changed.verify());
    assert!(!crate::log::SignedHeads { at_ms: 78, ..signed }.verify());
}
