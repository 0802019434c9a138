//! Watching an import: the bar, the first bad lines, and Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use kith_runtime::import::facts::Watch;
use kith_runtime::import::row::BadLine;
use signal_hook::consts::{SIGINT, SIGTERM};

/// Bad lines that are shown; beyond it the count says enough.
pub(crate) const BAD_LINES_SHOWN_MAX: usize = 20;

/// Set by Ctrl-C. A second Ctrl-C ends the process at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // Armed by the first signal, so it has to be registered before the flag is.
            let armed = Arc::clone(&interrupt.0);
            signal_hook::flag::register_conditional_shutdown(signal, 130, armed)?;
            signal_hook::flag::register(signal, Arc::clone(&interrupt.0))?;
        }
        Ok(interrupt)
    }

    /// Whether somebody wants it to end.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is seen of an import.
pub(crate) struct Seen {
    bar: ProgressBar,
    interrupt: Interrupt,
    /// The first bad lines.
    pub(crate) bad_lines: Vec<String>,
}

impl Seen {
    /// Watches with a bar.
    pub(crate) fn new(bar: ProgressBar, interrupt: Interrupt) -> Self {
        Self { bar, interrupt, bad_lines: Vec::new() }
    }
}

impl Watch for Seen {
    fn progress(&mut self, bytes_done: u64, bytes_total: u64) {
        self.bar.set_length(bytes_total);
        self.bar.set_position(bytes_done);
    }

    fn bad_line(&mut self, line: &BadLine) {
        if self.bad_lines.len() < BAD_LINES_SHOWN_MAX {
            self.bad_lines.push(line.to_string());
        }
    }

    fn wants_stop(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
