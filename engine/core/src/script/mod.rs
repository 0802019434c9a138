//! Scripts: an operator's own rules and customs as Rhai source, version by version, and what they remember.
//!
//! In reading order: a script and its versions (`version`); how they are put in, switched and taken out
//! (`change`); how a blueprint orders and binds them (`config`); who they act as (`bot`); what they
//! remember (`memory`); how they are told of what happened (`attend`), and told again where they fail
//! (`again`); what was given up (`letter`); what their runs came to, and when they are not asked any more
//! (`run`, `health`); how what a version did is taken back (`undo`). Knows nothing of the language: the
//! hooks that a source answers come with the command, found by whoever compiled it.

mod again;
mod attend;
mod bot;
mod change;
mod config;
mod ground;
mod health;
mod letter;
mod memory;
mod run;
mod undo;
mod version;

#[cfg(test)]
mod tests;

pub use attend::{Attention, Happened, due, quotes, saw_record, tell, told};
pub use bot::nickname;
pub use config::Config;
pub use ground::Ground;
pub use health::{Breaker, Health, Metered, saw_runs};
pub(crate) use health::{cap, quarantine};
pub use letter::{DeadLetter, Missed};
pub(crate) use memory::decide as remember;
pub use memory::{Memory, Waiting};
pub use run::{Outcome as RunOutcome, Run};
pub use undo::{Left, Row as UndoRow, Undo, UndoItem, What, Wording, examine, facts};
pub use version::{Binding, OnFault, Origin, Script, Version};

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::decide::{Ctx, Outcome, Shelf};
use crate::hook::{Hook, Value};
use crate::ids::{LetterId, MemberId};
use crate::member::Member;
use crate::moment::{MINUTE_MS, Moment};
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
    /// What they are still to be told of.
    #[serde(default, skip_serializing_if = "Attention::is_empty")]
    pub attention: Attention,
    /// What they failed at until it was given up, oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub dead_letters: VecDeque<DeadLetter>,
    /// The running minute, counted from the Unix epoch, and the operations of all of them in it.
    #[serde(default)]
    pub spent: (u64, u64),
}

impl Scripts {
    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.numbered == 0
    }

    /// Whether all of them together have used up what they may in this minute.
    pub fn are_spent(&self, operations_max: u64, at_ms: u64) -> bool {
        let (minute, operations) = self.spent;
        minute == at_ms / MINUTE_MS && operations >= operations_max
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
    /// A script could not listen to an event and is told again.
    TellAgain {
        /// Which script.
        no: u32,
        /// How often it has failed.
        tries: u32,
        /// What happened.
        happened: Box<Happened>,
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
        /// The cases that it was tried with, as they are written; empty where there are none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        cases: String,
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
    /// Tell scripts of what happened; only the stream's own writer asks.
    Attend {
        /// The record.
        seq: u64,
        /// Which of its events.
        index: u32,
    },
    /// Let a script try once more what it was given up at.
    RetryLetter {
        /// Which dead letter.
        letter: LetterId,
    },
    /// Let a dead letter go.
    DropLetter {
        /// Which.
        letter: LetterId,
    },
    /// Take back what a version did, as somebody read it in the log.
    Undo(Undo),
}

impl Command {
    /// What the actor must be or may do. An undo lifts sanctions, restores messages and says of a version
    /// that it was wrong: it takes everything that somebody would need who did all of that by hand.
    pub fn needs(&self) -> Need {
        match self {
            Self::Attend { .. } => Need::Stream,
            Self::Undo(_) => {
                Need::All(&[Permission::ManageRules, Permission::Moderate, Permission::Sanction])
            }
            _ => Need::Permission(Permission::ManageRules),
        }
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
    /// A version has other cases now: how it is tried is otherwise, what it does is not.
    CasesKept {
        /// The script.
        no: u32,
        /// The version.
        version: u32,
        /// Its cases.
        cases: String,
        /// Those before.
        old: String,
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
    /// A script failed to answer a timer, which rings again.
    TimerPutOff {
        /// The script.
        no: u32,
        /// The script's name for it.
        name: String,
        /// When it is due now, Unix milliseconds.
        due_ms: u64,
    },
    /// Scripts were told of what happened.
    Attended {
        /// The record.
        seq: u64,
        /// Which of its events.
        index: u32,
        /// The root record.
        root: u64,
        /// How deep it was.
        depth: u32,
    },
    /// A script that had failed to listen was told again.
    ToldAgain {
        /// The script.
        no: u32,
        /// The record.
        seq: u64,
        /// Which of its events.
        index: u32,
        /// The root record.
        root: u64,
        /// How deep it was.
        depth: u32,
    },
    /// A script failed at something too often: it is not tried again.
    GaveUp {
        /// At what.
        letter: Box<DeadLetter>,
    },
    /// A script is to try once more what it was given up at.
    LetterRetried {
        /// At what.
        letter: Box<DeadLetter>,
        /// When, Unix milliseconds.
        due_ms: u64,
    },
    /// A dead letter was let go.
    LetterDropped {
        /// What it was.
        letter: Box<DeadLetter>,
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
    /// What a version did was taken back, by the other events of the same record.
    Undone {
        /// The script.
        no: u32,
        /// Its name.
        name: String,
        /// The version.
        version: u32,
        /// What became of each thing.
        rows: Vec<UndoRow>,
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
        Command::Attend { seq, index } => attend::attend(ctx, (*seq, *index), out),
        Command::RetryLetter { letter } => letter::retry(ctx, *letter, out),
        Command::DropLetter { letter } => letter::drop_letter(ctx, *letter, out),
        Command::Undo(undo) => undo::decide(ctx, undo, out),
    }
}

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, moment: &Moment, mut shelf: Shelf<'_>) {
    match event {
        Event::Added { bot, .. } => bot::apply(community, bot, &mut shelf),
        Event::Put { .. }
        | Event::Dropped { .. }
        | Event::TimerSet { .. }
        | Event::TimerPutOff { .. }
        | Event::TimerDropped { .. } => {
            return memory::apply(&mut community.scripts, event, &mut shelf);
        }
        Event::Attended { .. } => return community.scripts.attention.attended(),
        Event::ToldAgain { .. } => return,
        Event::GaveUp { .. } | Event::LetterRetried { .. } | Event::LetterDropped { .. } => {
            return letter::apply(&mut community.scripts, event, &mut shelf);
        }
        Event::Undone { name, version, rows, .. } => {
            return undo::label(&mut community.rules.tallies, (name, *version), rows);
        }
        Event::Removed { old, .. } => {
            memory::forget(&mut community.scripts, old.no, &mut shelf);
            letter::forget(&mut community.scripts, old.no, &mut shelf);
            bot::leave(community, old.bot, moment.at_ms);
        }
        _ => {}
    }
    change::apply(&mut community.scripts, event, moment);
}

/// A timer fired.
pub fn on_timer(ctx: &Ctx<'_>, timer: &Timer, out: &mut Outcome) {
    match timer {
        Timer::Rings { no, name, turn } => again::rings(ctx, (*no, name, *turn), out),
        Timer::TellAgain { no, tries, happened } => again::tells(ctx, *no, (happened, *tries), out),
    }
}

/// The script whose bot a member is.
pub fn of_bot(community: &Community, member: MemberId) -> Option<&Script> {
    community.scripts.rows.iter().find(|script| script.bot == member)
}
