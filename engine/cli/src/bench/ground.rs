//! The folder that a run works in. It is removed with everything in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::run::BenchError;

/// A folder for one run.
pub(super) struct Ground {
    folder: PathBuf,
}

impl Ground {
    /// Makes a folder below `parent`, which has to be on the disk that is to be measured.
    pub(super) fn new(parent: &Path) -> Result<Self, BenchError> {
        let folder = parent.join(format!("kith-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|source| BenchError::Io { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    /// A path within it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Gives the room of something back before the run ends.
    pub(super) fn clear(&self, name: &str) {
        let path = self.path(name);
        // Whatever cannot be removed now is tried again at the end.
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "the folder of the figures stays");
        }
    }
}
