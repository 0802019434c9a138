//! Messages: posting, editing, deleting, replying, reacting, pinning; questions and accepted answers;
//! announcements.
//!
//! Promises: what somebody wrote is named by events only and never by the state; headers of the newest
//! `RECENT_MESSAGES_MAX` messages are in the state, older ones come as evidence; an event that changes an
//! older message carries its header, so that the fold needs nothing else. Does not say what may be said
//! (`rule`), nor what happens to a held message (`queue`).
//!
//! In reading order: what a message is made of; how it is posted; what can be done to it; where it is kept.

mod config;
mod header;
mod measure;
mod mention;
mod part;

mod origin;
mod post;
mod typed;

mod accepted;
mod announcement;
mod change;
mod pin;
mod reaction;

mod evidence;
mod window;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use accepted::answer_deleted;
pub use announcement::{Ack, Acknowledgements, Announcement, acknowledged};
pub use change::Deletion;
pub use config::{MessageConfig, configure};
pub use evidence::{Evidence, facts, header_of, missing, posted_id};
pub use header::{Header, Sort};
pub use measure::{Measure, measure};
pub use mention::{MENTIONED, Mentions};
pub use origin::{Origin, relay};
pub use part::{Blob, CardSubject, MediaType, Part};
pub use post::{Held, release, review};
pub use typed::split as typed;
pub use window::{Messages, channel_page, imported, recent_of};
pub use words::{edit_id, edited_ms, found_by, said, text_of, withheld_id};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf};
use crate::ids::{ChannelId, MemberId, MessageId, ReceiptId};
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

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
        /// The message it replies to, in the same channel.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<MessageId>,
        /// Whether it asks for help.
        #[serde(default, skip_serializing_if = "Sort::is_talk")]
        sort: Sort,
        /// Who is to take note.
        #[serde(default, skip_serializing_if = "Mentions::is_empty")]
        mentions: Mentions,
    },
    /// Give one's own message other parts.
    Edit {
        /// Which.
        message: MessageId,
        /// What it is to say.
        parts: Vec<Part>,
    },
    /// Delete one's own message, or another's as a moderator.
    Delete {
        /// Which.
        message: MessageId,
        /// Why; owned by the message's author.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
    },
    /// Put an emoji under a message.
    React {
        /// Under which.
        message: MessageId,
        /// A Unicode emoji, or one of the community's own codes.
        emoji: String,
    },
    /// Take one's emoji back.
    Unreact {
        /// From under which.
        message: MessageId,
        /// Which emoji.
        emoji: String,
    },
    /// Pin a message to its channel.
    Pin {
        /// Which.
        message: MessageId,
    },
    /// Take a pin away.
    Unpin {
        /// Which.
        message: MessageId,
    },
    /// Say which reply answered a question: the asker or a moderator.
    AcceptAnswer {
        /// The question.
        question: MessageId,
        /// A reply to it.
        answer: MessageId,
    },
    /// Take that back.
    UnacceptAnswer {
        /// The question.
        question: MessageId,
    },
    /// Post an announcement; its id has the bits of the command's.
    Announce {
        /// Where; not in a feed.
        channel: ChannelId,
        /// What.
        parts: Vec<Part>,
        /// Whether members are asked to confirm that they read it.
        ack: Ack,
        /// Who is to take note.
        #[serde(default, skip_serializing_if = "Mentions::is_empty")]
        mentions: Mentions,
    },
    /// Confirm an announcement.
    Acknowledge {
        /// Which.
        message: MessageId,
    },
    /// Change what the community allows of messages.
    Configure {
        /// What it is to be.
        config: MessageConfig,
    },
}

impl Command {
    /// What the actor must be or may do. Further permissions depend on the channel and on whose message it
    /// is.
    pub fn needs(&self) -> Need {
        Need::Permission(match self {
            Self::Post { .. }
            | Self::Edit { .. }
            | Self::Delete { .. }
            | Self::AcceptAnswer { .. }
            | Self::UnacceptAnswer { .. }
            | Self::Acknowledge { .. } => Permission::Read,
            Self::React { .. } | Self::Unreact { .. } => Permission::React,
            Self::Pin { .. } | Self::Unpin { .. } => Permission::Moderate,
            Self::Announce { .. } => Permission::Announce,
            Self::Configure { .. } => Permission::ManageSettings,
        })
    }
}

