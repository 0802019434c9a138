//! What can be written on the command line. Each command's own arguments are in its file under `command`.

use std::path::PathBuf;

use clap::{Args, Parser};
use kith_core::community::Language;

use crate::command::Command;
use crate::language::{self, Spoken};
use crate::report::Form;

/// Kith runs communities: gates, rules, talk and their history, kept so that nothing acknowledged is lost.
#[derive(Debug, Parser)]
#[command(name = "kith", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Arguments {
    /// Print one JSON object instead of text; fields are only ever added
    #[arg(long, global = true)]
    json: bool,
    /// The language of texts for people [default: that of the locale]
    #[arg(long, global = true, value_name = "en|zh-CN")]
    language: Option<Spoken>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  kith demo                                              watch a small group live
  kith init --data data --blueprint examples/NAME        found a community
  kith import --data data --community zig --format irc-blocks logs/
  kith import --data trial --community zig --format irc-blocks --reenact --blueprint examples/NAME logs/
  kith invite create --data data --community NAME        an invite with three uses
  kith verify --data data                                is everything as it was written?

Exit codes:
  0 ok  1 found problems  2 wrong usage  3 bad input or refused  4 DATA is in use  70 the machine failed";

/// Which DATA folder.
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The folder that everything is kept in
    #[arg(long, env = "KITH_DATA", value_name = "DIR")]
    pub data: PathBuf,
}

/// Which community of which DATA folder.
#[derive(Debug, Clone, Args)]
pub struct InCommunity {
    #[command(flatten)]
    pub(crate) place: Data,
    /// The community, by name or id
    #[arg(long, value_name = "NAME")]
    pub community: String,
}

impl Arguments {
    pub(crate) fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::People }
    }

    pub(crate) fn language(&self) -> Language {
        self.language.map_or_else(language::of_locale, Spoken::language)
    }

    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn check_told(command: &clap::Command) {
        assert!(command.get_about().is_some(), "{} says nothing of itself", command.get_name());
        for argument in command.get_arguments() {
            let told = argument.get_help().is_some() || argument.get_long_help().is_some();
            assert!(told, "{} of {} says nothing of itself", argument.get_id(), command.get_name());
        }
        command.get_subcommands().for_each(check_told);
    }

    #[test]
    fn every_command_and_every_flag_is_explained() {
        Arguments::command().debug_assert();
        check_told(&Arguments::command());
    }
}
