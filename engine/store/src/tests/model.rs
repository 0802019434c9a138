//! A driver for the tests: appends predictable frames, and says what each stream must hold.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use kith_core::body::Body;
use kith_core::ids::{BodyId, CommunityId, MemberId};
use kith_core::ports::{Head, NewFrame, NewRecord, Records, StoreError, StoredFrame};

use crate::Store;
use crate::disk::SimulatedDisk;
use crate::log::LogOptions;

pub(super) const DATA: &str = "/data";

pub(super) fn open(disk: &SimulatedDisk, segment_bytes_max: u64) -> Result<Store, StoreError> {
    Store::open_on(Arc::new(disk.clone()), Path::new(DATA), LogOptions { segment_bytes_max })
}

pub(super) fn segment_path(number: u64) -> PathBuf {
    Path::new(DATA).join("log").join(format!("{number:08}.seg"))
}

/// Record `seq` of a stream, the only one of its frame: its bytes and its body say which it is.
pub(super) fn record(community: CommunityId, seq: u64) -> NewRecord {
    let text = format!("fact {seq} of {community} {}", "x".repeat((seq % 7) as usize * 40));
    let body = Body {
        id: BodyId((community.0 << 64) | u128::from(seq)),
        owner: MemberId(u128::from(seq % 3) + 1),
        key: [7; 16],
        bytes: format!("words {seq}").into_bytes().into(),
    };
    NewRecord {
        seq,
        at_ms: 1000 + seq,
        ids: vec![u128::from(seq)],
        bytes: text.into_bytes(),
        bodies: vec![body],
    }
}

/// Numbers the frames of all streams and remembers which were acknowledged.
#[derive(Default)]
pub(super) struct Writers {
    pub(super) next: BTreeMap<CommunityId, u64>,
    /// The next record of each stream.
    seqs: BTreeMap<CommunityId, u64>,
    pub(super) acknowledged: Arc<Mutex<BTreeMap<CommunityId, Head>>>,
}

impl Writers {
    /// Goes on where the store stands.
    pub(super) fn after(store: &Store) -> Self {
        let log = store.log();
        let heads: Vec<_> = log.streams().into_iter().filter_map(|id| Some((id, log.head(id)?))).collect();
        let next = heads.iter().map(|(id, head)| (*id, head.frame_no + 1)).collect();
        let seqs = heads.iter().map(|(id, head)| (*id, head.seq + 1)).collect();
        Self { next, seqs, acknowledged: Arc::new(Mutex::new(heads.into_iter().collect())) }
    }

    /// Appends the next frame of a stream; the outcome comes by the channel.
    pub(super) fn append(
        &mut self,
        store: &Store,
        community: CommunityId,
    ) -> Result<Receiver<Result<Head, StoreError>>, StoreError> {
        let next = self.next.entry(community).or_insert(1);
        let seq = self.seqs.entry(community).or_insert(1);
        let frame = NewFrame { community, epoch: 1, frame_no: *next, records: vec![record(community, *seq)] };
        let (sender, receiver) = channel();
        let acknowledged = Arc::clone(&self.acknowledged);
        let done = Box::new(move |outcome: Result<Head, StoreError>| {
            if let Ok(head) = &outcome {
                acknowledged.lock().unwrap().insert(community, *head);
            }
            let _ = sender.send(outcome);
        });
        store.log().append(frame, done)?;
        *next += 1;
        *seq += 1;
        Ok(receiver)
    }

    /// Appends frames round robin and waits for all of them.
    pub(super) fn fill(&mut self, store: &Store, communities: u128, rounds: u64) {
        for _ in 0..rounds {
            let waiting: Vec<_> =
                (1..=communities).map(|id| self.append(store, CommunityId(id)).unwrap()).collect();
            waiting.into_iter().for_each(|outcome| assert!(outcome.recv().unwrap().is_ok()));
        }
    }
}

pub(super) fn frames(store: &Store, community: CommunityId) -> Result<Vec<StoredFrame>, StoreError> {
    let mut frames = Vec::new();
    store.log().read(community, 1, &mut |frame| {
        frames.push(frame);
        ControlFlow::Continue(())
    })?;
    Ok(frames)
}

/// The same frames read without what people wrote.
fn facts(store: &Store, community: CommunityId) -> Result<Vec<StoredFrame>, StoreError> {
    let mut frames = Vec::new();
    store.log().read_facts(community, 1, &mut |frame| {
        frames.push(frame);
        ControlFlow::Continue(())
    })?;
    Ok(frames)
}

/// Checks that a whole stream reads back as it was written, up to its head, and returns the number of frames.
pub(super) fn check_stream(store: &Store, community: CommunityId) -> Result<u64, StoreError> {
    let frames = frames(store, community)?;
    for (frame, expected_no) in frames.iter().zip(1..) {
        assert_eq!(frame.head.frame_no, expected_no);
        for found in &frame.records {
            let expected = record(community, frame.head.seq);
            assert_eq!(
                (found.seq, found.at_ms, &found.bytes),
                (expected.seq, expected.at_ms, &expected.bytes)
            );
            assert_eq!((found.erased, &found.bodies), (0, &expected.bodies));
        }
    }
    for (whole, bare) in frames.iter().zip(facts(store, community)?) {
        assert_eq!((bare.head, bare.prev_hash), (whole.head, whole.prev_hash));
        let bytes = |frame: &StoredFrame| frame.records.iter().map(|it| it.bytes.clone()).collect::<Vec<_>>();
        assert_eq!(bytes(&bare), bytes(whole));
        assert!(bare.records.iter().all(|record| record.bodies.is_empty()), "facts come without bodies");
    }
    let head = store.log().head(community).map_or(0, |head| head.frame_no);
    assert_eq!(frames.len() as u64, head, "{community} is read up to its head");
    Ok(head)
}
