//! Proof that two copies of a stream are the same: the hash of the state that its log folds to, at a frame.

use std::fs;
use std::path::Path;

use kith_core::ids::CommunityId;
use kith_core::ports::Records;
use kith_runtime::recover;
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};
use crate::report::hex;

/// The file beside a backup's manifest.
const FILE: &str = "states.json";

/// A stream's state at a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// The stream.
    pub(crate) community: CommunityId,
    /// Its name; the host's own stream has none.
    pub(crate) name: Option<String>,
    /// The frame up to which the log was folded.
    pub(crate) frame_no: u64,
    /// The last record.
    pub(crate) seq: u64,
    /// SHA-256 of the state in hexadecimal digits.
    pub(crate) state_hash: String,
}

impl Proof {
    /// Folds the log of a stream up to a frame.
    pub(crate) fn of(community: CommunityId, records: &dyn Records, frame_no: u64) -> Result<Self, Failure> {
        let stream = recover::from_log(community, records, frame_no)?;
        let name = stream.community().map(|community| community.profile.name.clone());
        Ok(Self { community, name, frame_no, seq: stream.seq, state_hash: hex(&stream.hash()) })
    }

    /// What a person calls the stream.
    pub(crate) fn shown_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.community.to_string())
    }
}

/// Writes proofs beside a backup.
pub(crate) fn write(folder: &Path, proofs: &[Proof]) -> Result<(), Failure> {
    let bytes = serde_json::to_vec_pretty(proofs).map_err(std::io::Error::from)?;
    Ok(fs::write(folder.join(FILE), bytes)?)
}

/// Reads the proofs of a backup.
pub(crate) fn read(folder: &Path) -> Result<Vec<Proof>, Failure> {
    let path = folder.join(FILE);
    let unusable = |what: String| {
        Failure::said(Exit::BadInput, "cli.backup", format!("failed to read {}: {what}", path.display()))
    };
    let bytes = fs::read(&path).map_err(|error| unusable(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))
}
