//! A clock that stands still until a case turns it.
//!
//! Wall clock and monotonic clock are apart, so that a case can let them disagree as a machine whose time was
//! set by hand does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kith_core::ports::Clock;

/// When every manual clock begins: 2025-06-15T15:06:40Z.
pub(crate) const START_MS: u64 = 1_750_000_000_000;

#[derive(Debug)]
struct Hands {
    wall_ms: AtomicU64,
    monotonic_ms: AtomicU64,
}

/// A clock with hands. Clones are the same clock.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock(Arc<Hands>);

impl ManualClock {
    /// A clock at `START_MS`.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Hands { wall_ms: AtomicU64::new(START_MS), monotonic_ms: AtomicU64::new(1) }))
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, ms: u64) {
        self.0.monotonic_ms.fetch_add(ms, Ordering::SeqCst);
        self.0.wall_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets the wall clock without any time passing.
    pub(crate) fn set_wall(&self, ms: u64) {
        self.0.wall_ms.store(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn wall_ms(&self) -> u64 {
        self.0.wall_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.monotonic_ms.load(Ordering::SeqCst)
    }
}
