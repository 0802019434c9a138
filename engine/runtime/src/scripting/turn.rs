//! One look at a folder: what is new since the last one, and what is done about it.
//!
//! A file counts as new when its bytes or those of its cases are others than at the last look, so that what
//! an operator did by command (a rollback, switching off) stands until the file is saved again. A file that
//! is gone is believed at the second look: editors take a file away for a moment when they save it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use kith_core::ids::CommunityId;
use kith_core::notice::Text;
use kith_core::script::{Command, Origin, Script, Stage};
use kith_core::stream::Stream;
use sha2::{Digest, Sha256};

use super::folder::{self, Contents, FolderError};
use super::put::{Change, Desk, How, PutError};
use super::{Diagnostic, Problem, Written};
use crate::draft::AskError;
use crate::texts::Reader;

/// What became of one script of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// The script's name.
    pub script: String,
    /// What became of it.
    pub what: What,
}

/// What can become of a script of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A new version decides from now on.
    Live {
        /// Its number.
        version: u32,
        /// What is probably not meant, though it works.
        warnings: Vec<Diagnostic>,
        /// How many cases it passed.
        cases: usize,
    },
    /// Nothing is otherwise: the file says what the newest version says.
    Stands {
        /// The version that decides; `None` while the script is off.
        live: Option<u32>,
    },
    /// It was not put in; what decided before decides still.
    Refused {
        /// Why.
        why: Why,
        /// The version that decides; `None` while the script is off or not there.
        live: Option<u32>,
    },
    /// Its file is gone: it is asked no more, and its versions are kept.
    SwitchedOff,
}

/// Why a script of a folder was not put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Something has to be written otherwise.
    Problem(Problem),
    /// The community says no, or the checks came to no end.
    Said(Text),
}

impl Why {
    /// As a person reads it.
    pub fn shown(&self, reader: &Reader<'_>) -> String {
        match self {
            Self::Problem(problem) => problem.shown(reader),
            Self::Said(text) => reader.with_hint(text),
        }
    }

    /// What has to be written otherwise.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            Self::Said(_) => None,
        }
    }
}

type Print = [u8; 32];

/// What was seen of a folder at the last look.
#[derive(Default)]
pub(super) struct Seen {
    begun: bool,
    prints: BTreeMap<String, Print>,
    missing: BTreeSet<String>,
    /// Whether something could not be done and has to be tried again.
    undone: bool,
}

/// What a script of the community is, as far as a look needs it.
struct Standing {
    origin: Origin,
    live: Option<u32>,
    newest: Option<Print>,
}

impl Standing {
    fn of(script: &Script) -> Self {
        let newest = script.versions.last().map(|version| print_of(&version.source, &version.cases));
        Self { origin: script.origin, live: script.live, newest }
    }
}

fn print(entry: &Result<Written, Problem>) -> Print {
    match entry {
        Err(problem) => Sha256::digest(problem.to_string()).into(),
        Ok(written) => print_of(&written.source, written.cases.as_ref().map_or("", |(_, text)| text)),
    }
}

fn print_of(source: &str, cases: &str) -> Print {
    let mut hash = Sha256::new();
    hash.update((source.len() as u64).to_be_bytes());
    hash.update(source);
    hash.update(cases);
    hash.finalize().into()
}

/// Looks at a folder and does what follows.
pub(super) struct Look<'a> {
    pub(super) desk: &'a Desk,
    pub(super) community: CommunityId,
    pub(super) folder: &'a Arc<PathBuf>,
    pub(super) seen: &'a mut Seen,
}

