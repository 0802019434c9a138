//! Snapshots: whole or not at all, one a stream, nothing of people in clear.

use std::fs;

use kith_core::ids::BodyId;
use kith_core::ports::{Head, Snapshot, Snapshots};

use super::super::key::{self, Tag};
use super::super::rows::{Change, Rows};
use super::super::snapshots;
use super::*;

const GARDEN: CommunityId = CommunityId(7);
const SECRET: &str = "a sentence nobody else should read";

fn snapshot(frame_no: u64, bytes: usize) -> Snapshot {
    let body = |id, owner| Body {
        id: BodyId(id),
        owner: MemberId(owner),
        key: [9; 16],
        bytes: SECRET.as_bytes().into(),
    };
    Snapshot {
        head: Head { epoch: 2, frame_no, hash: [frame_no as u8; 32], seq: frame_no * 2, at_ms: u64::MAX - 5 },
        schema: 0xfeed_beef,
        bytes: (0..bytes).map(|at| (at * 31 % 251) as u8).collect(),
        bodies: vec![body(1, 50), body(2, 60)],
    }
}

fn shown(snapshot: &Snapshot) -> String {
    let texts: Vec<_> =
        snapshot.bodies.iter().map(|body| (body.id, body.text().map(str::to_owned))).collect();
    format!("{:?} {} {:?} {texts:?}", snapshot.head, snapshot.schema, snapshot.bytes)
}

#[test]
fn a_snapshot_of_any_size_comes_back_whole() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::default());
    let index = started(folder.path(), &log);
    assert!(index.newest(GARDEN).unwrap().is_none());
    for (frame_no, bytes) in [(1, 0), (2, 1), (3, 2_048), (4, 2_049), (5, 3_000_000), (5, 10), (6, 700)] {
        index.put(GARDEN, snapshot(frame_no, bytes)).unwrap();
        let newest = index.newest(GARDEN).unwrap().unwrap();
        assert_eq!(shown(&newest), shown(&snapshot(frame_no, bytes)));
    }
    index.put(CommunityId(8), snapshot(3, 10)).unwrap();
    drop(index);
    let index = started(folder.path(), &log);
    assert_eq!(shown(&index.newest(GARDEN).unwrap().unwrap()), shown(&snapshot(6, 700)));
    index.purge(GARDEN).unwrap();
    assert!(index.newest(GARDEN).unwrap().is_none());
    assert!(index.newest(CommunityId(8)).unwrap().is_some());
}

#[test]
fn bodies_of_a_destroyed_key_are_left_out() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::<MemoryLog>::default());
    let sealing = Arc::new(MaskedSealing::default());
    let theirs: Arc<dyn Sealing> = Arc::<MaskedSealing>::clone(&sealing);
    let index = DerivedIndex::start(folder.path().to_owned(), log, theirs, Box::new(|_| {})).unwrap();
    wait_for(&index);
    index.put(GARDEN, snapshot(1, 10)).unwrap();
    sealing.destroyed.lock().unwrap().push(MemberId(50));
    let bodies = index.newest(GARDEN).unwrap().unwrap().bodies;
    assert_eq!(bodies.iter().map(|body| body.id).collect::<Vec<_>>(), [BodyId(2)]);
    drop(index);
    for file in
        fs::read_dir(folder.path().join("index")).unwrap().flatten().filter(|file| file.path().is_file())
    {
        let bytes = fs::read(file.path()).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "{:?}", file.path());
    }
}

#[test]
fn a_snapshot_that_does_not_add_up_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let rows = Rows::open(folder.path()).unwrap();
    let sealing = MaskedSealing::default();
    let put = || snapshots::put(&rows, GARDEN, &snapshot(4, 5_000), b"").unwrap();
    let newest = || snapshots::newest(&rows, GARDEN, &sealing).unwrap();
    let head = key::numbered(Tag::SnapshotHead, GARDEN, 4);
    let piece = |part| key::snapshot_part(GARDEN, 4, part);
    put();
    assert!(newest().is_some());
    let mut wrong_head = rows.get(&head).unwrap().unwrap();
    wrong_head[10] ^= 1;
    for damage in [
        Change::Remove(piece(1)),
        Change::Remove(piece(2)),
        Change::Put(piece(1), vec![0; 2_048]),
        Change::Put(piece(3), b"more".to_vec()),
        Change::Remove(head.clone()),
        Change::Put(head.clone(), wrong_head),
        Change::Put(head.clone(), Vec::new()),
    ] {
        put();
        rows.write(vec![damage.clone()]).unwrap();
        assert!(newest().is_none(), "{damage:?}");
    }
    put();
    assert!(newest().is_some());
}
