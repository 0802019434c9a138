//! The derived half against a log in memory: whatever happens to its folder, its answers are those of the
//! log.

mod damage;
mod due;
mod following;
mod measurements;
mod real;
mod snapshots;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use kith_core::body::Body;
use kith_core::ids::{CommunityId, MemberId, mint};
use kith_core::ports::{StoreError, StoredFrame};

use super::{DerivedIndex, Phase, Sealing};
use crate::log::placed::{LogPosition, Placed, PlacedFrames, Places};

/// Dice that give the same sequence for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Some records have no ids, a few have more than a chunk holds, and some ids are years away.
fn ids(dice: &mut Dice, at_ms: u64) -> Vec<u128> {
    let count = match dice.roll(300) {
        0..30 => 0,
        30 => 300,
        _ => 1,
    };
    let strayed_ms = |dice: &mut Dice| if dice.roll(9) == 0 { dice.roll(90_000_000_000) } else { 0 };
    (0..count).map(|_| mint(at_ms - strayed_ms(dice), u128::from(dice.roll(u64::MAX)))).collect()
}

/// A log without segments: the frames, and what a naive reader makes of them.
#[derive(Default)]
struct MemoryLog {
    frames: Mutex<Vec<Placed>>,
    generation: AtomicU64,
}

impl MemoryLog {
    fn push(&self, dice: &mut Dice, community: CommunityId) -> Placed {
        let mut frames = self.frames.lock().unwrap();
        let last = frames.iter().rev().find(|frame| frame.community == community);
        let (frame_no, last_seq) = last.map_or((0, 0), |frame| (frame.frame_no, frame.last_seq));
        let records = 1 + dice.roll(3);
        let at_ms = 1_700_000_000_000 + frames.len() as u64 * 400;
        let ids = (1..=records).map(|record| (last_seq + record, ids(dice, at_ms)));
        let ids = ids.filter(|(_, ids)| !ids.is_empty()).collect();
        let end = frames.last().map_or(LogPosition { segment: 1, offset: 0 }, |frame| frame.position);
        let step = if dice.roll(50) == 0 { (1, 24) } else { (0, end.offset + 300 + dice.roll(900)) };
        let frame = Placed {
            position: LogPosition { segment: end.segment + step.0, offset: step.1 },
            community,
            frame_no: frame_no + 1,
            first_seq: last_seq + 1,
            last_seq: last_seq + records,
            at_ms,
            ids,
        };
        frames.push(frame.clone());
        frame
    }

    fn grow(&self, dice: &mut Dice, frames: u64, communities: u64) -> Vec<Placed> {
        let community = |dice: &mut Dice| CommunityId(u128::from(1 + dice.roll(communities)));
        (0..frames)
            .map(|_| {
                let community = community(dice);
                self.push(dice, community)
            })
            .collect()
    }

    fn expected(&self) -> BTreeMap<(CommunityId, u128), (LogPosition, u64)> {
        let frames = self.frames.lock().unwrap();
        let mut expected = BTreeMap::new();
        for frame in frames.iter() {
            for (seq, ids) in &frame.ids {
                expected.extend(ids.iter().map(|id| ((frame.community, *id), (frame.position, *seq))));
            }
        }
        expected
    }
}