impl Look<'_> {
    /// Looks once. `Seen::is_open` tells whether another look has to follow soon.
    pub(super) async fn once(&mut self, tell: &mut (dyn FnMut(Reload) + Send)) -> Result<(), FolderError> {
        let folder = Arc::clone(self.folder);
        let contents = tokio::task::spawn_blocking(move || folder::read(&folder)).await;
        let contents = contents.unwrap_or_else(|panic| {
            let path = self.folder.as_ref().clone();
            Err(FolderError::Io { path, source: std::io::Error::other(panic) })
        })?;
        self.seen.undone = false;
        let Ok(standings) = self.standings().await else {
            self.seen.undone = true;
            return Ok(());
        };
        if !self.seen.begun {
            self.begin(&contents, &standings, tell);
        }
        for (name, entry) in &contents {
            self.seen.missing.remove(name);
            let print = print(entry);
            if self.seen.prints.get(name) == Some(&print) {
                continue;
            }
            let live = standings.get(name).and_then(|script| script.live);
            match self.take_in(entry, live).await {
                None => self.seen.undone = true,
                Some(what) => {
                    self.seen.prints.insert(name.clone(), print);
                    tell(Reload { script: name.clone(), what });
                }
            }
        }
        self.miss(&contents, &standings, tell).await;
        Ok(())
    }

    async fn standings(&self) -> Result<BTreeMap<String, Standing>, AskError> {
        let rows = |stream: &Stream| {
            let rows = stream.community().map(|community| &community.scripts.rows[..]).unwrap_or_default();
            rows.iter().map(|script| (script.name.clone(), Standing::of(script))).collect()
        };
        self.desk.engine.view(self.community, rows).await
    }

    /// At the first look, what is in the community already counts as seen.
    fn begin(
        &mut self,
        contents: &Contents,
        standings: &BTreeMap<String, Standing>,
        tell: &mut (dyn FnMut(Reload) + Send),
    ) {
        self.seen.begun = true;
        for (name, script) in standings.iter().filter(|(_, script)| script.origin == Origin::Folder) {
            match contents.get(name) {
                None if script.live.is_some() => {
                    self.seen.prints.insert(name.clone(), Print::default());
                }
                Some(entry @ Ok(_)) if script.newest == Some(print(entry)) => {
                    self.seen.prints.insert(name.clone(), print(entry));
                    tell(Reload { script: name.clone(), what: What::Stands { live: script.live } });
                }
                _ => {}
            }
        }
    }

    /// What becomes of a file that is new; `None` where it has to be tried again.
    async fn take_in(&self, entry: &Result<Written, Problem>, live: Option<u32>) -> Option<What> {
        let refused = |why| Some(What::Refused { why, live });
        let written = match entry {
            Ok(written) => written,
            Err(problem) => return refused(Why::Problem(problem.clone())),
        };
        let how = How { origin: Origin::Folder, binding: None, stage: Stage::Live };
        match self.desk.put(self.community, written, how).await {
            Ok(done) if done.change == Change::Nothing => Some(What::Stands { live }),
            Ok(done) => Some(What::Live {
                version: done.version,
                warnings: done.checked.warnings,
                cases: done.checked.cases.len(),
            }),
            Err(PutError::Problem(problem)) => refused(Why::Problem(problem)),
            Err(PutError::Ask(AskError::Refused(refusal))) => refused(Why::Said(refusal.text())),
            Err(PutError::Ask(error)) => {
                tracing::warn!(%error, "a saved script waits");
                None
            }
            Err(PutError::TooSlow) => refused(Why::Said(PutError::too_slow())),
            Err(PutError::Broken(what)) => refused(Why::Said(PutError::broken(&what))),
        }
    }

    /// Switches off what is gone for the second time.
    async fn miss(
        &mut self,
        contents: &Contents,
        standings: &BTreeMap<String, Standing>,
        tell: &mut (dyn FnMut(Reload) + Send),
    ) {
        let gone: Vec<String> =
            self.seen.prints.keys().filter(|name| !contents.contains_key(*name)).cloned().collect();
        for name in gone {
            if self.seen.missing.insert(name.clone()) {
                continue;
            }
            if standings.get(&name).is_none_or(|script| script.origin != Origin::Folder) {
                // It was never put in from here.
                self.seen.forget(&name);
                continue;
            }
            match self.desk.ask(self.community, Command::SwitchOff { name: name.clone() }).await {
                // It is off already.
                Err(AskError::Refused(_)) => self.seen.forget(&name),
                Ok(_) => {
                    self.seen.forget(&name);
                    tell(Reload { script: name, what: What::SwitchedOff });
                }
                Err(error) => {
                    tracing::warn!(%error, "a script whose file is gone is not off yet");
                    self.seen.undone = true;
                }
            }
        }
    }
}

impl Seen {
    fn forget(&mut self, name: &str) {
        self.prints.remove(name);
        self.missing.remove(name);
    }

    /// Whether another look has to follow soon.
    pub(super) fn is_open(&self) -> bool {
        self.undone || !self.missing.is_empty()
    }
}
