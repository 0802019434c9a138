//! `kith script watch`: a folder of scripts, live as it is saved, until Ctrl-C.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kith_core::community::Language;
use kith_runtime::scripting::{self, Looking, Told, What};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::Stage;
use super::file;
use super::page::Say;
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::{Form, Report};
use crate::session::{self, Folder};
use crate::watch::Interrupt;

/// How often it is looked whether somebody wants it to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Watch a folder of scripts: what is saved there is live a moment later, and a file that is taken away
/// switches its script off. Ends with Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith script watch --data data --community zig --folder scripts/zig")]
pub(crate) struct Watch {
    #[command(flatten)]
    target: InCommunity,
    /// The folder with NAME.rhai and NAME.cases.toml
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Look again and again instead of waiting for the system's notices: for folders on a network
    #[arg(long)]
    poll: bool,
    /// Look once and end
    #[arg(long)]
    once: bool,
}

impl Watch {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let (say, form) = (Say(stage.language), stage.form);
        let interrupt = Interrupt::listen()?;
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            // A community that is not there is told of before anything is watched.
            session.view(community, |_, _| ()).await?;
            let looking = if self.poll { Looking::Polling } else { Looking::Told };
            let folder = scripting::Folder { community, path: self.folder.clone(), looking };
            let (sender, mut told) = mpsc::unbounded_channel();
            let watch = scripting::Watch::start(session.desk(), folder, move |what| {
                // Nobody listens any more while the command ends.
                let _ = sender.send(what);
            })?;
            let mut refused = 0_u64;
            loop {
                let next = tokio::time::timeout(LOOK_EVERY, told.recv()).await;
                match next {
                    Ok(Some(Told::Looked)) if self.once => break,
                    Ok(Some(what)) => {
                        refused += u64::from(is_refused(&what));
                        stage.streams.say(&shown(say, form, &what))?;
                    }
                    Ok(None) => break,
                    Err(_) if interrupt.is_set() => break,
                    Err(_) => {}
                }
            }
            watch.stop().await;
            let report = Report::said_already();
            Ok(if refused > 0 && self.once { report.of_problems() } else { report })
        })
    }
}

fn is_refused(told: &Told) -> bool {
    matches!(told, Told::Reload(reload) if matches!(reload.what, What::Refused { .. }))
}

fn shown(say: Say, form: Form, told: &Told) -> String {
    match form {
        Form::People => sentence(say, told),
        Form::Json => json_of(say, told).map(|value| format!("{value}\n")).unwrap_or_default(),
    }
}

/// What was told, in sentences; each ends its line.
pub(in crate::command) fn in_words(language: Language, told: &Told) -> String {
    sentence(Say(language), told)
}

fn sentence(say: Say, told: &Told) -> String {
    let reload = match told {
        Told::Looked => return String::new(),
        Told::Trouble(what) => return say.line("watch.trouble", &[("what", what)]),
        Told::Reload(reload) => reload,
    };
    let name = ("name", reload.script.as_str());
    let version = |version: &u32| version.to_string();
    match &reload.what {
        What::Live { version: number, warnings, cases } => {
            let args = [name, ("version", &version(number)), ("cases", &cases.to_string())];
            file::lines(say, warnings) + &*say.line("watch.live", &args)
        }
        What::Stands { live: Some(live) } => say.line("watch.stands", &[name, ("version", &version(live))]),
        What::Stands { live: None } => say.line("watch.stays_off", &[name]),
        What::Refused { why, live: Some(live) } => {
            format!(
                "{}\n{}",
                why.shown(&say.reader()),
                say.line("watch.refused", &[name, ("version", &version(live))])
            )
        }
        What::Refused { why, live: None } => {
            format!("{}\n{}", why.shown(&say.reader()), say.line("not_put", &[name]))
        }
        What::SwitchedOff => say.line("watch.gone", &[name]),
    }
}

fn json_of(say: Say, told: &Told) -> Option<Value> {
    let reload = match told {
        Told::Looked => return None,
        Told::Trouble(what) => return Some(json!({ "trouble": what })),
        Told::Reload(reload) => reload,
    };
    let script = &reload.script;
    Some(match &reload.what {
        What::Live { version, warnings, cases } => {
            let warnings = file::values(say, warnings);
            json!({ "script": script, "live": version, "warnings": warnings, "cases": cases })
        }
        What::Stands { live } => json!({ "script": script, "stands": live }),
        What::Refused { why, live } => {
            let reader = say.reader();
            let problem = why.problem().map(|problem| problem.json(&reader));
            json!({ "script": script, "refused": why.shown(&reader), "problem": problem, "live": live })
        }
        What::SwitchedOff => json!({ "script": script, "switched_off": true }),
    })
}
