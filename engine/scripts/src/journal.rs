//! What a run wants: effects in their order, what it remembers, which rulings it made, what it logged. Kept
//! whole or not at all.

use std::collections::BTreeMap;

use kith_core::hook::{Effect, FaultKind, Value};
use kith_core::limits::EFFECTS_MAX;
use rhai::Position;

use crate::frame::{Answer, stop};
use crate::limits::LOG_LINE_BYTES_MAX;
use crate::say;

/// A run's wishes.
pub(crate) struct Journal {
    effects: Vec<Effect<String>>,
    /// What the run changed of its memory; `None` forgets. The last value of a key is the one that counts.
    memory: BTreeMap<String, Option<Value<String>>>,
    /// Where rulings were made, in their order.
    pub(crate) rulings: Vec<Position>,
    log: Vec<String>,
    log_bytes_left: usize,
}

impl Journal {
    pub(crate) fn new(log_bytes_max: usize) -> Self {
        Self {
            effects: Vec::new(),
            memory: BTreeMap::new(),
            rulings: Vec::new(),
            log: Vec::new(),
            log_bytes_left: log_bytes_max,
        }
    }

    /// Adds an effect; the run ends with one too many.
    pub(crate) fn push(&mut self, effect: Effect<String>) -> Answer<()> {
        self.effects.push(effect);
        self.within()
    }

    /// What the run has put under a key; `None` where it has not touched it.
    pub(crate) fn remembered(&self, key: &str) -> Option<Option<&Value<String>>> {
        self.memory.get(key).map(Option::as_ref)
    }

    /// Remembers a value, or forgets.
    pub(crate) fn remember(&mut self, key: &str, value: Option<Value<String>>) -> Answer<()> {
        self.memory.insert(key.to_owned(), value);
        self.within()
    }

    fn within(&self) -> Answer<()> {
        if self.effects.len() + self.memory.len() <= EFFECTS_MAX {
            return Ok(());
        }
        Err(stop(FaultKind::Effects, say::run::many_changes(EFFECTS_MAX)))
    }

    /// Adds a line to the log, cut where there is no more room.
    pub(crate) fn log(&mut self, line: &str) {
        let room = LOG_LINE_BYTES_MAX.min(self.log_bytes_left);
        let mut end = line.len().min(room);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        self.log_bytes_left -= end;
        if end > 0 {
            self.log.push(line[..end].to_owned());
        }
    }

    /// The log, taken out.
    pub(crate) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// All effects, those on the script's memory last.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect<String>> {
        let mut effects = std::mem::take(&mut self.effects);
        effects.extend(std::mem::take(&mut self.memory).into_iter().map(|(key, value)| match value {
            Some(value) => Effect::Put { key, value },
            None => Effect::Drop { key },
        }));
        effects
    }
}
