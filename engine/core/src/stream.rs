//! A stream: everything that one log of records folds to. Either the host's own stream or one community.
//!
//! The serialized state names facts only; what people wrote is in `bodies`, which is stored sealed beside it.
//! So the state hash is the same before and after an erasure's keys are destroyed.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::answer::Answers;
use crate::body::Bodies;
use crate::card;
use crate::channel::Channels;
use crate::community::Profile;
use crate::connector::Connectors;
use crate::gate::Gate;
use crate::handoff::Handoffs;
use crate::host::{Host, Hosted};
use crate::ids::CommunityId;
use crate::import::Imports;
use crate::ledger::Ledger;
use crate::member::Members;
use crate::message::Messages;
use crate::ports::Hash;
use crate::privacy::Erasures;
use crate::queue::Queue;
use crate::role::Roles;
use crate::rule::Rules;
use crate::script::Scripts;
use crate::timer::Timers;
use crate::topic::Topics;
use crate::webhook::Webhooks;

/// Number of the state's schema: raised when a snapshot of before cannot be read any more.
pub const SCHEMA: u32 = 1;

/// Everything one log folds to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Which stream.
    pub id: CommunityId,
    /// The last record's number.
    pub seq: u64,
    /// The last record's time, Unix milliseconds.
    pub at_ms: u64,
    /// The newest format that was raised.
    pub format: u16,
    /// Outcomes of keys, and rates.
    pub answers: Answers,
    /// What will be due.
    pub timers: Timers,
    /// What waits to be delivered to other streams, and what came from them.
    pub handoffs: Handoffs,
    /// Keys that have to be destroyed.
    #[serde(default, skip_serializing_if = "Erasures::is_empty")]
    pub erasures: Erasures,
    /// What kind of stream.
    pub kind: Kind,
    /// What people wrote and the state refers to.
    #[serde(skip)]
    pub bodies: Bodies,
}

/// What kind of stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No record yet.
    New,
    /// The host's own.
    Host(Box<Host>),
    /// A community.
    Community(Box<Community>),
}

/// A tenant's state, by noun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Community {
    /// Name, zone, settings, texts, lists, ownership, status.
    pub profile: Profile,
    /// Roles by name.
    pub roles: Roles,
    /// Members and applicants.
    pub members: Members,
    /// The card's fields, and changes that wait.
    pub card: card::Cards,
    /// Gate, invites, applications, waiting list.
    pub gate: Gate,
    /// Channels.
    pub channels: Channels,
    /// The newest messages' headers, pins, announcements.
    pub messages: Messages,
    /// Rules, ladder, strikes, sanctions.
    pub rules: Rules,
    /// Holds, receipts, appeals.
    pub queue: Queue,
    /// Sources of imported facts.
    pub imports: Imports,
    /// What the host told it.
    #[serde(default)]
    pub hosted: Hosted,
    /// Scripts, their versions, their memory.
    #[serde(default, skip_serializing_if = "Scripts::is_empty")]
    pub scripts: Scripts,
    /// What is planned to talk about, and what was raised.
    #[serde(default, skip_serializing_if = "Topics::is_empty")]
    pub topics: Topics,
    /// Bots of other networks, and whom they brought.
    #[serde(default, skip_serializing_if = "Connectors::is_empty")]
    pub connectors: Connectors,
    /// Addresses that are told of what happens.
    #[serde(default, skip_serializing_if = "Webhooks::is_empty")]
    pub webhooks: Webhooks,
    /// Points, transfers, packets: money.
    #[serde(default, skip_serializing_if = "Ledger::is_empty")]
    pub ledger: Ledger,
}

impl Stream {
    /// A stream without records.
    pub fn new(id: CommunityId) -> Self {
        Self {
            id,
            seq: 0,
            at_ms: 0,
            format: 0,
            answers: Answers::default(),
            timers: Timers::default(),
            handoffs: Handoffs::default(),
            erasures: Erasures::default(),
            kind: Kind::New,
            bodies: Bodies::default(),
        }
    }

    /// The community, if it is one.
    pub fn community(&self) -> Option<&Community> {
        match &self.kind {
            Kind::Community(community) => Some(community),
            Kind::New | Kind::Host(_) => None,
        }
    }

    /// The host, if it is that.
    pub fn host(&self) -> Option<&Host> {
        match &self.kind {
            Kind::Host(host) => Some(host),
            Kind::New | Kind::Community(_) => None,
        }
    }

    /// The state as bytes: facts only.
    pub fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec_named(self).expect("a state has only types that MessagePack has")
    }

    /// A state from its bytes and the bodies stored beside it.
    pub fn decode(bytes: &[u8], bodies: Bodies) -> Result<Self, rmp_serde::decode::Error> {
        let mut stream: Self = rmp_serde::from_slice(bytes)?;
        stream.bodies = bodies;
        Ok(stream)
    }

    /// SHA-256 of the facts.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.encode()).into()
    }
}
