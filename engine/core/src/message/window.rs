//! The window: headers of the newest messages, found by place, by id and by author; and what stays of older
//! ones.
//!
//! Promises: one message more costs O(log n) whatever the community's age; an index is never serialized, so
//! that a state read back equals the one written. Order is that of `at_ms`: posts come in order, imported
//! ones are put where they were said. Does not hold what anybody wrote.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize, Serializer};

use super::{Announcement, Deletion, Header, MessageConfig};
use crate::ids::{ChannelId, MemberId, MessageId};
use crate::limits;
use crate::stream::Community;

/// The newest messages and what stays of older ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// The newest.
    recent: Window,
    /// Headers of older ones that differ from what was posted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    changed: BTreeMap<MessageId, Header>,
    /// Those in the order in which they left the window, or were changed for the first time since.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    changed_order: VecDeque<MessageId>,
    /// Older ones that are deleted, in the order of leaving or of deletion.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    tombstones: VecDeque<MessageId>,
    /// Pinned ones by channel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) pins: BTreeMap<ChannelId, Vec<MessageId>>,
    /// The last announcements.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(super) announcements: VecDeque<Announcement>,
    /// When everybody was mentioned in the last 24 hours.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(super) mentioned_all_ms: VecDeque<u64>,
    /// What the community allows.
    #[serde(default)]
    pub config: MessageConfig,
}

impl Messages {
    /// The headers in the window, oldest first; deleted ones are among them.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Header> + ExactSizeIterator {
        self.recent.rows.iter()
    }

    /// The header of a message, if the state has it; it may be a deleted one's.
    pub fn get(&self, id: MessageId) -> Option<&Header> {
        self.recent.get(id).or_else(|| self.changed.get(&id))
    }

    /// Whether the state knows that a message was deleted.
    pub fn is_deleted(&self, id: MessageId) -> bool {
        match self.recent.get(id) {
            Some(header) => header.deleted.is_some(),
            None => self.tombstones.contains(&id),
        }
    }

    /// Puts a message that was just posted at the end. One that is there already stays as it is.
    pub(super) fn push(&mut self, header: Header) {
        if self.get(header.id).is_none() {
            let left = self.recent.push(header);
            self.retire(left);
        }
    }

    /// Puts an imported message where it belongs by its time; one older than a full window is not kept.
    fn insert(&mut self, header: Header) {
        if self.get(header.id).is_none() {
            let left = self.recent.insert(header);
            self.retire(left);
        }
    }

    /// Keeps of a message that left the window what its record does not say.
    fn retire(&mut self, left: Option<Header>) {
        let Some(header) = left else { return };
        if header.deleted.is_some() {
            self.bury(header.id);
        } else if header.is_changed() || header.announcement.is_some() || self.is_pinned(&header) {
            self.keep_changed(header);
        }
    }

    /// Brings back the header of an older message that an event is about to change.
    pub(super) fn recall(&mut self, header: Option<&Header>) {
        let Some(header) = header else { return };
        if self.get(header.id).is_none() && !self.is_deleted(header.id) {
            self.keep_changed(header.clone());
        }
    }

    fn keep_changed(&mut self, header: Header) {
        self.changed_order.push_back(header.id);
        self.changed.insert(header.id, header);
        if self.changed_order.len() > limits::CHANGED_MESSAGES_MAX
            && let Some(oldest) = self.changed_order.pop_front()
        {
            self.changed.remove(&oldest);
        }
    }

    /// Changes the header of a message that the state has.
    pub(super) fn change(&mut self, id: MessageId, change: impl FnOnce(&mut Header)) {
        let header = self.recent.get_mut(id).or_else(|| self.changed.get_mut(&id));
        if let Some(header) = header {
            change(header);
        }
    }

    /// Marks a message as deleted; an older one is only remembered by its id.
    pub(super) fn delete(&mut self, id: MessageId, deletion: Deletion) {
        self.announcements.retain(|row| row.message != id);
        if let Some(channel) = self.pinned_in(id) {
            self.unpin(channel, id);
        }
        match self.recent.get_mut(id) {
            Some(header) => header.deleted = Some(deletion),
            None => self.bury(id),
        }
    }

    /// Shows a deleted message again. Of an older one nothing is kept but what its record says.
    pub(super) fn undelete(&mut self, id: MessageId) {
        match self.recent.get_mut(id) {
            Some(header) => header.deleted = None,
            None => self.tombstones.retain(|deleted| *deleted != id),
        }
    }

    fn bury(&mut self, id: MessageId) {
        if self.changed.remove(&id).is_some() {
            self.changed_order.retain(|changed| *changed != id);
        }
        if self.tombstones.contains(&id) {
            return;
        }
        self.tombstones.push_back(id);
        if self.tombstones.len() > limits::TOMBSTONES_MAX {
            self.tombstones.pop_front();
        }
    }
}

