//! Folding a million records, decoding included, beside only decoding them.

use std::hint::black_box;
use std::ops::ControlFlow;

use kith_core::body::Bodies;
use kith_core::decide::apply_record;
use kith_core::ports::StoredRecord;
use kith_core::record::Record;
use kith_core::stream::Stream;

use super::figure::{Figure, Quantity, Reach};
use super::million;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::town::Town;
use crate::opened::Opened;

/// Records that are decoded, then folded, before the next are read: the two take turns, and what was read is
/// in memory for both.
const RECORDS_PER_TURN: usize = 10_000;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let data = million::data(bench)?;
    bench.tell("fold: a long past");
    let opened = Opened::open(&data, Box::new(|_| {}))?;
    let mut turn = Turn { stream: Stream::new(Town::id(0)), records: 0, fold_s: 0.0, decode_s: 0.0 };
    let mut waiting = Vec::with_capacity(RECORDS_PER_TURN);
    opened.ports().records.read(Town::id(0), 1, &mut |frame| {
        waiting.extend(frame.records);
        if waiting.len() >= RECORDS_PER_TURN {
            turn.take(&mut waiting);
        }
        ControlFlow::Continue(())
    })?;
    turn.take(&mut waiting);
    let unit = "s";
    Ok(vec![Figure {
        name: "fold",
        what: format!("fold of {} records, decoding included", turn.records),
        ours: Quantity { value: turn.fold_s, unit },
        reference_what: "decoding them",
        reference: Some(Quantity { value: turn.decode_s, unit }),
        reach: Reach::AtMostTimes(3.0),
        notes: Vec::new(),
    }])
}

struct Turn {
    stream: Stream,
    records: usize,
    fold_s: f64,
    decode_s: f64,
}

impl Turn {
    fn take(&mut self, waiting: &mut Vec<StoredRecord>) {
        let watch = Stopwatch::start();
        for stored in waiting.iter() {
            black_box(Record::decode(&stored.bytes).is_ok());
        }
        self.decode_s += watch.seconds();
        let watch = Stopwatch::start();
        for stored in waiting.iter() {
            let Ok(record) = Record::decode(&stored.bytes) else { continue };
            let bodies: Bodies = stored.bodies.iter().cloned().collect();
            apply_record(&mut self.stream, &record, &bodies);
        }
        self.fold_s += watch.seconds();
        self.records += waiting.len();
        waiting.clear();
    }
}
