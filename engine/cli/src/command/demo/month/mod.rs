//! The month behind the demo: thirty days of a group, played through real gates, rules and scripts by
//! somebody who holds the clock, so that everything that pages and replays show of it is true.
//!
//! In reading order: who there is (`cast`), what is to happen (`agenda`, filled by `plan`), and how it is
//! asked and what follows (`play`, with `talk` and `queue`). The same seed makes the same month; only its
//! end, which is now, differs.

mod agenda;
mod cast;
mod found;
mod plan;
mod play;
mod queue;
mod talk;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kith_core::ids::{ChannelId, CommunityId, PersonId};
use kith_runtime::mint::Mint;
use kith_runtime::solo::Solo;
use serde::Serialize;

use self::agenda::Agenda;
use self::cast::Player;
use super::dice::Dice;
use super::world::World;

pub(super) use found::{delivered, make};

/// How long it is.
const DAYS: i64 = 30;
/// From which everything falls the same way.
const SEED: u64 = 20_260_101;

/// What is there after it.
pub(super) struct Made {
    pub(super) community: CommunityId,
    pub(super) owner: PersonId,
    pub(super) moderator: PersonId,
    /// Somebody who is there every day.
    pub(super) member: PersonId,
    /// Somebody whom nobody knows yet.
    pub(super) newcomer: PersonId,
    /// Nine who talk a lot and may.
    pub(super) regulars: Vec<PersonId>,
    /// The channel in which everybody talks.
    pub(super) yard: ChannelId,
    pub(super) counts: Counts,
}

/// What happened in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) joined: u64,
    pub(super) turned_away: u64,
    pub(super) left: u64,
    pub(super) messages: u64,
    pub(super) held: u64,
    pub(super) released: u64,
    pub(super) denied: u64,
    pub(super) appealed: u64,
    pub(super) overturned: u64,
    pub(super) muted: u64,
    pub(super) banned: u64,
    pub(super) topics: u64,
    pub(super) answers: u64,
    pub(super) reactions: u64,
    /// Commands that were refused, by code: people are late, or muted.
    pub(super) refused: BTreeMap<String, u64>,
}

/// The channels that people write in.
#[derive(Debug, Clone, Copy)]
struct Channels {
    notices: ChannelId,
    yard: ChannelId,
    help: ChannelId,
}

/// From when to when, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// The midnight at which the first day begins.
    from_ms: u64,
    /// Now.
    until_ms: u64,
}

/// A month at play.
struct Month<'a> {
    world: &'a World,
    community: CommunityId,
    channels: Channels,
    span: Span,
    solo: Solo,
    mint: Mint,
    dice: Dice,
    people: Vec<Player>,
    agenda: Agenda,
    threads: Vec<talk::Underway>,
    invites: Vec<String>,
    /// Threads that were not begun of late, by their place.
    deck: Vec<usize>,
    counts: Counts,
}
