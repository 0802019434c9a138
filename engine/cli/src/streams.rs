//! Where a command speaks: results to standard output, everything else to standard error; and where it
//! listens.
//!
//! Tests hand in their own; nothing else in the crate prints.

use std::io::{self, BufRead, BufReader, IsTerminal as _, Read, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Bytes of a line that is read: longer than any password.
const LINE_BYTES_MAX: u64 = 4_096;

/// What a command writes to, and reads from.
pub struct Streams {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    input: Box<dyn BufRead>,
    bars: ProgressDrawTarget,
    paint: Paint,
}

/// Whether what stands out may be painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Somebody looks at a terminal.
    Terminal,
    /// Text goes to a file or another program.
    Plain,
}

impl Streams {
    /// Those of the process; progress is shown on a terminal only.
    pub fn of_process() -> Self {
        let bars = match io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let input = Box::new(BufReader::new(io::stdin()));
        let paint = if io::stdout().is_terminal() { Paint::Terminal } else { Paint::Plain };
        Self { out: Box::new(io::stdout()), err: Box::new(io::stderr()), input, bars, paint }
    }

    /// Streams of one's own, without progress and with nothing to read.
    pub fn new(out: impl Write + 'static, err: impl Write + 'static) -> Self {
        let (out, err, input) = (Box::new(out), Box::new(err), Box::new(io::empty()));
        Self { out, err, input, bars: ProgressDrawTarget::hidden(), paint: Paint::Plain }
    }

    /// The same with something to read.
    #[must_use]
    pub fn with_input(self, input: impl Read + 'static) -> Self {
        Self { input: Box::new(BufReader::new(input)), ..self }
    }

    /// Reads one line, without its end.
    pub fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.input).take(LINE_BYTES_MAX).read_line(&mut line)?;
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(line)
    }

    /// Whether what stands out may be painted.
    pub(crate) fn paint(&self) -> Paint {
        self.paint
    }

    /// Writes a result.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes beside the result: warnings, errors. Nobody is left to tell if this fails.
    pub fn say_aside(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }

    /// A bar for bytes; its length comes with the first report.
    pub fn bar(&mut self, what: &'static str) -> ProgressBar {
        self.bar_of(what, "{msg} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    }

    /// A bar for records; its length comes with the first report.
    pub fn bar_of_records(&mut self, what: &'static str) -> ProgressBar {
        self.bar_of(what, "{msg} {bar:32} {human_pos}/{human_len} {per_sec} {eta}")
    }

    /// A bar for days; its length comes with the first report.
    pub fn bar_of_days(&mut self, what: &'static str) -> ProgressBar {
        self.bar_of(what, "{msg} {bar:32} {pos}/{len}")
    }

    fn bar_of(&mut self, what: &'static str, form: &str) -> ProgressBar {
        let target = std::mem::replace(&mut self.bars, ProgressDrawTarget::hidden());
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template(form).expect("the form is one of indicatif's"));
        bar.set_message(what);
        bar
    }
}
