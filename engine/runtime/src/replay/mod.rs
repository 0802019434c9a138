//! Replay: what a draft of a script would have done to a group's own history. Changes nothing.
//!
//! What was recorded is put before the draft in its order: messages, joins, cards and typed commands, denied
//! and held ones included, in the words in which they were written, over the state as it was recorded then;
//! after each record what happened, and the hours at which topics were wanted. Timers that the draft sets
//! ring when the recorded time passes them. People follow history. What the draft itself does (its memory,
//! strikes, tags, mutes) is laid over that state, where it can read it; a mute of its own does not silence
//! what came later, unless the replay is to `cascade`. The built-in rules and the gate come first, as they
//! did: what they denied is not asked about. Other scripts are not asked again.
//!
//! Shadow is the same over what was recorded since a version was put beside the live one.
//!
//! In reading order: what there was to decide (`asked`, `said`), what a version says (`answer`), the state
//! with the version laid over it (`world`), how each hook is asked (`hooks`), one version on its way
//! (`track`), the way through the history (`walk`), what is counted (`count`, `rulings`, `runs`), what is
//! told (`report`, `sections`).

mod answer;
mod asked;
mod count;
mod hooks;
pub mod picture;
mod report;
mod rulings;
mod runs;
mod said;
mod sections;
#[cfg(test)]
mod tests;
mod track;
mod walk;
mod world;

pub use report::{Against, Case, Day, Differs, Fault, Labels, Regular, Report, Slow};
pub use sections::{Agreement, Commands, OtherRuns, Rulings, Runs, SlowRun, Timers, Topics};

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use kith_core::body::Bodies;
use kith_core::hook::Hook;
use kith_core::ids::CommunityId;
use kith_core::ports::{Keys, Records};
use kith_core::script::{Binding, Script, Version};

use self::walk::Walk;
use crate::draft::AskError;
use crate::extend::Runner;
use crate::recover;

/// Timers that ring in one replay. A version whose timer sets itself anew at once would never come to an end.
pub const TIMERS_RUNG_MAX: u32 = 1_000_000;

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
    /// Only what happened from here on is asked about, Unix milliseconds.
    pub since_ms: Option<u64>,
    /// Only what happened before this is asked about, Unix milliseconds.
    pub until_ms: Option<u64>,
    /// Only what stands in records after this one is asked about.
    pub after_seq: u64,
    /// Whether a mute of the draft's own silences what came later.
    pub cascade: Cascade,
    /// Timers that ring at most, of each version.
    pub timers_max: u32,
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

/// Replays a community's history through a draft. `seen` is told of every record that is done, since a frame
/// may hold thousands; it ends the replay by breaking.
pub fn run(
    stage: &Stage<'_>,
    plan: &Plan,
    seen: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Report, AskError> {
    let (start, head) = recover::start_in_log(plan.community, stage.records)?;
    let mut walk = Walk::new(stage, plan, start);
    let mut broken = None;
    stage.records.read(plan.community, head.frame_no + 1, &mut |frame| {
        for stored in &frame.records {
            let record = match recover::decode(plan.community, stored) {
                Ok(record) => record,
                Err(what) => {
                    broken = Some(what);
                    return ControlFlow::Break(());
                }
            };
            let bodies: Bodies = stored.bodies.iter().cloned().collect();
            walk.record(&record, &bodies);
            seen(record.seq)?;
        }
        ControlFlow::Continue(())
    })?;
    match broken {
        Some(what) => Err(AskError::Unreadable { community: plan.community, what }),
        None => walk.report(),
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
            timers_max: TIMERS_RUNG_MAX,
        }
    }

    fn covers(&self, at_ms: u64) -> bool {
        self.since_ms.is_none_or(|since_ms| at_ms >= since_ms)
            && self.until_ms.is_none_or(|until_ms| at_ms < until_ms)
    }
}
