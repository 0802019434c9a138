//! Topics that were raised, and what each brought: replies and people within a day.
//!
//! A reply counts if it answers the topic, or answers an answer to it, as far back as the window of messages
//! reaches. Bots do not count.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::Source;
use crate::body::BodyRef;
use crate::decide::{Shelf, keep};
use crate::ids::{ChannelId, MemberId, MessageId};
use crate::member::Standing;
use crate::message::Header;
use crate::moment::{DAY_MS, Moment};
use crate::stream::Community;

/// Topics remembered; a year of daily ones.
const PAST_MAX: usize = 366;
/// How many answers to answers are followed back to the topic.
const THREAD_DEPTH_MAX: usize = 32;
/// People told apart of one topic.
const PEOPLE_MAX: usize = 1_000;

/// A topic that was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The message that raised it.
    pub message: MessageId,
    /// Where.
    pub channel: ChannelId,
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// Its title.
    pub title: BodyRef,
    /// Of its normalised title: the same topic has the same.
    pub fingerprint: u32,
    /// Where it came from.
    pub source: Source,
    /// Replies within a day.
    #[serde(default)]
    pub replies: u32,
    /// Different people among them.
    #[serde(default)]
    pub people: u32,
    /// Who they are, while they are counted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    seen: BTreeSet<MemberId>,
}

impl Raised {
    /// A topic that has brought nothing yet.
    pub(super) fn new(
        (message, channel, at_ms): (MessageId, ChannelId, u64),
        title: BodyRef,
        fingerprint: u32,
        source: Source,
    ) -> Self {
        let (replies, people, seen) = (0, 0, BTreeSet::new());
        Self { message, channel, at_ms, title, fingerprint, source, replies, people, seen }
    }

    fn counts_at(&self, at_ms: u64) -> bool {
        at_ms.saturating_sub(self.at_ms) < DAY_MS
    }
}

/// Remembers a topic; the oldest goes.
pub(super) fn raised(past: &mut VecDeque<Raised>, raised: &Raised, shelf: &mut Shelf<'_>) {
    for over in past.iter_mut().filter(|over| !over.counts_at(raised.at_ms)) {
        over.seen.clear();
    }
    keep(shelf, &raised.title);
    past.push_back(raised.clone());
    if past.len() > PAST_MAX
        && let Some(oldest) = past.pop_front()
    {
        shelf.0.remove(oldest.title.id);
    }
}

/// Takes note of a message that was posted.
pub fn saw(community: &mut Community, header: &Header, moment: &Moment) {
    let Community { topics, messages, members, .. } = community;
    let open = |raised: &Raised| raised.counts_at(moment.at_ms);
    if header.reply_to.is_none() || !topics.past.back().is_some_and(open) {
        return;
    }
    if members.get(header.author).is_some_and(|author| author.standing == Standing::Bot) {
        return;
    }
    let thread = std::iter::successors(header.reply_to, |id| messages.get(*id)?.reply_to);
    for id in thread.take(THREAD_DEPTH_MAX) {
        let topic = topics.past.iter_mut().rev().take_while(|raised| open(raised));
        let Some(topic) = topic.into_iter().find(|raised| raised.message == id) else { continue };
        topic.replies = topic.replies.saturating_add(1);
        if topic.seen.len() < PEOPLE_MAX && topic.seen.insert(header.author) {
            topic.people = topic.people.saturating_add(1);
        }
        return;
    }
}
