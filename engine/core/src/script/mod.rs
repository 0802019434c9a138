//! Scripts: an operator's own rules and customs as Rhai source, version by version, and what they remember.
//!
//! In reading order: a script and its versions (`version`); how they are put in, switched and taken out
//! (`change`); who they act as (`bot`); what they remember (`memory`); what their runs came to, and when
//! they are not asked any more (`run`, `health`). Knows nothing of the language: the hooks that a source
//! answers come with the command, found by whoever compiled it.

mod bot;
mod change;
mod ground;
mod health;
mod memory;
mod run;
mod version;

#[cfg(test)]
mod tests;

pub use bot::nickname;
pub use ground::Ground;
pub use health::{Breaker, Health, Metered, saw_runs};
pub use memory::Memory;
pub use run::{Outcome as RunOutcome, Run};
pub use version::{Binding, OnFault, Origin, Script, Version};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome, Shelf};
use crate::hook::{Hook, Value};
use crate::ids::MemberId;
use crate::member::Member;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// The scripts of a community, in the operator's order, and what they remember.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scripts {
    /// In the order in which they are asked.
    pub rows: Vec<Script>,
    /// How many numbers were given out: a number is never used twice.
    pub numbered: u32,
    /// What they remember, by the script's number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub memories: BTreeMap<u32, Memory>,
}

impl Scripts {
    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.numbered == 0
    }

    /// A script by name.
    pub fn get(&self, name: &str) -> Option<&Script> {
        self.rows.iter().find(|script| script.name == name)
    }

    /// A script by number.
    pub fn numbered(&self, no: u32) -> Option<&Script> {
        self.rows.iter().find(|script| script.no == no)
    }

    /// Live versions that answer a hook, in the operator's order.
    pub fn answering(&self, hook: Hook) -> impl Iterator<Item = (&Script, &Version)> {
        self.rows.iter().filter_map(move |script| {
            let version = script.live()?;
            version.hooks.contains(&hook).then_some((script, version))
        })
    }
}

/// Why a timer was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// A script asked to be asked again.
    Rings {
        /// Which script.
        no: u32,
        /// The script's name for it.
        name: String,
        /// The turn that was meant: a timer set anew has another.
        turn: u64,
    },
}

