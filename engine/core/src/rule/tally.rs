//! What became of a rule's verdicts, by version: how often it objected, and how often people disagreed.
//! From these counts a rule's precision follows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::{TALLIED_RULES_MAX, TALLIED_VERSIONS_MAX};
use crate::queue::{Ground, Receipt};

/// Which rule in which version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edition {
    /// The rule.
    pub rule: String,
    /// Its version.
    pub version: u32,
}

impl Edition {
    /// The rule that a receipt rests on, if it is an operator's.
    pub fn of(receipt: &Receipt) -> Option<Self> {
        match &receipt.ground {
            Ground::Rule(ground) if ground.clause.is_rule() => {
                Some(Self { rule: ground.rule.clone(), version: ground.version })
            }
            Ground::Script(ground) => Some(Self::of_script(&ground.script, ground.version)),
            _ => None,
        }
    }

    /// A version of a script.
    pub fn of_script(name: &str, version: u32) -> Self {
        Self { rule: script_name(name), version }
    }
}

/// The name under which a script is counted: no rule can have it.
fn script_name(script: &str) -> String {
    format!("script {script}")
}

/// What was counted for one edition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How often it objected.
    pub hits: u64,
    /// How often a member appealed.
    pub appealed: u64,
    /// How often the appeal was right.
    pub overturned: u64,
    /// How often a human released what it held.
    pub released: u64,
    /// How often a human denied what it held.
    pub denied: u64,
    /// How often what it held or denied was undone with its version.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undone: u64,
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Tally {
    /// Of what people looked at: how often it was right, and how often wrong.
    pub const fn judged(&self) -> (u64, u64) {
        (self.denied, self.overturned.saturating_add(self.released).saturating_add(self.undone))
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// It objected.
    Hit,
    /// A member appealed.
    Appealed,
    /// The appeal was right.
    Overturned,
    /// A human released what it held.
    Released,
    /// A human denied what it held.
    Denied,
    /// What it held or denied was undone with its version.
    Undone,
}

/// Tallies by rule and version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tallies(BTreeMap<String, BTreeMap<u32, Tally>>);

impl Tallies {
    /// What was counted for a version of a script.
    pub fn of_script(&self, name: &str, version: u32) -> Tally {
        self.get(&script_name(name), version)
    }

    /// What was counted for one edition.
    pub fn get(&self, rule: &str, version: u32) -> Tally {
        self.0.get(rule).and_then(|versions| versions.get(&version)).copied().unwrap_or_default()
    }

    /// All, by rule and version.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32, &Tally)> {
        self.0.iter().flat_map(|(rule, versions)| {
            versions.iter().map(move |(version, tally)| (rule.as_str(), *version, tally))
        })
    }

    /// Counts one. Of a rule with many versions the oldest go.
    pub fn count(&mut self, edition: &Edition, label: Label) {
        if !self.0.contains_key(&edition.rule) && self.0.len() >= TALLIED_RULES_MAX {
            return;
        }
        let versions = self.0.entry(edition.rule.clone()).or_default();
        let tally = versions.entry(edition.version).or_default();
        let counter = match label {
            Label::Hit => &mut tally.hits,
            Label::Appealed => &mut tally.appealed,
            Label::Overturned => &mut tally.overturned,
            Label::Released => &mut tally.released,
            Label::Denied => &mut tally.denied,
            Label::Undone => &mut tally.undone,
        };
        *counter = counter.saturating_add(1);
        while versions.len() > TALLIED_VERSIONS_MAX {
            versions.pop_first();
        }
    }
}
