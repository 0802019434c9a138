//! Contracts that were released do not change: each frozen folder still has the digest it was released with.
//!
//! Covers the path and every byte of each file. A change of a contract is a new folder beside the old one.
//! Nothing is released yet, so the list is empty; the first rows will be folders of `sdk/wit` and the golden
//! logs.

use sha2::{Digest, Sha256};

use super::repository::{Source, assert_clean, sources};

/// Each frozen folder and the SHA-256 of what is in it.
const FROZEN: &[(&str, &str)] = &[];

fn check(sources: &[Source], frozen: &[(&str, &str)]) -> Vec<String> {
    let found = frozen.iter().map(|(folder, expected)| (folder, expected, digest(sources, folder)));
    found
        .filter(|(_, expected, digest)| digest != *expected)
        .map(|(folder, expected, digest)| {
            format!(
                "{folder}: is frozen at {expected} but has {digest}; add a new folder instead of changing it"
            )
        })
        .collect()
}

/// The digest over each file's path and bytes with their lengths, ordered by path.
fn digest(sources: &[Source], folder: &str) -> String {
    let prefix = format!("{folder}/");
    let mut files: Vec<&Source> = sources.iter().filter(|source| source.path.starts_with(&prefix)).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut hash = Sha256::new();
    for file in files {
        for piece in [&file.path.as_bytes()[prefix.len()..], &file.bytes] {
            hash.update((piece.len() as u64).to_le_bytes());
            hash.update(piece);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn frozen_folders_are_as_they_were_released() {
    assert_clean(&check(&sources(), FROZEN));
}

#[cfg(test)]
mod tests {
    use super::{check, digest};
    use crate::tidy::repository::Source;

    /// A made-up folder: two files of a contract and a neighbour whose name only begins alike.
    fn folder() -> Vec<Source> {
        let rows =
            [("sdk/wit/gate/a.wit", "one"), ("sdk/wit/gate/b.wit", "two"), ("sdk/wit/gates/a.wit", "three")];
        rows.map(|(path, text)| Source::made_up(path, text)).to_vec()
    }

    #[test]
    fn complains_of_a_changed_renamed_added_or_removed_file() {
        let frozen = digest(&folder(), "sdk/wit/gate");
        let changes: [fn(&mut Vec<Source>); 4] = [
            |files| files[0].bytes = b"oNe".to_vec(),
            |files| files[1].path = "sdk/wit/gate/c.wit".to_owned(),
            |files| files.push(Source::made_up("sdk/wit/gate/c.wit", "")),
            |files| drop(files.remove(0)),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut files = folder();
            change(&mut files);
            assert_eq!(check(&files, &[("sdk/wit/gate", &frozen)]).len(), 1, "change {at}");
        }
    }

    #[test]
    fn is_content_while_only_neighbours_change() {
        let frozen = digest(&folder(), "sdk/wit/gate");
        let mut files = folder();
        files[2].bytes = b"new".to_vec();
        files.reverse();
        assert!(check(&files, &[("sdk/wit/gate", &frozen)]).is_empty());
    }
}
