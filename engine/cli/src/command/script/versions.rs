//! `kith script versions`: what each version of a script did, since when, and by whom it came.

use clap::Args;
use kith_core::community::Zone;
use kith_runtime::scripting::Doing;
use serde_json::{Value, json};

use super::super::{Stage, shown};
use super::OfCommunity;
use super::page::{self, Say};
use crate::failure::Failure;
use crate::report::{Report, hex};
use crate::session::{self, Folder};

/// List the versions of a script, with what each of them did. The log is read for it.
#[derive(Debug, Args)]
pub(crate) struct Versions {
    #[command(flatten)]
    script: OfCommunity,
}

fn row(say: Say, zone: &Zone, doing: &Doing, by: &str) -> Vec<String> {
    let is_live = doing.live.last().is_some_and(|stand| stand.until_ms.is_none());
    let is_shadow = doing.shadow.last().is_some_and(|stand| stand.until_ms.is_none());
    let mark = match (is_live, is_shadow, doing.quarantined_at_ms) {
        (true, ..) => say.of("mark.live", &[]),
        (_, true, _) => say.of("mark.shadow", &[]),
        (_, _, Some(_)) => say.of("mark.quarantined", &[]),
        _ => String::new(),
    };
    let counts = say.of(
        "counts",
        &[
            ("runs", &doing.runs.to_string()),
            ("held", &doing.held.to_string()),
            ("denied", &(doing.denied + doing.breaches).to_string()),
            ("faults", &doing.faults.to_string()),
        ],
    );
    let stood = doing.live.last().map(|stand| page::stand(stand, zone)).unwrap_or_default();
    let put = shown::moment(doing.put_at_ms, zone);
    vec![doing.version.to_string(), put, by.to_owned(), mark, counts, stood]
}

impl Versions {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), &self.script.name);
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let zone = session.view(community, |_, it| it.profile.zone.clone()).await?;
            let history = page::history(session, community, name)?;
            let who: Vec<_> = history.versions.iter().map(|doing| doing.by).collect();
            let by = page::by(session, community, &who).await;
            let rows: Vec<Vec<String>> =
                history.versions.iter().zip(&by).map(|(doing, by)| row(say, &zone, doing, by)).collect();
            let mut text = shown::table(&rows);
            if history.begins_late {
                text.push_str(&say.line("begins_late", &[]));
            }
            let versions: Vec<Value> = history
                .versions
                .iter()
                .map(|doing| {
                    let mut value = json!(doing);
                    value["hash"] = json!(hex(&doing.hash));
                    value
                })
                .collect();
            let value = json!({ "script": name, "versions": versions, "begins_late": history.begins_late });
            Ok(Report::new(&value, text))
        })
    }
}
