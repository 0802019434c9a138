//! Backups are made while the store runs, and come back as they were.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc;

use kith_core::body::Body;
use kith_core::ids::{BodyId, CommunityId, MemberId};
use kith_core::ports::{Blobs, Head, NewFrame, NewRecord, Records};

use super::*;
use crate::store::Store;

const STREAMS: u128 = 5;
const AYU: MemberId = MemberId(50);

fn append(store: &Store, community: CommunityId) -> mpsc::Receiver<Head> {
    let (sender, receiver) = mpsc::channel();
    let head = store.log().head(community).unwrap_or(Head::EMPTY);
    let seq = head.seq + 1;
    let id = (community.0 << 64) | u128::from(seq);
    let body =
        Body { id: BodyId(id), owner: AYU, key: [1; 16], bytes: format!("said {seq}").as_bytes().into() };
    let bytes = format!("record {seq} of {community}").into_bytes();
    let record = NewRecord { seq, at_ms: seq, ids: vec![id], bytes, bodies: vec![body] };
    let frame = NewFrame { community, epoch: head.epoch, frame_no: head.frame_no + 1, records: vec![record] };
    store.log().append(frame, Box::new(move |done| sender.send(done.unwrap()).unwrap())).unwrap();
    receiver
}

fn fill(store: &Store, rounds: u64) {
    for _ in 0..rounds {
        for community in 1..=STREAMS {
            append(store, CommunityId(community)).recv().unwrap();
        }
    }
}

fn contents(store: &Store, upto: &[(CommunityId, Head)]) -> Vec<String> {
    let mut all = Vec::new();
    for (community, head) in upto {
        let mut visit = |frame: kith_core::ports::StoredFrame| {
            if frame.head.frame_no <= head.frame_no {
                all.push(format!("{:?} {:?}", frame.head, frame.records));
                all.extend(
                    frame
                        .records
                        .iter()
                        .flat_map(|record| &record.bodies)
                        .map(|body| format!("{:?}", body.text())),
                );
            }
            ControlFlow::Continue(())
        };
        store.log().read(*community, 1, &mut visit).unwrap();
    }
    all
}

fn folders(at: &Path) -> BackupFolders {
    BackupFolders { content: at.join("backup"), keys: at.join("backup-keys") }
}

#[test]
fn a_backup_of_a_running_store_comes_back_equal_under_a_new_epoch() {
    let at = tempfile::tempdir().unwrap();
    let store = Store::open(&at.path().join("data")).unwrap();
    let name = store.blobs().unwrap().put(CommunityId(1), AYU, b"a picture").unwrap();
    fill(&store, 20);
    let folders = folders(at.path());
    let mut told = 0;
    let manifest = std::thread::scope(|scope| {
        scope.spawn(|| fill(&store, 20));
        store.backup(&folders, 99, &mut |progress| told = progress.files).unwrap()
    });
    assert_eq!(
        (manifest.created_ms, manifest.heads.len() as u128, told),
        (99, STREAMS, manifest.files.len() as u64)
    );

    let restored_data = at.path().join("restored");
    let restored = Store::restore(&folders, &restored_data, &mut |_| {}).unwrap();
    assert!(restored.report.is_sound(), "{:?}", restored.report.problems);
    assert!(restored.closed.is_empty());
    assert!(
        restored
            .heads
            .iter()
            .zip(&manifest.heads)
            .all(|((_, found), noted)| found.frame_no >= noted.frame_no)
    );
    let again = Store::open(&restored_data).unwrap();
    assert_eq!(contents(&again, &restored.heads), contents(&store, &restored.heads));
    assert!(contents(&again, &restored.heads).len() as u128 >= 2 * 20 * STREAMS);
    for (community, head) in &restored.heads {
        assert_eq!(again.log().head(*community).unwrap().epoch, head.epoch + 1);
    }
    assert_eq!(again.blobs().unwrap().get(CommunityId(1), AYU, &name).unwrap().unwrap(), b"a picture");
    append(&again, CommunityId(1)).recv().unwrap();
}

#[test]
fn nothing_that_exists_is_overwritten() {
    let at = tempfile::tempdir().unwrap();
    let store = Store::open(&at.path().join("data")).unwrap();
    fill(&store, 1);
    let folders = folders(at.path());
    store.backup(&folders, 1, &mut |_| {}).unwrap();
    assert!(matches!(store.backup(&folders, 1, &mut |_| {}), Err(BackupError::NotEmpty(_))));
    let refused = Store::restore(&folders, &at.path().join("data"), &mut |_| {});
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))));
}

#[test]
fn keys_are_apart_from_content() {
    let at = tempfile::tempdir().unwrap();
    let store = Store::open(&at.path().join("data")).unwrap();
    fill(&store, 1);
    let folders = folders(at.path());
    let manifest = store.backup(&folders, 1, &mut |_| {}).unwrap();
    assert!(
        manifest.files.iter().all(|file| file.name.starts_with("log/") || file.name.starts_with("blobs/"))
    );
    assert!(folders.keys.join("members").exists());
    assert!(!folders.content.join("keys").exists());
}

#[test]
fn a_changed_backup_is_refused_and_leaves_no_data() {
    let at = tempfile::tempdir().unwrap();
    let store = Store::open(&at.path().join("data")).unwrap();
    fill(&store, 3);
    let folders = folders(at.path());
    let manifest = store.backup(&folders, 1, &mut |_| {}).unwrap();
    let segment = folders.content.join(&manifest.files[0].name);
    let whole = fs::read(&segment).unwrap();
    let target = at.path().join("restored");
    let refused = || Store::restore(&folders, &target, &mut |_| {}).unwrap_err().to_string();

    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&segment, flipped).unwrap();
    assert!(refused().contains("not what it was"));
    fs::write(&segment, &whole[..whole.len() - 1]).unwrap();
    assert!(refused().contains("not what it was"));
    fs::remove_file(&segment).unwrap();
    assert!(refused().contains("missing"));
    fs::write(&segment, &whole).unwrap();
    let path = folders.content.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("log/", "../")).unwrap();
    assert!(refused().contains("outside"));
    fs::write(&path, text.replace("\"format\": 1", "\"format\": 9")).unwrap();
    assert!(refused().contains("format 9"));
    fs::remove_file(&path).unwrap();
    assert!(refused().contains("no finished backup"));
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "DATA appears whole or not at all");
    fs::write(&path, text).unwrap();
    Store::restore(&folders, &target, &mut |_| {}).unwrap();
}
