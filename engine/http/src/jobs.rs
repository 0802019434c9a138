//! Replays under way and done lately, whoever asked: kept in memory, bounded, gone with the process. They
//! change nothing, so nothing is lost with them.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use kith_core::ids::CommunityId;
use kith_core::refusal::Refusal;
use kith_core::script::Script;
use kith_runtime::replay::{self, Draft, Plan, Report};

use crate::place::Place;
use crate::problem::Problem;
use crate::room::Room;
use crate::talk::hex;

/// Replays that are kept; the oldest that are done go first.
const KEPT_MAX: usize = 64;
/// Replays of one community at once: each reads its whole history.
const AT_ONCE_PER_COMMUNITY_MAX: usize = 2;
/// Replays of all communities at once.
const AT_ONCE_MAX: usize = 4;

/// Replays by the order in which they began.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<VecDeque<Arc<Job>>>);

/// One replay.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) community: CommunityId,
    /// What is tried.
    pub(crate) draft: Draft,
    /// Whether it is a kept version, and which.
    pub(crate) version: Option<u32>,
    /// The records there are.
    pub(crate) total: u64,
    done: AtomicU64,
    stop: AtomicBool,
    state: Mutex<State>,
}

/// How far a replay is.
#[derive(Clone)]
pub(crate) enum State {
    Running,
    Done(Arc<Report>),
    Failed(Problem),
}

/// What a replay is asked to be.
pub(crate) struct Wish {
    pub(crate) plan: Plan,
    pub(crate) version: Option<u32>,
}

impl Wish {
    /// A draft over the whole history, against the script's live version.
    pub(crate) fn of_draft(community: CommunityId, draft: Draft, script: Option<&Script>) -> Self {
        let against = script.and_then(|script| Some(Draft::of(script, script.live()?)));
        Self { plan: Plan { against, ..Plan::new(community, draft) }, version: None }
    }

    /// What the version in the shadow would have done since it was put there.
    pub(crate) async fn of_shadow(room: &Room, script: &Script) -> Result<Self, Problem> {
        let missing = || Refusal::NotFound { what: format!("shadow of {}", script.name) };
        let version = script.shadow.and_then(|number| script.version(number)).ok_or_else(missing)?;
        let history = room.history_of(&script.name).await?.unwrap_or_default();
        let stand = history.version(version.number).and_then(|doing| doing.shadow.last().copied());
        let Self { plan, .. } = Self::of_draft(room.id, Draft::of(script, version), Some(script));
        let after_seq = stand.map_or(0, |stand| stand.from_seq);
        Ok(Self { plan: Plan { after_seq, ..plan }, version: Some(version.number) })
    }
}

impl Job {
    /// How many records are read.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed).min(self.total)
    }

    pub(crate) fn state(&self) -> State {
        self.held().clone()
    }

    /// Whether somebody ended it before its time.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Ends it; what was counted so far is told.
    pub(crate) fn stop(&self) {
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
    pub(crate) fn get(&self, community: CommunityId, id: &str) -> Option<Arc<Job>> {
        self.held().iter().find(|job| job.community == community && job.id == id).cloned()
    }

    /// Begins a replay on a thread of its own, unless too many are under way.
    pub(crate) fn begin(&self, place: &Place, wish: Wish) -> Result<Arc<Job>, Problem> {
        let id = format!("rpl_{}", hex(&place.mint.random_bytes()));
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
        let too_many = || Problem::new(StatusCode::TOO_MANY_REQUESTS, "http.too_many_replays");
        self.take_in(&job).ok_or_else(too_many)?;
        let (place, running) = (place.clone(), Arc::clone(&job));
        tokio::task::spawn_blocking(move || {
            let told = run(&place, &running, &wish.plan);
            *running.held() = told;
        });
        Ok(job)
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