/// Takes an imported message in. Called by the fold of imported facts.
pub fn imported(community: &mut Community, header: Header) {
    community.messages.insert(header);
}

/// A member's messages in the window posted at `since_ms` or later, newest first: what flood and repetition
/// rules count. Deleted ones are among them.
pub fn recent_of(community: &Community, author: MemberId, since_ms: u64) -> impl Iterator<Item = &Header> {
    let window = &community.messages.recent;
    let places = window.by_author.get(&author).into_iter().flat_map(|places| places.iter().rev());
    places.filter_map(|place| window.at(*place)).take_while(move |header| header.at_ms >= since_ms)
}

/// One page of a channel, newest first: at most `limit` headers of the window from before a message (which
/// need not be of this channel), or from the end. An unknown `before` gives nothing: its page is in the log.
pub fn channel_page(
    community: &Community,
    channel: ChannelId,
    before: Option<MessageId>,
    limit: usize,
) -> Vec<&Header> {
    let window = &community.messages.recent;
    let end = match before {
        None => window.rows.len(),
        Some(id) => window.index(id).unwrap_or(0),
    };
    let page = window.rows.range(..end).rev().filter(|header| header.channel == channel);
    page.take(limit).collect()
}

/// Headers in the order of their times, with indexes. A place is a number that a row keeps while others
/// leave.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<Header>")]
struct Window {
    rows: VecDeque<Header>,
    first: u64,
    by_id: BTreeMap<MessageId, u64>,
    by_author: BTreeMap<MemberId, VecDeque<u64>>,
}

impl Window {
    fn get(&self, id: MessageId) -> Option<&Header> {
        self.rows.get(self.index(id)?)
    }

    fn get_mut(&mut self, id: MessageId) -> Option<&mut Header> {
        let index = self.index(id)?;
        self.rows.get_mut(index)
    }

    fn index(&self, id: MessageId) -> Option<usize> {
        self.by_id.get(&id).and_then(|place| self.index_of(*place))
    }

    fn at(&self, place: u64) -> Option<&Header> {
        self.rows.get(self.index_of(place)?)
    }

    fn index_of(&self, place: u64) -> Option<usize> {
        usize::try_from(place.checked_sub(self.first)?).ok()
    }

    /// Adds a row at the end and returns the one that left.
    fn push(&mut self, header: Header) -> Option<Header> {
        let place = self.first + self.rows.len() as u64;
        self.by_id.insert(header.id, place);
        self.by_author.entry(header.author).or_default().push_back(place);
        self.rows.push_back(header);
        if self.rows.len() > limits::RECENT_MESSAGES_MAX { self.pop() } else { None }
    }

    /// Puts a row where its time belongs and returns the one that left, which may be itself.
    fn insert(&mut self, header: Header) -> Option<Header> {
        if self.rows.back().is_none_or(|last| last.at_ms <= header.at_ms) {
            return self.push(header);
        }
        let index = self.rows.partition_point(|row| row.at_ms <= header.at_ms);
        if index == 0 && self.rows.len() >= limits::RECENT_MESSAGES_MAX {
            return Some(header);
        }
        // Rare: a past brought into a community that talks already. All places after this one move.
        self.rows.insert(index, header);
        *self = Self::from(std::mem::take(&mut self.rows));
        if self.rows.len() > limits::RECENT_MESSAGES_MAX { self.pop() } else { None }
    }

    fn pop(&mut self) -> Option<Header> {
        let header = self.rows.pop_front()?;
        self.first += 1;
        self.by_id.remove(&header.id);
        if let Some(places) = self.by_author.get_mut(&header.author) {
            places.pop_front();
            if places.is_empty() {
                self.by_author.remove(&header.author);
            }
        }
        Some(header)
    }
}

impl From<VecDeque<Header>> for Window {
    fn from(rows: VecDeque<Header>) -> Self {
        let mut window = Self::default();
        for (place, header) in (0_u64..).zip(&rows) {
            window.by_id.insert(header.id, place);
            window.by_author.entry(header.author).or_default().push_back(place);
        }
        window.rows = rows;
        window
    }
}

impl From<Vec<Header>> for Window {
    fn from(rows: Vec<Header>) -> Self {
        Self::from(VecDeque::from(rows))
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.rows)
    }
}

impl PartialEq for Window {
    /// Indexes follow from the rows, and places only tell how many rows have gone.
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Eq for Window {}
