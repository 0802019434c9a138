//! `kith script off` and `kith script remove`.

use clap::Args;
use kith_core::script::Command;
use serde_json::json;

use super::super::Stage;
use super::OfCommunity;
use super::page::{self, Say, refused};
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// Ask a script no more; its versions and what it remembers stay.
#[derive(Debug, Args)]
pub(crate) struct Off {
    #[command(flatten)]
    script: OfCommunity,
}

/// Take a script out, with everything it remembers. What it did stays done.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    script: OfCommunity,
    /// The name once more: there is no way back
    #[arg(long, value_name = "NAME")]
    yes_remove: Option<String>,
}

impl Off {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), &self.script.name);
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let (script, _) = page::find(session, community, name).await?;
            session.ask(community, Command::SwitchOff { name: name.clone() }).await?;
            let value = json!({ "script": name, "live": null, "old": script.live });
            Ok(Report::new(&value, say.line("is_off", &[("name", name)])))
        })
    }
}

impl Remove {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), &self.script.name);
        if self.yes_remove.as_deref() != Some(name) {
            return Err(refused("unconfirmed", &[("name", name)]));
        }
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            page::find(session, community, name).await?;
            session.ask(community, Command::Remove { name: name.clone() }).await?;
            Ok(Report::new(
                &json!({ "script": name, "removed": true }),
                say.line("is_removed", &[("name", name)]),
            ))
        })
    }
}
