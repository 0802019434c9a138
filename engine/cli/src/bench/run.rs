//! A run: which figures, at what size, where.

use std::io::Write;
use std::path::PathBuf;

use kith_core::ports::StoreError;
use kith_runtime::draft::AskError;
use kith_runtime::import::read::{Format, OpenError};

use super::figure::Figure;
use super::ground::Ground;
use super::machine::Machine;
use super::report::{Report, Shown};
use super::{alone, call, child, durable, fold, idle, import, reenact, restart, saved, script, web};

/// How much is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// What the figures are promised for; some minutes.
    #[default]
    Full,
    /// Some seconds: shows that the figures can be measured, not what they are.
    Short,
}

impl Scale {
    /// One of two sizes.
    pub(super) fn pick<T>(self, full: T, short: T) -> T {
        match self {
            Self::Full => full,
            Self::Short => short,
        }
    }
}

/// How a run goes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How much.
    pub scale: Scale,
    /// How it is shown.
    pub shown: Shown,
    /// The folder below which DATA folders are made; the current one where none is named.
    pub folder: Option<PathBuf>,
    /// Real talk instead of made-up talk, for what is re-enacted and imported.
    pub from: Option<(PathBuf, Format)>,
}

/// Why figures could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// No such figure.
    #[error("unknown figure \"{name}\"; there are {}", names().collect::<Vec<_>>().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The world broke.
    #[error("failed to use {}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store broke.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine refused what the figure needs.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The talk could not be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The other process did not do what it should.
    #[error("the process that was measured ended early or said something else: {what}")]
    Child {
        /// What it said.
        what: String,
    },
}

/// What the figures work with.
pub(super) struct Bench<'a> {
    pub(super) options: &'a Options,
    pub(super) ground: Ground,
}

impl Bench<'_> {
    /// Tells whoever waits what is being done.
    pub(super) fn tell(&self, what: &str) {
        eprintln!("{what} …");
    }

    pub(super) fn scale(&self) -> Scale {
        self.options.scale
    }
}

type Measure = fn(&Bench<'_>) -> Result<Vec<Figure>, BenchError>;

/// Figures that share what they need are measured together.
const GROUPS: &[(&[&str], Measure)] = &[
    (&["durable"], durable::measure),
    (&["alone"], alone::measure),
    (&["reenact"], reenact::measure),
    (&["import"], import::measure),
    (&["fold"], fold::measure),
    (&["restart"], restart::measure),
    (&["idle"], idle::measure),
    (&["call"], call::measure),
    (&["script"], script::durable),
    (&["replay"], script::replay),
    (&["script-memory"], script::memory),
    (&["script-loop"], script::neighbours),
    (&["script-live"], saved::measure),
    (&["http-post"], web::post),
    (&["http-join"], web::join),
    (&["http-page"], web::page),
    (&["http-live"], web::live),
    (&["http-idle"], web::idle),
];

/// The names that `run` takes.
pub fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|(names, _)| names.iter().copied())
}

/// Measures the named figures, or all, and shows them. What else the process is asked to be by a figure of
/// its own is answered here too.
pub fn run(asked: &[String], options: &Options, out: &mut dyn Write) -> Result<Option<Report>, BenchError> {
    if let Some(done) = child::run(asked, out) {
        return done.map(|()| None);
    }
    if let Some(name) = asked.iter().find(|name| !names().any(|known| known == name.as_str())) {
        return Err(BenchError::Unknown { name: name.clone() });
    }
    let folder = options.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    let bench = Bench { options, ground: Ground::new(&folder)? };
    let machine = Machine::look();
    let mut figures = Vec::new();
    for (names, measure) in GROUPS {
        let wanted = asked.is_empty() || names.iter().any(|name| asked.iter().any(|asked| asked == name));
        if wanted {
            figures.append(&mut measure(&bench)?);
        }
    }
    let report = Report { machine: machine.ended(), figures };
    let shown = report.show(options.shown, out);
    shown.map_err(|source| BenchError::Io { path: "the output".into(), source })?;
    Ok(Some(report))
}
