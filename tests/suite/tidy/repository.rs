//! The files of this repository, as the checks see them.
//!
//! Reads the working tree, not git, so that it also works from an unpacked archive. Leaves out `.git` and
//! what the root `.gitignore` names. Does not follow symbolic links.

use std::fs;
use std::path::{Path, PathBuf};

/// One file: its path from the root of the repository, with `/`, and its bytes.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl Source {
    /// A made-up file.
    pub(super) fn made_up(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    /// The text, or nothing where the file is not UTF-8 and therefore not prose or code.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// The file name after the last `/`.
    pub(super) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The file name up to its last dot.
    pub(super) fn stem(&self) -> &str {
        self.file_name().rsplit_once('.').map_or(self.file_name(), |(stem, _)| stem)
    }

    /// What follows the last dot of the file name.
    pub(super) fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    pub(super) fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    /// A shell script: by its ending, or by its first line where it has none.
    pub(super) fn is_script(&self) -> bool {
        self.extension() == "sh" || self.text().starts_with("#!")
    }

    /// Whether the whole file is test code, by where it lies.
    pub(super) fn is_test(&self) -> bool {
        self.stem() == "tests" || self.path.split('/').any(|part| part == "tests")
    }
}

/// The root of the repository.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests folder lies in the repository")
        .to_owned()
}

/// Every file of this repository, ordered by path.
pub(super) fn sources() -> Vec<Source> {
    let root = root();
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let mut left_out: Vec<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    left_out.push(".git");
    let mut found = Vec::new();
    walk(&root, "", &left_out, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn walk(folder: &Path, prefix: &str, left_out: &[&str], found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let entry = entry.expect("a folder of the repository can be listed");
        let name = entry.file_name().into_string().expect("names in the repository are UTF-8");
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("the kind of a file can be read");
        if left_out.contains(&path.as_str()) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), left_out, found);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).expect("a file of the repository can be read");
            found.push(Source { path, bytes });
        }
    }
}

/// Fails with one complaint a line.
pub(super) fn assert_clean(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} found:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn finds_this_very_file_and_nothing_ignored() {
    let sources = sources();
    assert!(sources.iter().any(|source| source.path == "tests/suite/tidy/repository.rs"));
    assert!(
        !sources.iter().any(|source| source.path.starts_with("target/") || source.path.starts_with(".git/"))
    );
}
