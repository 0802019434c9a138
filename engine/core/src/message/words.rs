//! What messages that stand say, for whoever asks after they were posted. The state has none of it: it is in
//! the records that posted, edited or withheld them, and those are found again by the ids named here.
//!
//! Does not read anything: `Extensions::words` does.

use super::{Event, Held, Part};
use crate::decide::Ctx;
use crate::event::Event as AnyEvent;
use crate::ids::{BodyId, MessageId, derive, mint};
use crate::import;
use crate::member::Standing;
use crate::queue;

/// The id by which the record of an edit is found. Of two edits within one millisecond either is.
pub fn edit_id(message: MessageId, edited_ms: u64) -> u128 {
    mint(edited_ms, derive(message.0, "edited", 0))
}

/// When the record that says a message's words edited it; `None` for the one that posted it.
pub fn edited_ms(message: MessageId, said_by: u128) -> Option<u64> {
    (said_by != message.0).then_some((said_by >> 80) as u64)
}

/// The id by which the record is found that held or denied what somebody wrote: a message that is released
/// later brings none with it a second time.
pub fn withheld_id(body: BodyId) -> u128 {
    derive(body.0, "withheld", 0)
}

/// The ids by which an event's record, which was made at `at_ms`, is found by whoever looks for a message's
/// words.
pub fn found_by(event: &AnyEvent, at_ms: u64) -> Vec<u128> {
    let withheld = |held: &Held| {
        let parts = held.parts.iter().chain(&held.original);
        parts.filter_map(Part::body).map(|body| withheld_id(body.id)).collect()
    };
    match event {
        AnyEvent::Message(Event::Edited { message, .. }) => vec![edit_id(*message, at_ms)],
        AnyEvent::Message(Event::Denied { held, .. }) => withheld(held),
        AnyEvent::Queue(queue::Event::Held { hold, .. }) => match &hold.item {
            queue::Item::Message(held) => withheld(held),
            _ => Vec::new(),
        },
        event => super::posted_id(event).map(|id| id.0).into_iter().collect(),
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
/// erased, and where the state does not know the message any more: what the log has of it may have been taken
/// back since.
pub fn text_of(ctx: &Ctx<'_>, id: MessageId) -> Option<String> {
    let messages = &ctx.community.messages;
    let header = messages.get(id).filter(|header| header.deleted.is_none() && !messages.is_deleted(id))?;
    let author = ctx.community.members.get(header.author);
    if author.is_some_and(|author| matches!(author.standing, Standing::Erased { .. })) {
        return None;
    }
    ctx.extensions.words(id, header.edited_ms)
}
