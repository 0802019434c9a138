//! Dead letters: what a script failed at until it was given up. They wait for the operator, who lets the
//! script try once more or lets them go.
//!
//! A letter holds what is needed to try again: the event, or the timer with its note.

use serde::{Deserialize, Serialize};

use super::attend::Happened;
use super::memory::{Memory, Waiting};
use super::{Event, Scripts, Timer};
use crate::decide::{Ctx, Outcome, Shelf};
use crate::hook::{Hook, Value};
use crate::ids::LetterId;
use crate::limits::{DEAD_LETTERS_MAX, SCRIPT_TIMERS_MAX};
use crate::refusal::Refusal;
use crate::timer::{self, Purpose};

/// Something that a script failed at until it was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Which.
    pub id: LetterId,
    /// The script.
    pub no: u32,
    /// The version that failed last; `None` where none was live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What it failed at.
    pub of: Missed,
    /// When it was given up, Unix milliseconds.
    pub at_ms: u64,
}

/// What a script did not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// Listen to an event.
    Event {
        /// The record.
        seq: u64,
        /// Which of its events.
        index: u32,
        /// What happened.
        happened: Box<Happened>,
    },
    /// Answer a timer.
    Timer {
        /// The script's name for it.
        name: String,
        /// When it was due, and what comes back with it.
        waiting: Waiting,
    },
}

impl Missed {
    /// The hook that was to be asked.
    pub const fn hook(&self) -> Hook {
        match self {
            Self::Event { .. } => Hook::Event,
            Self::Timer { .. } => Hook::Timer,
        }
    }

    fn note(&self) -> Option<&Value> {
        match self {
            Self::Timer { waiting, .. } => waiting.note.as_ref(),
            Self::Event { .. } => None,
        }
    }
}

fn find<'a>(ctx: &Ctx<'a>, id: LetterId) -> Result<&'a DeadLetter, Refusal> {
    let letter = ctx.community.scripts.dead_letters.iter().find(|letter| letter.id == id);
    letter.ok_or_else(|| Refusal::NotFound { what: id.to_string() })
}

/// Lets the script try once more, at once: as often as it may try anything, and then it is a letter again.
pub(super) fn retry(ctx: &Ctx<'_>, id: LetterId, out: &mut Outcome) -> Result<(), Refusal> {
    let letter = find(ctx, id)?;
    let (no, due_ms) = (letter.no, ctx.at_ms());
    let script = ctx.community.scripts.numbered(no);
    let script = script.ok_or_else(|| Refusal::NotFound { what: format!("script {no}") })?;
    if !script.live().is_some_and(|version| version.hooks.contains(&letter.of.hook())) {
        return Err(wrong(format!("script {}", script.name), "off"));
    }
    let again = match &letter.of {
        Missed::Event { happened, .. } => Timer::TellAgain { no, tries: 0, happened: happened.clone() },
        Missed::Timer { name, .. } => {
            let timers = ctx.community.scripts.memories.get(&no).map(|memory| &memory.timers);
            if timers.is_some_and(|timers| timers.contains_key(name)) {
                return Err(Refusal::AlreadyExists { what: format!("timer {name}") });
            }
            if timers.is_some_and(|timers| timers.len() >= SCRIPT_TIMERS_MAX) {
                return Err(Refusal::TooMany { what: "timer".to_owned(), max: SCRIPT_TIMERS_MAX as u64 });
            }
            Timer::Rings { no, name: name.clone(), turn: due_ms }
        }
    };
    out.event(Event::LetterRetried { letter: Box::new(letter.clone()), due_ms });
    timer::set(ctx, no, due_ms, Purpose::Script(again), out);
    Ok(())
}

/// Lets a letter go.
pub(super) fn drop_letter(ctx: &Ctx<'_>, id: LetterId, out: &mut Outcome) -> Result<(), Refusal> {
    let letter = Box::new(find(ctx, id)?.clone());
    out.event(Event::LetterDropped { letter });
    Ok(())
}

fn wrong(what: String, state: &str) -> Refusal {
    Refusal::WrongState { what, state: state.to_owned() }
}

/// Applies what happened to letters; the oldest goes where there are too many.
pub(super) fn apply(scripts: &mut Scripts, event: &Event, shelf: &mut Shelf<'_>) {
    match event {
        Event::GaveUp { letter } => {
            // The timer is the letter's now, and its note with it.
            if let Missed::Timer { name, .. } = &letter.of
                && let Some(memory) = scripts.memories.get_mut(&letter.no)
            {
                memory.timers.remove(name);
            }
            scripts.dead_letters.push_back((**letter).clone());
            if scripts.dead_letters.len() > DEAD_LETTERS_MAX
                && let Some(oldest) = scripts.dead_letters.pop_front()
            {
                let_go(&oldest, shelf);
            }
        }
        Event::LetterRetried { letter, due_ms } => {
            take(scripts, letter);
            if let Missed::Timer { name, waiting } = &letter.of {
                let first_ms = waiting.first_ms.or(Some(waiting.due_ms));
                let waiting = Waiting { due_ms: *due_ms, note: waiting.note.clone(), tries: 0, first_ms };
                let memory: &mut Memory = scripts.memories.entry(letter.no).or_default();
                memory.timers.insert(name.clone(), waiting);
            }
        }
        Event::LetterDropped { letter } => {
            take(scripts, letter);
            let_go(letter, shelf);
        }
        _ => {}
    }
}

fn take(scripts: &mut Scripts, letter: &DeadLetter) {
    if let Some(place) = scripts.dead_letters.iter().position(|kept| kept == letter) {
        scripts.dead_letters.remove(place);
    }
}

/// Lets the letters of a script go that is taken out.
pub(super) fn forget(scripts: &mut Scripts, no: u32, shelf: &mut Shelf<'_>) {
    scripts.dead_letters.iter().filter(|letter| letter.no == no).for_each(|letter| let_go(letter, shelf));
    scripts.dead_letters.retain(|letter| letter.no != no);
}

fn let_go(letter: &DeadLetter, shelf: &mut Shelf<'_>) {
    if let Some(note) = letter.of.note().and_then(Value::body) {
        shelf.0.remove(note.id);
    }
}
