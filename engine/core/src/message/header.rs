//! A message's header: everything the state knows of it, and nothing of what it says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Ack, Deletion, Measure, Origin};
use crate::ids::{ChannelId, MemberId, MessageId};

/// Whether a message asks for help.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// It just says something.
    #[default]
    Talk,
    /// It asks; one of its replies can become the accepted answer.
    Question,
}

impl Sort {
    /// Whether it is what most messages are.
    pub fn is_talk(&self) -> bool {
        *self == Self::Talk
    }
}

/// What the state knows of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Which.
    pub id: MessageId,
    /// Where.
    pub channel: ChannelId,
    /// By whom.
    pub author: MemberId,
    /// When it took its place among the others, Unix milliseconds: posted or released; of an imported one,
    /// said.
    pub at_ms: u64,
    /// When it was said, where that is not when it was posted: held and released later, or imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at_ms: Option<u64>,
    /// Characters of all its texts.
    pub chars: u32,
    /// Of its normalised texts; see `Measure`.
    pub fingerprint: u32,
    /// Links in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub links: u16,
    /// The message it replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// Whether it asks for help.
    #[serde(default, skip_serializing_if = "Sort::is_talk")]
    pub sort: Sort,
    /// The reply that answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<MessageId>,
    /// When it was last edited, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_ms: Option<u64>,
    /// When and by whom it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Deletion>,
    /// Who put which emoji under it; no emoji without members.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reactions: BTreeMap<String, BTreeSet<MemberId>>,
    /// Whether it is an announcement, and asks to be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Ack>,
    /// Where it came from, where that was another network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<Origin>>,
}

pub(super) fn is_zero(number: &u16) -> bool {
    *number == 0
}

impl Header {
    /// The header of a plain message; the rest is set by field.
    pub fn new(id: MessageId, channel: ChannelId, author: MemberId, at_ms: u64) -> Self {
        Self {
            id,
            channel,
            author,
            at_ms,
            said_at_ms: None,
            chars: 0,
            fingerprint: 0,
            links: 0,
            reply_to: None,
            sort: Sort::Talk,
            accepted: None,
            edited_ms: None,
            deleted: None,
            reactions: BTreeMap::new(),
            announcement: None,
            origin: None,
        }
    }

    /// The facts about its content.
    pub fn measure(&self) -> Measure {
        Measure { chars: self.chars, fingerprint: self.fingerprint, links: self.links }
    }

    /// Takes over the facts about a content.
    #[must_use]
    pub fn measured(mut self, measure: Measure) -> Self {
        self.set(measure);
        self
    }

    /// How many reactions it has from all members together.
    pub fn reaction_count(&self) -> usize {
        self.reactions.values().map(BTreeSet::len).sum()
    }

    /// Whether it differs from what the record that posted it says.
    pub(super) fn is_changed(&self) -> bool {
        self.edited_ms.is_some() || self.accepted.is_some() || !self.reactions.is_empty()
    }

    pub(super) fn edit(&mut self, measure: Measure, at_ms: u64) {
        self.set(measure);
        self.edited_ms = Some(at_ms);
    }

    pub(super) fn react(&mut self, member: MemberId, emoji: &str) {
        self.reactions.entry(emoji.to_owned()).or_default().insert(member);
    }

    pub(super) fn unreact(&mut self, member: MemberId, emoji: &str) {
        if let Some(members) = self.reactions.get_mut(emoji) {
            members.remove(&member);
            if members.is_empty() {
                self.reactions.remove(emoji);
            }
        }
    }

    fn set(&mut self, measure: Measure) {
        self.chars = measure.chars;
        self.fingerprint = measure.fingerprint;
        self.links = measure.links;
    }
}
