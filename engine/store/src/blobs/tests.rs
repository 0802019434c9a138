//! Blobs come back as they were put, or not at all.

use super::*;

const GARDEN: CommunityId = CommunityId(7);
const TEAM: CommunityId = CommunityId(8);
const AYU: MemberId = MemberId(50);
const BEN: MemberId = MemberId(60);

fn opened() -> (tempfile::TempDir, Store, BlobFolder) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let blobs = store.blobs().unwrap();
    (folder, store, blobs)
}

fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    fs::read_dir(folder.path().join("blobs")).unwrap().map(|file| file.unwrap().path()).collect()
}

#[test]
fn content_of_any_length_comes_back() {
    let (_folder, _store, blobs) = opened();
    for bytes in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 17] {
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let name = blobs.put(GARDEN, AYU, &content).unwrap();
        assert_eq!(blobs.get(GARDEN, AYU, &name).unwrap(), Some(content));
    }
    assert_eq!(blobs.get(GARDEN, AYU, &[0; 32]).unwrap(), None);
}

#[test]
fn equal_content_has_one_name_for_its_owner_and_others_elsewhere() {
    let (folder, _store, blobs) = opened();
    let name = blobs.put(GARDEN, AYU, b"the same picture").unwrap();
    assert_eq!(blobs.put(GARDEN, AYU, b"the same picture").unwrap(), name);
    assert_ne!(blobs.put(TEAM, AYU, b"the same picture").unwrap(), name);
    assert_ne!(blobs.put(GARDEN, BEN, b"the same picture").unwrap(), name);
    assert_eq!(files(&folder).len(), 3);
    assert_eq!(blobs.get(TEAM, AYU, &name).unwrap(), None);
    assert_eq!(blobs.get(GARDEN, BEN, &name).unwrap(), None);
}

#[test]
fn content_goes_with_its_owners_key() {
    let (folder, store, blobs) = opened();
    let erased = blobs.put(GARDEN, AYU, b"planted by Ayu").unwrap();
    let kept = blobs.put(GARDEN, BEN, b"planted by Ben").unwrap();
    store.keys().destroy(GARDEN, AYU).unwrap();
    assert_eq!(blobs.get(GARDEN, AYU, &erased).unwrap(), None);
    assert!(blobs.get(GARDEN, BEN, &kept).unwrap().is_some());
    for path in files(&folder) {
        let bytes = fs::read(path).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"planted"));
    }
}

#[test]
fn what_blobs_take_is_counted_and_given_back_with_their_owner() {
    let (folder, _store, blobs) = opened();
    blobs.put(GARDEN, AYU, b"before anybody asked").unwrap();
    let of_files = || files(&folder).iter().map(|path| fs::metadata(path).unwrap().len()).sum::<u64>();
    assert_eq!(blobs.stored_bytes(GARDEN).unwrap(), of_files());
    for (owner, content) in [(AYU, "one"), (AYU, "one"), (BEN, "another")] {
        blobs.put(GARDEN, owner, content.as_bytes()).unwrap();
        assert_eq!(blobs.stored_bytes(GARDEN).unwrap(), of_files(), "{content}");
    }
    assert_eq!(files(&folder).len(), 3, "the same twice is one file");
    blobs.release(GARDEN, Some(&BTreeSet::from([AYU]))).unwrap();
    assert_eq!((files(&folder).len(), blobs.stored_bytes(GARDEN).unwrap()), (1, of_files()));
    blobs.release(CommunityId(99), None).unwrap();
    assert_eq!(files(&folder).len(), 1, "another community's business");
    blobs.release(GARDEN, None).unwrap();
    assert_eq!((files(&folder).len(), blobs.stored_bytes(GARDEN).unwrap()), (0, 0));
}

#[test]
fn damage_anywhere_is_an_error_and_never_other_content() {
    let (folder, _store, blobs) = opened();
    let content = vec![7; PIECE_BYTES + 100];
    let name = blobs.put(GARDEN, AYU, &content).unwrap();
    let path = files(&folder).remove(0);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(997).chain(0..200) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&path, bytes).unwrap();
        // Of the head a few bytes are not needed to read.
        let got = blobs.get(GARDEN, AYU, &name).ok().flatten();
        assert!(got.is_none_or(|got| at < 200 && got == content), "byte {at}");
    }
    for kept in [0, 10, 100, 200, PIECE_BYTES, whole.len() - 117, whole.len() - 116, whole.len() - 1] {
        fs::write(&path, &whole[..kept]).unwrap();
        assert!(!matches!(blobs.get(GARDEN, AYU, &name), Ok(Some(_))), "cut at {kept}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(blobs.get(GARDEN, AYU, &name).unwrap(), Some(content));
}

#[test]
fn refuses_what_is_too_large_and_leaves_nothing() {
    let (folder, _store, mut blobs) = opened();
    blobs.blob_bytes_max = 2 * PIECE_BYTES as u64;
    let mut endless = io::repeat(1);
    assert!(matches!(blobs.put_from(GARDEN, AYU, &mut endless), Err(StoreError::TooLarge { .. })));
    let mut one_over = io::repeat(1).take(blobs.blob_bytes_max + 1);
    assert!(matches!(blobs.put_from(GARDEN, AYU, &mut one_over), Err(StoreError::TooLarge { .. })));
    assert_eq!(files(&folder).len(), 0);
    blobs.put_from(GARDEN, AYU, &mut io::repeat(1).take(blobs.blob_bytes_max)).unwrap();
}

#[test]
fn a_sweep_removes_what_nobody_wants_and_what_was_never_finished() {
    let (folder, _store, blobs) = opened();
    let kept = blobs.put(GARDEN, AYU, b"kept").unwrap();
    blobs.put(GARDEN, BEN, b"not wanted").unwrap();
    fs::write(folder.path().join("blobs/unfinished-00"), b"half").unwrap();
    let sweep =
        blobs.sweep(&mut |blob| (blob.community, blob.owner, blob.name) == (GARDEN, AYU, kept)).unwrap();
    assert_eq!((sweep.kept, sweep.removed), (1, 2));
    assert!(blobs.get(GARDEN, AYU, &kept).unwrap().is_some());
}
