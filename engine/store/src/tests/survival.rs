//! What the log must survive, on a disk that loses power, flips bytes and fails.

use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{NewFrame, Records, StoreError};

use super::model::{Writers, check_stream, frames, open, record, segment_path};
use crate::Store;
use crate::disk::{Failure, SimulatedDisk};
use crate::limits::{AT_MS_MAX, NUMBER_MAX};
use crate::log::frame::FRAME_MAGIC;

const SMALL_SEGMENT_BYTES: u64 = 4 << 10;
/// Three segments for twelve frames.
const FLIPPED_SEGMENT_BYTES: u64 = 2 << 10;
const ONE_SEGMENT_BYTES: u64 = 1 << 20;
/// One segment for what is torn at every byte, with little room.
const TORN_SEGMENT_BYTES: u64 = 8 << 10;

#[test]
fn what_was_appended_is_read_back_after_reopening() {
    for segment_bytes in [SMALL_SEGMENT_BYTES, ONE_SEGMENT_BYTES] {
        let disk = SimulatedDisk::default();
        let mut writers = Writers::default();
        for round in 1..=4 {
            let store = open(&disk, segment_bytes).unwrap();
            writers.fill(&store, 5, 10);
            for id in 1..=5 {
                assert_eq!(check_stream(&store, CommunityId(id)).unwrap(), round * 10);
            }
        }
        let store = open(&disk, segment_bytes).unwrap();
        assert_eq!(store.log().findings(), &Default::default());
        let heads: Vec<_> = (1..=5).map(|id| store.log().head(CommunityId(id)).unwrap()).collect();
        let acknowledged = writers.acknowledged.lock().unwrap();
        assert_eq!(heads, acknowledged.values().copied().collect::<Vec<_>>());
    }
}

#[test]
fn refuses_every_frame_that_is_not_the_next() {
    let store = open(&SimulatedDisk::default(), ONE_SEGMENT_BYTES).unwrap();
    let community = CommunityId(1);
    Writers::default().fill(&store, 1, 3);
    for (epoch, frame_no) in [(1, 3), (1, 5), (2, 4), (0, 4), (1, 0), (1, u64::MAX)] {
        let frame = NewFrame { community, epoch, frame_no, records: vec![record(community, 4)] };
        let refused = store.log().append(frame, Box::new(|_| panic!("a refused frame is not done")));
        assert!(
            matches!(refused, Err(StoreError::Fenced { next: 4, current: 1, .. })),
            "{epoch}.{frame_no}: {refused:?}"
        );
    }
    let early = kith_core::ports::NewRecord { at_ms: 5, ..record(community, 4) };
    let late = kith_core::ports::NewRecord { at_ms: AT_MS_MAX + 1, ..record(community, 4) };
    for records in
        [vec![], vec![record(community, 5)], vec![record(community, 4); 2], vec![early], vec![late]]
    {
        let frame = NewFrame { community, epoch: 1, frame_no: 4, records };
        let refused = store.log().append(frame, Box::new(|_| panic!("a refused frame is not done")));
        assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
    }
    let huge = vec![0; crate::limits::RECORD_BYTES_MAX];
    let records = vec![kith_core::ports::NewRecord { bytes: huge, ..record(community, 4) }];
    let frame = NewFrame { community, epoch: 1, frame_no: 4, records };
    let refused = store.log().append(frame, Box::new(|_| panic!("a refused frame is not done")));
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    assert_eq!(check_stream(&store, community).unwrap(), 3);
}

#[test]
fn frames_may_be_queued_before_the_last_is_durable() {
    let disk = SimulatedDisk::default();
    let store = open(&disk, ONE_SEGMENT_BYTES).unwrap();
    let mut writers = Writers::default();
    let waiting: Vec<_> = (0..500).map(|_| writers.append(&store, CommunityId(1)).unwrap()).collect();
    for (outcome, frame_no) in waiting.into_iter().zip(1..) {
        assert_eq!(outcome.recv().unwrap().unwrap().frame_no, frame_no);
    }
    assert!(disk.syncs() < 400, "frames share syncs");
    assert_eq!(check_stream(&store, CommunityId(1)).unwrap(), 500);
}

#[test]
fn a_higher_epoch_shuts_the_old_writer_out() {
    let disk = SimulatedDisk::default();
    let community = CommunityId(1);
    {
        let store = open(&disk, ONE_SEGMENT_BYTES).unwrap();
        let mut writers = Writers::default();
        writers.fill(&store, 1, 2);
        store.log().raise_epoch(community, 2, Box::new(|outcome| assert!(outcome.is_ok()))).unwrap();
        let beyond = store.log().raise_epoch(community, NUMBER_MAX + 1, Box::new(|_| panic!("refused")));
        assert!(matches!(beyond, Err(StoreError::Fenced { .. })), "{beyond:?}");
        let late = writers.append(&store, community);
        assert!(matches!(late, Err(StoreError::Fenced { current: 2, next: 4, .. })), "{late:?}");
    }
    let store = open(&disk, ONE_SEGMENT_BYTES).unwrap();
    assert_eq!(store.log().head(community).map(|head| (head.epoch, head.frame_no)), Some((2, 3)));
    assert_eq!(frames(&store, community).unwrap().len(), 3);
}

