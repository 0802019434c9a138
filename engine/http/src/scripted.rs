//! Scripts as whoever asks sees and changes them, in the API as at the desk: one script, what its versions
//! did, a draft that passed the checks, and putting it in.

use std::sync::Arc;

use kith_core::connector;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_core::script::Script;
use kith_runtime::replay::Draft;
use kith_runtime::scripting::{self, Checked, History, How, Written};

use crate::connector::sentences;
use crate::problem::Problem;
use crate::room::Room;

/// A script that was put in.
pub(crate) struct PutIn {
    /// Its version.
    pub(crate) version: u32,
    /// Whether anything is otherwise now.
    pub(crate) changed: bool,
    /// What it may come to and bots of other networks cannot do, in the reader's language.
    pub(crate) degraded: Vec<String>,
}

impl Room {
    /// A script by its name, for whoever manages rules.
    pub(crate) async fn script(&self, name: &str) -> Result<Script, Problem> {
        let name = name.to_owned();
        let found = self.look(move |sight| {
            sight.need(Permission::ManageRules)?;
            let found = sight.community.scripts.get(&name).cloned();
            found.ok_or_else(|| Refusal::NotFound { what: format!("script {name}") })
        });
        found.await
    }

    /// What each version of a script did, versions that are not kept any more included; reads the log.
    pub(crate) async fn history_of(&self, name: &str) -> Result<Option<History>, Problem> {
        let (community, name) = (self.id, name.to_owned());
        let records = Arc::clone(&self.caller.place.engine.ports().records);
        let read =
            tokio::task::spawn_blocking(move || scripting::history(community, records.as_ref(), &name));
        Ok(read.await.map_err(|_| Problem::failed())??)
    }

    /// Puts in what passed the checks.
    pub(crate) async fn put_script(
        &self,
        input: &[u8],
        (written, how): (&Written, &How),
        checked: &Checked,
    ) -> Result<PutIn, Problem> {
        let asked = self.ask(input, |_| how.command(written, checked)).await;
        let (version, changed) = match asked {
            Ok(reply) => (scripting::version_in(&self.told_again(reply).await?), true),
            Err(problem) if problem.text.code == Refusal::NothingToChange.code() => (None, false),
            Err(problem) => return Err(problem),
        };
        let version = match version {
            Some(version) => version,
            None => self.script(&written.name).await?.newest,
        };
        let (name, words) = (written.name.clone(), self.caller.words);
        let degraded = self.look(move |sight| {
            Ok(sentences(&sight, words, &connector::degraded_by_script(sight.community, &name)))
        });
        Ok(PutIn { version, changed, degraded: degraded.await? })
    }
}

/// A draft in the place of a script that may not be there yet.
pub(crate) fn draft_of(written: &Written, checked: &Checked, script: Option<&Script>) -> Draft {
    let binding = script.map(|script| script.binding.clone()).unwrap_or_default();
    let (name, source) = (written.name.clone(), written.source.clone());
    Draft { name, source, hooks: checked.hooks.clone(), binding }
}
