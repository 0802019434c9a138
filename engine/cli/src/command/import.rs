//! `kith import`: a past as facts, or re-enacted as ordinary commands on a community of its own.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use jiff::tz::TimeZone;
use kith_core::community::Blueprint;
use kith_core::gate::GateConfig;
use kith_core::ids::{ChannelId, CommunityId};
use kith_core::notice::Text;
use kith_core::refusal::Refusal;
use kith_core::script::Command;
use kith_runtime::blueprint::{self, Planned};
use kith_runtime::engine::Ports;
use kith_runtime::import::csv_mapped::Map;
use kith_runtime::import::facts::{self, Imported, Target};
use kith_runtime::import::labelled_csv::Authors;
use kith_runtime::import::read::{self, Format, Options, Reader};
use kith_runtime::import::reenact::{self, Reenacted, first_group};
use serde_json::json;

use super::Stage;
use crate::arguments::Data;
use crate::failure::{Exit, Failure};
use crate::opened::Opened;
use crate::report::Report;
use crate::scripting;
use crate::session::{self, Folder, Session};
use crate::watch::{BAD_LINES_SHOWN_MAX, Interrupt, Seen};

/// Bring a past in. As facts it passes no gate and no rule; running it again brings in only what is new.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    #[command(flatten)]
    place: Data,
    /// The community, made where there is none of that name: open to everybody, without rules
    #[arg(long, value_name = "NAME")]
    community: String,
    /// What the files are: irc-blocks, irc-lines, labelled-csv, telegram-json, qq-text, jsonl or csv
    #[arg(long, value_name = "FORMAT")]
    format: Format,
    /// Play the rows as ordinary commands with their own clock on a new community: people pass the gate,
    /// messages the rules and scripts, timers fire, nothing leaves
    #[arg(long)]
    reenact: bool,
    /// Gate, rules and roles of a community that is made now
    #[arg(long, value_name = "DIR")]
    blueprint: Option<PathBuf>,
    /// With --reenact: let everybody in, to try the rules alone. Old talk carries no invites and no answers
    #[arg(long, requires = "reenact")]
    open_gate: bool,
    /// The channel that messages go to [default: the first group channel]
    #[arg(long, value_name = "NAME", conflicts_with = "reenact")]
    channel: Option<String>,
    /// The zone of times without an offset, such as Asia/Shanghai
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// For csv: which column is what, such as time=date,author=who,text=said
    #[arg(long, value_name = "PART=COLUMN,…")]
    map: Option<Map>,
    /// For csv: the form of its times, such as "%d/%m/%Y %H:%M"
    #[arg(long, value_name = "FORM")]
    time_format: Option<String>,
    /// For labelled-csv, which names nobody: who said it all
    #[arg(long, value_name = "NAME", default_value = "someone")]
    author: String,
    /// Files, or folders with them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  kith import --data data --community zig --format irc-blocks logs/2020
  kith import --data data --community shop --format csv --map time=date,author=who,text=said talk.csv
  kith import --data trial --community zig --format irc-blocks --reenact --open-gate \\
              --blueprint examples/NAME logs/2020

Ctrl-C ends it cleanly with exit code 1: what was acknowledged stays, and the same command goes on there.";

