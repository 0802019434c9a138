//! `kith script check`: everything that is wrong with a script, at once.

use std::path::PathBuf;

use clap::Args;
use kith_runtime::scripting::{Diagnostic, Problem, Severity};
use serde_json::json;

use super::super::Stage;
use super::file;
use super::page::Say;
use crate::failure::Failure;
use crate::report::Report;
use crate::scripting::Scripting;

/// Say everything that is wrong with a script. Ends with 1 where it cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith script check guard.rhai\n  kith --json script check scripts/*.rhai")]
pub(crate) struct Check {
    /// The scripts
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Check {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, compiler) = (Say(stage.language), Scripting::default().compiler());
        let (mut values, mut text, mut errors) = (Vec::new(), String::new(), 0);
        for path in &self.files {
            let read = match file::read(path) {
                Ok(written) => compiler.compile(written.source()).map_err(Problem::Mistakes),
                Err(failure) => return Err(failure),
            };
            let (hooks, found): (Vec<&str>, Vec<Diagnostic>) = match read {
                Ok(compiled) => {
                    (compiled.hooks.iter().map(|hook| hook.function()).collect(), compiled.warnings)
                }
                Err(Problem::Mistakes(found)) => (Vec::new(), found),
                Err(Problem::Cases(_)) => (Vec::new(), Vec::new()),
            };
            let wrong = found.iter().filter(|said| said.severity == Severity::Error).count();
            errors += wrong;
            let shown = path.display().to_string();
            text.push_str(&file::lines(say, &found));
            text.push_str(&match wrong {
                0 => say.line("fine", &[("file", &shown), ("hooks", &hooks.join(", "))]),
                n => say.line("mistakes", &[("file", &shown), ("n", &n.to_string())]),
            });
            values.push(json!({ "file": shown, "hooks": hooks, "diagnostics": file::values(say, &found) }));
        }
        let report = Report::new(&json!({ "files": values }), text);
        Ok(if errors == 0 { report } else { report.of_problems() })
    }
}