/// What becomes of a version that is put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is live at once.
    #[default]
    Live,
    /// It runs beside the live one and decides nothing.
    Shadow,
    /// It is kept, and nothing more.
    Kept,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Put a version in: of a new script at the end of the order, or the next one of a script that is there.
    Put {
        /// The script's name.
        name: String,
        /// The source.
        source: String,
        /// The hooks that it answers, as found by whoever compiled it.
        hooks: BTreeSet<Hook>,
        /// Where it comes from. A script has one origin: the other is refused.
        origin: Origin,
        /// How it is bound; `None` keeps what there is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        binding: Option<Binding>,
        /// What becomes of it.
        #[serde(default)]
        stage: Stage,
    },
    /// Make a kept version live: a rollback, or the end of a quarantine.
    Activate {
        /// The script's name.
        name: String,
        /// Which version.
        version: u32,
    },
    /// Run a kept version beside the live one, or no more.
    Shadow {
        /// The script's name.
        name: String,
        /// Which version; `None` for no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
    },
    /// Ask a script no more; its versions and its memory stay.
    SwitchOff {
        /// The script's name.
        name: String,
    },
    /// Take a script out with everything it remembers and every timer.
    Remove {
        /// The script's name.
        name: String,
    },
    /// Order the scripts anew.
    Reorder {
        /// Every script's name, once.
        names: Vec<String>,
    },
    /// Bind a script otherwise.
    Bind {
        /// The script's name.
        name: String,
        /// How.
        binding: Binding,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        Need::Permission(Permission::ManageRules)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A script was put in for the first time.
    Added {
        /// Its number, name and binding, without a version.
        script: Box<Script>,
        /// Who it acts as.
        bot: Box<Member>,
    },
    /// A version was put in.
    VersionPut {
        /// The script.
        no: u32,
        /// The version.
        version: Box<Version>,
    },
    /// Another version is live now, or none.
    Switched {
        /// The script.
        no: u32,
        /// What is live now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<u32>,
        /// What was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<u32>,
    },
    /// Another version runs beside the live one now, or none.
    Shadowed {
        /// The script.
        no: u32,
        /// What runs in the shadow now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
        /// What did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<u32>,
    },
    /// A script was taken out.
    Removed {
        /// Where it stood in the order.
        place: u32,
        /// What it was.
        old: Box<Script>,
    },
    /// The scripts were ordered anew.
    Reordered {
        /// Their names in order.
        names: Vec<String>,
        /// The order before.
        old: Vec<String>,
    },
    /// A script is bound otherwise now.
    Bound {
        /// The script.
        no: u32,
        /// How.
        binding: Binding,
        /// How before.
        old: Binding,
    },
    /// A script remembers a value.
    Put {
        /// The script.
        no: u32,
        /// Under which key.
        key: String,
        /// What.
        value: Value,
        /// What it remembered before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Value>,
    },
    /// A script forgot a value.
    Dropped {
        /// The script.
        no: u32,
        /// Under which key.
        key: String,
        /// What it was.
        old: Value,
    },
    /// A script's timer was set.
    TimerSet {
        /// The script.
        no: u32,
        /// The script's name for it.
        name: String,
        /// When it is due, Unix milliseconds.
        due_ms: u64,
        /// What comes back with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Value>,
    },
    /// A script's timer will not ring, or has rung.
    TimerDropped {
        /// The script.
        no: u32,
        /// The script's name for it.
        name: String,
    },
    /// A version fails so often that it is not asked any more: the last good one is live, or none.
    Quarantined {
        /// The script.
        no: u32,
        /// The version.
        version: u32,
        /// What is live instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<u32>,
    },
    /// A version reached its blast cap: for the rest of the hour its denials and sanctions are holds.
    Capped {
        /// The script.
        no: u32,
        /// The version.
        version: u32,
    },
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Put { .. } => change::put(ctx, command, out),
        Command::Activate { name, version } => change::activate(ctx, name, *version, out),
        Command::Shadow { name, version } => change::shadow(ctx, name, *version, out),
        Command::SwitchOff { name } => change::switch_off(ctx, name, out),
        Command::Remove { name } => change::remove(ctx, name, out),
        Command::Reorder { names } => change::reorder(ctx, names, out),
        Command::Bind { name, binding } => change::bind(ctx, name, binding, out),
    }
}

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, mut shelf: Shelf<'_>) {
    match event {
        Event::Added { bot, .. } => bot::apply(community, bot, &mut shelf),
        Event::Put { .. } | Event::Dropped { .. } | Event::TimerSet { .. } | Event::TimerDropped { .. } => {
            return memory::apply(&mut community.scripts, event, &mut shelf);
        }
        Event::Removed { old, .. } => {
            memory::forget(&mut community.scripts, old.no, &mut shelf);
            bot::leave(community, old.bot, moment.at_ms);
        }
        _ => {}
    }
    change::apply(&mut community.scripts, event, moment);
}

/// A timer fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    let _ = (ctx, timer, out);
}

/// Decides an effect upon a script's own memory or timers.
pub(crate) fn remember(
    ctx: &Ctx<'_>,
    script: &Script,
    effect: (&crate::hook::Effect, u32),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    memory::decide(ctx, script, effect, out)
}

/// Adds what follows from a fault: the last good version is live again, or none, where it was one too many.
pub(crate) fn quarantine(ctx: &Ctx<'_>, script: &Script, run: &Run, out: &mut Outcome) {
    health::quarantine(ctx, script, run, out);
}

/// Adds that a version reached what it may do in an hour, once an hour.
pub(crate) fn cap(ctx: &Ctx<'_>, script: &Script, version: u32, out: &mut Outcome) {
    let _ = ctx;
    if !script.health.capped {
        out.event(Event::Capped { no: script.no, version });
    }
}

/// The script whose bot a member is.
pub fn of_bot(community: &Community, member: MemberId) -> Option<&Script> {
    community.scripts.rows.iter().find(|script| script.bot == member)
}
