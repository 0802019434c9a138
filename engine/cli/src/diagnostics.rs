//! What the engine notes while it works, on standard error: one line an event, up to the level that
//! `KITH_LOG` names (error, warn, info, debug).
//!
//! Events carry ids, counts and errors; never what people wrote, and no secrets.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Prints events up to a level; spans are not told.
struct Printer {
    level: Level,
}

/// Starts printing, once a process.
pub(crate) fn start() {
    let named = std::env::var("KITH_LOG").ok().and_then(|name| name.parse::<Level>().ok());
    let printer = Printer { level: named.unwrap_or(Level::ERROR) };
    // A second start, as tests make it, keeps the first printer.
    let _ = tracing::subscriber::set_global_default(printer);
}

impl Subscriber for Printer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other crates tell of themselves in ways that nobody vouched for.
        *metadata.level() <= self.level && metadata.target().starts_with("kith")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{}", event.metadata().level()).to_lowercase());
        event.record(&mut line);
        eprintln!("kith: {}", line.0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
