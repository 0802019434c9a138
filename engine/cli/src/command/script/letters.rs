//! `kith script letters`: what scripts failed at until they were given up, tried once more or let go.

use clap::Args;
use kith_core::ids::LetterId;
use kith_core::script::{Command, DeadLetter, Missed};
use kith_core::stream::Community;
use serde_json::{Value, json};

use super::super::{Stage, shown};
use super::page::Say;
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// Show what scripts have given up on: events they could not listen to, timers they could not answer. Ends
/// with 1 where there are any.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith script letters --data data --community garden
  kith script letters --data data --community garden --retry ltr_…     once the script is mended
  kith script letters --data data --community garden --drop ltr_…")]
pub(crate) struct Letters {
    #[command(flatten)]
    target: InCommunity,
    /// Let the script try this one again
    #[arg(long, value_name = "ID", conflicts_with = "drop")]
    retry: Option<LetterId>,
    /// Let this one go
    #[arg(long, value_name = "ID")]
    drop: Option<LetterId>,
}

impl Letters {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let done = match (self.retry, self.drop) {
                (Some(letter), _) => Some((letter, Command::RetryLetter { letter }, "retried")),
                (None, Some(letter)) => Some((letter, Command::DropLetter { letter }, "dropped")),
                (None, None) => None,
            };
            if let Some((letter, command, what)) = done {
                session.ask(id, command).await?;
                let said = say.line(&format!("letter.{what}"), &[("letter", &letter.to_string())]);
                return Ok(Report::new(&json!({ "id": letter, "done": what }), said));
            }
            let page = session.view(id, move |_, community| {
                let letters = community.scripts.dead_letters.iter();
                let (values, lines): (Vec<Value>, Vec<Vec<String>>) =
                    letters.map(|letter| row(community, letter, say)).unzip();
                let value = json!({ "letters": values });
                if lines.is_empty() {
                    return Report::new(&value, say.line("letters.none", &[]));
                }
                Report::new(&value, shown::table(&lines)).of_problems()
            });
            page.await
        })
    }
}

fn row(community: &Community, letter: &DeadLetter, say: Say) -> (Value, Vec<String>) {
    let script = community.scripts.numbered(letter.no);
    let name = script.map_or_else(|| format!("#{}", letter.no), |script| script.name.clone());
    let version = letter.version.map(|version| format!("@{version}")).unwrap_or_default();
    let (said, of) = match &letter.of {
        Missed::Event { seq, index, happened } => {
            let event = serde_json::to_value(&happened.event).ok();
            let what = event.map(|event| shown::path_of(&event, 2)).unwrap_or_default();
            let (seq_text, index_text) = (seq.to_string(), index.to_string());
            let args = [("seq", &*seq_text), ("index", &*index_text), ("what", &*what)];
            (say.of("letter.event", &args), json!({ "event": { "seq": seq, "index": index, "what": what } }))
        }
        Missed::Timer { name, .. } => {
            let said = say.of("letter.timer", &[("name", &shown::printable(name))]);
            (said, json!({ "timer": { "name": name } }))
        }
    };
    let at = shown::moment(letter.at_ms, &community.profile.zone);
    let value = json!({
        "id": letter.id, "script": name, "version": letter.version, "of": of, "at_ms": letter.at_ms,
    });
    (value, vec![letter.id.to_string(), at, format!("{name}{version}"), said])
}
