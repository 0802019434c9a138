//! `kith community export` and `import`: a whole community in one file that verifies itself.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use clap::Args;
use kith_core::notice::Text;
use kith_runtime::transfer::{self, Summary};
use serde_json::json;

use crate::arguments::Data;
use crate::failure::{Exit, Failure};
use crate::report::{Report, hex};
use crate::session::{self, Folder};

/// Write a whole community to one file that another host can import. What members wrote is in it in clear.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    place: Data,
    /// The community, by name or id
    name: String,
    /// The file, which must not exist yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Bring a community in from another host's file; everything is verified before anything is written.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    place: Data,
    /// The file
    file: PathBuf,
}

/// A file that cannot be opened or made is the caller's to mend.
fn at_hand(opened: std::io::Result<File>, path: &std::path::Path) -> Result<File, Failure> {
    opened.map_err(|error| {
        let text = Text::new("cli.file").with("path", path.display().to_string().as_str());
        Failure::told(Exit::BadInput, text.with("what", error.to_string().as_str()))
    })
}

fn report(summary: &Summary, done: &str) -> Report {
    let hash = hex(&summary.state_hash);
    let value = json!({
        "id": summary.community, "name": summary.name, "records": summary.records, "state_hash": hash,
    });
    Report::new(&value, format!("{done} {}: {} records, state {hash}\n", summary.name, summary.records))
}

impl Export {
    pub(super) fn run(self) -> Result<Report, Failure> {
        session::run(&self.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.name).await?;
            let mut out = BufWriter::new(at_hand(File::create_new(&self.to), &self.to)?);
            let records = &session.engine.ports().records;
            let summary = tokio::task::block_in_place(|| transfer::export(records.as_ref(), id, &mut out))?;
            out.flush()?;
            out.get_ref().sync_all()?;
            Ok(report(&summary, "exported"))
        })
    }
}

impl Import {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let file = at_hand(File::open(&self.file), &self.file)?;
        session::run(&self.place.data, Folder::New, async |session| {
            let summary = session.operator().await?.bring(file).await?;
            Ok(report(&summary, "imported"))
        })
    }
}
