//! The script host of this process, as writers, replays and commands ask it; and the side table of what its
//! runs used.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kith_core::hook::{Call, Extensions, FaultKind, Hook, Place, Ran};
use kith_core::ids::{CommunityId, MessageId};
use kith_core::ports::Keys;
use kith_core::script::{Command, Scripts};
use kith_runtime::blueprint::Planned;
use kith_runtime::extend::{Extended, Runner, Usage, Watched, Watcher};
use kith_runtime::mint::Mint;
use kith_runtime::replay::Draft;
use kith_runtime::scripting::{self, Compiler, Desk, Problem};
use kith_scripts::{Host, Limits, Outside};
use kith_store::derived::DerivedIndex;
use serde::{Deserialize, Serialize};

use crate::compiler;
use crate::failure::{Exit, Failure};

/// Runs that wait to be written into the side table; beyond it they are let go, since writers never wait.
const WAITING_MAX: usize = 1_024;
/// How often they are written.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Of the runs that went well and fast, one in so many is kept.
const SAMPLE: u64 = 64;
/// A run above this is kept whatever it came to.
const SLOW_US: u64 = 10_000;

/// The script host of a process.
#[derive(Clone)]
pub struct Scripting {
    host: Arc<Host>,
}

impl Default for Scripting {
    fn default() -> Self {
        Self { host: Arc::new(Host::new(Limits::default())) }
    }
}

/// The host as the runtime knows it.
struct Rhai(Arc<Host>);

/// What stands outside of a run: the command's dice, and what messages that stand say.
struct Beyond<'a> {
    call: &'a Call<'a>,
    seed: &'a dyn Fn() -> [u8; 32],
}

impl Outside for Beyond<'_> {
    fn seed(&self) -> [u8; 32] {
        (self.seed)()
    }

    fn text(&self, message: MessageId) -> Option<String> {
        kith_core::message::text_of(self.call.ctx, message)
    }
}

impl Runner for Rhai {
    fn run(&self, call: &Call<'_>, seed: &dyn Fn() -> [u8; 32]) -> (Ran, Usage) {
        let (ran, used) = self.0.run(call, &Beyond { call, seed });
        let kith_scripts::Usage { wall_us, memory_peak_bytes, log, lacked, .. } = used;
        (ran, Usage { wall_us, memory_peak_bytes, log, lacked })
    }
}

impl Scripting {
    /// The host itself: compiling, cases.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The host as a replay asks it.
    pub fn runner(&self) -> Arc<dyn Runner> {
        Arc::new(Rhai(Arc::clone(&self.host)))
    }

    /// The host as it compiles scripts and plays their cases.
    pub fn compiler(&self) -> Arc<dyn Compiler> {
        Arc::new(compiler::Rhai(Arc::clone(&self.host)))
    }

    /// The host as writers ask it; what runs use goes into the side table.
    pub fn extensions(&self, keys: Arc<dyn Keys>, index: &Arc<DerivedIndex>) -> Arc<dyn Extensions> {
        let watcher: Arc<dyn Watcher> = Arc::new(SideTable::start(index));
        Arc::new(Extended::new(self.runner(), keys, Mint::System, watcher))
    }
}

/// A draft from a file, compiled now. It stands for the script of the file's name, bound as that is.
pub(crate) fn draft(file: &Path, scripting: &Scripting, scripts: &Scripts) -> Result<Draft, Failure> {
    let unusable = |problem: Problem| Failure::problem(Exit::BadInput, problem);
    let written = scripting::file_of(file).map_err(unusable)?;
    let compiled = scripting.compiler().compile(written.source());
    let hooks = compiled.map_err(|said| unusable(Problem::Mistakes(said)))?.hooks;
    let binding = scripts.get(&written.name).map(|script| script.binding.clone()).unwrap_or_default();
    Ok(Draft { name: written.name, source: written.source, hooks, binding })
}

/// The commands that put the scripts of a blueprint in, in their order. Refuses scripts that do not pass,
/// before anything is founded.
pub(crate) fn check_planned(scripts: &[Planned]) -> Result<Vec<Command>, Failure> {
    let compiler = Scripting::default().compiler();
    let puts = scripts.iter().map(|planned| match scripting::check(compiler.as_ref(), &planned.written) {
        Ok(checked) => Ok(planned.how().command(&planned.written, &checked)),
        Err(problem) => Err(Failure::problem(Exit::BadInput, problem)),
    });
    puts.collect()
}

/// Puts the scripts of a blueprint in, in their order.
pub(crate) async fn put_planned(desk: &Desk, to: CommunityId, scripts: &[Planned]) -> Result<(), Failure> {
    for planned in scripts {
        desk.put(to, &planned.written, planned.how()).await?;
    }
    Ok(())
}

