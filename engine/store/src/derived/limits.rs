//! Every bound of the derived half, with its unit and its reason.

/// Bytes of a row's value. Larger ones leave sled's log for files that it never syncs.
pub(super) const VALUE_BYTES_MAX: usize = 2_048;
/// Rows of one batch. Larger batches stall every reader while they are applied.
pub(super) const BATCH_ROWS_MAX: usize = 1_000;
/// Bytes of sled's page cache. What it really takes is a multiple of it, and idle memory is a promise.
pub(super) const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of one chunk of places: a full value, less its own head.
pub(super) const CHUNK_BYTES_MAX: usize = 2_000;
/// Bytes of unfinished chunks kept in memory; above it those that rest on disk are let go.
pub(super) const TAIL_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Records that may wait for the index. Above it the feed is dropped and read from the log again,
/// so that an acknowledgement never waits for sled.
pub(super) const FEED_RECORDS_MAX: usize = 131_072;
/// Records indexed between two checkpoints at most: what a start has to read again.
pub(super) const CHECKPOINT_RECORDS: u64 = 262_144;
/// How often the indexer looks at its feed. Readers look at the feed themselves, so nobody waits for it.
pub(super) const TICK_MS: u64 = 200;
/// Ticks between two checkpoints at most.
pub(super) const CHECKPOINT_TICKS: u32 = 25;
/// Ticks to wait before an index that failed is tried again: a full disk does not heal in a moment.
pub(super) const RETRY_TICKS: u32 = 25;
/// Milliseconds, as a power of two, of one bucket of the search by id: about 17 minutes.
pub(super) const BUCKET_MS_LOG2: u32 = 20;
/// How often an open may have ended with the process before the folder is not tried again.
pub(super) const OPEN_CRASHES_MAX: u8 = 2;
/// How long to wait for the file lock that a closed sled in this process may still hold.
pub(super) const LOCK_WAIT_MS: u64 = 5_000;
/// Rows of the side table that one community keeps: enough to see what happened since yesterday.
pub(super) const MEASUREMENTS_MAX: usize = 2_000;
/// Bytes of one snapshot, facts and sealed bodies together.
pub(super) const SNAPSHOT_BYTES_MAX: usize = 1024 * 1024 * 1024;
