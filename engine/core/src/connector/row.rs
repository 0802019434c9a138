//! A connector and what the community remembers of the networks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::Met;
use crate::body::BodyRef;
use crate::decide::{Shelf, keep};
use crate::event::Event as AnyEvent;
use crate::ids::{ChannelId, ConnectorId, MemberId, MessageId};
use crate::import::Short;
use crate::member::Standing;
use crate::message::{self, Header};
use crate::queue;
use crate::refusal::Refusal;
use crate::stream::Community;

/// Messages of other networks whose own ids are at hand; older ones are in their records.
pub(super) const RELAYED_MAX: usize = 1_024;

/// Something that a bot can do on its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// Delete anybody's message.
    Delete,
    /// Change a message of its own.
    Edit,
    /// Silence somebody for a time.
    Mute,
    /// Send somebody out.
    Remove,
    /// Keep somebody out.
    Ban,
    /// Post.
    Post,
    /// Put an emoji under a message.
    React,
    /// Pin a message.
    Pin,
}

/// A channel of the community that one of the network stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// The community's.
    pub channel: ChannelId,
    /// The network's id of its own.
    pub name: BodyRef,
}

/// A live bot of another network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Which.
    pub id: ConnectorId,
    /// What the operator calls it.
    pub name: String,
    /// Which network.
    pub network: String,
    /// What its bot can do there.
    pub can: BTreeSet<Ability>,
    /// Since when, Unix milliseconds.
    pub since_ms: u64,
    /// What the records up to this one ask of the network was done.
    pub acked_seq: u64,
    /// The network's channels by their short MAC.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<Short, Mapped>,
}

/// Whose key seals what a connector's channels are called: no member has these bits.
pub fn owner(connector: ConnectorId) -> MemberId {
    MemberId(connector.0)
}

/// The connectors of a community, and whom it knows from which network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connectors {
    /// Connectors.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) rows: BTreeMap<ConnectorId, Connector>,
    /// People by network and the short MAC of their id there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) persons: BTreeMap<String, BTreeMap<Short, Met>>,
    /// The newest messages that came by connectors, with the network's own ids.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(super) relayed: VecDeque<(MessageId, BodyRef)>,
}

impl Connectors {
    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// One connector.
    pub fn get(&self, id: ConnectorId) -> Option<&Connector> {
        self.rows.get(&id)
    }

    /// All, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Connector> {
        self.rows.values()
    }

    /// Who somebody of a network is here.
    pub fn met(&self, network: &str, key: Short) -> Option<&Met> {
        self.persons.get(network).and_then(|persons| persons.get(&key))
    }

    /// What a member is called on a network: one id for each account.
    pub(super) fn accounts(&self, network: &str, member: MemberId) -> impl Iterator<Item = BodyRef> {
        let persons = self.persons.get(network).into_iter().flat_map(BTreeMap::values);
        persons.filter(move |met| met.member == member).map(|met| met.external)
    }

    pub(super) fn find(&self, id: ConnectorId) -> Result<&Connector, Refusal> {
        self.get(id).ok_or_else(|| Refusal::NotFound { what: "connector".to_owned() })
    }

    pub(super) fn change(&mut self, id: ConnectorId, change: impl FnOnce(&mut Connector)) {
        if let Some(row) = self.rows.get_mut(&id) {
            change(row);
        }
    }

    /// Keeps the network's own id of a message at hand.
    fn relay(&mut self, header: &Header, shelf: &mut Shelf<'_>) {
        let Some(origin) = &header.origin else { return };
        if header.said_at_ms.is_some() && self.relayed.iter().any(|(id, _)| *id == header.id) {
            return;
        }
        keep(shelf, &origin.external_id);
        self.relayed.push_back((header.id, origin.external_id));
        if self.relayed.len() > RELAYED_MAX
            && let Some((_, oldest)) = self.relayed.pop_front()
        {
            shelf.0.remove(oldest.id);
        }
    }

    /// Takes what is known of a member out, who is being erased. A ban is not escaped by it.
    pub fn forget(&mut self, member: MemberId, stood: Standing) {
        for persons in self.persons.values_mut() {
            match stood {
                Standing::Banned { .. } => {
                    let theirs = persons.values_mut().filter(|met| met.member == member);
                    theirs.for_each(|met| met.banned = true);
                }
                _ => persons.retain(|_, met| met.member != member || met.banned),
            }
        }
        self.persons.retain(|_, persons| !persons.is_empty());
    }
}

/// Takes note of messages that came by a connector.
pub fn saw(community: &mut Community, event: &AnyEvent, mut shelf: Shelf<'_>) {
    let header = match event {
        AnyEvent::Message(message::Event::Posted { header, .. }) => header,
        AnyEvent::Message(message::Event::Denied { held, .. }) => &held.header,
        AnyEvent::Queue(queue::Event::Held { hold, .. }) => match &hold.item {
            queue::Item::Message(held) => &held.header,
            _ => return,
        },
        _ => return,
    };
    community.connectors.relay(header, &mut shelf);
}