/// One row of the side table: what a run used. Nothing that anybody wrote is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// The script's number.
    pub no: u32,
    /// The version.
    pub version: u32,
    /// The hook.
    pub hook: Hook,
    /// Operations.
    pub operations: u64,
    /// Time by the clock, microseconds.
    pub wall_us: u64,
    /// The most memory at once, bytes.
    pub memory_peak_bytes: u64,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<(FaultKind, Option<Place>)>,
}

impl Measured {
    fn of(run: &Watched) -> Self {
        Self {
            at_ms: run.at_ms,
            no: run.no,
            version: run.version,
            hook: run.hook,
            operations: run.operations,
            wall_us: run.usage.wall_us,
            memory_peak_bytes: run.usage.memory_peak_bytes,
            fault: run.fault.as_ref().map(|fault| (fault.kind, fault.place)),
        }
    }

    /// A row as it was read back; `None` for what a later release wrote.
    pub fn read(row: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(row).ok()
    }
}

/// Takes runs from writers without making them wait, and writes them on a thread of its own.
struct SideTable {
    rows: Option<SyncSender<(CommunityId, Measured)>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for SideTable {
    /// Writes what waits and ends the thread.
    fn drop(&mut self) {
        self.rows = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::warn!("the side table ended with a panic; measurements are lost");
        }
    }
}

impl SideTable {
    fn start(index: &Arc<DerivedIndex>) -> Self {
        let (rows, waiting) = sync_channel(WAITING_MAX);
        let index = Arc::downgrade(index);
        // The thread ends with the last sender; a table without one loses rows, which it may.
        let started = thread::Builder::new().name("kith-measured".into()).spawn(move || {
            while let Some(rows) = gather(&waiting) {
                let Some(index) = index.upgrade() else { return };
                for (community, rows) in rows {
                    if let Err(error) = index.measure(community, &rows) {
                        tracing::debug!(%community, %error, "measurements were not kept");
                    }
                }
            }
        });
        let thread =
            started.inspect_err(|error| tracing::warn!(%error, "the side table is not written")).ok();
        Self { rows: Some(rows), thread }
    }
}

type Rows = std::collections::BTreeMap<CommunityId, Vec<(u64, Vec<u8>)>>;

/// What has come since the last time; `None` once nobody sends any more.
fn gather(waiting: &Receiver<(CommunityId, Measured)>) -> Option<Rows> {
    let mut rows = Rows::new();
    let mut next = waiting.recv().ok();
    while let Some((community, row)) = next {
        if let Ok(bytes) = rmp_serde::to_vec_named(&row) {
            rows.entry(community).or_default().push((row.at_ms, bytes));
        }
        next = match waiting.recv_timeout(WRITE_EVERY) {
            Ok(row) if rows.values().map(Vec::len).sum::<usize>() < WAITING_MAX => Some(row),
            Ok(_) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        };
    }
    (!rows.is_empty()).then_some(rows)
}

impl Watcher for SideTable {
    fn ran(&self, run: Watched) {
        let sampled = run.command.0.is_multiple_of(u128::from(SAMPLE));
        if sampled || run.fault.is_some() || run.usage.wall_us >= SLOW_US {
            // A full table lets rows go.
            let _ = self.rows.as_ref().map(|rows| rows.try_send((run.community, Measured::of(&run))));
        }
    }
}

#[cfg(test)]
mod tests {
    use kith_core::ids::CommandId;
    use kith_store::derived::Phase;

    use super::*;
    use crate::opened::Opened;

    #[test]
    fn what_runs_used_is_there_after_the_process_that_measured_it() {
        let folder = tempfile::tempdir().unwrap();
        let ready = || {
            let opened = Opened::open(folder.path(), Box::new(|_| {})).unwrap();
            while opened.index().phase() != Phase::Ready {
                thread::yield_now();
            }
            opened
        };
        let opened = ready();
        let table = SideTable::start(opened.index());
        for (command, wall_us) in [(1, 5), (2, SLOW_US), (u128::from(SAMPLE), 7)] {
            table.ran(Watched {
                community: CommunityId(9),
                command: CommandId(command),
                no: 3,
                script: "guard".to_owned(),
                version: 1,
                hook: Hook::Message,
                at_ms: wall_us,
                operations: 4,
                fault: None,
                usage: Usage { wall_us, ..Usage::default() },
            });
        }
        drop(table);
        drop(opened);
        let rows = ready().index().measured(CommunityId(9), 10).unwrap();
        let kept: Vec<u64> =
            rows.iter().filter_map(|row| Measured::read(row)).map(|row| row.wall_us).collect();
        assert_eq!(kept, [SLOW_US, 7], "the slow one and the sampled one");
    }
}
