//! The index on the real log, wired as the store wires it.

use std::sync::mpsc;

use kith_core::ports::{Head, NewFrame, NewRecord, Records, Snapshot, Snapshots};

use super::*;
use crate::store::Store;

const GARDEN: CommunityId = CommunityId(7);

fn append(store: &Store, id: u128) {
    let head = store.log().head(GARDEN).unwrap_or(Head::EMPTY);
    let seq = head.seq + 1;
    let record =
        NewRecord { seq, at_ms: seq, ids: vec![id], bytes: seq.to_be_bytes().into(), bodies: Vec::new() };
    let frame =
        NewFrame { community: GARDEN, epoch: head.epoch, frame_no: head.frame_no + 1, records: vec![record] };
    let (sender, receiver) = mpsc::channel();
    store.log().append(frame, Box::new(move |done| sender.send(done).unwrap())).unwrap();
    receiver.recv().unwrap().unwrap();
}

fn located(store: &Store, id: u128) -> Option<u64> {
    loop {
        match store.log().locate(GARDEN, id) {
            Err(StoreError::NotReady) => thread::yield_now(),
            found => return found.unwrap().map(|record| record.seq),
        }
    }
}

#[test]
fn records_are_located_while_running_and_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<u128> = (1..=300).map(|number| mint(1_700_000_000_000 + number * 60_000, 5)).collect();
    for (session, ids) in ids.chunks(100).enumerate() {
        let store = Store::open(folder.path()).unwrap();
        let index = store.derive(Box::new(|_| {})).unwrap();
        for (place, id) in ids.iter().enumerate() {
            append(&store, *id);
            assert_eq!(located(&store, *id), Some((session * 100 + place + 1) as u64));
        }
        drop(index);
    }
    let store = Store::open(folder.path()).unwrap();
    let _index = store.derive(Box::new(|_| {})).unwrap();
    for (place, id) in ids.iter().enumerate() {
        assert_eq!(located(&store, *id), Some(place as u64 + 1));
    }
    assert_eq!(located(&store, mint(1_700_000_000_000, 6)), None);
}

#[test]
fn snapshots_are_sealed_under_the_members_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let index = store.derive(Box::new(|_| {})).unwrap();
    wait_for(&index);
    let body = |id, owner| Body {
        id: kith_core::ids::BodyId(id),
        owner: MemberId(owner),
        key: [3; 16],
        bytes: b"planted"[..].into(),
    };
    let snapshot = Snapshot {
        head: Head::EMPTY,
        schema: 1,
        bytes: vec![1, 2, 3],
        bodies: vec![body(1, 50), body(2, 60)],
    };
    index.put(GARDEN, snapshot.clone()).unwrap();
    assert_eq!(index.newest(GARDEN).unwrap().unwrap().bodies, snapshot.bodies);
    store.keys().destroy(GARDEN, MemberId(50)).unwrap();
    assert_eq!(index.newest(GARDEN).unwrap().unwrap().bodies, snapshot.bodies[1..]);
}
