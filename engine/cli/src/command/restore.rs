//! `kith restore`: a backup becomes a new DATA folder, and every stream is held against the backup's proof.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use kith_store::{BackupFolders, Store};
use serde::Serialize;
use serde_json::json;

use super::Stage;
use super::backup::keys_beside;
use crate::arguments::Data;
use crate::failure::Failure;
use crate::proof::{self, Proof};
use crate::report::Report;

/// Bring a backup back to a new DATA folder, and check its proof.
///
/// Exits 1 if the log is not sound or any stream's state differs from that at backup time.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder that the backup went to
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder that its keys went to [default: the other folder's name with -keys behind it]
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    place: Data,
}

#[derive(Debug, Serialize)]
struct Compared {
    #[serde(flatten)]
    proof: Proof,
    /// What the restored log folds to.
    found: Option<Proof>,
    equal: bool,
}

impl Restore {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let keys = self.keys.unwrap_or_else(|| keys_beside(&self.from));
        let folders = BackupFolders { content: self.from, keys };
        let proofs = proof::read(&folders.content)?;
        let bar = stage.streams.bar("restore");
        let restored = Store::restore(&folders, &self.place.data, &mut |progress| {
            bar.set_position(progress.bytes);
        });
        bar.finish_and_clear();
        let restored = restored?;
        let store = Store::open(&self.place.data)?;
        let compared: Vec<Compared> = proofs.into_iter().map(|proof| compare(&store, proof)).collect();
        let equal = compared.iter().all(|compared| compared.equal);
        // A removed community comes back closed, and is whole for all that: damage is in the report.
        let sound = equal && restored.report.is_sound();
        let mut text = String::new();
        for Compared { proof, equal, .. } in &compared {
            let (name, state) = (proof.shown_name(), &proof.state_hash[..16]);
            let verdict = if *equal { "equal" } else { "DIFFERS" };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{name}: frame {}, record {}, state {state} {verdict}",
                proof.frame_no, proof.seq
            );
        }
        for problem in &restored.report.problems {
            let _ =
                writeln!(text, "problem: {} at byte {} of {}", problem.what, problem.offset, problem.file);
        }
        for community in &restored.closed {
            let _ = writeln!(text, "{community} came back closed: it was damaged or removed at backup time");
        }
        text.push_str(if sound {
            "restored; every state equals that of the backup\n"
        } else {
            "NOT EQUAL\n"
        });
        let value = json!({
            "sound": sound, "streams": compared, "closed": restored.closed, "log": restored.report,
        });
        let report = Report::new(&value, text);
        Ok(if sound { report } else { report.of_problems() })
    }
}

fn compare(store: &Store, proof: Proof) -> Compared {
    let found = Proof::of(proof.community, store.log().as_ref(), proof.frame_no).ok();
    let equal = found.as_ref() == Some(&proof);
    Compared { proof, found, equal }
}
