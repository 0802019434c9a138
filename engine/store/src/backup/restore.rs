//! Restoring a backup into a DATA folder that does not exist yet.
//!
//! Promises that DATA appears whole or not at all: everything is built beside it, checked, and then renamed.
//! Every stream begins a new epoch, so that whoever still writes to the old store is refused by the new one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use kith_core::ids::CommunityId;
use kith_core::ports::{Head, Records, StoreError};

use super::make::{BackupFolders, BackupProgress};
use super::manifest::{BackupError, BackupManifest, claim, copy, sync_folder};
use crate::failure::IoContext;
use crate::store::Store;
use crate::verify::VerifyReport;

/// What a restore found and did.
#[derive(Debug)]
pub struct Restored {
    /// The backup's manifest.
    pub manifest: BackupManifest,
    /// Where the streams stood before their epoch was raised. States folded up to here equal those of the
    /// store that was backed up, up to the same frames.
    pub heads: Vec<(CommunityId, Head)>,
    /// Streams that came back closed because they were damaged when the backup was made; their epoch is the
    /// old.
    pub closed: Vec<CommunityId>,
    /// The whole log, verified.
    pub report: VerifyReport,
}

impl Store {
    /// Restores a backup to `data`, which does not exist yet or is empty.
    pub fn restore(
        folders: &BackupFolders,
        data: &Path,
        progress: &mut dyn FnMut(BackupProgress),
    ) -> Result<Restored, BackupError> {
        restore(folders, data, progress)
    }
}

fn restore(
    folders: &BackupFolders,
    data: &Path,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<Restored, BackupError> {
    let manifest = BackupManifest::read(&folders.content)?;
    claim(data)?;
    let staging = beside(data);
    if staging.exists() {
        fs::remove_dir_all(&staging).context("remove", &staging)?;
    }
    copy_content(&manifest, &folders.content, &staging, progress)?;
    copy_keys(&folders.keys, &staging.join("keys"))?;
    let restored = begin_epoch(manifest, &staging)?;
    sync_folder(&staging)?;
    fs::rename(&staging, data).context("rename", &staging)?;
    if let Some(above) = data.parent().filter(|above| above.is_dir()) {
        sync_folder(above)?;
    }
    Ok(restored)
}

fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".restoring");
    data.with_file_name(name)
}

fn copy_content(
    manifest: &BackupManifest,
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<(), BackupError> {
    for folder in ["log", "blobs"].map(|name| to.join(name)) {
        fs::create_dir_all(&folder).context("create folder", &folder)?;
    }
    let mut done = BackupProgress { files: 0, bytes: 0 };
    for file in &manifest.files {
        let path = from.join(&file.name);
        if !is_inside(&file.name) {
            return Err(BackupError::Changed { path, what: "named outside the backup" });
        }
        let mut source =
            File::open(&path).map_err(|_| BackupError::Changed { path: path.clone(), what: "missing" })?;
        let (bytes, sha256) = copy(&mut source, &to.join(&file.name))?;
        if (bytes, &sha256) != (file.bytes, &file.sha256) {
            return Err(BackupError::Changed { path, what: "not what it was when the backup was made" });
        }
        done = BackupProgress { files: done.files + 1, bytes: done.bytes + bytes };
        progress(done);
    }
    ["log", "blobs"].iter().try_for_each(|name| sync_folder(&to.join(name)))?;
    Ok(())
}

/// A manifest is a file like any other: it may have been changed to point elsewhere.
fn is_inside(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    matches!(parts[..], ["log" | "blobs", file] if !file.is_empty() && file != "." && file != "..")
}

fn copy_keys(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).context("create folder", to)?;
    for name in ["members", "host"] {
        let path = from.join(name);
        let mut source = File::open(&path).context("open", &path)?;
        let target = to.join(name);
        copy(&mut source, &target)?;
        let rights = source.metadata().context("measure", &path)?.permissions();
        fs::set_permissions(&target, rights).context("protect", &target)?;
    }
    sync_folder(to)
}

fn begin_epoch(manifest: BackupManifest, staging: &Path) -> Result<Restored, BackupError> {
    let store = Store::open(staging)?;
    let report = store.verify(&mut |_, _| {})?;
    let log = store.log();
    let mut heads = Vec::new();
    for community in log.streams() {
        heads.extend(log.head(community).map(|head| (community, head)));
    }
    for expected in &manifest.heads {
        let community = expected.community;
        let found = log.head(community).map_or(0, |head| head.frame_no);
        if found < expected.frame_no {
            return Err(BackupError::Short { community, found, expected: expected.frame_no });
        }
    }
    let mut closed = Vec::new();
    let (sender, receiver) = mpsc::channel();
    for (community, head) in &heads {
        let sender = sender.clone();
        // The receiver outlives every callback: it is drained below until the last of them is gone.
        let done = Box::new(move |outcome: Result<Head, StoreError>| drop(sender.send(outcome.err())));
        match log.raise_epoch(*community, head.epoch + 1, done) {
            Ok(()) => {}
            // Nothing may be appended to a stream that is damaged, or removed.
            Err(StoreError::Damaged(_) | StoreError::Fenced { .. }) => closed.push(*community),
            Err(error) => return Err(error.into()),
        }
    }
    drop(sender);
    match receiver.into_iter().flatten().next() {
        Some(error) => Err(error.into()),
        None => Ok(Restored { manifest, heads, closed, report }),
    }
}
