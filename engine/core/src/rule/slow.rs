//! Slow mode: so long between two messages of one member, in one channel or everywhere. Moderators are
//! exempt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::command::CommandKind;
use crate::decide::{Ctx, Outcome};
use crate::ids::ChannelId;
use crate::limits::{SLOW_CHANNELS_MAX, SLOW_MODE_MS_MAX};
use crate::member::Member;
use crate::message;
use crate::moment::Duration;
use crate::notice::Arg;
use crate::refusal::Refusal;
use crate::role::Permission;
use crate::stream::Community;

/// Where slow mode is on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowModes {
    /// Between two messages anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everywhere: Option<Duration>,
    /// Between two messages in a channel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<ChannelId, Duration>,
}

impl SlowModes {
    /// The wait that is set for a channel, or for everywhere.
    pub fn get(&self, channel: Option<ChannelId>) -> Option<Duration> {
        match channel {
            Some(channel) => self.channels.get(&channel).copied(),
            None => self.everywhere,
        }
    }

    /// Whether it is on anywhere.
    pub fn is_on(&self) -> bool {
        self.everywhere.is_some() || !self.channels.is_empty()
    }

    /// The longest wait, milliseconds.
    pub(super) fn horizon_ms(&self) -> u64 {
        self.channels.values().chain(&self.everywhere).map(|wait| wait.0).max().unwrap_or(0)
    }

    /// Applies a change.
    pub(super) fn set(&mut self, channel: Option<ChannelId>, wait: Option<Duration>) {
        match (channel, wait) {
            (None, wait) => self.everywhere = wait,
            (Some(channel), Some(wait)) => {
                self.channels.insert(channel, wait);
            }
            (Some(channel), None) => {
                self.channels.remove(&channel);
            }
        }
    }
}

/// Refuses a post that comes too soon after the author's last. Only the command at hand knows the channel.
pub(super) fn may_post(ctx: &Ctx<'_>, author: &Member) -> Result<(), Refusal> {
    let slow = &ctx.community.rules.slow;
    let CommandKind::Message(message::Command::Post { channel, .. }) = &ctx.command.kind else {
        return Ok(());
    };
    let waits = [(slow.everywhere, None), (slow.channels.get(channel).copied(), Some(*channel))];
    let again_ms = waits
        .into_iter()
        .filter_map(|(wait, place)| wait.and_then(|wait| again_ms(ctx, author, wait, place)))
        .max();
    match again_ms {
        Some(again_ms) if !ctx.community.roles.allow(author, Permission::Moderate) => {
            Err(Refusal::SlowMode { again: Arg::Time(again_ms) })
        }
        _ => Ok(()),
    }
}

fn again_ms(ctx: &Ctx<'_>, author: &Member, wait: Duration, place: Option<ChannelId>) -> Option<u64> {
    let from_ms = ctx.at_ms().saturating_sub(wait.0).saturating_add(1);
    let mut said = ctx.community.rules.activity.since(author.id, from_ms);
    let last = said.find(|said| place.is_none_or(|place| said.channel == place))?;
    Some(last.at_ms.saturating_add(wait.0))
}

/// Refuses a wait that nobody would sit out.
pub fn check(wait: Duration) -> Result<(), Refusal> {
    if wait.0 <= SLOW_MODE_MS_MAX {
        return Ok(());
    }
    let expected = format!("0s to {}", Duration(SLOW_MODE_MS_MAX));
    Err(Refusal::ValueInvalid { name: "slow_mode".to_owned(), expected })
}

/// Sets a new community up with slow mode in channels that it has. Call it after those are there.
pub fn configure(community: &mut Community, waits: &BTreeMap<String, Duration>) {
    for (name, wait) in waits.iter().filter(|(_, wait)| wait.0 > 0) {
        if let Some(channel) = community.channels.of_name(name) {
            community.rules.slow.channels.insert(channel.id, *wait);
        }
    }
}

/// Sets slow mode, or ends it by a wait of nothing.
pub(super) fn set(
    ctx: &Ctx<'_>,
    channel: Option<ChannelId>,
    wait: Duration,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let slow = &ctx.community.rules.slow;
    let old = slow.get(channel);
    check(wait)?;
    let wait = (wait.0 > 0).then_some(wait);
    if wait == old {
        return Err(Refusal::NothingToChange);
    }
    if channel.is_some() && old.is_none() && slow.channels.len() >= SLOW_CHANNELS_MAX {
        return Err(Refusal::TooMany { what: "slow channel".to_owned(), max: SLOW_CHANNELS_MAX as u64 });
    }
    out.event(Event::SlowModeSet { channel, wait, old });
    Ok(())
}
