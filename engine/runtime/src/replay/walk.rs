//! The way through the history: what passes before the draft, and before the version it is compared with.

use kith_core::body::Bodies;
use kith_core::hook::Hook;
use kith_core::record::Record;
use kith_core::script;
use kith_core::stream::Stream;

use super::asked::{self, Asked};
use super::count::Count;
use super::report::Report;
use super::track::Track;
use super::world::World;
use super::{Plan, Stage};
use crate::draft::AskError;

pub(super) struct Walk<'a> {
    plan: &'a Plan,
    count: Count,
    draft: Track<'a>,
    against: Option<Track<'a>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(stage: &Stage<'a>, plan: &'a Plan, start: Stream) -> Self {
        let track = |draft| {
            let world = World::new(stage.records, start.clone(), draft, plan.cascade);
            Track::new(stage, world, plan.timers_max)
        };
        let (draft, against) = (track(&plan.draft), plan.against.as_ref().map(track));
        Self { plan, count: Count::new(plan), draft, against }
    }

    /// Passes a record.
    pub(super) fn record(&mut self, record: &Record, bodies: &Bodies) {
        let begun = record.seq > self.plan.after_seq;
        // A group is founded before any script is in it.
        let founded = self.draft.world().state().community().is_some();
        self.draft.begin(record);
        if let Some(track) = &mut self.against {
            track.begin(record);
        }
        for stretch in asked::stretches(record, bodies, self.draft.world().state()) {
            let covered = stretch.at_ms.filter(|at_ms| begun && self.plan.covers(*at_ms));
            if let Some(at_ms) = covered {
                self.ring_until(at_ms);
                stretch.asked.iter().for_each(|asked| self.ask(asked, bodies));
            }
            self.count.saw(stretch.events, self.draft.world().state());
            self.draft.follow(record, stretch.events, bodies);
            if let Some(track) = &mut self.against {
                track.follow(record, stretch.events, bodies);
            }
        }
        self.draft.close(record);
        if let Some(track) = &mut self.against {
            track.close(record);
        }
        if begun && founded && self.plan.covers(record.command.at_ms) {
            self.tell(record, bodies);
        }
    }

    fn ask(&mut self, asked: &Asked<'_>, bodies: &Bodies) {
        let answer = self.draft.ask(asked, bodies);
        let other = self.against.as_mut().map(|track| track.ask(asked, bodies));
        self.count.asked(self.draft.world().state(), asked, (answer, other), bodies);
    }

    /// After-hooks: what happened in a record, one after the other.
    fn tell(&mut self, record: &Record, bodies: &Bodies) {
        let listens = |track: &Track| track.world().has(Hook::Event);
        if !listens(&self.draft) && !self.against.as_ref().is_some_and(listens) {
            return;
        }
        for happened in script::told(record) {
            if let Some(answer) = listens(&self.draft).then(|| self.draft.tell(&happened, bodies)).flatten() {
                self.count.ran(&answer);
            }
            if let Some(track) = self.against.as_mut().filter(|track| listens(track)) {
                track.tell(&happened, bodies).iter().for_each(|answer| self.count.other_ran(answer));
            }
        }
    }

    /// Time passes: timers ring that are due by then.
    fn ring_until(&mut self, at_ms: u64) {
        while let Some(answer) = self.draft.ring(at_ms) {
            answer.iter().for_each(|answer| self.count.ran(answer));
        }
        while let Some(answer) = self.against.as_mut().and_then(|track| track.ring(at_ms)) {
            answer.iter().for_each(|answer| self.count.other_ran(answer));
        }
    }

    /// The report at the end of the history.
    pub(super) fn report(mut self) -> Result<Report, AskError> {
        self.draft.failed()?;
        self.against.as_mut().map_or(Ok(()), Track::failed)?;
        Ok(self.count.report(self.draft.world(), self.draft.stopped_after()))
    }
}