/// A bit of every byte of a log of several segments is flipped in turn, and every bit of every magic: those
/// of two kinds of header are one bit apart.
#[test]
fn one_flipped_bit_closes_one_stream_at_most_and_never_the_others() {
    let disk = SimulatedDisk::default();
    let (streams, rounds) = (3, 4);
    {
        let store = open(&disk, FLIPPED_SEGMENT_BYTES).unwrap();
        Writers::default().fill(&store, streams, rounds);
    }
    let mut closed_by_a_flip = 0;
    for path in disk.paths().into_iter().filter(|path| path.extension().is_some_and(|end| end == "seg")) {
        let bytes = disk.bytes(&path).unwrap();
        let mut flips: Vec<(usize, usize)> = (0..bytes.len()).map(|place| (place, place % 8)).collect();
        let magics = bytes.windows(2).enumerate().filter(|(_, start)| *start == &FRAME_MAGIC[..2]);
        flips.extend(magics.flat_map(|(place, _)| (0..32).map(move |bit| (place + bit / 8, bit % 8))));
        for (place, bit) in flips {
            let hurt = disk.fork();
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            hurt.put(&path, flipped);
            let what = format!("bit {bit} of byte {place} of {}", path.display());
            closed_by_a_flip +=
                closed(&open(&hurt, FLIPPED_SEGMENT_BYTES).unwrap(), (streams, rounds), &what);
        }
    }
    assert!(closed_by_a_flip > 500, "flips in frames are noticed: {closed_by_a_flip}");
}

/// How many streams are closed: one at most, and the others are whole.
fn closed(store: &Store, (streams, rounds): (u128, u64), what: &str) -> usize {
    let mut whole = 0;
    for id in 1..=streams {
        match check_stream(store, CommunityId(id)) {
            Ok(count) if count == rounds => whole += 1,
            Ok(_) => {}
            Err(error) => assert!(matches!(error, StoreError::Damaged(_)), "{error}"),
        }
    }
    let damages = store.log().damages();
    assert!(damages.len() <= 1, "{what}: {damages:?}");
    assert_eq!(whole + damages.len(), streams as usize, "{what}");
    damages.len()
}

#[test]
fn a_closed_stream_stays_closed_and_the_others_go_on() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, ONE_SEGMENT_BYTES).unwrap();
        Writers::default().fill(&store, 3, 5);
    }
    let mut bytes = disk.bytes(&segment_path(1)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    disk.put(&segment_path(1), bytes);
    let mut closed = Vec::new();
    for _ in 0..4 {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        let damages = store.log().damages();
        assert_eq!(damages.len(), 1);
        closed.push((damages[0].community, damages[0].frame_no, damages[0].offset));
        let mut writers = Writers::after(&store);
        for id in (1..=3).map(CommunityId) {
            let outcomes: Vec<_> = (0..20).map(|_| writers.append(&store, id)).collect();
            for outcome in outcomes {
                match outcome {
                    Ok(outcome) => assert!(outcome.recv().unwrap().is_ok()),
                    Err(error) => {
                        assert!(matches!(&error, StoreError::Damaged(damage) if damage.community == id))
                    }
                }
            }
            check_stream(&store, id).unwrap();
        }
    }
    closed.dedup();
    assert_eq!(closed.len(), 1, "{closed:?}");
}

#[test]
fn a_torn_last_group_is_cut_and_kept_beside() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, TORN_SEGMENT_BYTES).unwrap();
        Writers::default().fill(&store, 2, 4);
    }
    let whole = disk.bytes(&segment_path(1)).unwrap();
    let mut ends_seen = std::collections::BTreeSet::new();
    for (len, room) in (64..whole.len()).flat_map(|len| [(len, 0), (len, 100)]) {
        let torn = disk.fork();
        let mut left = whole[..len].to_vec();
        left.resize(len + room, 0);
        torn.put(&segment_path(1), left.clone());
        let store = open(&torn, TORN_SEGMENT_BYTES).unwrap();
        assert_eq!(store.log().damages(), []);
        let counts: Vec<_> = (1..=2).map(|id| check_stream(&store, CommunityId(id)).unwrap()).collect();
        if let Some(cut) = &store.log().findings().torn {
            assert_eq!(torn.bytes(&cut.kept_in).unwrap(), left[cut.position.offset as usize..]);
        }
        ends_seen.insert(counts);
        Writers::after(&store).fill(&store, 2, 1);
        check_stream(&store, CommunityId(1)).unwrap();
    }
    assert!(ends_seen.len() >= 4, "{ends_seen:?}");
}

