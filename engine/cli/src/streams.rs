//! Where a command speaks: results to standard output, everything else to standard error.
//!
//! Tests hand in their own; nothing else in the crate prints.

use std::io::{self, IsTerminal as _, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What a command writes to.
pub struct Streams {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    bars: ProgressDrawTarget,
}

impl Streams {
    /// Those of the process; progress is shown on a terminal only.
    pub fn of_process() -> Self {
        let bars = match io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Self { out: Box::new(io::stdout()), err: Box::new(io::stderr()), bars }
    }

    /// Streams of one's own, without progress.
    pub fn new(out: impl Write + 'static, err: impl Write + 'static) -> Self {
        Self { out: Box::new(out), err: Box::new(err), bars: ProgressDrawTarget::hidden() }
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

    fn bar_of(&mut self, what: &'static str, form: &str) -> ProgressBar {
        let target = std::mem::replace(&mut self.bars, ProgressDrawTarget::hidden());
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template(form).expect("the form is one of indicatif's"));
        bar.set_message(what);
        bar
    }
}