impl PlacedFrames for MemoryLog {
    fn end(&self) -> LogPosition {
        let frames = self.frames.lock().unwrap();
        let last = frames.last().map(|frame| frame.position);
        last.map_or(LogPosition::START, |last| LogPosition { offset: last.offset + 1, ..last })
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    fn scan_from(
        &self,
        from: LogPosition,
        visit: &mut dyn FnMut(Placed) -> ControlFlow<()>,
    ) -> Result<LogPosition, StoreError> {
        let frames = {
            let all = self.frames.lock().unwrap();
            all[all.partition_point(|frame| frame.position < from)..].to_vec()
        };
        for frame in frames {
            let after = LogPosition { offset: frame.position.offset + 1, ..frame.position };
            if visit(frame).is_break() {
                return Ok(after);
            }
        }
        Ok(self.end())
    }

    fn read_at(&self, _: LogPosition) -> Result<StoredFrame, StoreError> {
        Err(StoreError::NotReady)
    }
}

/// Sealing that hides nothing but the bytes, under one key for each owner.
#[derive(Default)]
struct MaskedSealing {
    destroyed: Mutex<Vec<MemberId>>,
}

impl Sealing for MaskedSealing {
    fn seal(&self, _: CommunityId, bodies: &[Body]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = Vec::new();
        for body in bodies {
            sealed.extend_from_slice(&body.id.0.to_be_bytes());
            sealed.extend_from_slice(&body.owner.0.to_be_bytes());
            sealed.extend_from_slice(&body.key);
            sealed.extend_from_slice(&(body.bytes.len() as u64).to_be_bytes());
            sealed.extend(body.bytes.iter().map(|byte| byte ^ 0x5a));
        }
        Ok(sealed)
    }

    fn unseal(&self, _: CommunityId, mut sealed: &[u8]) -> Result<Option<Vec<Body>>, StoreError> {
        let destroyed = self.destroyed.lock().unwrap();
        let mut bodies = Vec::new();
        while !sealed.is_empty() {
            let number = |at: usize| u128::from_be_bytes(sealed[at..at + 16].try_into().unwrap());
            let len = u64::from_be_bytes(sealed[48..56].try_into().unwrap()) as usize;
            let body = Body {
                id: kith_core::ids::BodyId(number(0)),
                owner: MemberId(number(16)),
                key: sealed[32..48].try_into().unwrap(),
                bytes: sealed[56..56 + len].iter().map(|byte| byte ^ 0x5a).collect(),
            };
            sealed = &sealed[56 + len..];
            bodies.extend((!destroyed.contains(&body.owner)).then_some(body));
        }
        Ok(Some(bodies))
    }
}

fn start(data: &Path, log: &Arc<MemoryLog>) -> DerivedIndex {
    let source: Arc<dyn PlacedFrames> = Arc::<MemoryLog>::clone(log);
    let sealing = Arc::new(MaskedSealing::default());
    DerivedIndex::start(data.to_owned(), source, sealing, Box::new(|_| {})).unwrap()
}

/// Waits for the index; the harness's own time limit ends a wait that is in vain.
fn started(data: &Path, log: &Arc<MemoryLog>) -> DerivedIndex {
    let index = start(data, log);
    wait_for(&index);
    index
}

fn wait_for(index: &DerivedIndex) {
    while index.phase() != Phase::Ready {
        thread::yield_now();
    }
}

/// Asks again for as long as the index is being rebuilt.
fn locate(index: &DerivedIndex, community: CommunityId, id: u128) -> Option<(LogPosition, u64)> {
    loop {
        match index.locate(community, id) {
            Err(StoreError::NotReady) => thread::yield_now(),
            answer => return answer.unwrap(),
        }
    }
}

fn place(index: &DerivedIndex, frame: &Placed) -> Option<LogPosition> {
    loop {
        wait_for(index);
        let place = index.place(frame.community, frame.frame_no);
        if place.is_some() || (index.lag_records() == 0 && index.phase() == Phase::Ready) {
            return place;
        }
    }
}

/// Compares answers from everywhere in the log with the naive reader's.
fn assert_equal_to_log(index: &DerivedIndex, log: &MemoryLog) {
    let expected = log.expected();
    let stride = 1 + expected.len() / 700;
    for ((community, id), expected) in expected.into_iter().step_by(stride) {
        assert_eq!(locate(index, community, id), Some(expected), "{community} {id:x}");
        assert_eq!(locate(index, community, id ^ (1 << 70)), None);
    }
    let frames = log.frames.lock().unwrap().clone();
    for frame in frames.iter().step_by(1 + frames.len() / 700) {
        assert_eq!(place(index, frame), Some(frame.position), "{frame:?}");
    }
}
