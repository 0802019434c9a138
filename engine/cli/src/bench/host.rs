//! A host for figures: an opened DATA folder, a runtime, and an engine over both, stopped in the right order.

use std::path::Path;
use std::time::Duration;

use kith_runtime::engine::{Engine, Options};
use kith_store::derived::Phase;
use tokio::runtime::Runtime;

use super::run::BenchError;
use super::stopwatch::Stopwatch;
use crate::opened::Opened;

/// How often something that goes on elsewhere is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A running engine.
pub(super) struct Host {
    pub(super) engine: Engine,
    pub(super) runtime: Runtime,
    pub(super) opened: Opened,
}

impl Host {
    /// Opens DATA and starts an engine that lets no stream rest by itself.
    pub(super) fn start(data: &Path) -> Result<Self, BenchError> {
        Self::over(Opened::open(data, Box::new(|_| {}))?)
    }

    /// The same over what is opened already.
    pub(super) fn over(opened: Opened) -> Result<Self, BenchError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|source| BenchError::Io { path: "a runtime".into(), source })?;
        let engine = {
            let _inside = runtime.enter();
            let an_hour = Duration::from_secs(3_600);
            opened.engine(Options { idle_after: an_hour, sweep_every: Duration::from_secs(1) })
        };
        Ok(Self { engine, runtime, opened })
    }

    /// Bytes that the log has written, without the room that its last file may have.
    pub(super) fn log_bytes(&self) -> Result<u64, BenchError> {
        let files = self.opened.store().log().files()?;
        Ok(files.iter().map(|file| file.bytes).sum())
    }

    /// Waits until the index answers and holds everything.
    pub(super) fn settle(&self) {
        settle(&self.opened);
    }

    /// Finishes everything and closes DATA.
    pub(super) fn stop(self) {
        self.runtime.block_on(self.engine.stop());
        let Self { engine, runtime, opened } = self;
        drop(engine);
        drop(runtime);
        drop(opened);
    }
}

/// Waits until the index answers and holds everything.
pub(super) fn settle(opened: &Opened) {
    wait_until(|| opened.index().phase() == Phase::Ready && opened.index().lag_records() == 0);
}

/// Waits until something is so, and says how long that took.
pub(super) fn wait_until(is_so: impl Fn() -> bool) -> f64 {
    let watch = Stopwatch::start();
    while !is_so() {
        std::thread::sleep(LOOK_EVERY);
    }
    watch.seconds()
}
