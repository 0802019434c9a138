//! When and by what an event came about: what `apply` may know besides the event.

use crate::ids::CommandId;

/// Milliseconds of a second, a minute, an hour, a day.
pub const SECOND_MS: u64 = 1_000;
/// Milliseconds of a minute.
pub const MINUTE_MS: u64 = 60 * SECOND_MS;
/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// Milliseconds of 24 hours; calendar days need the community's zone.
pub const DAY_MS: u64 = 24 * HOUR_MS;

/// The place of an event in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The record's number.
    pub seq: u64,
    /// The record's time, Unix milliseconds.
    pub at_ms: u64,
    /// The command that led to it.
    pub command: CommandId,
}
