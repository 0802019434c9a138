//! A year of talk as files: the real one that was named, or one made up from a seed.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use kith_runtime::import::facts::Watch;
use kith_runtime::import::read::{self, Format, Reader};
use kith_runtime::import::row::BadLine;

use super::run::{Bench, BenchError};
use super::talk::Dice;

/// Messages and people of the made-up year: those of a real channel.
const MESSAGES: usize = 121_439;
const PEOPLE: usize = 648;
/// Its first second, and seconds between two messages on average.
const FROM_S: u64 = 1_577_836_800;
const STEP_S: usize = 260;

/// Where the talk is.
pub(super) struct Year {
    path: PathBuf,
    format: Format,
    pub(super) what: String,
}

impl Year {
    /// The named one, or a made-up one.
    pub(super) fn of(bench: &Bench<'_>) -> Result<Self, BenchError> {
        if let Some((path, format)) = &bench.options.from {
            return Ok(Self { path: path.clone(), format: *format, what: "real talk".to_owned() });
        }
        let messages = bench.scale().pick(MESSAGES, MESSAGES / 25);
        let path = bench.ground.path("year.txt");
        write(&path, messages).map_err(|source| BenchError::Io { path: path.clone(), source })?;
        let what = format!("made-up talk of {messages} messages by {PEOPLE} people");
        Ok(Self { path, format: Format::IrcBlocks, what })
    }

    /// Its format.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// A reader of it.
    pub(super) fn reader(&self) -> Result<Reader, BenchError> {
        Ok(read::open(std::slice::from_ref(&self.path), self.format, read::Options::default())?)
    }
}

fn write(path: &std::path::Path, messages: usize) -> std::io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    let mut dice = Dice::new(2020);
    let mut at_s = FROM_S;
    for _ in 0..messages {
        // Talk comes in bursts: most of it follows the last word within a minute.
        let pause = if dice.below(8) == 0 { dice.below(STEP_S * 15) } else { dice.below(60) };
        at_s += pause as u64;
        let nick = dice.few(PEOPLE);
        writeln!(out, "{at_s}\nnick{nick}\n{}\n", dice.saying())?;
    }
    out.flush()
}

/// Nobody watches.
pub(super) struct Unwatched;

impl Watch for Unwatched {
    fn progress(&mut self, _bytes_done: u64, _bytes_total: u64) {}
    fn bad_line(&mut self, _line: &BadLine) {}
}
