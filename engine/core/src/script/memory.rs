//! What a script remembers: values by key, and the timers it set. Folded from events like any other state.
//!
//! Texts are bodies of the script's bot, or of the member whom the key names, so that they can be erased;
//! numbers are facts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Event, Script, Scripts, Timer};
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::hook::{Effect, Value};
use crate::limits::{
    SCRIPT_KEY_BYTES_MAX, SCRIPT_KEYS_MAX, SCRIPT_TIMERS_MAX, SCRIPT_VALUE_BYTES_MAX, TIMER_MS_MAX,
};
use crate::refusal::Refusal;
use crate::timer::{self, Purpose};

/// What one script remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Values by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
    /// Timers by the script's name for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<String, Waiting>,
}

/// A timer that has not rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When it is due, Unix milliseconds.
    pub due_ms: u64,
    /// What comes back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Value>,
    /// How often it rang and the script failed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
    /// When it was due at first, if it was put off since, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<u64>,
}

const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Decides an effect upon the script's own memory or timers; others are not this file's.
pub(crate) fn decide(
    ctx: &Ctx<'_>,
    script: &Script,
    (effect, index): (&Effect, u32),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let memory = ctx.community.scripts.memories.get(&script.no);
    match effect {
        Effect::Put { key, value } => {
            check_key(key)?;
            check_value(value)?;
            let old = memory.and_then(|memory| memory.values.get(key));
            if old.is_none() && memory.is_some_and(|memory| memory.values.len() >= SCRIPT_KEYS_MAX) {
                return Err(Refusal::TooMany { what: "key".to_owned(), max: SCRIPT_KEYS_MAX as u64 });
            }
            let (value, old) = (value.clone(), old.cloned());
            out.event(Event::Put { no: script.no, key: key.clone(), value, old });
        }
        Effect::Drop { key } => {
            if let Some(old) = memory.and_then(|memory| memory.values.get(key)) {
                out.event(Event::Dropped { no: script.no, key: key.clone(), old: old.clone() });
            }
        }
        Effect::SetTimer { name, due_ms, note } => {
            check_key(name)?;
            note.as_ref().map_or(Ok(()), check_value)?;
            let due_ms = (*due_ms).clamp(ctx.at_ms(), ctx.at_ms().saturating_add(TIMER_MS_MAX));
            if !waits(memory, name) && memory.is_some_and(|memory| memory.timers.len() >= SCRIPT_TIMERS_MAX) {
                return Err(Refusal::TooMany { what: "timer".to_owned(), max: SCRIPT_TIMERS_MAX as u64 });
            }
            out.event(Event::TimerSet { no: script.no, name: name.clone(), due_ms, note: note.clone() });
            let purpose = Timer::Rings { no: script.no, name: name.clone(), turn: due_ms };
            timer::set(ctx, index, due_ms, Purpose::Script(purpose), out);
        }
        Effect::DropTimer { name } if waits(memory, name) => {
            out.event(Event::TimerDropped { no: script.no, name: name.clone() });
        }
        _ => {}
    }
    Ok(())
}

fn waits(memory: Option<&Memory>, timer: &str) -> bool {
    memory.is_some_and(|memory| memory.timers.contains_key(timer))
}

fn check_key(key: &str) -> Result<(), Refusal> {
    if key.is_empty() {
        return Err(Refusal::TextEmpty { field: "key".to_owned() });
    }
    if key.len() > SCRIPT_KEY_BYTES_MAX {
        return Err(Refusal::TextTooLong { field: "key".to_owned(), max: SCRIPT_KEY_BYTES_MAX as u64 });
    }
    Ok(())
}

fn check_value(value: &Value) -> Result<(), Refusal> {
    match value.body() {
        Some(text) if text.len as usize > SCRIPT_VALUE_BYTES_MAX => {
            Err(Refusal::TextTooLong { field: "value".to_owned(), max: SCRIPT_VALUE_BYTES_MAX as u64 })
        }
        _ => Ok(()),
    }
}

/// Applies what happened to a script's memory and timers.
pub(super) fn apply(scripts: &mut Scripts, event: &Event, shelf: &mut Shelf<'_>) {
    match event {
        Event::Put { no, key, value, .. } => {
            keep_value(value, shelf);
            let memory = scripts.memories.entry(*no).or_default();
            let old = memory.values.insert(key.clone(), value.clone());
            drop_value(old.as_ref().filter(|old| *old != value), shelf);
        }
        Event::Dropped { no, key, .. } => {
            let old = scripts.memories.get_mut(no).and_then(|memory| memory.values.remove(key));
            drop_value(old.as_ref(), shelf);
        }
        Event::TimerSet { no, name, due_ms, note } => {
            note.iter().for_each(|note| keep_value(note, shelf));
            let waiting = Waiting { due_ms: *due_ms, note: note.clone(), tries: 0, first_ms: None };
            let old = scripts.memories.entry(*no).or_default().timers.insert(name.clone(), waiting);
            drop_value(old.and_then(|old| old.note).as_ref(), shelf);
        }
        Event::TimerPutOff { no, name, due_ms } => {
            let memory = scripts.memories.get_mut(no);
            if let Some(waiting) = memory.and_then(|memory| memory.timers.get_mut(name)) {
                waiting.first_ms = waiting.first_ms.or(Some(waiting.due_ms));
                waiting.due_ms = *due_ms;
                waiting.tries = waiting.tries.saturating_add(1);
            }
        }
        Event::TimerDropped { no, name } => {
            let old = scripts.memories.get_mut(no).and_then(|memory| memory.timers.remove(name));
            drop_value(old.and_then(|old| old.note).as_ref(), shelf);
        }
        _ => {}
    }
}

/// Forgets everything of one script.
pub(super) fn forget(scripts: &mut Scripts, no: u32, shelf: &mut Shelf<'_>) {
    let Some(memory) = scripts.memories.remove(&no) else { return };
    memory.values.values().for_each(|value| drop_value(Some(value), shelf));
    memory.timers.values().for_each(|waiting| drop_value(waiting.note.as_ref(), shelf));
}

fn keep_value(value: &Value, shelf: &mut Shelf<'_>) {
    if let Some(text) = value.body() {
        keep(shelf, text);
    }
}

fn drop_value(value: Option<&Value>, shelf: &mut Shelf<'_>) {
    if let Some(text) = value.and_then(Value::body) {
        shelf.0.remove(text.id);
    }
}
