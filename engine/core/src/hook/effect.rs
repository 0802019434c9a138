//! Effects: changes that an extension proposes. Each becomes a command of its bot and is checked as one.

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::ids::{ChannelId, MemberId, MessageId};

/// A change that an extension proposes. `T` is how texts are held: `String` fresh from an extension, a
/// reference once the content was put apart from the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", bound(deserialize = "T: Deserialize<'de>"))]
pub enum Effect<T = BodyRef> {
    /// Put a tag on a member.
    Tag {
        /// On whom.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// Take a tag off.
    Untag {
        /// From whom.
        member: MemberId,
        /// Which.
        tag: String,
    },
    /// Give a role.
    GiveRole {
        /// To whom.
        member: MemberId,
        /// Which.
        role: String,
    },
    /// Take a role.
    TakeRole {
        /// From whom.
        member: MemberId,
        /// Which.
        role: String,
    },
    /// Warn: a strike with a receipt.
    Warn {
        /// Whom.
        member: MemberId,
        /// Why.
        text: T,
    },
    /// Silence for a time.
    Mute {
        /// Whom.
        member: MemberId,
        /// For how long, milliseconds.
        for_ms: u64,
        /// Why.
        text: T,
    },
    /// Send out.
    Remove {
        /// Whom.
        member: MemberId,
        /// Why.
        text: T,
    },
    /// Tell one member something; nobody else sees it.
    Notify {
        /// Whom.
        member: MemberId,
        /// What.
        text: T,
    },
    /// Post a message as the script's bot.
    Post {
        /// Where.
        channel: ChannelId,
        /// What.
        text: T,
        /// The message it replies to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<MessageId>,
    },
    /// Delete a message.
    Delete {
        /// Which.
        message: MessageId,
        /// Why.
        text: T,
    },
    /// Put an emoji under a message.
    React {
        /// Under which.
        message: MessageId,
        /// Which emoji.
        emoji: String,
    },
    /// Pin a message.
    Pin {
        /// Which.
        message: MessageId,
    },
    /// Remember a value under a key, for this script only.
    Put {
        /// The key.
        key: String,
        /// What.
        value: Value<T>,
    },
    /// Forget a key.
    Drop {
        /// The key.
        key: String,
    },
    /// Be asked again at a time. A timer of the same name is replaced.
    SetTimer {
        /// The script's name for it.
        name: String,
        /// When, Unix milliseconds.
        due_ms: u64,
        /// What comes back with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Value<T>>,
    },
    /// Not be asked after all.
    DropTimer {
        /// The script's name for it.
        name: String,
    },
}

/// What a script may remember. Text is content like any other and can be erased; numbers are facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value<T = BodyRef> {
    /// A number or a count.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(T),
    /// An array or a map, as JSON with its keys in order.
    Json(T),
}

impl<T> Value<T> {
    /// What somebody may have written in it.
    pub const fn body(&self) -> Option<&T> {
        match self {
            Self::Text(body) | Self::Json(body) => Some(body),
            Self::Int(_) | Self::Bool(_) => None,
        }
    }
}

impl<T> Effect<T> {
    /// Its text, if it has one.
    pub const fn body(&self) -> Option<&T> {
        match self {
            Self::Warn { text, .. }
            | Self::Mute { text, .. }
            | Self::Remove { text, .. }
            | Self::Notify { text, .. }
            | Self::Post { text, .. }
            | Self::Delete { text, .. } => Some(text),
            Self::Put { value, .. } | Self::SetTimer { note: Some(value), .. } => value.body(),
            _ => None,
        }
    }

    /// The stable name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tag { .. } => "tag",
            Self::Untag { .. } => "untag",
            Self::GiveRole { .. } => "give_role",
            Self::TakeRole { .. } => "take_role",
            Self::Warn { .. } => "warn",
            Self::Mute { .. } => "mute",
            Self::Remove { .. } => "remove",
            Self::Notify { .. } => "notify",
            Self::Post { .. } => "post",
            Self::Delete { .. } => "delete",
            Self::React { .. } => "react",
            Self::Pin { .. } => "pin",
            Self::Put { .. } => "put",
            Self::Drop { .. } => "drop",
            Self::SetTimer { .. } => "set_timer",
            Self::DropTimer { .. } => "drop_timer",
        }
    }

    /// Whether it lets a member feel something: these count against the blast cap.
    pub const fn sanctions(&self) -> Option<MemberId> {
        match self {
            Self::Mute { member, .. } | Self::Remove { member, .. } => Some(*member),
            _ => None,
        }
    }

    /// Whether it is the script's own memory, which is kept whatever the ruling was.
    pub const fn is_memory(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Drop { .. })
    }

    /// Whether it is a sanction or a notice: a denial keeps these.
    pub const fn follows_denial(&self) -> bool {
        matches!(self, Self::Warn { .. } | Self::Mute { .. } | Self::Remove { .. } | Self::Notify { .. })
    }
}
