//! Every limit of the store with its unit and its reason.

use std::time::Duration;

/// How long the committer waits for more frames at a time; a sync takes ten to a hundred times as long.
pub const GATHER_STEP: Duration = Duration::from_micros(50);

/// How many such steps it waits at most.
pub const GATHER_STEPS_MAX: u32 = 40;

/// A segment is sealed by the first group that would pass this. Small enough to scan in well under a second.
pub const SEGMENT_BYTES_MAX: u64 = 64 << 20;

/// The committer takes at most this much into one group, so that one write and sync stay short.
pub const GROUP_BYTES_MAX: usize = 8 << 20;

/// Zeros written behind a small group, for the groups after it: a sync of a file that does not grow is spared
/// the second write, of the file's length, that would cost as much as the first.
pub const ROOM_BYTES: usize = 256 << 10;

/// Larger groups bring no room: they would fill it at once, and write everything twice.
pub const ROOM_GROUP_BYTES_MAX: usize = 16 << 10;

/// Frames in one group: its directory stays under 300 KiB.
pub const GROUP_FRAMES_MAX: usize = 8192;

/// Encoded frames waiting for the committer; beyond it `append` blocks, so that a slow disk cannot eat all
/// memory.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;

/// One record with its bodies. An import batch of 500 rows is well below.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// One frame of records.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

/// One cut with its snapshot. The frame header counts payload bytes in 32 bits.
pub const CUT_BYTES_MAX: usize = 1 << 30;

/// Groups waiting for the listener; beyond it the committer waits for the listener after acknowledging.
pub const LISTENER_GROUPS_MAX: usize = 1024;

/// Keys kept for active owners, about 150 bytes each; the others are read from the key file.
pub const RECENT_KEYS_MAX: usize = 131_072;

/// Bytes read ahead when a segment is walked.
pub const WINDOW_BYTES: usize = 256 << 10;

/// Compaction rewrites a segment only if at least this much of it is no longer wanted; rewriting costs the
/// rest.
pub const COMPACTION_WASTE_PERCENT_MIN: u64 = 10;

/// Compaction gathers this much into one group.
pub const COMPACTION_GROUP_BYTES: usize = 1 << 20;

/// The highest number that the log counts with: frames, records, epochs, groups, segments. Far beyond what a
/// log reaches, and far enough below the end of the type that sums of them need no check.
pub const NUMBER_MAX: u64 = 1 << 62;

/// The latest time of a record, Unix milliseconds: the end of the year 9999.
pub const AT_MS_MAX: u64 = 253_402_300_799_999;
