//! `kith community …`: the communities of a host.

mod change;
mod list;
mod show;
mod transfer;

use clap::Subcommand;

use super::Stage;
use crate::failure::Failure;
use crate::report::Report;

/// What can be done with communities.
#[derive(Debug, Subcommand)]
pub(crate) enum Community {
    /// List the communities of this host with their state
    List(list::List),
    /// Show one: members, seats, channels, gate, rules, what waits
    Show(show::Show),
    /// Write a whole community to one file that another host can import
    Export(transfer::Export),
    /// Bring a community in from another host's file; everything is verified before anything is written
    Import(transfer::Import),
    /// Make it readable only
    Suspend(change::Suspend),
    /// Open a suspended one again
    Resume(change::Resume),
    /// Remove it for good: its keys are destroyed, nobody can read it any more
    Remove(change::Remove),
    /// Give it another name
    Rename(change::Rename),
    /// Change a setting: about, zone, language, rejoin_pause_ms or retention_days
    Settings(change::Settings),
}

impl Community {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        match self {
            Self::List(list) => list.run(),
            Self::Show(show) => show.run(stage),
            Self::Export(export) => export.run(),
            Self::Import(import) => import.run(),
            Self::Suspend(suspend) => suspend.run(),
            Self::Resume(resume) => resume.run(),
            Self::Remove(remove) => remove.run(),
            Self::Rename(rename) => rename.run(),
            Self::Settings(settings) => settings.run(),
        }
    }
}
