//! How far the index covers the log: kept in the commit itself, so that both are there or neither is.

use std::collections::BTreeMap;

use kith_core::ids::CommunityId;
use kith_core::ports::search::Covered;
use serde::{Deserialize, Serialize};

/// Raised whenever the index holds anything else or texts are cut otherwise: an older one is made again.
const VERSION: u32 = 2;

/// What a commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    version: u32,
    /// Whether something has to go from every file before this commit has done what it should.
    #[serde(default)]
    pub(crate) purging: bool,
    streams: BTreeMap<CommunityId, Row>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    frame_no: u64,
    hash: [u8; 32],
    #[serde(default)]
    cut_no: u64,
    /// By what the secret is known that its words were hidden with.
    secret: String,
}

impl Default for Progress {
    fn default() -> Self {
        Self { version: VERSION, purging: false, streams: BTreeMap::new() }
    }
}

impl Progress {
    /// What a commit said; `None` where it is another release's.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|progress| progress.version == VERSION)
    }

    /// For the next commit.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("ids, numbers and texts can always be written")
    }

    /// Notes how far a stream is covered, under the secret that is known by `secret`.
    pub(crate) fn note(&mut self, community: CommunityId, covered: &Covered, secret: String) {
        let Covered { frame_no, hash, cut_no } = *covered;
        self.streams.insert(community, Row { frame_no, hash, cut_no, secret });
    }

    /// Forgets a stream.
    pub(crate) fn forget(&mut self, community: CommunityId) {
        self.streams.remove(&community);
    }

    /// The streams that are covered.
    pub(crate) fn streams(&self) -> impl Iterator<Item = CommunityId> {
        self.streams.keys().copied()
    }

    /// How far a stream is covered, if its words were hidden with this secret.
    pub(crate) fn covered(&self, community: CommunityId, secret: &str) -> Option<Covered> {
        let row = self.streams.get(&community).filter(|row| row.secret == secret)?;
        Some(Covered { frame_no: row.frame_no, hash: row.hash, cut_no: row.cut_no })
    }
}
