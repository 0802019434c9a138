//! What is due, over all streams: wakes idle ones when their earliest timer is due.
//!
//! The set in memory is the working copy; the store's due index is written through so that a restart knows
//! which idle streams to wake without opening each. A wall clock that jumps by more than an hour against the
//! monotonic clock pauses timers until an operator confirms.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kith_core::ids::CommunityId;
use kith_core::moment::HOUR_MS;
use kith_core::ports::{DueIndex, StoreError};

use crate::engine::{Engine, Ports};

/// How often due timers are looked for: the precision of a timer.
const TICK: Duration = Duration::from_millis(100);
/// Streams woken at one look; the rest follow at the next, so that a restart does not open all at once.
const WAKES_PER_TICK_MAX: usize = 64;
/// A jump of the wall clock beyond this pauses timers.
const JUMP_MS_MAX: u64 = HOUR_MS;

#[derive(Default)]
struct Set {
    by_time: BTreeSet<(u64, CommunityId)>,
    /// `None` for a stream that is known to have nothing due.
    by_stream: HashMap<CommunityId, Option<u64>>,
}

/// The earliest timers of all streams.
pub(crate) struct Due {
    set: Mutex<Set>,
    index: Arc<dyn DueIndex>,
    paused: AtomicBool,
}

impl Due {
    pub(crate) fn new(index: Arc<dyn DueIndex>) -> Self {
        Self { set: Mutex::default(), index, paused: AtomicBool::new(false) }
    }

    fn set_in_memory(&self) -> MutexGuard<'_, Set> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a stream's earliest timer.
    pub(crate) fn set(&self, community: CommunityId, due_ms: Option<u64>) {
        {
            let mut set = self.set_in_memory();
            let old = set.by_stream.insert(community, due_ms);
            if old == Some(due_ms) {
                return;
            }
            if let Some(old) = old.flatten() {
                set.by_time.remove(&(old, community));
            }
            if let Some(due_ms) = due_ms {
                set.by_time.insert((due_ms, community));
            }
        }
        if let Err(error) = self.index.set(community, due_ms) {
            tracing::debug!(%community, %error, "due index not written; it is rebuilt at the next start");
        }
    }

    /// Takes those due out of the set; their writers put the next one in.
    fn take(&self, now_ms: u64) -> Vec<CommunityId> {
        let mut set = self.set_in_memory();
        let due: Vec<(u64, CommunityId)> = set
            .by_time
            .range(..=(now_ms, CommunityId(u128::MAX)))
            .take(WAKES_PER_TICK_MAX)
            .copied()
            .collect();
        for key in &due {
            set.by_time.remove(key);
            set.by_stream.remove(&key.1);
        }
        due.into_iter().map(|(_, community)| community).collect()
    }

    /// Adds what the store knows from before, without overwriting what is newer.
    fn add(&self, rows: &[(u64, CommunityId)]) {
        let mut set = self.set_in_memory();
        for (due_ms, community) in rows {
            if !set.by_stream.contains_key(community) {
                set.by_stream.insert(*community, Some(*due_ms));
                set.by_time.insert((*due_ms, *community));
            }
        }
    }
}

impl Engine {
    /// Whether timers are paused because the clock jumped.
    pub fn timers_paused(&self) -> bool {
        self.shared().due.paused.load(Ordering::Acquire)
    }

    /// The operator confirms the clock: timers go on.
    pub fn resume_timers(&self) {
        self.shared().due.paused.store(false, Ordering::Release);
    }
}

/// Looks for due streams until the engine stops.
pub(crate) async fn run(engine: Engine) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let clock = Arc::clone(&engine.ports().clock);
    let mut before = (clock.wall_ms(), clock.monotonic_ms());
    let mut loaded = false;
    loop {
        tick.tick().await;
        if engine.is_over() {
            return;
        }
        let now = (clock.wall_ms(), clock.monotonic_ms());
        let expected_ms = before.0.saturating_add(now.1.saturating_sub(before.1));
        if now.0.abs_diff(expected_ms) > JUMP_MS_MAX {
            tracing::error!(wall_ms = now.0, expected_ms, "the wall clock jumped: timers are paused");
            engine.shared().due.paused.store(true, Ordering::Release);
        }
        before = now;
        if !loaded {
            loaded = load(&engine, now.0);
        }
        if engine.timers_paused() {
            continue;
        }
        for community in engine.shared().due.take(now.0) {
            if let Err(error) = engine.wake(community).await {
                tracing::warn!(%community, %error, "a due stream was not woken; it waits to be opened");
            }
        }
    }
}

/// Reads the store's due index once it is there. Streams that it does not know are woken now: only they can
/// tell what is due.
fn load(engine: &Engine, now_ms: u64) -> bool {
    let Ports { records, due, .. } = engine.ports();
    let read = || -> Result<_, StoreError> {
        let rows = due.due(u64::MAX, usize::MAX)?;
        Ok((rows, due.unknown(&records.streams())?))
    };
    let Ok((rows, unknown)) = read() else { return false };
    engine.shared().due.add(&rows);
    let now: Vec<(u64, CommunityId)> = unknown.into_iter().map(|community| (now_ms, community)).collect();
    engine.shared().due.add(&now);
    true
}
