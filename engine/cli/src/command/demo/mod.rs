//! `kith demo`: a small group lives for a minute in the terminal, on a real engine and a real DATA folder.
//!
//! What people say in it is in `en/` and `zh-CN/`: a script and a blueprint each. What the engine says to
//! them comes from the engine.

mod play;
mod script;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use self::play::Play;
use self::script::Script;
use super::Stage;
use crate::failure::Failure;
use crate::report::{Form, Report};
use crate::session::{self, Folder};

/// Between two scenes, for whoever reads along.
const PAUSE: Duration = Duration::from_millis(1_600);

/// Watch a small group live: the gate, talk, an ad held, a receipt, an appeal, a seat that becomes free.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Without pauses
    #[arg(long)]
    fast: bool,
    /// A new folder for what it makes [default: one among the temporary files]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let script = Script::of(stage.language)?;
        let data = self
            .data
            .unwrap_or_else(|| std::env::temp_dir().join(format!("kith-demo-{}", std::process::id())));
        if data.join("log").exists() {
            return Err(Failure::input("cli.demo_exists"));
        }
        let quiet = stage.form == Form::Json;
        let pause = if self.fast || quiet { Duration::ZERO } else { PAUSE };
        let language = stage.language;
        let name = script.word("community").to_owned();
        let mut lines = Vec::new();
        let mut say = |line: &str| {
            lines.push(line.to_owned());
            if quiet { Ok(()) } else { stage.streams.say(&format!("{line}\n")) }
        };
        let receipt = session::run(&data, Folder::New, async |session| {
            let mut play = Play::begin(session, &script, language, pause, &mut say).await?;
            play.run().await
        })?;
        let (shown, own) = (data.display(), receipt);
        let mut commands = vec![
            format!("kith community show --data {shown} {name}"),
            format!("kith channel read --data {shown} --community {name}"),
            format!("kith member list --data {shown} --community {name}"),
            format!("kith receipt show --data {shown} --community {name} {own}"),
            format!("kith log show --data {shown} --community {name} --last 8"),
            format!("kith verify --data {shown}"),
        ];
        let value = json!({ "data": data, "community": name, "scenes": lines, "commands": commands });
        commands.iter_mut().for_each(|command| command.insert_str(0, "  "));
        Ok(Report::new(&value, format!("\n{}\n{}\n", script.word("end"), commands.join("\n"))))
    }
}
