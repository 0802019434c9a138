//! `kith script rollback`: an earlier version is live again.

use clap::Args;
use kith_core::script::Command;
use kith_runtime::scripting::PutError;
use serde_json::json;

use super::super::Stage;
use super::OfCommunity;
use super::file;
use super::page::{self, Say, refused};
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// Make an earlier version live again: the one before, or a named one. It is checked and its cases are played
/// once more; where it does not pass, the live one stays. What the newer one did stays done;
/// `kith undo` takes it back.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    #[command(flatten)]
    script: OfCommunity,
    /// Which version; that before the live one where none is named
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
}

impl Rollback {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), &self.script.name);
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let (script, _) = page::find(session, community, name).await?;
            let version = match self.to {
                Some(version) => version,
                None => page::history(session, community, name)?
                    .before(script.live)
                    .ok_or_else(|| refused("nothing_before", &[("name", name)]))?,
            };
            match session.desk().check_kept(&script, version).await {
                Err(PutError::Problem(problem)) => return Ok(file::of_problem(say, name, &problem)),
                checked => checked?,
            };
            session.ask(community, Command::Activate { name: name.clone(), version }).await?;
            let old = script.live.map_or_else(|| say.of("state.off", &[]), |live| live.to_string());
            let args = [("name", name.as_str()), ("version", &version.to_string()), ("old", &old)];
            let value = json!({ "script": name, "live": version, "old": script.live });
            Ok(Report::new(&value, say.line("rolled_back", &args)))
        })
    }
}
