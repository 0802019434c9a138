//! One version on its way through the history: its world, and what its last run used.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kith_core::body::Bodies;
use kith_core::event::Event;
use kith_core::hook::{Call, Extensions, Ran};
use kith_core::message::Evidence;
use kith_core::record::Record;
use kith_core::script::{Happened, RunOutcome};

use super::Stage;
use super::answer::Answer;
use super::asked::Asked;
use super::world::{World, replayed};
use crate::draft::AskError;
use crate::extend::{Extended, Runner, Unwatched, Usage};
use crate::mint::Mint;

/// What the last run used and proposed.
#[derive(Default)]
struct Noted {
    usage: Usage,
    /// Kinds of effects, and whether each lets a member feel something.
    effects: Vec<(&'static str, bool)>,
}

/// Runs the version with the dice of the command that was recorded, and notes what each run used.
struct Noting {
    runner: Arc<dyn Runner>,
    dice: Extended,
    last: Mutex<Option<Noted>>,
}

impl Runner for Noting {
    fn run(&self, call: &Call<'_>, _seed: &dyn Fn() -> [u8; 32]) -> (Ran, Usage) {
        let seed = || self.dice.seed(call.ctx.stream.id, replayed(call.ctx.command.id));
        let (ran, usage) = self.runner.run(call, &seed);
        let proposed = ran.outcome.iter().flat_map(|(_, effects)| effects);
        let effects = proposed.map(|effect| (effect.kind(), effect.sanctions().is_some())).collect();
        *self.last() = Some(Noted { usage: usage.clone(), effects });
        (ran, usage)
    }
}

impl Noting {
    fn last(&self) -> std::sync::MutexGuard<'_, Option<Noted>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the run used that an answer came of.
    fn complete(&self, answer: Answer) -> Answer {
        let Some(Noted { usage, effects }) = self.last().take() else { return answer };
        let capped = answer.outcome == RunOutcome::Capped;
        let kept = effects.into_iter().filter(|(_, sanction)| !(capped && *sanction));
        let effects = kept.map(|(kind, _)| kind).collect();
        let effects = if answer.fault.is_some() { Vec::new() } else { effects };
        Answer { effects, lacked: usage.lacked, wall_us: usage.wall_us, ..answer }
    }
}

/// One version on its way through the history.
pub(super) struct Track<'a> {
    world: World<'a>,
    noting: Arc<Noting>,
    extensions: Extended,
    rung: u32,
    rung_max: u32,
    stopped: bool,
}

impl<'a> Track<'a> {
    pub(super) fn new(stage: &Stage<'_>, world: World<'a>, rung_max: u32) -> Self {
        let extended = |runner: Arc<dyn Runner>| {
            Extended::new(runner, Arc::clone(&stage.keys), Mint::seeded(0), Arc::new(Unwatched))
        };
        let (runner, dice) = (Arc::clone(&stage.runner), extended(Arc::clone(&stage.runner)));
        let noting = Arc::new(Noting { runner, dice, last: Mutex::default() });
        let extensions = extended(Arc::clone(&noting) as _);
        Self { world, noting, extensions, rung: 0, rung_max, stopped: false }
    }

    /// Why something that the version asked for could not be read.
    pub(super) fn failed(&mut self) -> Result<(), AskError> {
        self.world.failed()
    }

    /// The state that the version sees.
    pub(super) fn world(&self) -> &World<'a> {
        &self.world
    }

    /// Puts something before the version.
    pub(super) fn ask(&mut self, asked: &Asked<'_>, bodies: &Bodies) -> Option<Answer> {
        let answer = self.world.ask(asked, (bodies, &self.extensions))?;
        Some(self.noting.complete(answer))
    }

    /// Tells the version of something that happened.
    pub(super) fn tell(&mut self, happened: &Happened, bodies: &Bodies) -> Option<Answer> {
        let answer = self.world.tell(happened, (bodies, &self.extensions))?;
        Some(self.noting.complete(answer))
    }

    /// Lets the version's next timer ring that is due; `None` where none is, and inside where it found
    /// nothing to do.
    pub(super) fn ring(&mut self, at_ms: u64) -> Option<Option<Answer>> {
        if self.rung == self.rung_max {
            self.stopped |= self.world.has_due(at_ms);
            return None;
        }
        let (due_ms, timer, quoted) = self.world.next_timer(at_ms)?;
        self.rung += 1;
        let answer = self.world.ring((due_ms, timer), (&quoted, &self.extensions));
        Some(answer.map(|answer| self.noting.complete(answer)))
    }

    /// After how many timers one that was due did not ring any more, where it came to that.
    pub(super) fn stopped_after(&self) -> Option<u64> {
        self.stopped.then(|| self.rung.into())
    }

    /// Begins a record: what was read for it is known again.
    pub(super) fn begin(&mut self, record: &Record) {
        self.world.evidence = Evidence { shown: BTreeMap::new(), ..record.evidence.clone() };
    }

    /// Follows history.
    pub(super) fn follow(&mut self, record: &Record, events: &[Event], bodies: &Bodies) {
        self.world.follow(record, events, (bodies, &self.extensions));
    }

    /// Ends a record whose events were all followed.
    pub(super) fn close(&mut self, record: &Record) {
        self.world.close(record);
    }
}