#[test]
fn room_that_was_never_used_is_no_damage_and_goes_with_the_store() {
    let disk = SimulatedDisk::default();
    let store = open(&disk, ONE_SEGMENT_BYTES).unwrap();
    Writers::default().fill(&store, 2, 4);
    let killed = disk.fork();
    drop(store);
    let (room, closed) = (killed.bytes(&segment_path(1)).unwrap(), disk.bytes(&segment_path(1)).unwrap());
    assert!(room.len() > closed.len() + 1_000, "{} bytes, closed {}", room.len(), closed.len());
    for flipped in [None, Some(closed.len() + 1), Some(room.len() - 1)] {
        let hurt = killed.fork();
        let mut bytes = room.clone();
        flipped.into_iter().for_each(|place: usize| bytes[place] ^= 1);
        hurt.put(&segment_path(1), bytes);
        let store = open(&hurt, ONE_SEGMENT_BYTES).unwrap();
        assert_eq!(store.log().damages(), []);
        assert_eq!(store.log().findings().torn.is_some(), flipped.is_some());
        Writers::after(&store).fill(&store, 2, 3);
        drop(store);
        let store = open(&hurt, ONE_SEGMENT_BYTES).unwrap();
        assert_eq!(store.log().findings(), &Default::default());
        for id in 1..=2 {
            assert_eq!(check_stream(&store, CommunityId(id)).unwrap(), 7);
        }
    }
}

#[test]
fn a_failing_disk_never_acknowledges_and_is_never_tried_again() {
    for failure in [None, Some(Failure::NoSpace), Some(Failure::Short), Some(Failure::Io)] {
        for until in 0..6 {
            let disk = SimulatedDisk::default();
            let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
            let mut writers = Writers::default();
            writers.fill(&store, 2, 3);
            match failure {
                None => disk.fail_sync(until),
                Some(failure) => disk.fail_write(until, failure),
            }
            let mut failed = false;
            for _ in 0..40 {
                let outcome = writers.append(&store, CommunityId(1)).map(|outcome| outcome.recv().unwrap());
                let error = outcome.and_then(|outcome| outcome).err();
                assert!(!failed || error.is_some(), "acknowledged after a failure");
                failed |= error.is_some();
            }
            assert!(failed && store.failed().is_some());
            let acknowledged = writers.acknowledged.lock().unwrap().clone();
            disk.power_cut(until);
            drop(store);
            let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
            for (id, head) in acknowledged {
                assert!(check_stream(&store, id).unwrap() >= head.frame_no);
            }
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_in_power_cuts() {
    for seed in 0..300_u64 {
        let disk = SimulatedDisk::default();
        let mut lives = seed;
        for life in 0..4 {
            let Ok(store) = open(&disk, SMALL_SEGMENT_BYTES) else { panic!("seed {seed} life {life}") };
            assert_eq!(store.log().damages(), [], "seed {seed} life {life}");
            let mut writers = Writers::after(&store);
            let mut waiting = Vec::new();
            for step in 0..(lives % 37) {
                let community = CommunityId(u128::from((lives >> (step % 8)) % 5) + 1);
                waiting.push(writers.append(&store, community).unwrap());
                if lives.wrapping_mul(step + 3) % 4 == 0 {
                    waiting.drain(..).for_each(|outcome| assert!(outcome.recv().unwrap().is_ok()));
                }
            }
            lives = lives.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1) >> 3;
            // What was acknowledged just before the cut is on disk; later frames may be or not.
            let acknowledged = writers.acknowledged.lock().unwrap().clone();
            disk.power_cut(lives);
            drop(store);
            let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
            for (id, head) in acknowledged {
                let count = check_stream(&store, id).unwrap();
                assert!(count >= head.frame_no, "seed {seed} life {life}: {id} lost {head:?}");
            }
        }
    }
}

#[test]
fn a_destroyed_key_takes_the_bodies_and_leaves_the_chain() {
    let disk = SimulatedDisk::default();
    {
        let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
        let mut writers = Writers::default();
        writers.fill(&store, 2, 9);
        store.keys().destroy(CommunityId(1), MemberId(2)).unwrap();
        writers.fill(&store, 2, 3);
        disk.power_cut(1);
    }
    let store = open(&disk, SMALL_SEGMENT_BYTES).unwrap();
    let erased = |id| -> Vec<u32> {
        let frames = frames(&store, CommunityId(id)).unwrap();
        frames.iter().map(|frame| frame.records[0].erased).collect()
    };
    assert_eq!(erased(1), [1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0], "what came after has a key of its own");
    assert_eq!(erased(2), [0; 12]);
    store.keys().destroy_all(CommunityId(2)).unwrap();
    assert_eq!(erased(2), [1; 12]);
}

#[test]
fn a_pepper_is_made_once_and_survives() {
    let disk = SimulatedDisk::default();
    let first = open(&disk, ONE_SEGMENT_BYTES).unwrap().keys().pepper(CommunityId(1)).unwrap();
    disk.power_cut(3);
    let store = open(&disk, ONE_SEGMENT_BYTES).unwrap();
    assert_eq!(store.keys().pepper(CommunityId(1)).unwrap(), first);
    assert_ne!(store.keys().pepper(CommunityId(2)).unwrap(), first);
}
