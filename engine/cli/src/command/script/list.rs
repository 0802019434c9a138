//! `kith script list`: the scripts of a community, in the order in which they are asked.

use clap::Args;
use kith_core::script::{OnFault, Script};
use serde_json::{Value, json};

use super::super::Stage;
use super::super::shown::table;
use super::page::Say;
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// List the scripts of a community, in the order in which they are asked.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
}

/// The short name of where a version stands.
fn state(say: Say, script: &Script) -> String {
    match (script.live, script.health.quarantined) {
        (Some(live), _) => say.of("state.live", &[("version", &live.to_string())]),
        (None, Some(version)) => say.of("state.quarantined", &[("version", &version.to_string())]),
        (None, None) => say.of("state.off", &[]),
    }
}

fn row(say: Say, script: &Script) -> (Value, Vec<String>) {
    let hooks = script.live().or(script.versions.last()).map(|version| version.hooks.clone());
    let hooks: Vec<&str> = hooks.iter().flatten().map(|hook| hook.name()).collect();
    let metered = &script.health.metered;
    let counts = say.of(
        "counts",
        &[
            ("runs", &metered.runs.to_string()),
            ("held", &metered.held.to_string()),
            ("denied", &metered.denied.to_string()),
            ("faults", &metered.faults.to_string()),
        ],
    );
    let shadow = script.shadow.map(|version| say.of("state.shadow", &[("version", &version.to_string())]));
    let open = (script.binding.on_fault == OnFault::Open).then(|| say.of("state.open", &[]));
    let more: Vec<String> = shadow.into_iter().chain(open).collect();
    let value = json!({
        "name": script.name, "origin": script.origin, "live": script.live, "shadow": script.shadow,
        "newest": script.newest, "quarantined": script.health.quarantined, "hooks": hooks,
        "binding": script.binding, "metered": script.health.metered,
    });
    let origin = say.of(&format!("origin.{}", script.origin.name()), &[]);
    (value, vec![script.name.clone(), state(say, script), hooks.join(", "), origin, counts, more.join(", ")])
}

impl List {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let scripts = session.view(id, |_, community| community.scripts.rows.clone()).await?;
            let (values, rows): (Vec<Value>, Vec<Vec<String>>) =
                scripts.iter().map(|script| row(say, script)).unzip();
            let text = if rows.is_empty() { say.line("no_scripts", &[]) } else { table(&rows) };
            Ok(Report::new(&json!({ "scripts": values }), text))
        })
    }
}
