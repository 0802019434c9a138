//! `kith completions`: what a shell has to know to complete a command line.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::report::Report;

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith completions bash > ~/.local/share/bash-completion/completions/kith")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "kith", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        Ok(Report::new(&json!({ "script": script }), script))
    }
}
