//! How long things wait, what happens then, and how long a decision can be appealed.

use serde::{Deserialize, Serialize};

use super::hold::AtDeadline;
use crate::limits::HOLDS_MAX;
use crate::moment::{DAY_MS, HOUR_MS};
use crate::refusal::Refusal;

/// Settings of the queue, under `[queue]` in `community.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// A human has so long to decide.
    pub hold_hours: u32,
    /// What happens when nobody did.
    pub at_deadline: AtDeadline,
    /// So many things of one member wait; what would be held beyond is denied.
    pub holds_per_member: u32,
    /// So many things wait in all.
    pub holds_max: u32,
    /// A decision can be appealed for so long, and what was denied is kept for it.
    pub appeal_days: u32,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            hold_hours: 24,
            at_deadline: AtDeadline::Keep,
            holds_per_member: 5,
            holds_max: 200,
            appeal_days: 14,
        }
    }
}

/// The longest deadline.
const HOLD_HOURS_MAX: u32 = 30 * 24;
/// The longest time for an appeal; what was denied is kept as long.
const APPEAL_DAYS_MAX: u32 = 90;

impl QueueConfig {
    /// Refuses settings with which nothing could wait, or things would wait for ever.
    pub fn check(&self) -> Result<(), Refusal> {
        for (name, value, max) in [
            ("queue.hold_hours", self.hold_hours, HOLD_HOURS_MAX),
            ("queue.holds_per_member", self.holds_per_member, HOLDS_MAX as u32),
            ("queue.holds_max", self.holds_max, HOLDS_MAX as u32),
            ("queue.appeal_days", self.appeal_days, APPEAL_DAYS_MAX),
        ] {
            if value == 0 || value > max {
                return Err(Refusal::ValueInvalid { name: name.to_owned(), expected: format!("1 to {max}") });
            }
        }
        Ok(())
    }

    /// How long a human has, milliseconds.
    pub(super) fn hold_ms(&self) -> u64 {
        u64::from(self.hold_hours) * HOUR_MS
    }

    /// How long a decision can be appealed, milliseconds.
    pub(super) fn appeal_ms(&self) -> u64 {
        u64::from(self.appeal_days) * DAY_MS
    }
}
