//! `kith log show`: records as they stand in the log: who asked for what, and what happened.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use clap::{Args, Subcommand};
use kith_core::command::Actor;
use kith_core::community::Zone;
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use serde_json::{Value, json};

use super::shown;
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Show the last records of a community
    Show(Show),
}

/// Show the last records of a community. What people wrote is not in them.
#[derive(Debug, Args)]
#[command(after_help = "With --json each record is whole, as it was written.")]
pub(crate) struct Show {
    #[command(flatten)]
    target: InCommunity,
    /// So many
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
}

impl Log {
    pub(super) fn run(self) -> Result<Report, Failure> {
        match self {
            Self::Show(show) => show.run(),
        }
    }
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Host => "host".to_owned(),
        Actor::Person(person) => person.to_string(),
        Actor::Member(member) => member.to_string(),
        Actor::Timer(timer) => timer.to_string(),
        Actor::Stream(stream) => stream.to_string(),
    }
}

/// One line: number, time, who, what, what happened.
fn line(record: &Record, zone: &Zone) -> String {
    let name = |value: &Value| shown::path_of(value, 2);
    let kind = serde_json::to_value(&record.command.kind).unwrap_or(Value::Null);
    let at = shown::moment(record.command.at_ms, zone);
    let mut line = format!("#{:<6} {at}  {}  {}", record.seq, actor(&record.command.actor), name(&kind));
    let events = record.events.iter().filter_map(|event| serde_json::to_value(event).ok());
    for (index, (event, count)) in runs(events.map(|event| name(&event))).into_iter().enumerate() {
        let before = if index == 0 { " →" } else { "," };
        let times = if count > 1 { format!(" ×{count}") } else { String::new() };
        // Writing to a string cannot fail.
        let _ = write!(line, "{before} {event}{times}");
    }
    if let Some(refusal) = &record.refusal {
        let _ = write!(line, " → refused: {}", refusal.code());
    }
    line
}

/// Equal names in a row, counted: an import's record has hundreds.
fn runs(names: impl Iterator<Item = String>) -> Vec<(String, u32)> {
    let mut runs: Vec<(String, u32)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => runs.push((name, 1)),
        }
    }
    runs
}

impl Show {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let zone = session.engine.view(id, |stream| {
                stream.community().map(|community| community.profile.zone.clone()).unwrap_or_default()
            });
            let zone = zone.await?;
            let mut kept = VecDeque::new();
            session.engine.ports().records.read(id, 1, &mut |frame| {
                for record in frame.records {
                    kept.push_back(record.bytes);
                    if kept.len() > self.last {
                        kept.pop_front();
                    }
                }
                ControlFlow::Continue(())
            })?;
            if kept.is_empty() {
                return Err(Refusal::CommunityNotFound.into());
            }
            let (mut values, mut text) = (Vec::new(), String::new());
            for bytes in &kept {
                let record = Record::decode(bytes)
                    .map_err(|error| Failure::said(Exit::Problems, "cli.damaged", error.to_string()))?;
                text.push_str(&line(&record, &zone));
                text.push('\n');
                values.push(serde_json::to_value(&record).unwrap_or(Value::Null));
            }
            Ok(Report::new(&json!({ "records": values }), text))
        })
    }
}
