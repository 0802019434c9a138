//! The manifest of a backup: written last, so that a backup without one was never finished.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use kith_core::ids::CommunityId;
use kith_core::ports::{Head, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::blobs::hex;
use crate::failure::IoContext;

/// The manifest's name in the backup's folder.
pub(super) const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;
const MANIFEST_BYTES_MAX: u64 = 1 << 30;

/// What a backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// Number of this form of manifest.
    pub format: u32,
    /// When the backup was begun, Unix milliseconds.
    pub created_ms: u64,
    /// Every file of the backup's folder but this one.
    pub files: Vec<BackedUpFile>,
    /// Where the streams stood when the backup was begun; the backup holds at least as much.
    pub heads: Vec<BackedUpHead>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUpFile {
    /// Its path in the backup's folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// Where a stream stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUpHead {
    /// The stream.
    pub community: CommunityId,
    /// Its last frame.
    pub frame_no: u64,
    /// Its last record.
    pub seq: u64,
    /// The last frame's hash in hexadecimal digits.
    pub hash: String,
}

impl BackedUpHead {
    /// A head as the manifest writes it.
    pub(super) fn new(community: CommunityId, head: &Head) -> Self {
        Self { community, frame_no: head.frame_no, seq: head.seq, hash: hex(&head.hash) }
    }
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target has something in it, and nothing is ever overwritten.
    #[error("{} is not empty; name a folder that is, or that does not exist yet", .0.display())]
    NotEmpty(PathBuf),
    /// The backup was never finished, or this is none.
    #[error("{} has no {MANIFEST}: it is no finished backup", .0.display())]
    NoManifest(PathBuf),
    /// The manifest does not read.
    #[error("failed to read {}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest is of a later release.
    #[error("{} has format {format}; this release reads format {FORMAT}", path.display())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// A file is missing or not what it was.
    #[error("{} is {what}; restore from another backup", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The log of the backup ends before its manifest says.
    #[error("the backup's log of {community} ends at frame {found}, its manifest says {expected}")]
    Short {
        /// The stream.
        community: CommunityId,
        /// Frames found.
        found: u64,
        /// Frames expected.
        expected: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupManifest {
    /// A manifest of this release's form.
    pub(super) fn new(created_ms: u64) -> Self {
        Self { format: FORMAT, created_ms, files: Vec::new(), heads: Vec::new() }
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Writes the manifest durably.
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(MANIFEST);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| BackupError::Manifest { path: path.clone(), source })?;
        let mut file = File::create_new(&path).context("create", &path)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).context("write", &path)?;
        Ok(sync_folder(folder)?)
    }

    /// Reads a manifest.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NoManifest(folder.to_owned()));
            }
            opened => opened.context("open", &path)?,
        };
        let mut bytes = Vec::new();
        file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes).context("read", &path)?;
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|source| BackupError::Manifest { path: path.clone(), source })?;
        match manifest.format {
            FORMAT => Ok(manifest),
            format => Err(BackupError::Format { path, format }),
        }
    }
}

/// Makes a folder, or takes one that is empty.
pub(super) fn claim(folder: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(folder).context("create folder", folder)?;
    match fs::read_dir(folder).context("list", folder)?.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty(folder.to_owned())),
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).context("sync folder", folder)
}

/// Copies a file durably and tells length and SHA-256 of what was copied.
pub(super) fn copy(from: &mut dyn Read, to: &Path) -> Result<(u64, String), StoreError> {
    const WINDOW_BYTES: usize = 256 << 10;
    let mut file = File::create_new(to).context("create", to)?;
    let mut window = vec![0; WINDOW_BYTES];
    let (mut sum, mut bytes) = (Sha256::new(), 0);
    loop {
        let count = from.read(&mut window).context("read what is copied to", to)?;
        if count == 0 {
            break;
        }
        sum.update(&window[..count]);
        file.write_all(&window[..count]).context("write", to)?;
        bytes += count as u64;
    }
    file.sync_all().context("sync", to)?;
    Ok((bytes, hex(&sum.finalize())))
}
