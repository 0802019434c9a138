//! Messages: posting, editing, deleting, replying, reacting, pinning; questions and accepted answers;
//! announcements.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Facts, Outcome, Shelf};
use crate::event::Event as AnyEvent;
use crate::ids::{ChannelId, MemberId, MessageId};
use crate::moment::Moment;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// One part of a message. Texts and names that people wrote are bodies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text {
        /// The text.
        body: BodyRef,
    },
    /// Source code, shown as written.
    Code {
        /// The code.
        body: BodyRef,
    },
}

/// What the state knows of a message without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Which.
    pub id: MessageId,
    /// Where.
    pub channel: ChannelId,
    /// By whom.
    pub author: MemberId,
    /// When it was posted, Unix milliseconds.
    pub at_ms: u64,
}

/// A message that waits in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its header once it is posted.
    pub header: Header,
    /// Its content.
    pub parts: Vec<Part>,
}

/// Posts a held message that a human released, or whose deadline released it.
pub fn release(_ctx: &Ctx<'_>, held: &Held, out: &mut Outcome) {
    out.event(Event::Posted { header: held.header.clone(), parts: held.parts.clone() });
}

/// The newest messages and what stays of older ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// The newest, in the order of posting.
    pub recent: VecDeque<Header>,
}

/// Facts about messages that were loaded for one command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Headers of messages older than the window; `None` for one that does not exist.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<MessageId, Option<Header>>,
}

impl Evidence {
    /// Whether nothing was loaded.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

/// What can be asked of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Post a message; its id has the bits of the command's.
    Post {
        /// Where.
        channel: ChannelId,
        /// What.
        parts: Vec<Part>,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::Post { .. } => Need::Permission(Permission::Read),
        }
    }
}

/// What happened to messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A message was posted.
    Posted {
        /// Its header.
        header: Header,
        /// Its content.
        parts: Vec<Part>,
    },
}

/// The id of the message that an event brought into being.
pub fn posted_id(event: &AnyEvent) -> Option<MessageId> {
    match event {
        AnyEvent::Message(Event::Posted { header, .. }) => Some(header.id),
        _ => None,
    }
}

/// The header of a message, from the record that posted it.
pub fn header_of(record: &Record, id: MessageId) -> Option<Header> {
    record.events.iter().find_map(|event| match event {
        AnyEvent::Message(Event::Posted { header, .. }) if header.id == id => Some(header.clone()),
        _ => None,
    })
}

/// Names the messages that a command is about and that the window no longer holds.
pub fn facts(_community: &Community, command: &Command, _facts: &mut Facts) {
    match command {
        Command::Post { .. } => {}
    }
}

/// Decides a message command.
pub fn decide(_ctx: &Ctx<'_>, command: &Command, _out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Post { .. } => Err(Refusal::NothingToChange),
    }
}

/// Applies what happened to messages.
pub fn apply(community: &mut Community, event: &Event, _moment: &Moment, _shelf: Shelf<'_>) {
    match event {
        Event::Posted { header, .. } => community.messages.recent.push_back(header.clone()),
    }
}
