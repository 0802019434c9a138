//! What can be undone, one thing at a time, and why something is left as it is.

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::hook::Value;
use crate::ids::{ChannelId, HoldId, MemberId, MessageId, ReceiptId};
use crate::member::Standing;
use crate::message::{self, Measure, Part};
use crate::rule::Mute;
use crate::script::memory::Waiting;
use crate::{card, message::Header};

/// One thing that a version did, as the log tells it, with what was there before. Undone only where the
/// state still is as the version left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoItem {
    /// It sent a member out, or had the ladder do it.
    Standing {
        /// Whom.
        member: MemberId,
        /// How they stand since.
        standing: Standing,
        /// The roles they had.
        roles: std::collections::BTreeSet<String>,
    },
    /// It made a breach count.
    Strike {
        /// Whose.
        member: MemberId,
        /// What explains it.
        receipt: ReceiptId,
    },
    /// It silenced a member.
    Mute {
        /// Whom.
        member: MemberId,
        /// The mute it left.
        mute: Mute,
        /// The one that held before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Mute>,
    },
    /// It put a tag on.
    Tagged {
        /// On whom.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// It took a tag off.
    Untagged {
        /// From whom.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// It gave a role.
    Given {
        /// To whom.
        member: MemberId,
        /// Which.
        role: String,
    },
    /// It took a role.
    Taken {
        /// From whom.
        member: MemberId,
        /// Which.
        role: String,
    },
    /// It held something that still waits.
    Held {
        /// Which hold.
        hold: HoldId,
        /// Whose.
        member: MemberId,
        /// In whose words a message is let go.
        #[serde(default, skip_serializing_if = "Wording::is_kept")]
        wording: Wording,
    },
    /// It denied a message, or an edit of one.
    Denied {
        /// What is to be posted; its `original` is empty where the author's own words stand in the parts.
        held: Box<message::Held>,
        /// What explained the denial.
        receipts: Vec<ReceiptId>,
    },
    /// It denied a change of card or nickname.
    Card {
        /// The change.
        change: card::Held,
    },
    /// It put another text in a message's place.
    Rewritten {
        /// Which.
        message: MessageId,
        /// Whose.
        author: MemberId,
        /// What the author wrote.
        parts: Vec<Part>,
        /// The facts of what it left.
        measure: Measure,
        /// When the message had been edited last, as it left it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edited_ms: Option<u64>,
        /// Its header, if the state no longer holds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recalled: Option<Box<Header>>,
    },
    /// It deleted a message.
    Deleted {
        /// Which.
        message: MessageId,
        /// Whose.
        author: MemberId,
    },
    /// It posted a message.
    Posted {
        /// Which.
        message: MessageId,
    },
    /// It put an emoji under a message.
    Reacted {
        /// Under which.
        message: MessageId,
        /// As whom.
        bot: MemberId,
        /// Which emoji.
        emoji: String,
    },
    /// It pinned a message.
    Pinned {
        /// Which.
        message: MessageId,
        /// Where.
        channel: ChannelId,
    },
    /// A pin went with a message that it deleted.
    Unpinned {
        /// Which.
        message: MessageId,
        /// Where.
        channel: ChannelId,
    },
    /// An accepted answer went with a message that it deleted.
    Unaccepted {
        /// The question.
        question: MessageId,
        /// What had been accepted.
        answer: MessageId,
        /// By whom that is.
        answerer: MemberId,
    },
    /// It remembered or forgot a value.
    Value {
        /// Under which key.
        key: String,
        /// What it left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Value>,
        /// What was there before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Value>,
    },
    /// It set or dropped a timer.
    Timer {
        /// Under which name.
        name: String,
        /// What it left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Waiting>,
        /// What was there before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Waiting>,
    },
}

/// In whose words a held message is let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// As it waits.
    #[default]
    Kept,
    /// As its author wrote it, before this version put another text in its place.
    Original,
}

impl Wording {
    fn is_kept(&self) -> bool {
        *self == Self::Kept
    }
}

/// Kinds of what is undone, by stable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Somebody sent out or banned.
    Removal,
    /// A strike.
    Strike,
    /// A mute.
    Mute,
    /// A message denied.
    Denied,
    /// Something held.
    Held,
    /// A message in other words.
    Rewrite,
    /// A message deleted.
    Deletion,
    /// A card or nickname denied.
    Card,
    /// A tag.
    Tag,
    /// A role.
    Role,
    /// A message of the script's own.
    Post,
    /// A pin.
    Pin,
    /// A reaction.
    Reaction,
    /// An accepted answer.
    Answer,
    /// A value it remembered.
    Value,
    /// A timer.
    Timer,
    /// Something members were told.
    Notice,
    /// Somebody turned away at the gate.
    Join,
}

