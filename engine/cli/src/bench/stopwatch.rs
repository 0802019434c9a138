//! Time that passes, for figures only.

use std::time::{Duration, Instant, SystemTime};

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

/// Now, microseconds, as two processes of one machine agree on it.
#[expect(clippy::disallowed_methods, reason = "a figure is made of real time; nothing is decided by it")]
pub(super) fn now_us() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1e6)
}
