//! Re-enacting a year of talk under three rules, beside decoding and appending the very records it led to.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use kith_core::ports::{NewFrame, NewRecord, StoredFrame};
use kith_core::record::Record;
use kith_runtime::import::reenact::{Reenacted, run};

use super::figure::{Figure, Quantity, Reach, median};
use super::host::settle;
use super::machine::cpu_seconds;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::town::{Flight, Town, stage};
use super::year::{Unwatched, Year};
use crate::opened::Opened;

/// Frames that wait for the disk at once, here and there.
const FRAMES_IN_FLIGHT: u64 = 4;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let year = Year::of(bench)?;
    bench.tell("reenact: playing a year of talk");
    let (mut ours, mut theirs, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.scale().pick(3, 1) {
        let data = bench.ground.path("reenact");
        let (seconds, played, frames) = play(&data, &year)?;
        bench.ground.clear("reenact");
        let appended = append(&bench.ground.path("reenact.plain"), frames)?;
        bench.ground.clear("reenact.plain");
        ours.push(seconds[0]);
        theirs.push(appended[0]);
        notes = notes_of(&played, seconds[1], appended[1]);
    }
    let unit = "s";
    Ok(vec![Figure {
        name: "reenact",
        what: format!("re-enacting {} under three rules", year.what),
        ours: Quantity { value: median(ours), unit },
        reference_what: "decoding and appending the same records",
        reference: Some(Quantity { value: median(theirs), unit }),
        reach: Reach::AtMostTimes(3.0),
        notes,
    }])
}

fn notes_of(came_to: &Reenacted, cpu_seconds: f64, reference_cpu_seconds: f64) -> Vec<String> {
    let Reenacted { records, joined, posted, held, denied, .. } = came_to;
    vec![
        format!("{records} records: {joined} joined, {posted} posted, {held} held, {denied} denied"),
        format!("{cpu_seconds:.2} s of processor time, of the reference {reference_cpu_seconds:.2} s"),
    ]
}

fn play(data: &Path, year: &Year) -> Result<([f64; 2], Reenacted, Vec<StoredFrame>), BenchError> {
    let opened = Opened::open(data, Box::new(|_| {}))?;
    settle(&opened);
    let ports = opened.ports();
    let stage = stage(&ports);
    let reader = year.reader()?;
    let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
    let came_to = run(stage, reader, &mut Unwatched)?;
    let seconds = [watch.seconds(), cpu_seconds() - cpu_before];
    let mut frames = Vec::new();
    ports.records.read(Town::id(0), 1, &mut |frame| {
        frames.push(frame);
        ControlFlow::Continue(())
    })?;
    Ok((seconds, came_to, frames))
}

fn append(data: &Path, frames: Vec<StoredFrame>) -> Result<[f64; 2], BenchError> {
    let opened = Opened::open(data, Box::new(|_| {}))?;
    settle(&opened);
    let ports = opened.ports();
    let flight: Arc<Flight> = Arc::default();
    let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
    for frame in frames {
        let again = again(frame);
        flight.wait_below(FRAMES_IN_FLIGHT)?;
        ports.records.append(again, flight.begin())?;
    }
    flight.wait_below(1)?;
    Ok([watch.seconds(), cpu_seconds() - cpu_before])
}

fn again(frame: StoredFrame) -> NewFrame {
    let records = frame.records.into_iter().map(|stored| {
        let ids = black_box(Record::decode(&stored.bytes)).map_or_else(|_| Vec::new(), |record| record.ids());
        let (seq, at_ms, bytes, bodies) = (stored.seq, stored.at_ms, stored.bytes, stored.bodies);
        NewRecord { seq, at_ms, ids, bytes, bodies }
    });
    let records = records.collect();
    NewFrame { community: frame.community, epoch: frame.head.epoch, frame_no: frame.head.frame_no, records }
}
