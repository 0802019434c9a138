//! Channels: where talk happens. Broadcast (one to many), group (many to many), feed (a member's own).
//!
//! Promises: every community is founded with at least one group channel; who may read or post where is
//! answered here and nowhere else. A channel is never deleted, only closed, so that old messages keep a
//! place. Names and topics are the operator's labels; a feed has neither, it is shown under its member's
//! name.

mod access;
mod change;
mod config;

#[cfg(test)]
mod tests;

pub use access::{find_readable, may_post, may_read};
pub use change::{apply, decide};
pub use config::{ChannelConfig, ConfigKind, configure, default_name};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, MemberId};
use crate::role::{Need, Permission};

/// Who speaks to whom in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One to many: needs the permission `broadcast`.
    Broadcast,
    /// Many to many: needs the permission `post`.
    Group,
    /// A member's own: only they post, and need the permission `post`.
    Feed {
        /// Whose.
        member: MemberId,
    },
}

/// Whether a channel takes messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It does.
    #[default]
    Open,
    /// Reading only.
    Closed {
        /// Since when, Unix milliseconds.
        at_ms: u64,
    },
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Never reused.
    pub id: ChannelId,
    /// Who speaks to whom.
    pub kind: Kind,
    /// Shown name; unique among the community's channels; empty for a feed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// One line on what it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// Place among the channels: smaller first, then by id.
    #[serde(default)]
    pub order: u32,
    /// Names of the roles that may read; empty: everybody inside.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub read_roles: BTreeSet<String>,
    /// Names of the roles that may post, besides the permission its kind asks for; empty: no further limit.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub post_roles: BTreeSet<String>,
    /// Whether it takes messages.
    #[serde(default)]
    pub status: Status,
}

/// The channels of a community.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    rows: BTreeMap<ChannelId, Channel>,
    feeds: BTreeMap<MemberId, ChannelId>,
}

impl Channels {
    /// One channel, open or closed.
    pub fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.rows.get(&id)
    }

    /// The channel of a name; feeds have none.
    pub fn of_name(&self, name: &str) -> Option<&Channel> {
        self.common().find(|channel| channel.name == name)
    }

    /// A member's feed, if it was ever opened.
    pub fn feed_of(&self, member: MemberId) -> Option<&Channel> {
        self.feeds.get(&member).and_then(|id| self.rows.get(id))
    }

    /// All channels, feeds included, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.rows.values()
    }

    /// All channels that are nobody's feed, in the order of ids.
    pub fn common(&self) -> impl Iterator<Item = &Channel> {
        self.iter().filter(|channel| !matches!(channel.kind, Kind::Feed { .. }))
    }

    /// All channels that are nobody's feed, in the order the operator gave them.
    pub fn listed(&self) -> Vec<&Channel> {
        let mut channels: Vec<_> = self.common().collect();
        channels.sort_by_key(|channel| (channel.order, channel.id));
        channels
    }

    fn put(&mut self, channel: Channel) {
        if let Kind::Feed { member } = channel.kind {
            self.feeds.insert(member, channel.id);
        }
        self.rows.insert(channel.id, channel);
    }

    fn change(&mut self, id: ChannelId, change: impl FnOnce(&mut Channel)) {
        if let Some(channel) = self.rows.get_mut(&id) {
            change(channel);
        }
    }
}

/// What can be asked of channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open a channel; its id has the bits of the command's.
    Open {
        /// What it is to be.
        channel: ChannelConfig,
    },
    /// Open the actor's own feed; its id has the bits of the command's.
    OpenFeed,
    /// Make a channel that is no feed into something else.
    Change {
        /// Which.
        channel: ChannelId,
        /// What it is to be.
        to: ChannelConfig,
    },
    /// Make a channel reading only.
    Close {
        /// Which.
        channel: ChannelId,
    },
    /// Let a closed channel take messages again.
    Reopen {
        /// Which.
        channel: ChannelId,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Open { .. } | Self::Change { .. } | Self::Close { .. } | Self::Reopen { .. } => {
                Need::Permission(Permission::ManageChannels)
            }
            Self::OpenFeed => Need::Permission(Permission::Post),
        }
    }
}

/// What happened to channels. Events that overwrite carry the old value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A channel was opened.
    Opened {
        /// Which.
        channel: ChannelId,
        /// What it is.
        config: ChannelConfig,
    },
    /// A member's feed was opened.
    FeedOpened {
        /// Which.
        channel: ChannelId,
        /// Whose.
        member: MemberId,
    },
    /// A channel was changed.
    Changed {
        /// Which.
        channel: ChannelId,
        /// What it is now.
        config: ChannelConfig,
        /// What it was.
        old: ChannelConfig,
    },
    /// A channel was closed.
    Closed {
        /// Which.
        channel: ChannelId,
    },
    /// A channel was opened again.
    Reopened {
        /// Which.
        channel: ChannelId,
    },
}
