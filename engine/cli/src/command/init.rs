//! `kith init`: one community, named after its blueprint's folder.

use std::path::PathBuf;

use clap::Args;
use kith_runtime::blueprint;
use kith_runtime::host::FirstOwner;
use serde_json::json;

use super::Stage;
use crate::arguments::Data;
use crate::failure::Failure;
use crate::report::Report;
use crate::scripting;
use crate::session::{self, Folder};

/// Found a community from a blueprint folder. The community is named after the folder.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith init --data data --blueprint examples/reading-circle --owner Ann")]
pub(crate) struct Init {
    #[command(flatten)]
    place: Data,
    /// The folder with community.toml, messages/, lists/ and scripts/
    #[arg(long, value_name = "DIR")]
    blueprint: PathBuf,
    /// Register a person with this name as the community's owner
    #[arg(long, value_name = "NICKNAME")]
    owner: Option<String>,
}

impl Init {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let loaded = blueprint::read(&self.blueprint)?;
        for path in &loaded.unknown_files {
            stage.streams.say_aside(&format!("kith: warning: {} means nothing to Kith\n", path.display()));
        }
        scripting::check_planned(&loaded.scripts)?;
        session::run(&self.place.data, Folder::New, async |session| {
            let operator = session.operator().await?;
            let owner = match &self.owner {
                None => None,
                Some(nickname) => Some(FirstOwner {
                    person: operator.register_person(Some(nickname)).await?,
                    nickname: nickname.clone(),
                }),
            };
            let person = owner.as_ref().map(|owner| owner.person);
            let community = operator.create(&loaded.name, loaded.blueprint, owner).await?;
            scripting::put_planned(&session.desk(), community, &loaded.scripts).await?;
            let scripts: Vec<&str> =
                loaded.scripts.iter().map(|planned| planned.written.name.as_str()).collect();
            let value = json!({
                "community": community, "name": loaded.name, "owner": person, "scripts": scripts,
            });
            let (data, name) = (self.place.data.display(), &loaded.name);
            let text = format!(
                "founded {name} ({community})\n\nlook at it:   kith community show --data {data} {name}\n\
                 invite three: kith invite create --data {data} --community {name} --uses 3\n"
            );
            Ok(Report::new(&value, text))
        })
    }
}
