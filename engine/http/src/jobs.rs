//! Replays under way and done lately: kept in memory, bounded, gone with the process. They change nothing, so
//! nothing is lost with them.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::ids::CommunityId;
use kith_runtime::replay::{self, Draft, Plan, Report};

use crate::place::Place;
use crate::problem::Problem;

/// Replays that are kept; the oldest that are done go first.
const KEPT_MAX: usize = 64;
/// Replays of one community at once: each reads its whole history.
const AT_ONCE_PER_COMMUNITY_MAX: usize = 2;
/// Replays of all communities at once.
const AT_ONCE_MAX: usize = 4;

/// Replays by the order in which they began.
#[derive(Default)]
pub(super) struct Jobs(Mutex<VecDeque<Arc<Job>>>);

/// One replay.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) community: CommunityId,
    /// What is tried.
    pub(super) draft: Draft,
    /// Whether it is a kept version, and which.
    pub(super) version: Option<u32>,
    /// The records there are.
    pub(super) total: u64,
    done: AtomicU64,
    stop: AtomicBool,
    state: Mutex<State>,
}

/// How far a replay is.
#[derive(Clone)]
pub(super) enum State {
    Running,
    Done(Arc<Report>),
    Failed(Problem),
}

/// What a replay is asked to be.
pub(super) struct Wish {
    pub(super) plan: Plan,
    pub(super) version: Option<u32>,
}

impl Job {
    /// How many records are read.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed).min(self.total)
    }

    pub(super) fn state(&self) -> State {
        self.held().clone()
    }

    /// Whether somebody ended it before its time.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Ends it; what was counted so far is told.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn is_running(&self) -> bool {
        matches!(*self.held(), State::Running)
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jobs {
    /// A replay of a community by its id.
    pub(super) fn get(&self, community: CommunityId, id: &str) -> Option<Arc<Job>> {
        self.held().iter().find(|job| job.community == community && job.id == id).cloned()
    }

    /// Begins a replay on a thread of its own; `None` where too many are under way.
    pub(super) fn begin(&self, place: &Place, id: String, wish: Wish) -> Option<Arc<Job>> {
        let (community, draft) = (wish.plan.community, wish.plan.draft.clone());
        let total = place.engine.ports().records.head(community).map_or(0, |head| head.seq);
        let job = Arc::new(Job {
            id,
            community,
            draft,
            version: wish.version,
            total,
            done: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            state: Mutex::new(State::Running),
        });
        self.take_in(&job)?;
        let (place, running) = (place.clone(), Arc::clone(&job));
        tokio::task::spawn_blocking(move || {
            let told = run(&place, &running, &wish.plan);
            *running.held() = told;
        });
        Some(job)
    }

    fn take_in(&self, job: &Arc<Job>) -> Option<()> {
        let mut jobs = self.held();
        let running: Vec<&Arc<Job>> = jobs.iter().filter(|job| job.is_running()).collect();
        let of_community = running.iter().filter(|other| other.community == job.community).count();
        if running.len() >= AT_ONCE_MAX || of_community >= AT_ONCE_PER_COMMUNITY_MAX {
            return None;
        }
        while jobs.len() >= KEPT_MAX {
            let oldest = jobs.iter().position(|job| !job.is_running())?;
            jobs.remove(oldest);
        }
        jobs.push_back(Arc::clone(job));
        Some(())
    }

    fn held(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(place: &Place, job: &Job, plan: &Plan) -> State {
    let (ports, began_ms) = (place.engine.ports(), place.now_ms());
    let stage = replay::Stage {
        records: ports.records.as_ref(),
        keys: Arc::clone(&ports.keys),
        runner: Arc::clone(&place.runner),
    };
    let told = replay::run(&stage, plan, &mut |seq| {
        job.done.store(seq, Ordering::Relaxed);
        if job.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match told {
        Ok(mut report) => {
            report.wall_ms = place.now_ms().saturating_sub(began_ms);
            State::Done(Arc::new(report))
        }
        Err(error) => State::Failed(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kith_core::script::Binding;

    use super::*;

    fn job(id: u32, community: u128) -> Arc<Job> {
        let (name, source) = (id.to_string(), String::new());
        Arc::new(Job {
            id: id.to_string(),
            community: CommunityId(community),
            draft: Draft { name, source, hooks: BTreeSet::new(), binding: Binding::default() },
            version: None,
            total: 10,
            done: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            state: Mutex::new(State::Running),
        })
    }

    fn finish(job: &Job) {
        *job.held() = State::Done(Arc::new(Report::default()));
    }

    #[test]
    fn one_community_does_not_keep_the_others_waiting() {
        let jobs = Jobs::default();
        let first = job(1, 7);
        assert!(jobs.take_in(&first).is_some() && jobs.take_in(&job(2, 7)).is_some());
        assert!(jobs.take_in(&job(3, 7)).is_none());
        assert!(jobs.take_in(&job(4, 8)).is_some());
        finish(&first);
        assert!(jobs.take_in(&job(5, 7)).is_some());
    }

    #[test]
    fn what_is_done_goes_before_what_is_under_way() {
        let jobs = Jobs::default();
        let running = job(0, 1);
        jobs.take_in(&running);
        for id in 1..200 {
            let next = job(id, 2);
            assert!(jobs.take_in(&next).is_some());
            finish(&next);
        }
        assert_eq!(jobs.held().len(), KEPT_MAX);
        assert!(jobs.get(CommunityId(1), "0").is_some());
        assert!(jobs.get(CommunityId(2), "199").is_some() && jobs.get(CommunityId(1), "199").is_none());
    }
}
