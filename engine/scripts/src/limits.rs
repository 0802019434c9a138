//! Every limit of a run: its name, its unit and why it is what it is. Rhai has no defaults that are safe for
//! strangers' code, so all of them are set here and one test asserts that they bite.

use kith_core::hook::Class;

/// What a run may use. The defaults are for hosts with many tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of hooks that somebody waits for, often or seldom.
    pub waited_for: Budget,
    /// Of hooks that nobody waits for.
    pub aside: Budget,
    /// Compiled scripts that are kept: one for each version in use, a few more for replay.
    pub scripts_kept_max: usize,
}

/// What one run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Operations: the limit that is meant to be met, the same on every machine.
    pub operations_max: u64,
    /// By the clock: a net below the operations, at about twenty times the usual.
    pub wall_ms_max: u64,
    /// Bytes that a run may hold at a time.
    pub memory_bytes_max: u64,
    /// Bytes of everything it logs.
    pub log_bytes_max: usize,
    /// Messages that stand whose texts it reads: each is a look into the log while others wait.
    pub messages_read_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waited_for: Budget {
                operations_max: 100_000,
                wall_ms_max: 50,
                memory_bytes_max: 32 << 20,
                log_bytes_max: 4 << 10,
                messages_read_max: 8,
            },
            aside: Budget {
                operations_max: 2_000_000,
                wall_ms_max: 2_000,
                memory_bytes_max: 32 << 20,
                log_bytes_max: 16 << 10,
                messages_read_max: 64,
            },
            scripts_kept_max: 16_384,
        }
    }
}

impl Limits {
    /// What a hook of a class may use.
    pub fn of(&self, class: Class) -> &Budget {
        match class {
            Class::Small | Class::Medium => &self.waited_for,
            Class::Large => &self.aside,
        }
    }
}

/// Functions that call functions: deeper is a mistake, and each level takes some of the thread's stack.
pub(crate) const CALL_LEVELS_MAX: usize = 32;
/// Brackets within brackets at the top of a script.
pub(crate) const EXPRESSION_DEPTH_MAX: usize = 64;
/// Brackets within brackets in a function.
pub(crate) const FUNCTION_EXPRESSION_DEPTH_MAX: usize = 32;
/// Bytes of one text, and of all texts in one array or map together.
pub(crate) const TEXT_BYTES_MAX: usize = 32 << 10;
/// Elements of an array, those of arrays within counted.
pub(crate) const ARRAY_MAX: usize = 1_024;
/// Entries of a map, those of maps within counted.
pub(crate) const MAP_MAX: usize = 256;
/// Variables that are alive at a time.
pub(crate) const VARIABLES_MAX: usize = 64;
/// Functions of one script.
pub(crate) const FUNCTIONS_MAX: usize = 128;
/// What reading the text of a message that stands counts as.
pub(crate) const READ_OPERATIONS: usize = 100;
/// How many operations pass between two looks at the clock.
pub(crate) const TICK_OPERATIONS: u64 = 256;
/// Bytes of one line of the log.
pub(crate) const LOG_LINE_BYTES_MAX: usize = 1 << 10;
/// Topics that one run may propose.
pub(crate) const TOPICS_MAX: usize = 64;
/// Questions that one run sees.
pub(crate) const QUESTIONS_MAX: usize = 256;
