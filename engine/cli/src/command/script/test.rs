//! `kith script test`: the cases of a script, each with what differs.

use std::path::PathBuf;

use clap::Args;
use kith_runtime::blueprint::Source;
use kith_runtime::scripting::{CASES_ENDING, Compiler, Problem};
use serde_json::{Value, json};

use super::super::Stage;
use super::file;
use super::page::{Say, refused};
use crate::failure::Failure;
use crate::report::Report;
use crate::scripting::Scripting;

/// Play the cases of a script: those in NAME.cases.toml beside it. Ends with 1 where one fails.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The script
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Test {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, compiler) = (Say(stage.language), Scripting::default().compiler());
        let written = file::read(&self.file)?;
        let compiled = compiler.compile(written.source()).map_err(Problem::Mistakes)?;
        let Some((path, text)) = &written.cases else {
            let wanted = format!("{}{CASES_ENDING}", written.name);
            return Err(refused("no_cases", &[("file", &wanted)]));
        };
        let reader = say.reader();
        let tried = play(compiler.as_ref(), &written, Source { path, text })?;
        let mut out = file::lines(say, &compiled.warnings);
        for case in &tried {
            match case.shown(&reader) {
                None => out.push_str(&format!("ok    {}\n", case.name)),
                Some(differs) => {
                    let differs = differs.replace('\n', "\n      ");
                    out.push_str(&format!("FAIL  {}\n      {differs}\n", case.name));
                }
            }
        }
        let failed = tried.iter().filter(|case| case.differs.is_some()).count();
        let (passed, all) = ((tried.len() - failed).to_string(), tried.len().to_string());
        out.push_str(&say.line("tried", &[("passed", &passed), ("all", &all)]));
        let cases: Vec<Value> = tried.iter().map(|case| case.json(&reader)).collect();
        let value = json!({
            "script": written.name, "passed": tried.len() - failed, "failed": failed, "cases": cases,
        });
        let report = Report::new(&value, out);
        Ok(if failed == 0 { report } else { report.of_problems() })
    }
}

fn play(
    compiler: &dyn Compiler,
    written: &kith_runtime::scripting::Written,
    cases: Source<'_>,
) -> Result<Vec<kith_runtime::scripting::Tried>, Problem> {
    compiler.cases(written.source(), cases).map_err(Problem::Mistakes)
}
