//! Pins: a few messages of a channel that are shown above the others, newest pin last.

use super::post::wrong;
use super::{Event, Header, Messages, evidence};
use crate::decide::{Ctx, Outcome};
use crate::ids::{ChannelId, MessageId};
use crate::limits;
use crate::refusal::Refusal;

/// Pins a message to its channel.
pub(super) fn pin(ctx: &Ctx<'_>, id: MessageId, out: &mut Outcome) -> Result<(), Refusal> {
    let found = evidence::find(ctx, id)?;
    let channel = found.header.channel;
    let pins = ctx.community.messages.pins(channel);
    if pins.contains(&id) {
        return Err(Refusal::NothingToChange);
    }
    if pins.len() >= limits::PINS_MAX {
        return Err(Refusal::TooMany { what: "pin".to_owned(), max: limits::PINS_MAX as u64 });
    }
    out.event(Event::Pinned { message: id, channel, recalled: found.recalled() });
    Ok(())
}

/// Takes a pin away.
pub(super) fn unpin(ctx: &Ctx<'_>, id: MessageId, out: &mut Outcome) -> Result<(), Refusal> {
    let channel = ctx.community.messages.pinned_in(id).ok_or_else(|| wrong(id, "not_pinned"))?;
    out.event(Event::Unpinned { message: id, channel });
    Ok(())
}

impl Messages {
    /// The pinned messages of a channel, newest pin last.
    pub fn pins(&self, channel: ChannelId) -> &[MessageId] {
        self.pins.get(&channel).map_or(&[], Vec::as_slice)
    }

    /// Where a message is pinned.
    pub fn pinned_in(&self, id: MessageId) -> Option<ChannelId> {
        self.pins.iter().find(|(_, pins)| pins.contains(&id)).map(|(channel, _)| *channel)
    }

    /// Whether a message is pinned.
    pub fn is_pinned(&self, header: &Header) -> bool {
        self.pins(header.channel).contains(&header.id)
    }

    pub(super) fn pin(&mut self, channel: ChannelId, id: MessageId) {
        let pins = self.pins.entry(channel).or_default();
        if !pins.contains(&id) {
            pins.push(id);
        }
    }

    pub(super) fn unpin(&mut self, channel: ChannelId, id: MessageId) {
        if let Some(pins) = self.pins.get_mut(&channel) {
            pins.retain(|pinned| *pinned != id);
            if pins.is_empty() {
                self.pins.remove(&channel);
            }
        }
    }
}
