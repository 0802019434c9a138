//! `kith bench`: the engine's figures, each beside a reference of the same run.

use std::path::PathBuf;

use clap::Args;
use kith_runtime::import::read::Format;

use super::Stage;
use crate::bench::{self, BenchError, Scale, Shown};
use crate::failure::{Exit, Failure};
use crate::report::{Form, Report};

/// Measure the engine, each figure beside a reference of the same run.
#[derive(Debug, Args)]
#[command(after_help = "\
Ratios are what is promised; absolute numbers say something about a machine. Without names everything is
measured, which takes some minutes and some gigabytes below --folder; all of it is removed again.

Examples:
  kith bench --short
  kith bench durable alone --folder /var/tmp
  kith bench reenact import --from logs --format irc-blocks")]
pub(crate) struct Bench {
    /// Which figures [default: all]
    names: Vec<String>,
    /// Some seconds instead of some minutes: shows that it can be measured, not what it is
    #[arg(long)]
    short: bool,
    /// As a Markdown table
    #[arg(long)]
    markdown: bool,
    /// The folder below which DATA folders are made
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Real talk for what is re-enacted and imported, instead of made-up talk
    #[arg(long, value_name = "PATH", requires = "format")]
    from: Option<PathBuf>,
    /// The format of --from
    #[arg(long, requires = "from")]
    format: Option<Format>,
}

impl Bench {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let options = bench::Options {
            scale: if self.short { Scale::Short } else { Scale::Full },
            shown: match stage.form {
                Form::Json => Shown::Json,
                Form::People if self.markdown => Shown::Markdown,
                Form::People => Shown::default(),
            },
            folder: self.folder,
            from: self.from.zip(self.format),
        };
        // What a process that is measured says has to arrive while it runs.
        bench::run(&self.names, &options, &mut std::io::stdout())?;
        Ok(Report::said_already())
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Store(error) => error.into(),
            BenchError::Ask(error) => error.into(),
            BenchError::Open(error) => error.into(),
            error @ BenchError::Unknown { .. } => Self::chain(Exit::BadInput, "cli.input", &error),
            error => Self::chain(Exit::Failed, "cli.failed", &error),
        }
    }
}
