//! Sources of imported facts: which files are in, how far, which ids of the other network, who is who.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ids::MemberId;

/// A MAC under the community's pepper, cut to 64 bits: enough to tell rows apart, too little to prove
/// anything.
pub type Short = u64;

/// The short MAC of a name or id of a source.
pub fn short(pepper: &[u8; 32], format: &str, name: &str) -> Short {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
    mac.update(format.as_bytes());
    mac.update(&[0]);
    mac.update(name.as_bytes());
    let full = mac.finalize().into_bytes();
    let mut first = [0; 8];
    first.copy_from_slice(&full[..8]);
    u64::from_be_bytes(first)
}

/// Where rows come from: the format, and the SHA-256 of the file's bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The format's name at the command line.
    pub format: String,
    /// SHA-256 of the file.
    #[serde(with = "serde_bytes")]
    pub file: [u8; 32],
}

/// How far a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The last line covered.
    pub through_line: u64,
    /// Rows that came of it.
    pub rows: u64,
}

/// What was brought in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<Origin, Progress>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    ids: BTreeSet<Short>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    authors: BTreeMap<Short, MemberId>,
}

impl Imports {
    /// How far a file is in.
    pub fn progress(&self, origin: &Origin) -> Option<Progress> {
        self.files.get(origin).copied()
    }

    /// Whether a row with this id is in, from whatever file.
    pub fn has(&self, id: &Short) -> bool {
        self.ids.contains(id)
    }

    /// The member that an author is.
    pub fn member(&self, key: &Short) -> Option<MemberId> {
        self.authors.get(key).copied()
    }

    /// Who is who.
    pub fn authors(&self) -> impl Iterator<Item = (Short, MemberId)> {
        self.authors.iter().map(|(key, member)| (*key, *member))
    }

    /// Files and how far each is in.
    pub fn files(&self) -> impl Iterator<Item = (&Origin, &Progress)> {
        self.files.iter()
    }

    pub(super) fn link(&mut self, key: Short, member: MemberId) {
        self.authors.insert(key, member);
    }

    pub(super) fn note(&mut self, id: Short) {
        self.ids.insert(id);
    }

    pub(super) fn advance(&mut self, origin: &Origin, through_line: u64, rows: u64) {
        let progress = self.files.entry(origin.clone()).or_insert(Progress { through_line: 0, rows: 0 });
        progress.through_line = progress.through_line.max(through_line);
        progress.rows += rows;
    }
}
