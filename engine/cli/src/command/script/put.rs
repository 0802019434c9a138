//! `kith script put`: a script goes into a community, live, into the shadow, or only kept.

use std::path::PathBuf;

use clap::Args;
use kith_core::connector;
use kith_core::ids::CommunityId;
use kith_core::refusal::Refusal;
use kith_core::script::{Binding, Origin, Stage as Place};
use kith_runtime::scripting::{Change, How, PutError, Written};
use kith_runtime::texts::Reader;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::Stage;
use super::page::Say;
use super::{OfCommunity, file};
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// Put a script into a community: compiled and tried first. What fails leaves the live version as it is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Put {
    #[command(flatten)]
    script: OfCommunity,
    /// The source
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Let it run beside the live version, deciding nothing
    #[arg(long, conflicts_with = "keep")]
    shadow: bool,
    /// Keep it, and nothing more
    #[arg(long)]
    keep: bool,
    /// Where the breaches that it reports start on the ladder
    #[arg(long, value_name = "remind|warn|mute|remove|ban")]
    step: Option<String>,
    /// What becomes of a message when the script fails on it
    #[arg(long, value_name = "hold|open")]
    on_fault: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  kith script put --data data --community zig guard guard.rhai --shadow
  kith script put --data data --community zig guard guard.rhai --on-fault open";

impl Put {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        let place = match (self.shadow, self.keep) {
            (true, _) => Place::Shadow,
            (_, true) => Place::Kept,
            _ => Place::Live,
        };
        let written = Written { name: self.script.name.clone(), ..file::read(&self.file)? };
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let binding = self.binding(session, community).await?;
            put(session, community, (&written, place, binding), say).await
        })
    }

    /// The binding that is there, with what was said over it.
    async fn binding(&self, session: &Session, community: CommunityId) -> Result<Option<Binding>, Failure> {
        if self.step.is_none() && self.on_fault.is_none() {
            return Ok(None);
        }
        let name = self.script.name.clone();
        let known = session.view(community, move |_, it| it.scripts.get(&name).map(|it| it.binding.clone()));
        let mut binding = known.await?.unwrap_or_default();
        if let Some(step) = &self.step {
            binding.step = word("step", step)?;
        }
        if let Some(on_fault) = &self.on_fault {
            binding.on_fault = word("on_fault", on_fault)?;
        }
        Ok(Some(binding))
    }
}

fn word<T: DeserializeOwned>(name: &str, word: &str) -> Result<T, Failure> {
    serde_json::from_value(Value::String(word.to_owned())).map_err(|error| {
        let (name, expected) = (name.to_owned(), error.to_string());
        Refusal::ValueInvalid { name, expected }.into()
    })
}

/// Puts a script in and says what became of it.
pub(super) async fn put(
    session: &Session,
    community: CommunityId,
    (written, place, binding): (&Written, Place, Option<Binding>),
    say: Say,
) -> Result<Report, Failure> {
    let how = How { origin: Origin::Command, binding, stage: place };
    let done = match session.desk().put(community, written, how).await {
        Err(PutError::Problem(problem)) => return Ok(file::of_problem(say, &written.name, &problem)),
        done => done?,
    };
    let (code, stage) = match (done.change, place) {
        (Change::Nothing, _) => ("unchanged", "unchanged"),
        (_, Place::Live) => ("is_live", "live"),
        (_, Place::Shadow) => ("in_shadow", "shadow"),
        (_, Place::Kept) => ("is_kept", "kept"),
    };
    let (version, name, language) = (done.version.to_string(), written.name.clone(), say.0);
    let degraded = session.view(community, move |stream, it| {
        let reader = Reader { language, stream: Some(stream) };
        let found = connector::degraded_by_script(it, &name);
        found.iter().map(|text| reader.render(text)).collect::<Vec<_>>()
    });
    let degraded = degraded.await?;
    let mut text = file::lines(say, &done.checked.warnings);
    text.push_str(&say.line(code, &[("name", &written.name), ("version", &version)]));
    degraded.iter().for_each(|sentence| text.extend([sentence.as_str(), "\n"]));
    let value = json!({
        "script": written.name, "version": done.version, "stage": stage,
        "hooks": done.checked.hooks, "warnings": file::values(say, &done.checked.warnings),
        "cases": done.checked.cases.len(), "degraded": degraded,
    });
    Ok(Report::new(&value, text))
}
