//! `kith backup`: a copy of everything, keys apart, with the state of every stream as proof.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use kith_core::ports::Clock as _;
use kith_store::{BackupFolders, Store};
use serde_json::json;

use super::Stage;
use crate::arguments::Data;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::proof::{self, Proof};
use crate::report::Report;
use crate::session;

/// Copy everything to another folder, keys apart, with the state of every stream as proof.
#[derive(Debug, Args)]
#[command(after_help = "\
Keys go to a folder of their own: erasing somebody destroys their key, so let copies of the keys expire.

Example:
  kith backup --data data --to /backups/today --keys /backups/keys/today")]
pub(crate) struct Backup {
    #[command(flatten)]
    place: Data,
    /// An empty or new folder for the log, the attachments and the proof
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// An empty or new folder for the keys [default: the other folder's name with -keys behind it]
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

/// Where keys go, or come from, where nothing else was said.
pub(super) fn keys_beside(content: &Path) -> PathBuf {
    let mut name = content.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push("-keys");
    content.with_file_name(name)
}

impl Backup {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        session::check_exists(&self.place.data)?;
        let store = Store::open(&self.place.data)?;
        let keys = self.keys.unwrap_or_else(|| keys_beside(&self.to));
        let folders = BackupFolders { content: self.to, keys };
        let bar = stage.streams.bar("backup");
        let made = store.backup(&folders, SystemClock::start().wall_ms(), &mut |progress| {
            bar.set_position(progress.bytes);
        });
        bar.finish_and_clear();
        let manifest = made?;
        let mut proofs = Vec::new();
        for head in &manifest.heads {
            proofs.push(Proof::of(head.community, store.log().as_ref(), head.frame_no)?);
        }
        proof::write(&folders.content, &proofs)?;
        let mut text = format!("{} files, {} bytes\n", manifest.files.len(), manifest.bytes());
        for proof in &proofs {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{}: frame {}, record {}, state {}",
                proof.shown_name(),
                proof.frame_no,
                proof.seq,
                &proof.state_hash[..16]
            );
        }
        let (content, keys) = (folders.content.display(), folders.keys.display());
        let _ = writeln!(text, "\nbring it back: kith restore --from {content} --keys {keys} --data NEW");
        let value = json!({
            "files": manifest.files.len(), "bytes": manifest.bytes(), "streams": proofs,
            "to": folders.content, "keys": folders.keys,
        });
        Ok(Report::new(&value, text))
    }
}
