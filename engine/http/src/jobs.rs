//! Replays under way and done: a few at a time, the last ones kept until they are asked for. They live in
//! memory only; a replay changes nothing, so that one lost with the process can be started again.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use kith_core::ids::CommunityId;
use kith_runtime::draft::AskError;
use kith_runtime::engine::Engine;
use kith_runtime::extend::Runner;
use kith_runtime::replay::{self, Plan, Report, Stage};
use tokio::sync::Semaphore;

/// Replays that run at once; each takes a thread for itself.
const RUNNING_MAX: usize = 2;
/// Replays that are kept; the oldest goes, and stops if it still runs.
const KEPT_MAX: usize = 32;

/// One replay.
pub(crate) struct Job {
    /// Its name.
    pub(crate) id: String,
    /// Of which community.
    pub(crate) community: CommunityId,
    /// Records there are.
    pub(crate) total: u64,
    done: AtomicU64,
    is_stopped: AtomicBool,
    outcome: OnceLock<Result<Report, String>>,
}

impl Job {
    /// Records that are done.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// What came of it, once it is over.
    pub(crate) fn outcome(&self) -> Option<&Result<Report, String>> {
        self.outcome.get()
    }

    /// Ends it early: its report covers what it had read.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    fn seen(&self, seq: u64) -> ControlFlow<()> {
        self.done.store(seq, Ordering::Relaxed);
        if self.is_stopped.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// All replays of a place.
pub(crate) struct Jobs {
    kept: Mutex<VecDeque<Arc<Job>>>,
    seats: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { kept: Mutex::default(), seats: Arc::new(Semaphore::new(RUNNING_MAX)) }
    }
}

impl Jobs {
    /// One of a community's.
    pub(crate) fn get(&self, community: CommunityId, id: &str) -> Option<Arc<Job>> {
        self.kept().iter().find(|job| job.community == community && job.id == id).cloned()
    }

    /// Starts a replay, or lets it wait for its turn.
    pub(crate) fn start(&self, id: String, plan: Plan, engine: &Engine, runner: Arc<dyn Runner>) -> Arc<Job> {
        let ports = engine.ports().clone();
        let total = ports.records.head(plan.community).map_or(0, |head| head.seq);
        let job = Arc::new(Job {
            id,
            community: plan.community,
            total,
            done: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
            outcome: OnceLock::new(),
        });
        self.keep(&job);
        let (seats, running) = (Arc::clone(&self.seats), Arc::clone(&job));
        tokio::spawn(async move {
            // The semaphore is never closed.
            let Ok(_seat) = seats.acquire_owned().await else { return };
            let work = Arc::clone(&running);
            let replayed = tokio::task::spawn_blocking(move || {
                let stage = Stage { records: ports.records.as_ref(), keys: Arc::clone(&ports.keys), runner };
                replay::run(&stage, &plan, &mut |seq| work.seen(seq))
            });
            let outcome = replayed.await.unwrap_or(Err(AskError::Stopping)).map_err(|error| {
                tracing::error!(%error, "a replay failed");
                error.to_string()
            });
            // Nobody else sets it.
            let _ = running.outcome.set(outcome);
        });
        job
    }

    fn keep(&self, job: &Arc<Job>) {
        let mut kept = self.kept();
        if kept.len() >= KEPT_MAX
            && let Some(oldest) = kept.pop_front()
        {
            oldest.stop();
        }
        kept.push_back(Arc::clone(job));
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
