//! `kith script diff`: two versions of a script beside each other.

use clap::Args;
use serde_json::json;
use similar::TextDiff;

use super::super::Stage;
use super::OfCommunity;
use super::page::{self, Say, refused};
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// Compare two versions of a script, also those that are no longer kept: the log has them.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    script: OfCommunity,
    /// The one version
    #[arg(value_name = "A")]
    one: u32,
    /// The other
    #[arg(value_name = "B")]
    other: u32,
}

impl Diff {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), &self.script.name);
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let history = page::history(session, community, name)?;
            let source = |number: u32| {
                let found = history.version(number).map(|doing| doing.source.as_str());
                found
                    .ok_or_else(|| refused("no_version", &[("name", name), ("version", &number.to_string())]))
            };
            let (one, other) = (source(self.one)?, source(self.other)?);
            let differs = TextDiff::from_lines(one, other);
            let (from, to) = (format!("{name}@{}", self.one), format!("{name}@{}", self.other));
            let shown = differs.unified_diff().context_radius(3).header(&from, &to).to_string();
            let text = if one == other { say.line("same", &[]) } else { shown.clone() };
            let value = json!({ "script": name, "from": self.one, "to": self.other, "diff": shown });
            Ok(Report::new(&value, text))
        })
    }
}
