//! A script, its versions, and how it is bound.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Health;
use crate::hook::Hook;
use crate::ids::MemberId;
use crate::ports::Hash;
use crate::rule::Step;

/// A script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its number in the community, never used twice: rows of runs name it.
    pub no: u32,
    /// Its name, unique in the community.
    pub name: String,
    /// Who it acts as.
    pub bot: MemberId,
    /// Where its sources come from.
    pub origin: Origin,
    /// How it is bound.
    pub binding: Binding,
    /// The version that is asked; `None` while it is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<u32>,
    /// The version that runs beside it and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<u32>,
    /// The newest versions, oldest first; the live and the shadowed one stay among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// The number of the newest version.
    #[serde(default)]
    pub newest: u32,
    /// What its runs came to.
    #[serde(default, skip_serializing_if = "Health::is_empty")]
    pub health: Health,
}

/// One version of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Counts from 1 and is never used twice.
    pub number: u32,
    /// SHA-256 of the source.
    #[serde(with = "serde_bytes")]
    pub hash: Hash,
    /// The source.
    pub source: String,
    /// The cases that it was tried with, as they are written; empty where there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cases: String,
    /// The hooks that it answers.
    pub hooks: BTreeSet<Hook>,
    /// When it was put in, Unix milliseconds.
    pub at_ms: u64,
    /// By whom; `None` the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
}

/// Where a script's sources come from; a script has one origin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By command: a person put them in.
    #[default]
    Command,
    /// From a folder that the host watches.
    Folder,
}

impl Origin {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Folder => "folder",
        }
    }
}

/// How a script is bound: what the operator decides about it, and its source cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Binding {
    /// Where the breaches that it reports start on the ladder.
    pub step: Step,
    /// What becomes of a message when the script fails on it.
    pub on_fault: OnFault,
}

/// What becomes of a message when a script fails on it. A join and a card always wait for a human then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFault {
    /// It waits for a human.
    #[default]
    Hold,
    /// It passes, as if the script were not there: for scripts that decorate.
    Open,
}

impl Script {
    /// A version that is still kept.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The version that is asked.
    pub fn live(&self) -> Option<&Version> {
        self.live.and_then(|number| self.version(number))
    }
}
