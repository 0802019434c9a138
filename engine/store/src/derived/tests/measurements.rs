//! The side table: newest first, bounded, apart by community.

use super::*;

#[test]
fn the_newest_rows_are_kept_of_each_community() {
    let (folder, log) = (tempfile::tempdir().unwrap(), Arc::default());
    let index = started(folder.path(), &log);
    let rows = |from: u64, count: u64| -> Vec<(u64, Vec<u8>)> {
        (from..from + count).map(|number| (number / 3, number.to_be_bytes().to_vec())).collect()
    };
    for part in 0..5 {
        index.measure(CommunityId(7), &rows(part * 500, 500)).unwrap();
    }
    index.measure(CommunityId(8), &rows(0, 2)).unwrap();
    let kept = index.measured(CommunityId(7), 9_999).unwrap();
    assert_eq!((kept.len(), kept[0].clone()), (2_000, 2_499_u64.to_be_bytes().to_vec()));
    assert!(kept.is_sorted_by(|a, b| a > b));
    assert_eq!(index.measured(CommunityId(7), 3).unwrap(), kept[..3]);
    assert_eq!(index.measured(CommunityId(8), 9).unwrap().len(), 2);
    assert!(matches!(
        index.measure(CommunityId(8), &[(1, vec![0; 4_096])]),
        Err(StoreError::TooLarge { .. })
    ));
}
