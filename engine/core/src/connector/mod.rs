//! Connectors: a live bot of another network, and the people who speak through it (用户在哪我们在哪).
//!
//! A bot says what was said on its network and is told what the community wants done there. Who somebody is
//! there is a MAC under the community's pepper, as `import` has it; whoever was imported from the same
//! network and now speaks live is the same member. Their own ids of people, channels and messages are
//! bodies: a person's are theirs, a channel's are the connector's, and go with its key when it is
//! disconnected. What is posted through a connector is judged like anything else, by the same code.
//!
//! In reading order: a connector and what it can do; who is met; how they speak; what a record asks of a
//! network, and what of the rules it cannot do. Does not reach any network, and keeps no outbox: what is to
//! be told follows from the records after the last acknowledged one.

mod row;

mod change;
mod meet;
mod speak;

mod degraded;
mod effect;

#[cfg(test)]
mod tests;

pub use degraded::{degraded, degraded_by_rule, degraded_by_script};
pub use effect::{EffectOut, What, Whom, effects_of};
pub use meet::{ExternalPerson, Met};
pub use row::{Ability, Connector, Connectors, Mapped, owner, saw};
pub use speak::{Speech, facts, relayed};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::ids::{ChannelId, ConnectorId};
use crate::import::{Short, short};
use crate::member::{self, Member};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// The short MAC of the id that a network gave to somebody or to one of its channels: what the state knows
/// them by.
pub fn key(pepper: &[u8; 32], network: &str, external: &str) -> Short {
    short(pepper, network, external)
}

/// What can be asked of connectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Connect a network; the connector's id has the bits of the command's.
    Connect {
        /// What the operator calls it; members who come by it carry this as where they came from.
        name: String,
        /// Which network, such as `telegram`; two connectors of one network know the same people.
        network: String,
        /// What its bot can do there.
        can: BTreeSet<Ability>,
    },
    /// Say what its bot can do there now.
    Describe {
        /// Which.
        connector: ConnectorId,
        /// What it can.
        can: BTreeSet<Ability>,
    },
    /// Let a connector go. Its members stay.
    Disconnect {
        /// Which.
        connector: ConnectorId,
    },
    /// What is said in a channel of the network is said in one of the community, and the other way round.
    MapChannel {
        /// Of which connector.
        connector: ConnectorId,
        /// The network's channel: the short MAC of its id.
        external: Short,
        /// The id itself, owned by `owner(connector)`.
        name: BodyRef,
        /// The community's channel.
        channel: ChannelId,
    },
    /// Take that back.
    UnmapChannel {
        /// Of which connector.
        connector: ConnectorId,
        /// The network's channel.
        external: Short,
    },
    /// Somebody of the network becomes a member, or comes back, without the gate.
    Meet {
        /// By which connector.
        connector: ConnectorId,
        /// Who they are there.
        person: ExternalPerson,
        /// What they are called; needed at first sight. Owned by the member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nickname: Option<BodyRef>,
    },
    /// Somebody of the network said something: a post of the member they are, whose id has the bits of the
    /// command's.
    Speak(Box<Speech>),
    /// What the records up to here ask of the network was done.
    Ack {
        /// By which connector.
        connector: ConnectorId,
        /// The last such record.
        seq: u64,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        Need::Permission(Permission::Connect)
    }
}

/// What happened to connectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A network was connected.
    Connected {
        /// How.
        connector: Connector,
    },
    /// A bot can do other things.
    Described {
        /// Whose.
        connector: ConnectorId,
        /// What it can.
        can: BTreeSet<Ability>,
        /// What it could.
        old: BTreeSet<Ability>,
    },
    /// A connector was let go.
    Disconnected {
        /// It, as it was.
        old: Box<Connector>,
    },
    /// A channel of the network stands for one of the community.
    ChannelMapped {
        /// Of which connector.
        connector: ConnectorId,
        /// The network's channel.
        external: Short,
        /// The community's, and the id.
        mapped: Mapped,
        /// What it stood for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Mapped>,
    },
    /// It stands for none any more.
    ChannelUnmapped {
        /// Of which connector.
        connector: ConnectorId,
        /// The network's channel.
        external: Short,
        /// What it stood for.
        old: Mapped,
    },
    /// Somebody of a network was met.
    Met {
        /// By which connector.
        connector: ConnectorId,
        /// The network.
        network: String,
        /// Who there.
        key: Short,
        /// Which member they are.
        met: Met,
        /// The member's row, where there was none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<Box<Member>>,
    },
    /// What records ask was done up to here.
    Acked {
        /// By which connector.
        connector: ConnectorId,
        /// The last record.
        seq: u64,
        /// The last one before.
        old: u64,
    },
}

/// Decides a connector command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Connect { name, network, can } => change::connect(ctx, (name, network), can, out),
        Command::Describe { connector, can } => change::describe(ctx, *connector, can, out),
        Command::Disconnect { connector } => change::disconnect(ctx, *connector, out),
        Command::MapChannel { connector, external, name, channel } => {
            change::map(ctx, (*connector, *external), Mapped { channel: *channel, name: *name }, out)
        }
        Command::UnmapChannel { connector, external } => change::unmap(ctx, (*connector, *external), out),
        Command::Meet { connector, person, nickname } => {
            meet::meet(ctx, *connector, (person, *nickname), out)
        }
        Command::Speak(speech) => speak::speak(ctx, speech, out),
        Command::Ack { connector, seq } => change::ack(ctx, (*connector, *seq), out),
    }
}

/// Applies what happened to connectors.
pub fn apply(community: &mut Community, event: &Event, _moment: &Moment, mut shelf: Shelf<'_>) {
    let connectors = &mut community.connectors;
    match event {
        Event::Connected { connector } => {
            connectors.rows.insert(connector.id, connector.clone());
        }
        Event::Described { connector, can, .. } => {
            connectors.change(*connector, |row| row.can.clone_from(can));
        }
        Event::Disconnected { old } => {
            connectors.rows.remove(&old.id);
            shelf.0.erase(owner(old.id));
        }
        Event::ChannelMapped { connector, external, mapped, old } => {
            old.iter().for_each(|old| drop(shelf.0.remove(old.name.id)));
            keep(&mut shelf, &mapped.name);
            connectors.change(*connector, |row| {
                row.channels.insert(*external, *mapped);
            });
        }
        Event::ChannelUnmapped { connector, external, old } => {
            shelf.0.remove(old.name.id);
            connectors.change(*connector, |row| {
                row.channels.remove(external);
            });
        }
        Event::Met { network, key, met, row, .. } => {
            keep(&mut shelf, &met.external);
            connectors.persons.entry(network.clone()).or_default().insert(*key, *met);
            if let Some(row) = row {
                member::keep(shelf.0, row, shelf.1);
                community.members.put((**row).clone());
            }
        }
        Event::Acked { connector, seq, .. } => connectors.change(*connector, |row| row.acked_seq = *seq),
    }
}
