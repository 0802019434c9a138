//! Opening the tree, or putting it aside: whatever is wrong with it, the log can make another.
//!
//! A folder that cannot be opened is renamed to `index.set-aside-<n>`; one such folder is kept for whoever
//! wants to know why. An open that took the whole process with it (an allocation gone mad, a signal) cannot
//! be caught, so a small file counts the attempts, and after two of them the folder is not tried again.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use kith_core::ports::StoreError;

use super::limits::{LOCK_WAIT_MS, OPEN_CRASHES_MAX};
use super::rows::{OpenError, Rows};

const FOLDER: &str = "index";
const ATTEMPTS: &str = "index.attempts";
const ASIDE: &str = "index.set-aside-";
const LOCK_POLL_MS: u64 = 10;

/// Whether the folder that is there may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Try it.
    Folder,
    /// It has failed: put it aside unopened.
    LogOnly,
}

/// Opens the tree below DATA, afresh if need be.
pub(super) fn open(data: &Path, trust: Trust) -> Result<Rows, StoreError> {
    let folder = data.join(FOLDER);
    let attempts = attempts(data);
    if trust == Trust::LogOnly || attempts >= OPEN_CRASHES_MAX {
        set_aside(data)?;
    }
    note_attempts(data, attempts.saturating_add(1))?;
    let rows = match open_folder(&folder) {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(?error, "the index does not open and is rebuilt from the log");
            set_aside(data)?;
            open_folder(&folder).map_err(|error| StoreError::Derived(format!("{error:?}")))?
        }
    };
    Ok(rows)
}

/// Notes that the tree has proved itself: the attempt did not end with the process.
pub(super) fn proved(data: &Path) -> Result<(), StoreError> {
    note_attempts(data, 0)
}

fn open_folder(folder: &Path) -> Result<Rows, OpenError> {
    remove_unfinished(folder);
    let mut waited_ms = 0;
    loop {
        match Rows::open(folder) {
            Err(OpenError::Locked) if waited_ms < LOCK_WAIT_MS => {
                thread::sleep(Duration::from_millis(LOCK_POLL_MS));
                waited_ms += LOCK_POLL_MS;
            }
            opened => return opened,
        }
    }
}

/// Sled takes a snapshot file that it was still writing when it was killed for the newest, and then for
/// damage.
fn remove_unfinished(folder: &Path) {
    let Ok(listing) = fs::read_dir(folder) else { return };
    for file in listing.flatten() {
        if file.path().extension().is_some_and(|extension| extension == "generating") {
            // If it stays, the open fails and the folder is put aside.
            let _ = fs::remove_file(file.path());
        }
    }
}

fn set_aside(data: &Path) -> Result<(), StoreError> {
    let folder = data.join(FOLDER);
    if !folder.exists() {
        return Ok(());
    }
    let older = aside(data)?;
    let number = older.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
    let target = data.join(format!("{ASIDE}{number}"));
    fs::rename(&folder, &target).map_err(io("set aside", &folder))?;
    for (_, path) in older {
        fs::remove_dir_all(&path).map_err(io("remove", &path))?;
    }
    note_attempts(data, 0)
}

fn aside(data: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let listing = fs::read_dir(data).map_err(io("list", data))?;
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix(ASIDE)?.parse().ok();
    Ok(listing.flatten().filter_map(|file| Some((number(&file.path())?, file.path()))).collect())
}

fn attempts(data: &Path) -> u8 {
    fs::read(data.join(ATTEMPTS)).ok().and_then(|bytes| bytes.first().copied()).unwrap_or(0)
}

fn note_attempts(data: &Path, attempts: u8) -> Result<(), StoreError> {
    let path = data.join(ATTEMPTS);
    fs::write(&path, [attempts]).map_err(io("write", &path))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}
