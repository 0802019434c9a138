//! The few things that only a real disk can show.

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::model::{Writers, check_stream};
use crate::Store;

#[test]
fn a_real_folder_is_locked_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    Writers::default().fill(&store, 3, 4);
    let Err(StoreError::Io { source, .. }) = Store::open(dir.path()) else { panic!("opened twice") };
    assert_eq!(source.kind(), std::io::ErrorKind::ResourceBusy);
    assert!(source.to_string().contains(&std::process::id().to_string()), "{source}");
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(check_stream(&store, CommunityId(3)).unwrap(), 4);
}
