//! Quotas: how much one community may use, so that none can starve the others.
//!
//! The host sets them; a community enforces members and messages itself, the rest is for who runs its
//! scripts, plugins and blobs. A community that was never told any has none.

use serde::{Deserialize, Serialize};

use super::{Desk, Host, Parcel, registry, send};
use crate::decide::Outcome;
use crate::ids::CommunityId;
use crate::limits;
use crate::refusal::Refusal;

/// What one community may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Members inside.
    pub members: u64,
    /// Messages posted in one second.
    pub messages_per_second: u32,
    /// Bytes of attachments on the disk, also of those that no message names. They are given back when their
    /// owner is erased, and not when a message is deleted: an undo may show it again.
    pub storage_bytes: u64,
    /// Scripts.
    pub scripts: u32,
    /// Plugins.
    pub plugins: u32,
    /// Fuel that scripts and plugins burn in a minute: an operation of a script is one. Once it is burned
    /// they are not asked until the minute is over.
    pub fuel_per_minute: u64,
}

impl Default for Quotas {
    /// Far above what a lively community does, far below what would hurt its neighbours.
    fn default() -> Self {
        Self {
            members: limits::MEMBERS_MAX as u64,
            messages_per_second: 1_000,
            storage_bytes: 20 * 1024 * 1024 * 1024,
            scripts: 64,
            plugins: 32,
            fuel_per_minute: 10_000_000_000,
        }
    }
}

/// What can be asked of quotas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Set what communities may use that have no quotas of their own.
    SetDefault {
        /// The quotas.
        quotas: Quotas,
    },
    /// Set what one community may use; `None` puts it back to the default.
    Set {
        /// Which.
        community: CommunityId,
        /// The quotas.
        quotas: Option<Quotas>,
    },
}

/// What happened to quotas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The default was set.
    DefaultSet {
        /// Now.
        quotas: Quotas,
        /// Before.
        old: Quotas,
    },
    /// A community's were set.
    Set {
        /// Which.
        community: CommunityId,
        /// Now.
        quotas: Option<Quotas>,
        /// Before.
        old: Option<Quotas>,
    },
}

/// Decides a quota command.
pub(super) fn decide(desk: &Desk<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::SetDefault { quotas } => set_default(desk, *quotas, out),
        Command::Set { community, quotas } => {
            let row = registry::known(desk.host, *community)?;
            if row.quotas == *quotas {
                return Err(Refusal::NothingToChange);
            }
            out.event(Event::Set { community: *community, quotas: *quotas, old: row.quotas });
            tell(desk, *community, quotas.unwrap_or(desk.host.quotas), out);
            Ok(())
        }
    }
}

fn set_default(desk: &Desk<'_>, quotas: Quotas, out: &mut Outcome) -> Result<(), Refusal> {
    if desk.host.quotas == quotas {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::DefaultSet { quotas, old: desk.host.quotas });
    for row in desk.host.communities.iter().filter(|row| row.quotas.is_none() && row.exists()) {
        tell(desk, row.id, quotas, out);
    }
    Ok(())
}

/// Tells a community its quotas.
pub(super) fn tell(desk: &Desk<'_>, community: CommunityId, quotas: Quotas, out: &mut Outcome) {
    send(community, Parcel::SetQuotas { quotas, revision: desk.revision() }, out);
}

/// Applies what happened to quotas.
pub(super) fn apply(host: &mut Host, event: &Event) {
    match event {
        Event::DefaultSet { quotas, .. } => host.quotas = *quotas,
        Event::Set { community, quotas, .. } => {
            host.communities.change(*community, |row| row.quotas = *quotas);
        }
    }
}
