//! `kith script show`: a version's source and the cases that it was tried with.

use clap::Args;
use kith_core::refusal::Refusal;
use serde_json::json;

use super::OfCommunity;
use super::page;
use crate::failure::Failure;
use crate::report::{Report, hex};
use crate::session::{self, Folder};

/// Print what a version says, and the cases that it came with: the live one, or a named one.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    script: OfCommunity,
    /// Which version; the live one, or the newest where none is
    #[arg(long, value_name = "VERSION")]
    version: Option<u32>,
}

impl Show {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let name = &self.script.name;
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let (script, _) = page::find(session, community, name).await?;
            let number = self.version.or(script.live).unwrap_or(script.newest);
            let what = || format!("script {name} version {number}");
            let kept = script.version(number).ok_or_else(|| Refusal::NotFound { what: what() })?;
            let mut text = kept.source.clone();
            if !kept.cases.is_empty() {
                text = format!("{}\n\n# {name}.cases.toml\n{}", text.trim_end(), kept.cases);
            }
            let value = json!({
                "script": name, "version": number, "hash": hex(&kept.hash), "source": kept.source,
                "cases": kept.cases,
            });
            Ok(Report::new(&value, format!("{}\n", text.trim_end())))
        })
    }
}