impl What {
    /// Every kind, in the order in which a report shows them.
    pub const ALL: [Self; 18] = [
        Self::Removal,
        Self::Strike,
        Self::Mute,
        Self::Denied,
        Self::Held,
        Self::Rewrite,
        Self::Deletion,
        Self::Card,
        Self::Tag,
        Self::Role,
        Self::Post,
        Self::Pin,
        Self::Reaction,
        Self::Answer,
        Self::Value,
        Self::Timer,
        Self::Notice,
        Self::Join,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removal => "removal",
            Self::Strike => "strike",
            Self::Mute => "mute",
            Self::Denied => "denied",
            Self::Held => "held",
            Self::Rewrite => "rewrite",
            Self::Deletion => "deletion",
            Self::Card => "card",
            Self::Tag => "tag",
            Self::Role => "role",
            Self::Post => "post",
            Self::Pin => "pin",
            Self::Reaction => "reaction",
            Self::Answer => "answer",
            Self::Value => "value",
            Self::Timer => "timer",
            Self::Notice => "notice",
            Self::Join => "join",
        }
    }
}

/// Why something is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// It is not there any more: somebody took it back already, or it ended by itself.
    Over,
    /// Somebody changed it since.
    Changed,
    /// The member is not inside any more.
    Gone,
    /// There is no free seat: the member may come back, and does not come back by itself.
    NoSeat,
    /// A rule or another script objects too.
    Objected,
    /// A human decided the same.
    Human,
    /// The message was edited since.
    Edited,
    /// The message was deleted since.
    Deleted,
    /// People answered it.
    Answered,
    /// What was written is destroyed.
    TextGone,
    /// The channel is closed or gone.
    Closed,
    /// The script is taken out, and what it remembered with it.
    ScriptGone,
    /// What it refers to is not there any more, such as a role.
    Missing,
    /// There is no room for one more.
    Full,
    /// Whoever read it has read it.
    Told,
    /// Nothing keeps them from asking again.
    AskAgain,
}

impl Left {
    /// Every reason.
    pub const ALL: [Self; 16] = [
        Self::Over,
        Self::Changed,
        Self::Gone,
        Self::NoSeat,
        Self::Objected,
        Self::Human,
        Self::Edited,
        Self::Deleted,
        Self::Answered,
        Self::TextGone,
        Self::Closed,
        Self::ScriptGone,
        Self::Missing,
        Self::Full,
        Self::Told,
        Self::AskAgain,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::NoSeat => "no_seat",
            Self::Objected => "objected",
            Self::Human => "human",
            Self::Edited => "edited",
            Self::Deleted => "deleted",
            Self::Answered => "answered",
            Self::TextGone => "text_gone",
            Self::Closed => "closed",
            Self::ScriptGone => "script_gone",
            Self::Missing => "missing",
            Self::Full => "full",
            Self::Told => "told",
            Self::AskAgain => "ask_again",
        }
    }
}

/// What became of one thing that was to be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What kind of thing.
    pub what: What,
    /// Whom it concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// Why it is left as it is; `None` where it is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

impl UndoItem {
    /// What kind of thing it is.
    pub const fn what(&self) -> What {
        match self {
            Self::Standing { .. } => What::Removal,
            Self::Strike { .. } => What::Strike,
            Self::Mute { .. } => What::Mute,
            Self::Tagged { .. } | Self::Untagged { .. } => What::Tag,
            Self::Given { .. } | Self::Taken { .. } => What::Role,
            Self::Held { .. } => What::Held,
            Self::Denied { .. } => What::Denied,
            Self::Card { .. } => What::Card,
            Self::Rewritten { .. } => What::Rewrite,
            Self::Deleted { .. } => What::Deletion,
            Self::Posted { .. } => What::Post,
            Self::Reacted { .. } => What::Reaction,
            Self::Pinned { .. } | Self::Unpinned { .. } => What::Pin,
            Self::Unaccepted { .. } => What::Answer,
            Self::Value { .. } => What::Value,
            Self::Timer { .. } => What::Timer,
        }
    }

    /// Whom it concerned: they are told.
    pub fn member(&self) -> Option<MemberId> {
        match self {
            Self::Standing { member, .. }
            | Self::Strike { member, .. }
            | Self::Mute { member, .. }
            | Self::Tagged { member, .. }
            | Self::Untagged { member, .. }
            | Self::Given { member, .. }
            | Self::Taken { member, .. }
            | Self::Held { member, .. } => Some(*member),
            Self::Denied { held, .. } => Some(held.header.author),
            Self::Card { change } => Some(change.member),
            Self::Rewritten { author, .. } | Self::Deleted { author, .. } => Some(*author),
            Self::Posted { .. }
            | Self::Reacted { .. }
            | Self::Pinned { .. }
            | Self::Unpinned { .. }
            | Self::Unaccepted { .. }
            | Self::Value { .. }
            | Self::Timer { .. } => None,
        }
    }

    /// What has to come with the command where the state does not keep it.
    pub fn bodies(&self) -> Vec<&BodyRef> {
        match self {
            Self::Denied { held, .. } => held.parts.iter().filter_map(Part::body).collect(),
            Self::Rewritten { parts, .. } => parts.iter().filter_map(Part::body).collect(),
            Self::Card { change } => change.nickname.iter().chain(change.fields.values().flatten()).collect(),
            Self::Value { old: Some(value), .. }
            | Self::Timer { old: Some(Waiting { note: Some(value), .. }), .. } => {
                value.body().into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The message that it would post anew, if it does.
    pub fn posts(&self) -> Option<MessageId> {
        match self {
            Self::Denied { held, .. } if held.edits.is_none() => Some(held.header.id),
            _ => None,
        }
    }
}
