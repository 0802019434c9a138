//! What members said lately, as far as any rule looks back: times, places and fingerprints, never words.
//!
//! Kept apart from the window of message headers, so that a busy channel cannot push a member's last hour
//! out of sight. Holds nothing where no rule looks back.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, MemberId};
use crate::limits::ACTIVITY_MAX;

/// One message as the rules remember it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When it was posted, Unix milliseconds.
    pub at_ms: u64,
    /// Where.
    pub channel: ChannelId,
    /// `text::measure::fingerprint` of its text; 0 where it has none.
    pub fingerprint: u32,
}

/// The latest messages by author.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    by_author: BTreeMap<MemberId, VecDeque<Said>>,
    order: VecDeque<(u64, MemberId)>,
}

impl Activity {
    /// Takes note of a message, and forgets what is older than `horizon_ms`.
    pub(super) fn note(&mut self, author: MemberId, said: Said, horizon_ms: u64) {
        let oldest_ms = said.at_ms.saturating_sub(horizon_ms);
        if horizon_ms > 0 {
            self.order.push_back((said.at_ms, author));
            self.by_author.entry(author).or_default().push_back(said);
        }
        while self.order.len() > ACTIVITY_MAX
            || self.order.front().is_some_and(|(at_ms, _)| *at_ms < oldest_ms)
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, author)) = self.order.pop_front() else { return };
        let Some(said) = self.by_author.get_mut(&author) else { return };
        said.pop_front();
        if said.is_empty() {
            self.by_author.remove(&author);
        }
    }

    /// What an author said from a time on, newest first.
    pub fn since(&self, author: MemberId, from_ms: u64) -> impl Iterator<Item = &Said> {
        let said = self.by_author.get(&author).into_iter().flat_map(|said| said.iter().rev());
        said.take_while(move |said| said.at_ms >= from_ms)
    }

    /// How many messages are remembered.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at_ms: u64) -> Said {
        Said { at_ms, channel: ChannelId(1), fingerprint: 0 }
    }

    #[test]
    fn forgets_what_no_rule_looks_back_to() {
        let mut activity = Activity::default();
        for at_ms in [0, 10, 20, 30] {
            activity.note(MemberId(1), said(at_ms), 15);
        }
        assert_eq!(activity.since(MemberId(1), 0).map(|said| said.at_ms).collect::<Vec<_>>(), [30, 20]);
        activity.note(MemberId(2), said(100), 15);
        assert_eq!(activity.since(MemberId(1), 0).count(), 0);
        assert_eq!(activity.len(), 1);
        activity.note(MemberId(2), said(101), 0);
        assert!(activity.is_empty());
    }

    #[test]
    fn never_holds_more_than_its_limit() {
        let mut activity = Activity::default();
        for at_ms in 0..ACTIVITY_MAX as u64 + 50 {
            activity.note(MemberId(u128::from(at_ms % 7)), said(at_ms), u64::MAX);
        }
        assert_eq!(activity.len(), ACTIVITY_MAX);
    }
}
