//! Random lives of a store against a simple model: appends, erasures, cuts, compactions, clean stops, power
//! cuts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, channel};

use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{Head, NewFrame, Records, Snapshot, StoreError};

use super::model::{frames, open, record};
use crate::Store;
use crate::disk::SimulatedDisk;
use crate::log::NewCut;

const SEGMENT_BYTES: u64 = 3 << 10;
const STREAMS: u64 = 4;

/// What one stream must hold.
#[derive(Default, Clone)]
struct Stream {
    head: Option<Head>,
    /// Frames up to this one may be gone.
    cut: u64,
    /// Records whose bodies must be gone.
    erased: BTreeSet<u64>,
}

struct Life {
    seed: u64,
    dice: u64,
    disk: SimulatedDisk,
    store: Store,
    streams: BTreeMap<CommunityId, Stream>,
}

impl Life {
    fn begin(seed: u64) -> Self {
        let disk = SimulatedDisk::default();
        let store = open(&disk, SEGMENT_BYTES).unwrap();
        Self { seed, dice: seed, disk, store, streams: BTreeMap::new() }
    }

    /// Knuth's MMIX generator; the high bits are good enough here.
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }

    fn community(&mut self) -> CommunityId {
        CommunityId(u128::from(self.roll(STREAMS)) + 1)
    }

    fn head(&self, community: CommunityId) -> Head {
        self.store.log().head(community).unwrap_or(Head::EMPTY)
    }

    fn append(&mut self, community: CommunityId, count: u64) -> Vec<Receiver<Result<Head, StoreError>>> {
        let head = self.head(community);
        let one = |step: u64| {
            let (sender, receiver) = channel();
            let records = vec![record(community, head.seq + step)];
            let frame = NewFrame { community, epoch: 1, frame_no: head.frame_no + step, records };
            let done = Box::new(move |outcome| drop(sender.send(outcome)));
            self.store.log().append(frame, done).unwrap();
            receiver
        };
        (1..=count).map(one).collect()
    }

    fn settle(&mut self, community: CommunityId, outcomes: Vec<Receiver<Result<Head, StoreError>>>) {
        for outcome in outcomes {
            let head = outcome.recv().unwrap().unwrap();
            self.streams.entry(community).or_default().head = Some(head);
        }
    }

    fn erase(&mut self, community: CommunityId) {
        let member = self.roll(3) + 1;
        self.store.keys().destroy(community, MemberId(u128::from(member))).unwrap();
        let seq = self.head(community).seq;
        let stream = self.streams.entry(community).or_default();
        stream.erased.extend((1..=seq).filter(|seq| seq % 3 + 1 == member));
    }

    fn cut(&mut self, community: CommunityId) {
        let Some(head) = self.streams.get(&community).and_then(|stream| stream.head) else { return };
        let snapshot =
            Snapshot { head, schema: 1, bytes: head.frame_no.to_le_bytes().to_vec(), bodies: Vec::new() };
        let (sender, receiver) = channel();
        let cut = NewCut { community, epoch: 1, frame_no: head.frame_no + 1, snapshot };
        self.store.log().append_cut(cut, Box::new(move |outcome| sender.send(outcome).unwrap())).unwrap();
        self.settle(community, vec![receiver]);
        self.streams.entry(community).or_default().cut = head.frame_no;
    }

    /// Cuts the power with appends in flight, and takes what survived as the new truth.
    fn lose_power(&mut self) {
        let community = self.community();
        let count = self.roll(6);
        let in_flight = self.append(community, count);
        self.disk.power_cut(self.dice);
        drop(in_flight);
        self.reopen();
        self.check();
        let seen: Vec<_> = self.streams.keys().copied().chain([community]).collect();
        for community in seen {
            let head = self.store.log().head(community);
            self.streams.entry(community).or_default().head = head;
        }
    }

    fn reopen(&mut self) {
        let elsewhere = open(&SimulatedDisk::default(), SEGMENT_BYTES).unwrap();
        drop(std::mem::replace(&mut self.store, elsewhere));
        self.store = open(&self.disk, SEGMENT_BYTES).unwrap();
    }

    fn check(&self) {
        let seed = self.seed;
        assert_eq!(self.store.log().damages(), [], "seed {seed}");
        for (community, stream) in &self.streams {
            let Some(acknowledged) = stream.head else { continue };
            let found = frames(&self.store, *community).unwrap();
            let first = found.first().map_or(u64::MAX, |frame| frame.head.frame_no);
            let last = found.last().map_or(0, |frame| frame.head.frame_no);
            assert!(
                first <= stream.cut + 1 && last >= acknowledged.frame_no,
                "seed {seed}: {first}..={last}"
            );
            assert!(found.iter().any(|frame| frame.head == acknowledged), "seed {seed}");
            for found in found.iter().flat_map(|frame| &frame.records) {
                let expected = record(*community, found.seq);
                assert_eq!(found.bytes, expected.bytes, "seed {seed}");
                let erased = stream.erased.contains(&found.seq);
                assert_eq!(found.erased == 1, erased, "seed {seed}: {community} record {}", found.seq);
                assert_eq!(found.bodies.is_empty(), erased, "seed {seed}");
            }
            let cut = self.store.log().cut(*community).unwrap().map_or(0, |cut| cut.head.frame_no);
            assert!(cut >= stream.cut, "seed {seed}: the cut at {} is gone", stream.cut);
        }
        let report = self.store.verify(&mut |_, _| {}).unwrap();
        assert!(report.is_sound(), "seed {seed}: {report:?}");
    }
}

#[test]
fn random_lives_agree_with_the_model() {
    for seed in 0..120 {
        let mut life = Life::begin(seed);
        for _ in 0..60 {
            let community = life.community();
            match life.roll(12) {
                0 => life.erase(community),
                1 => life.cut(community),
                2 => assert!(life.store.compact(&mut |_| {}).is_ok()),
                3 => life.reopen(),
                4 => life.lose_power(),
                5 => life.check(),
                _ => {
                    let count = life.roll(5) + 1;
                    let outcomes = life.append(community, count);
                    life.settle(community, outcomes);
                }
            }
        }
        life.check();
    }
}
