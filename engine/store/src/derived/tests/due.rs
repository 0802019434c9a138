//! Due times: earliest first, known before sled is open, and never wrongly absent after a crash.

use kith_core::ports::DueIndex;

use super::*;

const GARDEN: CommunityId = CommunityId(7);
const TEAM: CommunityId = CommunityId(8);
const CLUB: CommunityId = CommunityId(9);

#[test]
fn streams_come_earliest_first_up_to_now_and_max() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::default());
    let index = started(folder.path(), &log);
    for (community, due_ms) in [(GARDEN, Some(30)), (TEAM, Some(10)), (CLUB, Some(20)), (TEAM, Some(25))] {
        index.set(community, due_ms).unwrap();
    }
    assert_eq!(index.due(30, 9).unwrap(), [(20, CLUB), (25, TEAM), (30, GARDEN)]);
    assert_eq!(index.due(29, 9).unwrap(), [(20, CLUB), (25, TEAM)]);
    assert_eq!(index.due(30, 1).unwrap(), [(20, CLUB)]);
    index.set(CLUB, None).unwrap();
    assert_eq!(index.due(30, 9).unwrap(), [(25, TEAM), (30, GARDEN)]);
}

#[test]
fn due_times_outlive_the_process_and_newer_ones_win() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::default());
    let index = started(folder.path(), &log);
    index.set(GARDEN, Some(30)).unwrap();
    index.set(TEAM, None).unwrap();
    index.set(CLUB, Some(40)).unwrap();
    drop(index);
    let index = start(folder.path(), &log);
    index.set(CLUB, Some(5)).unwrap();
    wait_for(&index);
    assert_eq!(index.due(99, 9).unwrap(), [(5, CLUB), (30, GARDEN)]);
    assert_eq!(index.streams_without_due(&[GARDEN, TEAM, CLUB, CommunityId(1)]).unwrap(), [CommunityId(1)]);
}

#[test]
fn a_stream_that_went_on_after_its_row_was_written_is_named() {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::<MemoryLog>::default(), Dice(21));
    let index = started(folder.path(), &log);
    index.announce(vec![log.push(&mut dice, GARDEN), log.push(&mut dice, TEAM)]);
    index.set(GARDEN, Some(30)).unwrap();
    index.set(TEAM, Some(40)).unwrap();
    drop(index);
    log.push(&mut dice, TEAM);
    let index = started(folder.path(), &log);
    assert_eq!(index.streams_without_due(&[GARDEN, TEAM]).unwrap(), [TEAM]);
    assert_eq!(index.due(99, 9).unwrap(), [(30, GARDEN)]);
}

#[test]
fn a_lost_folder_names_every_stream() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::default());
    let index = started(folder.path(), &log);
    index.set(GARDEN, Some(30)).unwrap();
    drop(index);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let index = started(folder.path(), &log);
    assert_eq!(index.streams_without_due(&[GARDEN, TEAM]).unwrap(), [GARDEN, TEAM]);
}
