//! Time that passes, for figures only.

use std::time::{Duration, Instant};

/// A stopwatch that runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a figure is made of real time; nothing is decided by it")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }

    pub(super) fn micros(&self) -> f64 {
        self.seconds() * 1e6
    }
}
