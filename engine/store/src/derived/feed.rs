//! Frames on their way from the committer to the index: bounded, and never in the way of an acknowledgement.
//!
//! Nothing here is precious. What finds no room is dropped and read from the log again. The lag is counted
//! all the same: records announced since the start, less those of them that are indexed.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kith_core::ids::CommunityId;

use super::limits::{FEED_RECORDS_MAX, TICK_MS};
use crate::log::placed::{LogPosition, Placed};

/// What an indexer should do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// A tick has passed, or the feed is half full.
    Work,
    /// The store closes.
    Close,
}

/// The queue and its counts.
#[derive(Debug, Default)]
pub(super) struct Feed {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug)]
struct State {
    groups: VecDeque<Vec<Placed>>,
    waiting_records: usize,
    announced_records: u64,
    indexed_records: u64,
    first_announced: Option<LogPosition>,
    last_seen: LogPosition,
    dropped: bool,
    closing: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            groups: VecDeque::new(),
            waiting_records: 0,
            announced_records: 0,
            indexed_records: 0,
            first_announced: None,
            last_seen: LogPosition::START,
            dropped: false,
            closing: false,
        }
    }
}

impl Feed {
    /// Takes in a durable group; drops everything that waits when there is no room.
    pub(super) fn announce(&self, group: Vec<Placed>) {
        let records: u64 = group.iter().map(records).sum();
        let mut state = self.state();
        state.announced_records += records;
        state.first_announced = state.first_announced.or(group.first().map(|frame| frame.position));
        if state.dropped {
            return;
        }
        state.saw(group.last());
        state.waiting_records += records as usize;
        if state.waiting_records > FEED_RECORDS_MAX {
            state.empty();
            state.dropped = true;
        } else {
            state.groups.push_back(group);
        }
        if state.dropped || state.waiting_records > FEED_RECORDS_MAX / 2 {
            self.wake.notify_all();
        }
    }

    /// Begins to keep what is announced from now on; what lies after `covered` must be read from the log.
    pub(super) fn restart(&self, covered: LogPosition) {
        let mut state = self.state();
        state.empty();
        state.last_seen = covered;
        state.dropped = false;
    }

    /// Keeps nothing until `restart`: there is no index to feed.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.empty();
        state.dropped = true;
    }

    /// Whether frames were dropped, so that only the log still has them.
    pub(super) fn dropped(&self) -> bool {
        self.state().dropped
    }

    /// Takes everything that waits.
    pub(super) fn take(&self) -> Vec<Vec<Placed>> {
        let mut state = self.state();
        state.waiting_records = 0;
        state.groups.drain(..).collect()
    }

    /// Counts frames as indexed.
    pub(super) fn indexed(&self, frames: &[Placed]) {
        let mut state = self.state();
        state.saw(frames.last());
        let Some(first) = state.first_announced else { return };
        let live = frames.iter().filter(|frame| frame.position >= first);
        state.indexed_records += live.map(records).sum::<u64>();
    }

    /// The last frame that a search here and in the index has covered.
    pub(super) fn last_seen(&self) -> LogPosition {
        self.state().last_seen
    }

    /// Counts begin again with an index that reads the whole log again.
    pub(super) fn recount(&self) {
        self.state().indexed_records = 0;
    }

    /// Records announced and not indexed yet.
    pub(super) fn lag_records(&self) -> u64 {
        let state = self.state();
        state.announced_records.saturating_sub(state.indexed_records)
    }

    /// The waiting frame and record that carry an id.
    pub(super) fn locate(&self, community: CommunityId, id: u128) -> Option<(LogPosition, u64)> {
        let state = self.state();
        let mine = state.groups.iter().flatten().filter(|frame| frame.community == community);
        mine.filter_map(|frame| carrier(frame, id)).next()
    }

    /// Waits until there is something to do, a tick at most.
    pub(super) fn wait(&self) -> Wake {
        let idle = |state: &mut State| {
            !state.closing && !state.dropped && state.waiting_records <= FEED_RECORDS_MAX / 2
        };
        let tick = Duration::from_millis(TICK_MS);
        let (state, _) =
            self.wake.wait_timeout_while(self.state(), tick, idle).unwrap_or_else(PoisonError::into_inner);
        if state.closing { Wake::Close } else { Wake::Work }
    }

    /// Waits for some ticks, or until the store closes.
    pub(super) fn rest(&self, ticks: u32) -> Wake {
        let pause = Duration::from_millis(TICK_MS) * ticks;
        let (state, _) = self
            .wake
            .wait_timeout_while(self.state(), pause, |state| !state.closing)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closing { Wake::Close } else { Wake::Work }
    }

    /// Whether the store closes.
    pub(super) fn closing(&self) -> bool {
        self.state().closing
    }

    /// Asks the indexer to end.
    pub(super) fn close(&self) {
        self.state().closing = true;
        self.wake.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn saw(&mut self, last: Option<&Placed>) {
        self.last_seen = last.map_or(self.last_seen, |frame| frame.position.max(self.last_seen));
    }

    fn empty(&mut self) {
        self.groups.clear();
        self.waiting_records = 0;
    }
}

/// The record of a frame that carries an id.
pub(super) fn carrier(frame: &Placed, id: u128) -> Option<(LogPosition, u64)> {
    let (seq, _) = frame.ids.iter().find(|(_, ids)| ids.contains(&id))?;
    Some((frame.position, *seq))
}

fn records(frame: &Placed) -> u64 {
    (frame.last_seq + 1).saturating_sub(frame.first_seq)
}
