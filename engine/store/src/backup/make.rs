//! Making a backup of a running store: nothing waits for it.
//!
//! The order makes it whole: heads are noted first, then the log is copied up to what is durable, so it holds
//! at least those heads; blobs and keys come after it, so it names none that is missing.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kith_core::ports::{Records, StoreError};

use super::manifest::{BackedUpFile, BackedUpHead, BackupError, BackupManifest, claim, copy, sync_folder};
use crate::disk;
use crate::failure::IoContext;
use crate::log::{Log, LogFile};
use crate::store::Store;

/// Where a backup goes.
#[derive(Debug, Clone)]
pub struct BackupFolders {
    /// The log, the blobs and the manifest.
    pub content: PathBuf,
    /// The keys. Let these expire: as long as one is kept, what it opens is not erased.
    pub keys: PathBuf,
}

/// How far a backup or a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupProgress {
    /// Files done.
    pub files: u64,
    /// Bytes done.
    pub bytes: u64,
}

impl Store {
    /// Copies the store while it runs. Both folders are made, or are empty.
    pub fn backup(
        &self,
        folders: &BackupFolders,
        created_ms: u64,
        progress: &mut dyn FnMut(BackupProgress),
    ) -> Result<BackupManifest, BackupError> {
        make((self.log(), self.folder()), folders, created_ms, progress)
    }
}

fn make(
    (log, data): (&Log, &Path),
    folders: &BackupFolders,
    created_ms: u64,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<BackupManifest, BackupError> {
    claim(&folders.content)?;
    claim(&folders.keys)?;
    let mut copying = Copying { folders, manifest: BackupManifest::new(created_ms), progress };
    for community in log.streams() {
        let head = log.head(community).map(|head| BackedUpHead::new(community, &head));
        copying.manifest.heads.extend(head);
    }
    copying.folder("log")?;
    for segment in log.files()? {
        copying.segment(segment)?;
    }
    sync_folder(&folders.content.join("log"))?;
    copying.blobs(&data.join("blobs"))?;
    copying.keys(&data.join("keys"))?;
    copying.manifest.write(&folders.content)?;
    Ok(copying.manifest)
}

struct Copying<'a> {
    folders: &'a BackupFolders,
    manifest: BackupManifest,
    progress: &'a mut dyn FnMut(BackupProgress),
}

impl Copying<'_> {
    fn folder(&self, name: &str) -> Result<(), StoreError> {
        let folder = self.folders.content.join(name);
        fs::create_dir(&folder).context("create folder", &folder)
    }

    fn file(&mut self, name: String, from: &mut dyn Read) -> Result<(), StoreError> {
        let (bytes, sha256) = copy(from, &self.folders.content.join(&name))?;
        self.manifest.files.push(BackedUpFile { name, bytes, sha256 });
        let (files, bytes) = (self.manifest.files.len() as u64, self.manifest.bytes());
        (self.progress)(BackupProgress { files, bytes });
        Ok(())
    }

    /// A segment is read through its open file, which outlives a compaction that removes its name.
    fn segment(&mut self, segment: LogFile) -> Result<(), StoreError> {
        let mut from = Prefix { file: segment.file, offset: 0, len: segment.bytes };
        self.file(format!("log/{}", segment.name), &mut from)
    }

    fn blobs(&mut self, blobs: &Path) -> Result<(), StoreError> {
        if !blobs.exists() {
            return Ok(());
        }
        self.folder("blobs")?;
        for file in fs::read_dir(blobs).context("list", blobs)? {
            let file = file.context("list", blobs)?;
            let Some(name) = file.file_name().to_str().map(str::to_owned) else { continue };
            match File::open(file.path()) {
                Ok(mut from) => self.file(format!("blobs/{name}"), &mut from)?,
                // A put has finished or a sweep has passed since the folder was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).context("open", &file.path()),
            }
        }
        sync_folder(&self.folders.content.join("blobs"))
    }

    fn keys(&self, keys: &Path) -> Result<(), StoreError> {
        for name in ["members", "host"] {
            let path = keys.join(name);
            let mut from = File::open(&path).context("open", &path)?;
            let target = self.folders.keys.join(name);
            copy(&mut from, &target)?;
            let rights = from.metadata().context("measure", &path)?.permissions();
            fs::set_permissions(&target, rights).context("protect", &target)?;
        }
        sync_folder(&self.folders.keys)
    }
}

/// The first bytes of a segment.
struct Prefix {
    file: Arc<dyn disk::File>,
    offset: u64,
    len: u64,
}

impl Read for Prefix {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.len - self.offset).unwrap_or(usize::MAX).min(bytes.len());
        let count = self.file.read_at(self.offset, &mut bytes[..rest])?;
        self.offset += count as u64;
        Ok(count)
    }
}
