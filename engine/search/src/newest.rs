//! Gathers the newest hits: by time and id, so that pages neither repeat nor skip where many messages have
//! one time, and merges of the index change no order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use kith_core::ids::MessageId;
use kith_core::ports::search::Cursor;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::fields::{AT_MS, ID_HIGH, ID_LOW};

/// Which hits are gathered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newest {
    /// So many.
    pub(crate) max: usize,
    /// Only those that come after this one.
    pub(crate) after: Option<Cursor>,
    /// Only from then on, Unix milliseconds.
    pub(crate) since_ms: u64,
    /// Only before then, Unix milliseconds.
    pub(crate) until_ms: u64,
}

/// A hit's place among the hits, and where the index has it.
type Placed = (Cursor, DocAddress);

/// The hits of one segment, the oldest on top.
pub(crate) struct OfSegment {
    rule: Newest,
    segment: SegmentOrdinal,
    at_ms: Column<u64>,
    id_high: Column<u64>,
    id_low: Column<u64>,
    kept: BinaryHeap<Reverse<Placed>>,
}

impl Collector for Newest {
    type Fruit = Vec<Placed>;
    type Child = OfSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<OfSegment> {
        let columns = reader.fast_fields();
        Ok(OfSegment {
            rule: *self,
            segment,
            at_ms: columns.u64(AT_MS)?,
            id_high: columns.u64(ID_HIGH)?,
            id_low: columns.u64(ID_LOW)?,
            kept: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<Vec<Placed>>) -> tantivy::Result<Vec<Placed>> {
        let mut all: Vec<Placed> = fruits.into_iter().flatten().collect();
        all.sort_unstable_by_key(|placed| Reverse(*placed));
        all.truncate(self.max);
        Ok(all)
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Vec<Placed>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        let at_ms = self.at_ms.first(doc).unwrap_or_default();
        if at_ms < self.rule.since_ms || at_ms >= self.rule.until_ms {
            return;
        }
        let is_full = self.kept.len() >= self.rule.max;
        if is_full && self.kept.peek().is_some_and(|Reverse((oldest, _))| at_ms < oldest.at_ms) {
            return;
        }
        let half = |column: &Column<u64>| u128::from(column.first(doc).unwrap_or_default());
        let message = MessageId(half(&self.id_high) << 64 | half(&self.id_low));
        let place = Cursor { at_ms, message };
        if self.rule.after.is_some_and(|after| place >= after) {
            return;
        }
        self.kept.push(Reverse((place, DocAddress::new(self.segment, doc))));
        if self.kept.len() > self.rule.max {
            self.kept.pop();
        }
    }

    fn harvest(self) -> Vec<Placed> {
        self.kept.into_iter().map(|Reverse(placed)| placed).collect()
    }
}
