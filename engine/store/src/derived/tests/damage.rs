//! Whatever is done to the folder, the index is rebuilt and answers as before.

use std::fs;
use std::path::PathBuf;

use super::following::copy_folder;
use super::*;
use crate::derived::rows::{OpenError, Rows};

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

/// The checksum of sled's own snapshots: CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Harms sled's snapshot of its page table in one bit and puts the checksum right.
fn forge_snapshot(index: &Path, at: usize) {
    let listing = fs::read_dir(index).unwrap().map(|file| file.unwrap().path());
    let is_snapshot = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("snap.");
    let path = listing.into_iter().find(is_snapshot).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // Behind the page table stand its length and the checksum.
    let end = bytes.len() - 12;
    bytes[at % end] ^= 0x40;
    let crc = crc32(&bytes[..end]);
    bytes[end + 8..].copy_from_slice(&crc.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_folder_over_which_sled_panics_while_opening_is_rebuilt() {
    let (folder, log, _) = prepared(17);
    let index = folder.path().join("index");
    let panics = |at: &usize| {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&index, copy.path());
        forge_snapshot(copy.path(), *at);
        let opened = Rows::open(copy.path());
        matches!(opened, Err(OpenError::Unusable(why)) if why.starts_with("sled panicked"))
    };
    // Where its table of pages stands is sled's business: some bit of it makes an assertion of sled's fail.
    let at = (7..4_000).step_by(31).find(panics).expect("a bit over which sled panics");
    forge_snapshot(&index, at);
    assert_equal_to_log(&started(folder.path(), &log), &log);
    assert!(folder.path().join("index.set-aside-1").exists());
}

#[test]
fn a_panic_out_of_sled_while_it_works_costs_the_tree_and_nothing_else() {
    let (folder, log, mut dice) = prepared(18);
    let index = started(folder.path(), &log);
    index.announce(log.grow(&mut dice, 200, 12));
    index.panic_in_sled();
    index.announce(log.grow(&mut dice, 200, 12));
    assert_equal_to_log(&index, &log);
    assert!(folder.path().join("index.set-aside-1").exists());
    drop(index);
    assert_equal_to_log(&started(folder.path(), &log), &log);
    assert!(!folder.path().join("index.set-aside-2").exists(), "the new tree is sound");
}
