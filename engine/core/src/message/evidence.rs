//! Evidence: what was read from the log for one command: headers of messages that the state no longer holds,
//! and what messages say where a script asked.
//!
//! The record that posted a message has its first header; the state keeps the changed headers of the last
//! `CHANGED_MESSAGES_MAX` messages that left the window. A message that was changed before all of those is
//! shown to `decide` as it was posted: it may be reacted to or edited anew, which nobody has done for a
//! long time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::post::wrong;
use super::{Command, Event, Header};
use crate::body::BodyRef;
use crate::channel;
use crate::decide::{Ctx, Facts};
use crate::event::Event as AnyEvent;
use crate::ids::MessageId;
use crate::import;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::stream::Community;

/// Facts about messages that were loaded for one command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Headers of messages older than the window; `None` for one that does not exist.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<MessageId, Option<Header>>,
    /// What scripts were shown of messages that stand: the texts, to be read again where they are not erased;
    /// none where there was nothing left to show.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shown: BTreeMap<MessageId, Vec<BodyRef>>,
}

impl Evidence {
    /// Whether nothing was loaded.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.shown.is_empty()
    }
}

/// Names the messages that a command is about and that the state no longer knows of.
pub fn facts(community: &Community, command: &Command, facts: &mut Facts) {
    let (first, second) = match command {
        Command::Post { reply_to, .. } => (*reply_to, None),
        Command::Edit { message, .. }
        | Command::Delete { message, .. }
        | Command::React { message, .. }
        | Command::Unreact { message, .. }
        | Command::Pin { message }
        | Command::Acknowledge { message } => (Some(*message), None),
        Command::AcceptAnswer { question, answer } => (Some(*question), Some(*answer)),
        Command::UnacceptAnswer { question } => (Some(*question), None),
        Command::Unpin { .. } | Command::Announce { .. } | Command::Configure { .. } => (None, None),
    };
    first.into_iter().chain(second).for_each(|id| missing(community, id, facts));
}

/// Names a message that a command is about, if the state no longer knows of it.
pub fn missing(community: &Community, id: MessageId, facts: &mut Facts) {
    let messages = &community.messages;
    if messages.get(id).is_none() && !messages.is_deleted(id) {
        facts.messages.insert(id);
    }
}

/// The header of a message as the record that posted it has it; `None` if the record did not post it.
pub fn header_of(record: &Record, id: MessageId) -> Option<Header> {
    record.events.iter().find_map(|event| match event {
        AnyEvent::Import(event) => import::header_of(event).filter(|header| header.id == id),
        event => posted(event).filter(|header| header.id == id).cloned(),
    })
}

/// The id of the message that an event brought into being.
pub fn posted_id(event: &AnyEvent) -> Option<MessageId> {
    match event {
        AnyEvent::Import(import::Event::MessageImported { message, .. }) => Some(*message),
        event => posted(event).map(|header| header.id),
    }
}

fn posted(event: &AnyEvent) -> Option<&Header> {
    match event {
        AnyEvent::Message(Event::Posted { header, .. }) => Some(header),
        _ => None,
    }
}

/// A message that a command is about.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) header: &'a Header,
    from: Source,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    State,
    Evidence,
}

impl Found<'_> {
    /// What an event about it has to carry: its header, if the state does not have it.
    pub(super) fn recalled(&self) -> Option<Box<Header>> {
        (self.from == Source::Evidence).then(|| Box::new(self.header.clone()))
    }
}

/// The message, in the state or in evidence. Refuses one that does not exist, that the actor may not read, or
/// that was deleted.
pub(super) fn find<'a>(ctx: &Ctx<'a>, id: MessageId) -> Result<Found<'a>, Refusal> {
    let not_found = || Refusal::NotFound { what: id.to_string() };
    let messages = &ctx.community.messages;
    let found = match messages.get(id) {
        Some(header) => Found { header, from: Source::State },
        None if messages.is_deleted(id) => return Err(wrong(id, "deleted")),
        None => {
            let loaded = ctx.evidence.messages.get(&id).and_then(Option::as_ref);
            // Evidence comes from outside the core: one of another message proves nothing.
            let header = loaded.filter(|header| header.id == id).ok_or_else(not_found)?;
            Found { header, from: Source::Evidence }
        }
    };
    channel::find_readable(ctx, found.header.channel).map_err(|_| not_found())?;
    if found.header.deleted.is_some() {
        return Err(wrong(id, "deleted"));
    }
    Ok(found)
}
