//! What one listener may know of, as it was at one record: asked again only when it may have changed.

use std::collections::BTreeSet;

use kith_core::channel;
use kith_core::ids::{ChannelId, MemberId};
use kith_core::role::Permission;

use super::event::Audience;
use crate::room::Sight;

/// What one listener may know of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    /// The record up to which this holds at least.
    pub(crate) seq: u64,
    me: Option<MemberId>,
    is_host: bool,
    channels: BTreeSet<ChannelId>,
    permissions: BTreeSet<Permission>,
}

impl Rights {
    /// What the caller may know of now.
    pub(crate) fn of(sight: &Sight<'_>) -> Self {
        let readable = |row: &&channel::Channel| {
            sight.is_host || sight.inside().is_some_and(|me| channel::may_read(sight.community, me, row))
        };
        let all = sight.community.channels.iter().filter(readable).map(|row| row.id).collect();
        let reads = sight.may(Permission::Read);
        Self {
            seq: sight.stream.seq,
            me: sight.me.map(|me| me.id),
            is_host: sight.is_host,
            channels: if reads { all } else { BTreeSet::new() },
            permissions: Permission::ALL.iter().copied().filter(|it| sight.may(*it)).collect(),
        }
    }

    /// Whether the listener may listen at all.
    pub(crate) fn may_listen(&self) -> bool {
        self.permissions.contains(&Permission::Read)
    }

    /// Whether the listener is told of what such an audience is told.
    pub(crate) fn include(&self, audience: Audience) -> bool {
        self.may_listen()
            && match audience {
                Audience::Members => true,
                Audience::Channel(channel) => self.channels.contains(&channel),
                Audience::Of(_) => false,
                Audience::Member(member) => self.is_host || self.me == Some(member),
                Audience::Holders(permission) => self.permissions.contains(&permission),
            }
    }
}
