//! A record: one command, what was looked up for it, and everything that came of it. The unit of the log.
//!
//! Encoded as MessagePack with fields by name (self-describing), in the version it was written in; never
//! re-encoded. Older versions are lifted by the upcasters here when they are read.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::body::Bodies;
use crate::command::{Command, CommandKind};
use crate::decide::Outcome;
use crate::event::Event;
use crate::handoff::Outgoing;
use crate::message;
use crate::queue::Receipt;
use crate::refusal::Refusal;
use crate::script::Run;
use crate::webhook;

/// The format this release writes. A stream holds newer kinds only after `FormatRaised`.
pub const FORMAT: u16 = 1;

/// One record. Its place (community, number, time) is in the log's record table and in the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// `FORMAT` of the release that wrote it.
    pub v: u16,
    /// Number in its stream.
    pub seq: u64,
    /// What was asked.
    pub command: Command,
    /// Facts that were not in memory and had to be read to decide.
    #[serde(default, skip_serializing_if = "message::Evidence::is_empty")]
    pub evidence: message::Evidence,
    /// What happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Why: one receipt for each rule or gate that decided something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Receipt>,
    /// What has to be delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<Outgoing>,
    /// The scripts that were asked, and what each came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// The dice of the command, where a script read them; left out of members' exports.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    pub seed: Option<[u8; 32]>,
    /// A refusal that has to be remembered for the command's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// What was asked and whether anything came of it: for whoever looks at many records and not at what happened
/// in them. An import's record has hundreds of events, and this none of their cost.
#[derive(Debug, Deserialize)]
pub struct Outline {
    v: u16,
    /// Number in its stream.
    pub seq: u64,
    /// What was asked.
    pub command: Command,
    #[serde(default)]
    events: Vec<IgnoredAny>,
    #[serde(default)]
    refusal: Option<IgnoredAny>,
}

impl Outline {
    /// Reads one from a record's bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        match rmp_serde::from_slice::<Self>(bytes)? {
            outline if outline.v <= FORMAT => Ok(outline),
            outline => Err(RecordError::Newer { found: outline.v }),
        }
    }

    /// Whether something happened.
    pub fn has_effect(&self) -> bool {
        self.refusal.is_none() && !self.events.is_empty()
    }
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Written by a later release.
    #[error("record format {found} is newer than {FORMAT}: open this data with the release that wrote it")]
    Newer {
        /// The format found.
        found: u16,
    },
    /// Not a record at all.
    #[error("not a record")]
    Malformed(#[from] rmp_serde::decode::Error),
}

/// Only the version, which every format has had under this name.
#[derive(Deserialize)]
struct Version {
    v: u16,
}

impl Record {
    /// The record of a command that was decided, and the bodies that scripts added.
    pub fn of(
        seq: u64,
        (command, evidence): (Command, message::Evidence),
        outcome: Outcome,
    ) -> (Self, Bodies) {
        let Outcome { events, decisions, outbox, runs, seed, bodies, .. } = outcome;
        let record =
            Self { v: FORMAT, seq, command, evidence, events, decisions, outbox, runs, seed, refusal: None };
        (record, bodies)
    }

    /// The record of a refusal that a key asks to remember.
    pub fn refused(seq: u64, command: Command, refusal: Refusal) -> Self {
        let evidence = message::Evidence::default();
        Self { refusal: Some(refusal), ..Self::of(seq, (command, evidence), Outcome::default()).0 }
    }

    /// The bytes for the log.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        rmp_serde::encode::write_named(&mut bytes, self)
            .expect("a record has only types that MessagePack has");
        bytes
    }

    /// A record from the log's bytes, lifted to today's shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        match rmp_serde::from_slice::<Self>(bytes) {
            Ok(record) if record.v <= FORMAT => Ok(record),
            Ok(record) => Err(RecordError::Newer { found: record.v }),
            Err(error) => match rmp_serde::from_slice::<Version>(bytes) {
                Ok(Version { v }) if v > FORMAT => Err(RecordError::Newer { found: v }),
                _ => Err(RecordError::Malformed(error)),
            },
        }
    }

    /// The ids by which the record is found again: those of its messages, and of what was done to them; the
    /// one of all records that added a webhook.
    pub fn ids(&self) -> Vec<u128> {
        if matches!(self.events.first(), Some(Event::Webhook(webhook::Event::Added { .. }))) {
            return vec![webhook::FOUND_BY];
        }
        // A message also appears when a moderator or a hold's deadline releases it, when a script posts, or
        // by an undo.
        let posts = matches!(
            self.command.kind,
            CommandKind::Message(_)
                | CommandKind::Import(_)
                | CommandKind::Queue(_)
                | CommandKind::Timer(_)
                | CommandKind::Script(_)
                | CommandKind::Connector(_)
        );
        if !posts && self.runs.is_empty() {
            return Vec::new();
        }
        self.events.iter().flat_map(|event| message::found_by(event, self.command.at_ms)).collect()
    }
}
