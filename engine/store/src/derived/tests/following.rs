//! The index follows the log, and finds its place again after a stop or a kill.

use std::fs;

use proptest::prelude::*;

use super::*;

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy_folder(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

#[test]
fn answers_from_the_feed_before_it_is_indexed() {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::default(), Dice(1));
    let index = started(folder.path(), &log);
    for _ in 0..200 {
        index.announce(log.grow(&mut dice, 3, 5));
    }
    for ((community, id), expected) in log.expected() {
        assert_eq!(index.locate(community, id).unwrap(), Some(expected));
    }
    assert_equal_to_log(&index, &log);
}

#[test]
fn is_not_ready_until_it_has_caught_up() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::<MemoryLog>::default());
    log.grow(&mut Dice(2), 100, 3);
    let (community, id) = *log.expected().keys().next().unwrap();
    let guard = log.frames.lock().unwrap();
    let index = start(folder.path(), &log);
    assert!(matches!(index.locate(community, id), Err(StoreError::NotReady)));
    drop(guard);
    wait_for(&index);
    assert!(index.locate(community, id).unwrap().is_some());
}

#[test]
fn goes_on_where_it_stopped() {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::default(), Dice(3));
    for round in 0..4 {
        let index = started(folder.path(), &log);
        index.announce(log.grow(&mut dice, 300, 10 + round));
        drop(index);
        log.grow(&mut dice, 100, 20);
    }
    assert_equal_to_log(&started(folder.path(), &log), &log);
    assert!(!folder.path().join("index.set-aside-1").exists(), "an orderly start rebuilds nothing");
}

#[test]
fn a_kill_at_any_moment_loses_nothing() {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::default(), Dice(4));
    let index = started(folder.path(), &log);
    for round in 0..6 {
        index.announce(log.grow(&mut dice, 400, 8));
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        log.grow(&mut dice, 50, 8);
        index.announce(log.frames.lock().unwrap().iter().rev().take(50).rev().cloned().collect());
        assert_equal_to_log(&started(copy.path(), &log), &log);
        assert!(index.phase() == Phase::Ready, "{round}");
    }
}

#[test]
fn a_feed_that_overflows_is_read_from_the_log() {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::default(), Dice(5));
    let index = started(folder.path(), &log);
    let group = log.grow(&mut dice, 2_000, 20);
    index.announce(group.clone());
    // The same frames again and again overflow the feed; those known already are passed over.
    for _ in 0..60 {
        index.announce(group.clone());
    }
    assert_equal_to_log(&index, &log);
}

#[test]
fn compaction_makes_it_read_everything_again() {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::<MemoryLog>::default(), Dice(6));
    let index = started(folder.path(), &log);
    index.announce(log.grow(&mut dice, 500, 5));
    drop(index);
    log.frames.lock().unwrap().iter_mut().for_each(|frame| frame.position.segment += 90);
    log.generation.store(1, Ordering::SeqCst);
    let index = started(folder.path(), &log);
    assert_equal_to_log(&index, &log);
    log.frames.lock().unwrap().iter_mut().for_each(|frame| frame.position.segment += 90);
    log.generation.store(2, Ordering::SeqCst);
    let last = log.frames.lock().unwrap().last().unwrap().clone();
    while place(&index, &last) != Some(last.position) {
        thread::yield_now();
    }
    assert_equal_to_log(&index, &log);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn answers_are_those_of_a_naive_map(seed in any::<u64>(), communities in 1_u64..40, rounds in 1_u64..5) {
        let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::default(), Dice(seed));
        for _ in 0..rounds {
            let index = started(folder.path(), &log);
            let frames = dice.roll(400);
            index.announce(log.grow(&mut dice, frames, communities));
        }
        assert_equal_to_log(&started(folder.path(), &log), &log);
    }
}
