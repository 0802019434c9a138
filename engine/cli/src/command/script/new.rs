//! `kith script new`: a script that works, and a case file that tries it, to begin from.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use kith_core::community::Language;
use kith_core::limits;
use kith_runtime::scripting::{CASES_ENDING, SCRIPT_ENDING};
use serde_json::json;

use super::super::Stage;
use super::page::{Say, refused};
use crate::failure::Failure;
use crate::report::Report;

const SCRIPT_EN: &str = include_str!("scaffold/en.rhai");
const SCRIPT_ZH: &str = include_str!("scaffold/zh-CN.rhai");
const CASES_EN: &str = include_str!("scaffold/en.cases.toml");
const CASES_ZH: &str = include_str!("scaffold/zh-CN.cases.toml");

/// Write a first script with a case file, to begin from.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith script new guard && kith script test guard.rhai")]
pub(crate) struct New {
    /// The script's name
    name: String,
    /// Where to write it
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl New {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        limits::check_name(&self.name)?;
        if self.name.contains(['/', '\\']) || self.name.starts_with(['.', '#', '~']) {
            return Err(refused("no_file_name", &[("name", &self.name)]));
        }
        let (script, cases) = match stage.language {
            Language::English => (SCRIPT_EN, CASES_EN),
            Language::Chinese => (SCRIPT_ZH, CASES_ZH),
        };
        fs::create_dir_all(&self.folder)?;
        let place = |ending: &str| self.folder.join(format!("{}{ending}", self.name));
        let (script_file, cases_file) = (place(SCRIPT_ENDING), place(CASES_ENDING));
        for path in [&script_file, &cases_file] {
            if path.exists() {
                return Err(refused("exists", &[("path", &path.display().to_string())]));
            }
        }
        fs::write(&script_file, script.replace("NAME", &self.name))?;
        fs::write(&cases_file, cases.replace("NAME", &self.name))?;
        let (script, cases) = (script_file.display().to_string(), cases_file.display().to_string());
        let text = Say(stage.language).line("written", &[("script", &script), ("cases", &cases)]);
        Ok(Report::new(&json!({ "script": script, "cases": cases }), text))
    }
}