/// What happened to messages. `recalled` is the header of a message that the state no longer held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A message was posted.
    Posted {
        /// Its header.
        header: Header,
        /// Its content.
        parts: Vec<Part>,
        /// Who is to take note.
        #[serde(default, skip_serializing_if = "Mentions::is_empty")]
        mentions: Mentions,
        /// What its author wrote, where a script put another text in its place.
        #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
        original: Box<[Part]>,
    },
    /// A message, or an edit of one, was not let through.
    Denied {
        /// What would have been posted.
        held: Box<Held>,
        /// Why.
        receipts: Vec<ReceiptId>,
    },
    /// A message got other parts.
    Edited {
        /// Which.
        message: MessageId,
        /// Its content now.
        parts: Vec<Part>,
        /// The facts about its content now.
        measure: Measure,
        /// What they were.
        old: Measure,
        /// When it was edited before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old_edited_ms: Option<u64>,
        /// Its header as it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recalled: Option<Box<Header>>,
        /// What its author wrote, where a script put another text in its place.
        #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
        original: Box<[Part]>,
    },
    /// A message was deleted; its header stays.
    Deleted {
        /// Which.
        message: MessageId,
        /// By whom; `None` the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<MemberId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<BodyRef>,
        /// Where it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
    /// A deleted message is shown again: what had deleted it was undone. What went with it comes by events
    /// of its own.
    Undeleted {
        /// Which.
        message: MessageId,
    },
    /// A member put an emoji under a message.
    Reacted {
        /// Under which.
        message: MessageId,
        /// Who.
        member: MemberId,
        /// Which emoji.
        emoji: String,
        /// The message's header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recalled: Option<Box<Header>>,
    },
    /// A member took an emoji back.
    Unreacted {
        /// From under which.
        message: MessageId,
        /// Who.
        member: MemberId,
        /// Which emoji.
        emoji: String,
    },
    /// A message was pinned to its channel.
    Pinned {
        /// Which.
        message: MessageId,
        /// Where.
        channel: ChannelId,
        /// The message's header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recalled: Option<Box<Header>>,
    },
    /// A pin was taken away.
    Unpinned {
        /// Which.
        message: MessageId,
        /// Where.
        channel: ChannelId,
    },
    /// A reply was accepted as the answer to a question.
    AnswerAccepted {
        /// The question.
        question: MessageId,
        /// The reply.
        answer: MessageId,
        /// The reply's author.
        answerer: MemberId,
        /// What was accepted before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<MessageId>,
        /// The question's header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recalled: Option<Box<Header>>,
    },
    /// A question has no accepted answer any more.
    AnswerUnaccepted {
        /// The question.
        question: MessageId,
        /// What was accepted.
        old: MessageId,
    },
    /// A member confirmed an announcement.
    Acknowledged {
        /// Which.
        message: MessageId,
        /// Who.
        member: MemberId,
    },
    /// What the community allows of messages was changed.
    Configured {
        /// What it is now.
        config: MessageConfig,
        /// What it was.
        old: MessageConfig,
    },
}

/// Decides a message command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Post { .. } => post::decide(ctx, command, None, out),
        Command::Announce { .. } => post::decide(ctx, command, None, out),
        Command::Edit { message, parts } => change::edit(ctx, *message, parts, out),
        Command::Delete { message, reason } => change::delete(ctx, *message, *reason, out),
        Command::React { message, emoji } => reaction::react(ctx, *message, emoji, out),
        Command::Unreact { message, emoji } => reaction::unreact(ctx, *message, emoji, out),
        Command::Pin { message } => pin::pin(ctx, *message, out),
        Command::Unpin { message } => pin::unpin(ctx, *message, out),
        Command::AcceptAnswer { question, answer } => accepted::accept(ctx, *question, *answer, out),
        Command::UnacceptAnswer { question } => accepted::unaccept(ctx, *question, out),
        Command::Acknowledge { message } => announcement::acknowledge(ctx, *message, out),
        Command::Configure { config } => config::decide(ctx, config, out),
    }
}

/// Applies what happened to messages. No content is kept: the state names facts only.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, _shelf: Shelf<'_>) {
    let messages = &mut community.messages;
    match event {
        Event::Posted { header, mentions, .. } => post::apply(messages, header, mentions, moment),
        Event::Denied { .. } => {}
        Event::Edited { message, measure, recalled, .. } => {
            messages.recall(recalled.as_deref());
            messages.change(*message, |header| header.edit(*measure, moment.at_ms));
        }
        Event::Deleted { message, by, .. } => {
            messages.delete(*message, Deletion { at_ms: moment.at_ms, by: *by });
        }
        Event::Undeleted { message } => messages.undelete(*message),
        Event::Reacted { message, member, emoji, recalled } => {
            messages.recall(recalled.as_deref());
            messages.change(*message, |header| header.react(*member, emoji));
        }
        Event::Unreacted { message, member, emoji } => {
            messages.change(*message, |header| header.unreact(*member, emoji));
        }
        Event::Pinned { message, channel, recalled } => {
            messages.recall(recalled.as_deref());
            messages.pin(*channel, *message);
        }
        Event::Unpinned { message, channel } => messages.unpin(*channel, *message),
        Event::AnswerAccepted { question, answer, recalled, .. } => {
            messages.recall(recalled.as_deref());
            messages.change(*question, |header| header.accepted = Some(*answer));
        }
        Event::AnswerUnaccepted { question, .. } => {
            messages.change(*question, |header| header.accepted = None);
        }
        Event::Acknowledged { message, member } => announcement::apply(messages, *message, *member),
        Event::Configured { config, .. } => messages.config = config.clone(),
    }
}
