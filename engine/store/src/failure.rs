//! How errors of the file layer become errors of the port: with the action and the path, where both are
//! known.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use kith_core::ports::StoreError;

/// Adds what was attempted and on which file.
pub(crate) trait IoContext<T> {
    /// `action` completes "failed to …".
    fn context(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
    }
}

/// A failure without an error of the system behind it, such as a file with a foreign head.
pub(crate) fn refused(action: &'static str, path: &Path, why: &str) -> StoreError {
    StoreError::Io { action, path: path.to_owned(), source: io::Error::new(io::ErrorKind::InvalidData, why) }
}

/// Why nothing is written any more: the first I/O error on the log or the keys, or because the store was
/// closed. Never cleared.
///
/// After a failed sync the kernel may have dropped the pages and call the next sync a success, so a retry
/// would acknowledge what is not on the disk. The process has to end and read the disk again.
#[derive(Debug, Default)]
pub(crate) struct Poison {
    first: OnceLock<FirstFailure>,
    closed: AtomicBool,
}

#[derive(Debug)]
struct FirstFailure {
    action: &'static str,
    path: PathBuf,
    kind: io::ErrorKind,
    what: String,
}

impl Poison {
    /// Notes a failure, unless one is noted already, and hands the error on.
    pub(crate) fn note(&self, error: StoreError) -> StoreError {
        if let StoreError::Io { action, path, source } = &error {
            let (path, what) = (path.clone(), source.to_string());
            self.first.get_or_init(|| FirstFailure { action, path, kind: source.kind(), what });
        }
        error
    }

    /// The first failure again, as often as it is asked for.
    pub(crate) fn error(&self) -> Option<StoreError> {
        self.first.get().map(|first| StoreError::Io {
            action: first.action,
            path: first.path.clone(),
            source: io::Error::new(first.kind, first.what.clone()),
        })
    }

    /// Whoever comes from now on is told that the store is closed.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// `Err` once anything failed or the store was closed.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if let Some(error) = self.error() {
            return Err(error);
        }
        self.check_open()
    }

    /// `Err` once the store was closed; reading goes on after a failure.
    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(StoreError::Closed) } else { Ok(()) }
    }
}
