//! `kith script shadow`: a version beside the live one, and what it would have done since.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use kith_core::community::Zone;
use kith_core::ids::CommunityId;
use kith_core::script::{Command, Script, Stage as Place};
use kith_runtime::replay::{self, Draft, Plan};
use kith_runtime::scripting::Written;
use kith_runtime::texts::Reader;
use serde_json::json;

use super::super::replay::render as replay_page;
use super::super::{Stage, shown};
use super::page::{self, Say, refused};
use super::put::put;
use super::{OfCommunity, file};
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// Let a version run beside the live one, deciding nothing; without a file, show what it would have done
/// since it was put there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Shadow {
    #[command(flatten)]
    script: OfCommunity,
    /// Put this source into the shadow
    #[arg(value_name = "FILE", conflicts_with_all = ["version", "off"])]
    file: Option<PathBuf>,
    /// Put this kept version into the shadow
    #[arg(long, value_name = "VERSION", conflicts_with = "off")]
    version: Option<u32>,
    /// No more
    #[arg(long)]
    off: bool,
}

const EXAMPLES: &str = "\
Examples:
  kith script shadow --data data --community zig guard guard.rhai    put it there
  kith script shadow --data data --community zig guard               what it would have done
  kith script shadow --data data --community zig guard --off         no more";

impl Shadow {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), self.script.name.clone());
        let written = match &self.file {
            None => None,
            Some(path) => Some(Written { name: name.clone(), ..file::read(path)? }),
        };
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            if let Some(written) = &written {
                return put(session, community, (written, Place::Shadow, None), say).await;
            }
            let (script, zone) = page::find(session, community, &name).await?;
            match (self.version, self.off) {
                (Some(version), _) => place(session, community, (&name, Some(version)), say).await,
                (None, true) => place(session, community, (&name, None), say).await,
                (None, false) => self.report(session, (community, &script, &zone), say),
            }
        })
    }

    fn report(
        &self,
        session: &Session,
        (community, script, zone): (CommunityId, &Script, &Zone),
        say: Say,
    ) -> Result<Report, Failure> {
        let name = &script.name;
        let in_shadow = script.shadow.and_then(|number| script.version(number));
        let version = in_shadow.ok_or_else(|| refused("no_shadow", &[("name", name)]))?;
        let history = page::history(session, community, name)?;
        let stand = history.version(version.number).and_then(|doing| doing.shadow.last().copied());
        let stand = stand.ok_or_else(|| refused("no_shadow", &[("name", name)]))?;
        let ports = session.engine.ports();
        let stage = replay::Stage {
            records: ports.records.as_ref(),
            keys: Arc::clone(&ports.keys),
            runner: session.opened.scripting().runner(),
        };
        let plan = Plan {
            against: script.live().map(|live| Draft::of(script, live)),
            after_seq: stand.from_seq,
            ..Plan::new(community, Draft::of(script, version))
        };
        let told = replay::run(&stage, &plan, &mut |_| ControlFlow::Continue(()))?;
        let live = script.live.map_or_else(|| say.of("state.off", &[]), |live| live.to_string());
        let (since, number) = (shown::moment(stand.from_ms, zone), version.number.to_string());
        let args = [("name", name.as_str()), ("version", &number), ("since", &since), ("live", &live)];
        let reader = Reader { language: say.0, stream: None };
        let text = say.line("shadow", &args) + "\n" + &*replay_page(&reader, zone, &told);
        let value = json!({
            "script": name, "shadow": version.number, "live": script.live,
            "since_ms": stand.from_ms, "report": told,
        });
        Ok(Report::new(&value, text))
    }
}

async fn place(
    session: &Session,
    community: CommunityId,
    (name, version): (&str, Option<u32>),
    say: Say,
) -> Result<Report, Failure> {
    session.ask(community, Command::Shadow { name: name.to_owned(), version }).await?;
    let text = match version {
        None => say.line("shadow_off", &[("name", name)]),
        Some(version) => say.line("in_shadow", &[("name", name), ("version", &version.to_string())]),
    };
    Ok(Report::new(&json!({ "script": name, "shadow": version }), text))
}
