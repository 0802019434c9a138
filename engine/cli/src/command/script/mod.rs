//! `kith script …`: writing, trying, putting in, watching and taking back an operator's scripts.

mod case;
mod check;
mod diff;
mod file;
mod health;
mod letters;
mod list;
mod new;
mod page;
mod put;
mod reference;
mod rollback;
mod run;
mod shadow;
mod show;
mod switch;
mod test;
mod versions;
mod watch;

pub(super) use watch::in_words;

use clap::{Args, Subcommand};

use super::Stage;
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;

/// What can be done with scripts.
#[derive(Debug, Subcommand)]
pub(crate) enum Script {
    /// Write a first script with a case file, to begin from
    New(new::New),
    /// Say everything that is wrong with a script
    Check(check::Check),
    /// Play the cases of a script
    Test(test::Test),
    /// Ask a script about one message, a join or a command, and show what it says
    Run(run::Run),
    /// Make a case of a real decision, by its receipt
    Case(case::Case),
    /// Put a script into a community
    Put(put::Put),
    /// List the scripts of a community, in the order in which they are asked
    List(list::List),
    /// List the versions of a script, with what each of them did
    Versions(versions::Versions),
    /// Print a version's source and its cases
    Show(show::Show),
    /// Compare two versions of a script
    Diff(diff::Diff),
    /// Make an earlier version live again
    Rollback(rollback::Rollback),
    /// Let a version run beside the live one, deciding nothing, and see what it would have done
    Shadow(shadow::Shadow),
    /// Ask a script no more; its versions and what it remembers stay
    Off(switch::Off),
    /// Take a script out, with everything it remembers
    Remove(switch::Remove),
    /// Show faults, breakers, quarantine and the cap of a script
    Health(health::Health),
    /// Show what scripts have given up on; try one again, or let it go
    Letters(letters::Letters),
    /// Show what a script may use
    Limits(health::Limits),
    /// Watch a folder of scripts: what is saved there is live a moment later
    Watch(watch::Watch),
    /// Print what scripts can say, as Markdown or for editors
    Reference(reference::Reference),
}

/// A script of a community.
#[derive(Debug, Args)]
pub(crate) struct OfCommunity {
    #[command(flatten)]
    target: InCommunity,
    /// The script's name
    name: String,
}

impl Script {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        match self {
            Self::New(new) => new.run(stage),
            Self::Check(check) => check.run(stage),
            Self::Test(test) => test.run(stage),
            Self::Run(run) => run.run(stage),
            Self::Case(case) => case.run(stage),
            Self::Put(put) => put.run(stage),
            Self::List(list) => list.run(stage),
            Self::Versions(versions) => versions.run(stage),
            Self::Show(show) => show.run(),
            Self::Diff(diff) => diff.run(stage),
            Self::Rollback(rollback) => rollback.run(stage),
            Self::Shadow(shadow) => shadow.run(stage),
            Self::Off(off) => off.run(stage),
            Self::Remove(remove) => remove.run(stage),
            Self::Health(health) => health.run(stage),
            Self::Letters(letters) => letters.run(stage),
            Self::Limits(limits) => limits.run(stage),
            Self::Watch(watch) => watch.run(stage),
            Self::Reference(reference) => reference.run(),
        }
    }
}
