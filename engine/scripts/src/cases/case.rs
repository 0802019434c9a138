//! What a case is: a situation and what is expected, as it stands in a file.

use std::collections::BTreeMap;

use kith_core::community::Own;
use kith_core::hook::Hook;
use kith_core::notice::Text;
use serde::{Deserialize, Serialize};

use crate::say;

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// Which hook is asked; where none is named, the one that the other fields call for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<Hook>,
    /// What the message says, or the text of the event's message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The channel it is said in.
    pub channel: String,
    /// Whether it changes a message that stands.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub edit: bool,
    /// Whom the message mentions, by name; `all` for everybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// Who writes, asks, types or is told of; goes by `ann` where no name is given.
    pub author: Who,
    /// How an applicant came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who invited the applicant; goes by `ben`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inviter: Option<Who>,
    /// An applicant's answers by the question's key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, String>,
    /// New values of a card by field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub change: BTreeMap<String, String>,
    /// A new shown name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// A command as it is typed: `/name argument`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The kind of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The name of a timer that is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer: Option<String>,
    /// What comes back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Own>,
    /// How many topics are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics: Option<u32>,
    /// Unanswered questions, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// Named lists.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<String>>,
    /// The operator's own settings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Own>,
    /// What the script remembers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kv: BTreeMap<String, Own>,
    /// When, as the community's clock shows it: `2026-05-01T12:00`.
    pub at: String,
    /// The community's time zone.
    pub zone: String,
    /// What the dice are thrown from.
    #[serde(skip_serializing_if = "is_zero")]
    pub seed: u8,
    /// `allow`, `deny CODE`, `hold CODE`, `violation CODE`, `rewrite TEXT`, `topics TITLE | TITLE`,
    /// `fault KIND`.
    pub expect: String,
    /// Effects in their order, such as `tag ann core`; not compared where the field is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effects: Option<Vec<String>>,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl Default for Case {
    fn default() -> Self {
        Self {
            name: String::new(),
            hook: None,
            text: String::new(),
            channel: "general".to_owned(),
            edit: false,
            mentions: Vec::new(),
            author: Who::default(),
            source: None,
            inviter: None,
            answers: BTreeMap::new(),
            change: BTreeMap::new(),
            rename: None,
            command: None,
            event: None,
            timer: None,
            note: None,
            topics: None,
            questions: Vec::new(),
            lists: BTreeMap::new(),
            settings: BTreeMap::new(),
            kv: BTreeMap::new(),
            at: "2026-05-01T12:00".to_owned(),
            zone: "UTC".to_owned(),
            seed: 0,
            expect: "allow".to_owned(),
            effects: None,
        }
    }
}

/// A member of the town.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Who {
    /// What they go by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Their role.
    pub role: String,
    /// Their tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How long they have been inside.
    pub joined_days: u32,
    /// Strikes that count.
    #[serde(skip_serializing_if = "is_none")]
    pub strikes: u32,
    /// Their card by field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub card: BTreeMap<String, String>,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Default for Who {
    fn default() -> Self {
        Self {
            name: String::new(),
            role: "member".to_owned(),
            tags: Vec::new(),
            joined_days: 100,
            strikes: 0,
            card: BTreeMap::new(),
        }
    }
}

/// Why a case cannot be read or played. Its sentence is rendered elsewhere; as an error it shows its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError(pub Text);

impl std::fmt::Display for CaseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.code)
    }
}

impl std::error::Error for CaseError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    case: Vec<Case>,
}

/// Reads a case file: one `[[case]]` after another.
pub fn parse(text: &str) -> Result<Vec<Case>, CaseError> {
    let file: File =
        toml::from_str(text).map_err(|error| CaseError(say::case::unreadable(error.to_string())))?;
    Ok(file.case)
}

impl Case {
    /// Which hook is asked.
    pub fn asked(&self) -> Hook {
        let called_for = [
            (self.event.is_some(), Hook::Event),
            (self.timer.is_some(), Hook::Timer),
            (self.command.is_some(), Hook::Command),
            (self.topics.is_some(), Hook::Topic),
            (!self.change.is_empty() || self.rename.is_some(), Hook::Card),
            (self.source.is_some() || self.inviter.is_some() || !self.answers.is_empty(), Hook::Join),
        ];
        let first = called_for.iter().find(|(called, _)| *called).map(|(_, hook)| *hook);
        self.hook.or(first).unwrap_or(Hook::Message)
    }
}
