//! What messages that stand say, for whoever asks after they were posted. The state has none of it: it is in
//! the records that posted, edited or withheld them, and those are found again by the ids named here.
//!
//! Does not read anything: `Extensions::words` does.

use super::{Event, Part};
use crate::decide::Ctx;
use crate::event::Event as AnyEvent;
use crate::ids::{MessageId, derive, mint};
use crate::import;
use crate::member::Standing;
use crate::queue;

/// The id by which the record of an edit is found. Of two edits within one millisecond either is.
pub fn edit_id(message: MessageId, edited_ms: u64) -> u128 {
    mint(edited_ms, derive(message.0, "edited", 0))
}

/// The id by which the record is found that held or denied a message: one that is released later brings no
/// texts with it a second time.
pub fn withheld_id(message: MessageId) -> u128 {
    derive(message.0, "withheld", 0)
}

/// The id by which an event's record, which was made at `at_ms`, is found by whoever looks for a message's
/// words.
pub fn found_by(event: &AnyEvent, at_ms: u64) -> Option<u128> {
    match event {
        AnyEvent::Message(Event::Edited { message, .. }) => Some(edit_id(*message, at_ms)),
        AnyEvent::Message(Event::Denied { held, .. }) => Some(withheld_id(held.header.id)),
        AnyEvent::Queue(queue::Event::Held { hold, .. }) => match &hold.item {
            queue::Item::Message(held) => Some(withheld_id(held.header.id)),
            _ => None,
        },
        event => super::posted_id(event).map(|id| id.0),
    }
}

/// The message that an event lets say something, and what.
pub fn said(event: &AnyEvent) -> Option<(MessageId, &[Part])> {
    match event {
        AnyEvent::Message(Event::Posted { header, parts, .. }) => Some((header.id, parts)),
        AnyEvent::Message(Event::Edited { message, parts, .. }) => Some((*message, parts)),
        AnyEvent::Import(import::Event::MessageImported { message, parts, .. }) => Some((*message, parts)),
        _ => None,
    }
}

/// The text of a message that stands, its parts joined by lines. `None` where it was deleted or its author
/// erased, or where there is no such message.
pub fn text_of(ctx: &Ctx<'_>, id: MessageId) -> Option<String> {
    let messages = &ctx.community.messages;
    let known = messages.get(id).or_else(|| ctx.evidence.messages.get(&id)?.as_ref());
    if messages.is_deleted(id) || known.is_some_and(|header| header.deleted.is_some()) {
        return None;
    }
    let author = known.and_then(|header| ctx.community.members.get(header.author));
    if author.is_some_and(|author| matches!(author.standing, Standing::Erased { .. })) {
        return None;
    }
    ctx.extensions.words(id, known.and_then(|header| header.edited_ms))
}
