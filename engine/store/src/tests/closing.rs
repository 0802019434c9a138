//! A store that is dropped is closed: at once, whoever still has something of it.

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use kith_core::body::Body;
use kith_core::ids::{BodyId, CommunityId, MemberId};
use kith_core::ports::{Appended, Blobs, Head, NewFrame, Records, Snapshot, Snapshots, StoreError};

use super::model::{Writers, check_stream, record};
use crate::Store;

const GARDEN: CommunityId = CommunityId(3);
/// Openings one after another; each would have met the committer of the one before.
const OPENINGS: u64 = 200;
/// Long enough for any disk, short enough to see that it hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Looks at a folder that is about to become free: some seconds of them.
const LOOKS_MAX: u32 = 1_000_000;

fn next_frame(head: Option<Head>) -> NewFrame {
    let head = head.unwrap_or(Head::EMPTY);
    let records = vec![record(GARDEN, head.seq + 1)];
    NewFrame { community: GARDEN, epoch: head.epoch, frame_no: head.frame_no + 1, records }
}

/// A callback that owns something until it has run; the other end hears the outcome.
fn keeping<T: Send + 'static>(owned: T) -> (Appended, Receiver<Result<Head, StoreError>>) {
    let (tell, told) = channel();
    let done = Box::new(move |outcome| {
        tell.send(outcome).unwrap();
        drop(owned);
    });
    (done, told)
}

#[test]
fn a_folder_is_free_as_soon_as_its_store_is_gone_whoever_has_the_log() {
    let dir = tempfile::tempdir().unwrap();
    for opening in 1..=OPENINGS {
        let store = Store::open(dir.path()).unwrap();
        let log = Arc::clone(store.log());
        let frame = next_frame(log.head(GARDEN));
        let (done, told) = keeping(Arc::clone(&log));
        log.append(frame, done).unwrap();
        drop(log);
        drop(store);
        assert_eq!(told.try_recv().unwrap().unwrap().frame_no, opening, "told before the store is gone");
    }
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(check_stream(&store, GARDEN).unwrap(), OPENINGS);
}

#[test]
fn everything_of_a_closed_store_says_that_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    Writers::default().fill(&store, 3, 2);
    let (log, keys, blobs) = (Arc::clone(store.log()), store.keys(), store.blobs().unwrap());
    let index = store.derive(Box::new(|_| {})).unwrap();
    drop(store);
    let again = Store::open(dir.path()).unwrap();

    let body = Body { id: BodyId(9), owner: MemberId(1), key: [0; 16], bytes: b"late"[..].into() };
    let snapshot = Snapshot { head: Head::EMPTY, schema: 1, bytes: vec![1], bodies: vec![body] };
    let unheard: fn() -> Appended = || Box::new(|_| panic!("a refused frame is not done"));
    let table: Vec<(&str, Result<(), StoreError>)> = vec![
        ("append", log.append(next_frame(log.head(GARDEN)), unheard())),
        ("raise_epoch", log.raise_epoch(GARDEN, 2, unheard())),
        ("remove", log.remove(GARDEN, unheard())),
        ("read", log.read(GARDEN, 1, &mut |_| ControlFlow::Continue(()))),
        ("locate", log.locate(GARDEN, 1).map(drop)),
        ("verify", log.verify(&mut |_, _| {}).map(drop)),
        ("compact", log.compact(&mut |_| {}).map(drop)),
        ("destroy", keys.destroy(GARDEN, MemberId(1))),
        ("destroy_all", keys.destroy_all(GARDEN)),
        ("pepper", keys.pepper(GARDEN).map(drop)),
        ("put a blob", Blobs::put(&blobs, GARDEN, MemberId(1), b"late").map(drop)),
        ("put a snapshot", index.put(GARDEN, snapshot)),
        ("newest", index.newest(GARDEN).map(drop)),
        ("purge", index.purge(GARDEN)),
    ];
    for (what, outcome) in table {
        assert!(matches!(outcome, Err(StoreError::Closed)), "{what}: {outcome:?}");
    }
    assert_eq!(check_stream(&again, GARDEN).unwrap(), 2);
}

#[test]
fn a_store_that_goes_on_its_own_threads_neither_hangs_nor_loses_anything() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let store = Store::open(dir.path()).unwrap();
        let _index = store.derive(Box::new(|_| {})).unwrap();
        let log = Arc::clone(store.log());
        let first = next_frame(log.head(GARDEN));
        let (done, told) = keeping(store);
        log.append(first, done).unwrap();
        assert_eq!(told.recv_timeout(PATIENCE).unwrap().unwrap().frame_no, round + 1);
        // The callback cannot wait for its own thread, so that the folder is free a moment later.
        let opens = || match Store::open(dir.path()) {
            Ok(_) => true,
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::ResourceBusy => {
                std::thread::yield_now();
                false
            }
            Err(error) => panic!("{error}"),
        };
        assert!((0..LOOKS_MAX).any(|_| opens()), "it never closes");
    }
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(check_stream(&store, GARDEN).unwrap(), 20);
}

#[test]
fn whoever_appends_while_the_store_closes_is_answered() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let start = Arc::new(Barrier::new(5));
        let writers: Vec<_> = (1..=4)
            .map(|number| {
                let (log, start) = (Arc::clone(store.log()), Arc::clone(&start));
                std::thread::spawn(move || {
                    start.wait();
                    let community = CommunityId(number);
                    for seq in 1.. {
                        let records = vec![record(community, seq)];
                        let (done, told) = keeping(Arc::clone(&log));
                        let frame = NewFrame { community, epoch: 1, frame_no: seq, records };
                        if let Err(error) = log.append(frame, done) {
                            assert!(matches!(error, StoreError::Closed), "{error}");
                            return seq - 1;
                        }
                        told.recv_timeout(PATIENCE).unwrap().unwrap();
                    }
                    unreachable!("frames do not run out");
                })
            })
            .collect();
        start.wait();
        drop(store);
        let told: Vec<u64> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        let store = Store::open(dir.path()).unwrap();
        for (number, frames) in (1..).zip(told) {
            assert_eq!(check_stream(&store, CommunityId(number)).unwrap(), frames);
        }
    }
}

#[test]
fn a_committer_that_panics_leaves_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.log().append(next_frame(None), Box::new(|_| panic!("whoever was told panics"))).unwrap();
    let mut writers = Writers::default();
    for id in 10..20 {
        match writers.append(&store, CommunityId(id)) {
            Ok(told) => match told.recv_timeout(PATIENCE) {
                Ok(outcome) => assert!(outcome.is_err(), "nothing is acknowledged any more"),
                Err(ended) => assert_eq!(ended, RecvTimeoutError::Disconnected),
            },
            Err(error) => assert!(matches!(error, StoreError::Io { .. } | StoreError::Closed), "{error}"),
        }
    }
    let Some(StoreError::Io { source, .. }) = store.log().failed() else { panic!("the log has failed") };
    assert!(source.to_string().contains("panic"), "{source}");
}