impl Import {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let (mut blueprint, scripts) = match &self.blueprint {
            None => (Blueprint::default(), Vec::new()),
            Some(folder) => blueprint::read(folder).map(|loaded| (loaded.blueprint, loaded.scripts))?,
        };
        let puts = scripting::check_planned(&scripts)?;
        if self.open_gate {
            blueprint.gate = GateConfig::default();
        }
        let reader = read::open(&self.paths, self.format, self.options()?)?;
        let interrupt = Interrupt::listen()?;
        let mut seen = Seen::new(stage.streams.bar("import"), interrupt.clone());
        let report = match self.reenact {
            true => self
                .reenact((blueprint, puts), reader, &mut seen)
                .map(|came_to| self.report_reenacted(&came_to, &seen, interrupt.is_set())),
            false => session::run(&self.place.data, Folder::New, async |session| {
                let (community, imported) =
                    self.facts(session, (blueprint, &scripts), reader, &mut seen).await?;
                Ok(self.report_facts(community, &imported, &seen, interrupt.is_set()))
            }),
        };
        let bad_lines = std::mem::take(&mut seen.bad_lines);
        drop(seen);
        for line in &bad_lines {
            stage.streams.say_aside(&format!("{line}\n"));
        }
        report
    }

    fn options(&self) -> Result<Options, Failure> {
        let zone = TimeZone::get(&self.zone).map_err(|_| Refusal::ValueInvalid {
            name: self.zone.chars().take(60).collect(),
            expected: "an IANA time zone such as Asia/Shanghai".to_owned(),
        })?;
        let mut options = Options { zone, ..Options::default() };
        options.map.clone_from(&self.map);
        options.time_format.clone_from(&self.time_format);
        options.invented.authors = Authors::One(self.author.clone());
        Ok(options)
    }

    async fn facts(
        &self,
        session: &Session,
        (blueprint, scripts): (Blueprint, &[Planned]),
        reader: Reader,
        seen: &mut Seen,
    ) -> Result<(CommunityId, Imported), Failure> {
        let operator = session.operator().await?;
        let community = match operator.resolve(&self.community).await? {
            Some(row) if row.exists() => row.id,
            _ => {
                let community = operator.create(&self.community, blueprint, None).await?;
                scripting::put_planned(&session.desk(), community, scripts).await?;
                community
            }
        };
        let channel = self.channel(session, community).await?;
        let target = Target { community, channel };
        let imported = facts::run(&session.engine, target, reader, self.format, seen).await?;
        Ok((community, imported))
    }

    async fn channel(&self, session: &Session, community: CommunityId) -> Result<ChannelId, Failure> {
        let name = self.channel.clone();
        let what = name.clone().unwrap_or_else(|| "channel".to_owned());
        let found = session.view(community, move |_, community| match name {
            Some(name) => community.channels.of_name(&name).map(|channel| channel.id),
            None => first_group(community),
        });
        found.await?.ok_or_else(|| Refusal::NotFound { what }.into())
    }

    /// No engine runs while the rows are played: it would wake the stream when a timer of long ago is due by
    /// the clock of today.
    fn reenact(
        &self,
        (blueprint, scripts): (Blueprint, Vec<Command>),
        reader: Reader,
        seen: &mut Seen,
    ) -> Result<Reenacted, Failure> {
        let data = &self.place.data;
        let community = session::run(data, Folder::New, async |session| self.new_community(session).await)?;
        let came_to = {
            let opened = Opened::open(data, Box::new(|_| {}))?;
            let Ports { records, snapshots, extensions, .. } = opened.ports();
            let name = self.community.clone();
            let stage =
                reenact::Stage { records, snapshots, extensions, community, name, blueprint, scripts };
            reenact::run(stage, reader, seen)?
        };
        session::run(data, Folder::Existing, async |session| {
            session.operator().await?.confirm(community).await?;
            Ok(came_to)
        })
    }

    /// A name of one's own on the host, for a stream that has no record yet.
    async fn new_community(&self, session: &Session) -> Result<CommunityId, Failure> {
        let operator = session.operator().await?;
        let taken = || {
            let text = Text::new("cli.reenact_exists").with("name", self.community.as_str());
            Failure::told(Exit::BadInput, text)
        };
        if operator.resolve(&self.community).await?.is_some_and(|row| row.exists()) {
            return Err(taken());
        }
        let community = operator.take_name(&self.community).await?;
        if session.engine.ports().records.head(community).is_some() {
            return Err(taken());
        }
        Ok(community)
    }

    fn report_facts(
        &self,
        community: CommunityId,
        imported: &Imported,
        seen: &Seen,
        stopped: bool,
    ) -> Report {
        let mut text = format!(
            "{}: {} messages, {} new members, {} comings and goings, {} renames\n\
             {} rows were known already, {} mean nothing here, {} bad lines\n",
            self.community,
            imported.messages,
            imported.members,
            imported.presences,
            imported.renames,
            imported.known,
            imported.passed_over,
            imported.bad_lines
        );
        if stopped {
            text.push_str("stopped: what was acknowledged is in; run the same command to go on from there\n");
        }
        self.end(&mut text, seen, imported.bad_lines);
        let value = json!({
            "community": community, "name": self.community, "imported": imported,
            "bad_lines_shown": seen.bad_lines, "stopped": stopped,
        });
        let report = Report::new(&value, text);
        if stopped { report.of_problems() } else { report }
    }

    fn report_reenacted(&self, came_to: &Reenacted, seen: &Seen, stopped: bool) -> Report {
        let mut text = format!(
            "{}: {} joined, {} wait at the gate, {} turned away\n\
             {} messages posted, {} held, {} denied, {} without text; {} timers fired; {} records\n",
            self.community,
            came_to.joined,
            came_to.waiting,
            came_to.turned_away,
            came_to.posted,
            came_to.held,
            came_to.denied,
            came_to.empty,
            came_to.timers,
            came_to.records
        );
        for (code, count) in &came_to.refused {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "refused with {code}: {count}");
        }
        if came_to.joined == 0 && came_to.turned_away > 0 {
            text.push_str(
                "nobody passed the gate: --open-gate lets everybody in and tries the rules alone\n",
            );
        }
        if stopped {
            text.push_str("stopped: re-enact into a community of another name to see the whole past\n");
        }
        self.end(&mut text, seen, came_to.bad_lines);
        let value = json!({
            "name": self.community, "reenacted": came_to,
            "bad_lines_shown": seen.bad_lines, "stopped": stopped,
        });
        let report = Report::new(&value, text);
        if stopped { report.of_problems() } else { report }
    }

    fn end(&self, text: &mut String, seen: &Seen, bad_lines: u64) {
        if bad_lines > BAD_LINES_SHOWN_MAX as u64 {
            let _ = writeln!(text, "{} bad lines were shown, the first of {bad_lines}", seen.bad_lines.len());
        }
        let (data, name) = (self.place.data.display(), &self.community);
        let _ = writeln!(text, "\nread it: kith channel read --data {data} --community {name}");
    }
}
