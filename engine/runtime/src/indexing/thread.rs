//! The thread that feeds the index all the time.
//!
//! It looks whether streams have grown every second, and at once where it is nudged; after a commit it rests
//! a second, so that a busy host pays for one commit a second and not for one a message. Nothing waits for
//! it: it ends with its owner, and goes on after the next start where the last commit was.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kith_core::ports::Records;
use kith_core::ports::search::Search;

use super::feeder::{Feeder, OnProgress};

/// How often it is looked whether streams have grown, and the rest after a commit.
const TICK: Duration = Duration::from_secs(1);
/// The rest after a failure: a full disk is not empty a second later.
const REST: Duration = Duration::from_secs(10);

/// An index that is fed.
pub struct Indexing {
    search: Arc<dyn Search>,
    bell: Arc<Bell>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What wakes the thread.
#[derive(Default)]
struct Bell {
    rung: Mutex<Rung>,
    wake: Condvar,
}

#[derive(Default)]
struct Rung {
    nudged: bool,
    closing: bool,
}

/// What the thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Looks whether streams have grown.
    Look,
    /// The same, because somebody said so.
    Nudged,
    /// It is over.
    End,
}

impl Indexing {
    /// Opens an index in a thread of its own and feeds it from then on.
    pub fn start(
        records: Arc<dyn Records>,
        search: Arc<dyn Search>,
        on_progress: OnProgress,
    ) -> std::io::Result<Self> {
        let feeder = Feeder::new(records, Arc::clone(&search), on_progress);
        let (bell, stopping) = (Arc::<Bell>::default(), feeder.stopping());
        let ours = Arc::clone(&bell);
        let thread = thread::Builder::new().name("search".to_owned()).spawn(move || run(feeder, &ours))?;
        Ok(Self { search, bell, stopping, thread: Some(thread) })
    }

    /// What is fed.
    pub fn search(&self) -> &Arc<dyn Search> {
        &self.search
    }

    /// Says that a stream has grown: it need not wait for the next look.
    pub fn nudge(&self) {
        self.bell.rung().nudged = true;
        self.bell.wake.notify_all();
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        self.bell.rung().closing = true;
        self.bell.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // It has told of its end itself, if it was a panic.
            let _ = thread.join();
        }
    }
}

impl Bell {
    fn rung(&self) -> MutexGuard<'_, Rung> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a nudge, a tick at most.
    fn wait(&self) -> Next {
        let idle = |rung: &mut Rung| !rung.closing && !rung.nudged;
        let waited = self.wake.wait_timeout_while(self.rung(), TICK, idle);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (rung.closing, std::mem::take(&mut rung.nudged)) {
            (true, _) => Next::End,
            (false, true) => Next::Nudged,
            (false, false) => Next::Look,
        }
    }

    /// Waits until it is over, so long at most.
    fn rest(&self, pause: Duration) {
        // Whether it is over is asked by `wait`.
        let _ = self.wake.wait_timeout_while(self.rung(), pause, |rung| !rung.closing);
    }
}

fn run(mut feeder: Feeder, bell: &Bell) {
    let mut next = Next::Look;
    while next != Next::End {
        // Whatever the index stumbles over must not end search until the next start.
        let pause = match catch_unwind(AssertUnwindSafe(|| feeder.catch_up())) {
            Ok(Ok(())) if next == Next::Nudged => TICK,
            Ok(Ok(())) => Duration::ZERO,
            Ok(Err(error)) => {
                tracing::warn!(%error, "search is behind; it is tried again");
                REST
            }
            Err(_) => {
                feeder.doubt();
                REST
            }
        };
        bell.rest(pause);
        next = bell.wait();
    }
}
