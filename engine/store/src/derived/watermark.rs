//! How far the rows cover the log, written in the last batch of every checkpoint.

use kith_core::ids::CommunityId;
use kith_core::ports::StoreError;

use super::key::{self, Tag};
use super::rows::{Change, Rows};
use crate::log::placed::LogPosition;

const FORMAT: u64 = 1;
const NUMBERS: usize = 6;

/// A position in the log and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watermark {
    /// Positions of another generation of the log mean nothing.
    pub(super) generation: u64,
    /// The last frame whose records are in the rows; `START` for none.
    pub(super) covered: LogPosition,
    /// The same at the checkpoint before. A due time is set just after its frame, so only what lies before
    /// this has surely had its due time written.
    pub(super) settled: LogPosition,
}

impl Watermark {
    /// Nothing is covered.
    pub(super) fn none(generation: u64) -> Self {
        Self { generation, covered: LogPosition::START, settled: LogPosition::START }
    }

    /// The row that a checkpoint ends with.
    pub(super) fn row(self) -> Change {
        let numbers = [
            FORMAT,
            self.generation,
            self.covered.segment,
            self.covered.offset,
            self.settled.segment,
            self.settled.offset,
        ];
        Change::Put(key(), numbers.map(u64::to_be_bytes).concat())
    }

    /// What the rows say; `None` in a fresh tree.
    pub(super) fn read(rows: &Rows) -> Result<Option<Self>, StoreError> {
        let Some(value) = rows.get(&key())? else { return Ok(None) };
        let numbers: Vec<u64> = value
            .chunks_exact(8)
            .map(|bytes| bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
            .collect();
        match <[u64; NUMBERS]>::try_from(numbers) {
            Ok([FORMAT, generation, c, covered, s, settled]) => Ok(Some(Self {
                generation,
                covered: LogPosition { segment: c, offset: covered },
                settled: LogPosition { segment: s, offset: settled },
            })),
            _ => Err(rows.fail("the watermark does not read")),
        }
    }
}

fn key() -> Vec<u8> {
    key::of_community(Tag::Watermark, CommunityId(0))
}
