//! Importing a year of talk as facts, index included, beside parsing it and appending as many bytes.

use std::hint::black_box;
use std::path::Path;

use kith_runtime::import::facts::{Imported, Target, run};

use super::figure::{Figure, Quantity, Reach, median};
use super::host::Host;
use super::machine::cpu_seconds;
use super::plain::Plain;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::town::found_many;
use super::year::{Unwatched, Year};

/// Batches that an import has in flight, and so the groups that their bytes come in.
const ROWS_PER_GROUP: usize = 8 * 500;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let year = Year::of(bench)?;
    bench.tell("import: a year of talk as facts");
    let (mut ours, mut theirs, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.scale().pick(3, 1) {
        let data = bench.ground.path("import");
        let done = import(&data, &year)?;
        bench.ground.clear("import");
        theirs.push(append(&bench.ground.path("import.plain"), &year, &done)?);
        bench.ground.clear("import.plain");
        let Imported { messages, members, .. } = done.imported;
        notes = vec![
            format!("{messages} messages of {members} members, {} bytes in the log", done.bytes),
            format!("{:.2} s of processor time", done.cpu_seconds),
            format!("of which {:.2} s for the index after the last answer", done.index_seconds),
        ];
        ours.push(done.seconds);
    }
    let unit = "s";
    Ok(vec![Figure {
        name: "import",
        what: format!("importing {} as facts, index included", year.what),
        ours: Quantity { value: median(ours), unit },
        reference_what: "parsing and appending the same bytes with fsync",
        reference: Some(Quantity { value: median(theirs), unit }),
        reach: Reach::AtMostTimes(4.0),
        notes,
    }])
}

struct Done {
    imported: Imported,
    seconds: f64,
    index_seconds: f64,
    bytes: u64,
    rows: u64,
    cpu_seconds: f64,
}

fn import(data: &Path, year: &Year) -> Result<Done, BenchError> {
    let host = Host::start(data)?;
    let towns = found_many(host.opened.ports(), 1, 0)?;
    host.settle();
    let target = Target { community: towns[0].id, channel: towns[0].channel };
    let reader = year.reader()?;
    let before = host.log_bytes()?;
    let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
    let imported = host.runtime.block_on(run(&host.engine, target, reader, year.format(), &mut Unwatched))?;
    let answered = watch.seconds();
    host.settle();
    let (seconds, cpu_seconds) = (watch.seconds(), cpu_seconds() - cpu_before);
    let bytes = host.log_bytes()? - before;
    host.stop();
    let rows = imported.messages + imported.presences + imported.renames + imported.known;
    Ok(Done { imported, seconds, index_seconds: seconds - answered, bytes, rows, cpu_seconds })
}

fn append(path: &Path, year: &Year, done: &Done) -> Result<f64, BenchError> {
    let row_bytes = usize::try_from(done.bytes / done.rows.max(1)).unwrap_or(1_024);
    let mut plain = Plain::create(path)?;
    let watch = Stopwatch::start();
    let mut waiting = 0;
    for row in year.reader()? {
        waiting += usize::from(black_box(row).is_ok());
        if waiting == ROWS_PER_GROUP {
            plain.group(waiting * row_bytes)?;
            waiting = 0;
        }
    }
    plain.group(waiting * row_bytes)?;
    Ok(watch.seconds())
}
