//! Replay: what a draft of a script would have done to a group's own history. Changes nothing.
//!
//! Every recorded message is put before the draft in its order, denied and held ones included, in the words
//! in which it was written, over the state as it was recorded then. People follow history. What the draft
//! itself does (its memory, strikes, tags, mutes) is laid over that state, where it can read it; a mute of
//! its own does not silence what came later, unless the replay is to `cascade`. The built-in rules come
//! first, as they did: what they denied is not asked about.
//!
//! Shadow is the same over what was recorded since a version was put beside the live one.
//!
//! In reading order: what was said (`said`), the state with the draft laid over it (`world`), what is
//! counted (`count`), what is told (`report`).

mod count;
pub mod picture;
mod report;
mod said;
#[cfg(test)]
mod tests;
mod world;

pub use report::{Against, Case, Day, Differs, Fault, Labels, Regular, Report, Slow};

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use kith_core::body::Bodies;
use kith_core::hook::{Extensions, Hook};
use kith_core::ids::CommunityId;
use kith_core::ports::{Keys, Records};
use kith_core::script::{Binding, Script, Version};

use self::count::Count;
use self::said::Said;
use self::world::{Answer, World};
use crate::draft::AskError;
use crate::extend::{Extended, Runner, Usage, Watched, Watcher};
use crate::mint::Mint;
use crate::recover;

/// Frames between two reports of progress.
const FRAMES_PER_PROGRESS: u64 = 64;

/// A version that is to be tried: a draft, or one that is kept.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The script's name.
    pub name: String,
    /// The source.
    pub source: String,
    /// The hooks it answers.
    pub hooks: BTreeSet<Hook>,
    /// How it would be bound.
    pub binding: Binding,
}

impl Draft {
    /// A version that a community keeps, to be tried again.
    pub fn of(script: &Script, version: &Version) -> Self {
        Self {
            name: script.name.clone(),
            source: version.source.clone(),
            hooks: version.hooks.clone(),
            binding: script.binding.clone(),
        }
    }
}

/// What is replayed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The community.
    pub community: CommunityId,
    /// The draft.
    pub draft: Draft,
    /// Another version that runs the same way, to be compared with.
    pub against: Option<Draft>,
    /// Only what was said from here on is asked about, Unix milliseconds.
    pub since_ms: Option<u64>,
    /// Only what was said before this is asked about, Unix milliseconds.
    pub until_ms: Option<u64>,
    /// Only what stands in records after this one is asked about.
    pub after_seq: u64,
    /// Whether a mute of the draft's own silences what came later.
    pub cascade: Cascade,
}

/// Whether what the draft does to people holds for what they said later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cascade {
    /// It is counted, and they are asked about all the same.
    #[default]
    Counted,
    /// Who is muted says nothing.
    Followed,
}

/// What a replay needs of the world.
pub struct Stage<'a> {
    /// The log.
    pub records: &'a dyn Records,
    /// The host's secret, for the dice.
    pub keys: Arc<dyn Keys>,
    /// The script host.
    pub runner: Arc<dyn Runner>,
}

/// Remembers what the last run used.
#[derive(Default)]
struct Meter(Mutex<Option<(Usage, Option<kith_core::hook::Fault>)>>);

impl Watcher for Meter {
    fn ran(&self, run: Watched) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((run.usage, run.fault));
    }
}

impl Meter {
    fn take(&self) -> Option<(Usage, Option<kith_core::hook::Fault>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One version on its way through the history.
struct Track<'a> {
    world: World<'a>,
    meter: Arc<Meter>,
    extensions: Extended,
}

impl<'a> Track<'a> {
    fn new(stage: &Stage<'_>, world: World<'a>) -> Self {
        let meter = Arc::<Meter>::default();
        let (runner, keys) = (Arc::clone(&stage.runner), Arc::clone(&stage.keys));
        let extensions = Extended::new(runner, keys, Mint::seeded(0), Arc::clone(&meter) as _);
        Self { world, meter, extensions }
    }

    fn ask(&mut self, said: &Said<'_>, bodies: &Bodies) -> Option<Answer> {
        let extensions: &dyn Extensions = &self.extensions;
        let mut answer = self.world.ask(said, bodies, extensions)?;
        if let Some((usage, fault)) = self.meter.take() {
            answer.wall_us = usage.wall_us;
            answer.fault = fault;
        }
        Some(answer)
    }
}

/// Replays a community's history through a draft. `seen` is told the number of records done; it ends the
/// replay by breaking.
pub fn run(
    stage: &Stage<'_>,
    plan: &Plan,
    seen: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Report, AskError> {
    let (start, head) = recover::start_in_log(plan.community, stage.records)?;
    let mut count = Count::new(plan);
    let world = World::new(stage.records, start.clone(), &plan.draft, plan.cascade);
    let mut draft = Track::new(stage, world);
    let mut against = plan
        .against
        .as_ref()
        .map(|other| Track::new(stage, World::new(stage.records, start, other, plan.cascade)));
    let (mut broken, mut frames) = (None, 0_u64);
    stage.records.read(plan.community, head.frame_no + 1, &mut |frame| {
        frames += 1;
        for stored in &frame.records {
            let record = match recover::decode(plan.community, stored) {
                Ok(record) => record,
                Err(what) => {
                    broken = Some(what);
                    return ControlFlow::Break(());
                }
            };
            let bodies: Bodies = stored.bodies.iter().cloned().collect();
            let begun = record.seq > plan.after_seq;
            for part in said::parts(&record) {
                if let Some(said) = part.said.filter(|said| begun && plan.covers(said)) {
                    let answer = draft.ask(&said, &bodies);
                    let other = against.as_mut().map(|track| track.ask(&said, &bodies));
                    count.message(draft.world.state(), &said, (answer, other), &bodies);
                }
                count.saw(part.events, draft.world.state());
                draft.world.follow(&record, part.events, &bodies);
                if let Some(track) = &mut against {
                    track.world.follow(&record, part.events, &bodies);
                }
            }
            draft.world.close(&record);
            if let Some(track) = &mut against {
                track.world.close(&record);
            }
        }
        let done = frame.head.seq;
        if frames.is_multiple_of(FRAMES_PER_PROGRESS) { seen(done) } else { ControlFlow::Continue(()) }
    })?;
    draft.world.failed()?;
    against.as_mut().map_or(Ok(()), |track| track.world.failed())?;
    match broken {
        Some(what) => Err(AskError::Unreadable { community: plan.community, what }),
        None => Ok(count.report(draft.world.state())),
    }
}

impl Plan {
    /// A draft over everything, compared with nothing.
    pub fn new(community: CommunityId, draft: Draft) -> Self {
        Self {
            community,
            draft,
            against: None,
            since_ms: None,
            until_ms: None,
            after_seq: 0,
            cascade: Cascade::default(),
        }
    }

    fn covers(&self, said: &Said<'_>) -> bool {
        self.since_ms.is_none_or(|since_ms| said.at_ms >= since_ms)
            && self.until_ms.is_none_or(|until_ms| said.at_ms < until_ms)
    }
}
