//! Where frames lie in the log: the seam between the log and everything that is derived from it.
//!
//! The log tells a listener which frames became durable and where; a listener that was away catches up with
//! `scan_from`. Positions hold until the log's `generation` changes (compaction moves frames): whoever keeps
//! positions keeps the generation beside them and rebuilds when it differs. Knows nothing of sled.

use std::ops::ControlFlow;

use kith_core::ids::CommunityId;
use kith_core::ports::{StoreError, StoredFrame};

/// A byte position in the log. Positions order as the log was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition {
    /// Number of the segment; the first is 1.
    pub segment: u64,
    /// Byte in the segment's file. A position that lies before the first group means the segment's beginning.
    pub offset: u64,
}

impl LogPosition {
    /// Before everything.
    pub const START: Self = Self { segment: 0, offset: 0 };
}

/// One durable frame and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where the frame begins; `PlacedFrames::read_at` takes it.
    pub position: LogPosition,
    /// The stream.
    pub community: CommunityId,
    /// The frame's number in the stream.
    pub frame_no: u64,
    /// The first record's number. A frame without records (a cut, a raised epoch) has `last_seq < first_seq`.
    pub first_seq: u64,
    /// The last record's number.
    pub last_seq: u64,
    /// The last record's time, Unix milliseconds.
    pub at_ms: u64,
    /// Record number and the ids it can be found by, in the order of records; records without ids are left
    /// out.
    pub ids: Vec<(u64, Vec<u128>)>,
}

/// Told of frames after they were acknowledged, group by group, in the order of positions, on a thread of its
/// own.
pub type Listener = Box<dyn Fn(Vec<Placed>) + Send>;

/// What a derived index may ask of the log.
pub trait PlacedFrames: Send + Sync {
    /// The end of what is durable: every frame before it can be read.
    fn end(&self) -> LogPosition;

    /// Raised whenever compaction has moved frames: positions of another generation mean nothing.
    fn generation(&self) -> u64;

    /// Visits every durable frame that begins at or after `from`, in the order of positions, frames of
    /// damaged streams only up to the damage. Returns the position up to which it looked, to go on from.
    fn scan_from(
        &self,
        from: LogPosition,
        visit: &mut dyn FnMut(Placed) -> ControlFlow<()>,
    ) -> Result<LogPosition, StoreError>;

    /// The frame that begins at `position`, its checksum and hash verified (its chain is not: that needs the
    /// frame before).
    fn read_at(&self, position: LogPosition) -> Result<StoredFrame, StoreError>;
}

/// What the log may ask of a derived index. Answers are hints: the log checks what it finds there.
pub trait Places: Send + Sync {
    /// The frame that holds the record with this id, and the record's number. `NotReady` until caught up.
    fn locate(&self, community: CommunityId, id: u128) -> Result<Option<(LogPosition, u64)>, StoreError>;

    /// Where a frame of the stream lies, if the index knows.
    fn place(&self, community: CommunityId, frame_no: u64) -> Option<LogPosition>;
}
