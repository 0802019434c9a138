//! `kith replay`: what a draft of a script would have done to the group's own history. Changes nothing.

mod hooks;
mod text;

pub(super) use text::render;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use kith_core::community::Zone;
use kith_core::notice::Text;
use kith_core::refusal::Refusal;
use kith_core::script::Scripts;
use kith_runtime::replay::{self, Cascade, Draft, Plan};
use kith_runtime::texts::Reader;

use super::Stage;
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::scripting::{self, Scripting};
use crate::session::{self, Folder, Session};
use crate::watch::Interrupt;

/// Put the past before a draft, and see what it would have done: messages, joins, cards, commands, events,
/// timers, topics, as far as it answers them. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    #[command(flatten)]
    target: InCommunity,
    /// The draft: a file, or NAME@VERSION of a version that the community keeps
    #[arg(long, value_name = "FILE|NAME@VERSION")]
    script: String,
    /// What to compare with
    #[arg(long, default_value = "live")]
    against: Against,
    /// Only what was said from here on: 2026-11-01, in the community's zone, or 2026-11-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what was said before
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Whom the draft mutes says nothing later; otherwise that is counted, and history goes on
    #[arg(long)]
    cascade: bool,
    /// Write the hits by day as a picture
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  kith replay --data data --community zig --script ads.rhai
  kith replay --data data --community zig --script ads.rhai --since 2020-06-01 --picture hits.svg
  kith replay --data data --community zig --script ads@3 --against none --json";

/// What to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Against {
    /// The live version of the script of that name, run over the same history
    Live,
    /// Nothing but what is recorded
    None,
}

impl Replay {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let interrupt = Interrupt::listen()?;
        let bar = stage.streams.bar("replay");
        let language = stage.language;
        let done = session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            let known = session
                .view(community, |_, community| (community.scripts.clone(), community.profile.zone.clone()));
            let (scripts, zone) = known.await?;
            let plan = self.plan(community, (session.opened.scripting(), &scripts), &zone)?;
            let records = session.opened.ports().records;
            bar.set_length(records.head(community).map_or(0, |head| head.seq));
            let mut report = self.replay(session, &plan, &mut |seq| {
                bar.set_position(seq);
                if interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            report.wall_ms = u64::try_from(bar.elapsed().as_millis()).unwrap_or(u64::MAX);
            Ok((report, zone))
        });
        bar.finish_and_clear();
        let (report, zone) = done?;
        let reader = Reader { language, stream: None };
        if let Some(path) = &self.picture {
            let svg = text::picture(&reader, &report);
            std::fs::write(path, svg).map_err(|error| {
                let path = path.display().to_string();
                let told = Text::new("cli.file").with("path", path.as_str());
                Failure::told(Exit::BadInput, told.with("what", error.to_string().as_str()))
            })?;
        }
        let ended = interrupt.is_set();
        let out = Report::new(&report, text::render(&reader, &zone, &report));
        Ok(if ended { out.of_problems() } else { out })
    }

    fn replay(
        &self,
        session: &Session,
        plan: &Plan,
        seen: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<replay::Report, Failure> {
        let ports = session.opened.ports();
        let stage = replay::Stage {
            records: ports.records.as_ref(),
            keys: Arc::clone(&ports.keys),
            runner: session.opened.scripting().runner(),
        };
        Ok(replay::run(&stage, plan, seen)?)
    }

    fn plan(
        &self,
        community: kith_core::ids::CommunityId,
        (scripting, scripts): (&Scripting, &Scripts),
        zone: &Zone,
    ) -> Result<Plan, Failure> {
        let draft = self.draft(scripting, scripts)?;
        let live = scripts.get(&draft.name).and_then(|script| Some((script, script.live()?)));
        let against = live.filter(|_| self.against == Against::Live);
        Ok(Plan {
            against: against.map(|(script, version)| Draft::of(script, version)),
            since_ms: self.since.as_deref().map(|text| moment("since", text, zone)).transpose()?,
            until_ms: self.until.as_deref().map(|text| moment("until", text, zone)).transpose()?,
            cascade: if self.cascade { Cascade::Followed } else { Cascade::Counted },
            ..Plan::new(community, draft)
        })
    }

    /// The draft: a kept version, or a file that is compiled now. A file stands for the script of its name,
    /// bound as that is.
    fn draft(&self, scripting: &Scripting, scripts: &Scripts) -> Result<Draft, Failure> {
        let kept = self.script.rsplit_once('@').and_then(|(name, number)| {
            let script = scripts.get(name)?;
            Some(Draft::of(script, script.version(number.parse().ok()?)?))
        });
        match kept {
            Some(draft) => Ok(draft),
            None => scripting::draft(&PathBuf::from(&self.script), scripting, scripts),
        }
    }
}

/// A moment as people write it: a date in the community's zone, or a time with its offset.
fn moment(name: &str, text: &str, zone: &Zone) -> Result<u64, Failure> {
    let at = match text.parse::<Date>() {
        Ok(date) if !text.contains(['T', ' ']) => date.to_zoned(zone.rules()).map(|at| at.timestamp()),
        _ => text.parse::<Timestamp>().or_else(|_| text.parse::<Zoned>().map(|at| at.timestamp())),
    };
    let at = at.ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
    at.ok_or_else(|| {
        let expected = "a date such as 2026-11-01, or a time such as 2026-11-01T08:00:00Z".to_owned();
        Refusal::ValueInvalid { name: name.to_owned(), expected }.into()
    })
}
