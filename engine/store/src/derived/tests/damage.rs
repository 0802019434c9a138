//! Whatever is done to the folder, the index is rebuilt and answers as before.

use std::fs;
use std::path::PathBuf;

use super::*;

fn prepared(seed: u64) -> (tempfile::TempDir, Arc<MemoryLog>, Dice) {
    let (folder, log, mut dice) = (tempfile::tempdir().unwrap(), Arc::default(), Dice(seed));
    let index = started(folder.path(), &log);
    index.announce(log.grow(&mut dice, 1_500, 12));
    drop(index);
    // A second session, so that the folder holds a snapshot of sled's own and more than one segment.
    let index = started(folder.path(), &log);
    index.announce(log.grow(&mut dice, 700, 12));
    drop(index);
    (folder, log, dice)
}

/// A dozen in every run, hundreds at night.
fn rounds() -> u64 {
    if std::env::var_os("KITH_NIGHT").is_some() { 300 } else { 12 }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder.join("index")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = listing.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn a_deleted_folder_is_rebuilt() {
    let (folder, log, _) = prepared(11);
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    assert_equal_to_log(&started(folder.path(), &log), &log);
}

#[test]
fn a_file_cut_at_any_length_is_rebuilt() {
    let (folder, log, mut dice) = prepared(12);
    for round in 0..rounds() {
        let files = files(folder.path());
        let path = &files[dice.roll(files.len() as u64) as usize];
        let len = fs::metadata(path).unwrap().len();
        let kept = dice.roll(len.max(1));
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(kept).unwrap();
        eprintln!("round {round}: {} cut from {len} to {kept}", path.display());
        assert_equal_to_log(&started(folder.path(), &log), &log);
    }
}

#[test]
fn flipped_bits_are_found_and_rebuilt() {
    let (folder, log, mut dice) = prepared(13);
    for round in 0..rounds() {
        let files = files(folder.path());
        let path = &files[dice.roll(files.len() as u64) as usize];
        let mut bytes = fs::read(path).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let at = dice.roll(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.roll(8);
        fs::write(path, bytes).unwrap();
        eprintln!("round {round}: {} flipped at {at}", path.display());
        assert_equal_to_log(&started(folder.path(), &log), &log);
    }
}

#[test]
fn an_unfinished_snapshot_of_sled_does_not_cost_the_index() {
    let (folder, log, _) = prepared(14);
    fs::write(folder.path().join("index/snap.FFFFFFFFFFFFFFFF.generating"), b"half").unwrap();
    assert_equal_to_log(&started(folder.path(), &log), &log);
    assert!(!folder.path().join("index.set-aside-1").exists());
}

#[test]
fn an_open_that_ends_the_process_is_not_tried_for_ever() {
    let (folder, log, _) = prepared(15);
    fs::write(folder.path().join("index.attempts"), [2]).unwrap();
    assert_equal_to_log(&started(folder.path(), &log), &log);
    assert!(folder.path().join("index.set-aside-1").exists());
}

#[test]
fn one_folder_at_most_is_kept_aside() {
    let (folder, log, _) = prepared(16);
    for _ in 0..3 {
        fs::write(folder.path().join("index/conf"), b"not a configuration at all").unwrap();
        drop(started(folder.path(), &log));
    }
    let kept = fs::read_dir(folder.path()).unwrap().flatten();
    let kept: Vec<_> = kept.filter(|file| file.file_name().to_string_lossy().contains("aside")).collect();
    assert_eq!(kept.len(), 1);
    assert_equal_to_log(&started(folder.path(), &log), &log);
}
