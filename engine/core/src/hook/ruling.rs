//! What comes back from a run: a ruling with the effects it proposes, or a fault.

use serde::{Deserialize, Serialize};

use super::{Effect, Hook};
use crate::notice::Text;

/// What an extension says, with texts as it wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Let it through. Hooks that rule on nothing answer with this.
    Allow,
    /// Let it through with another text.
    Rewrite(String),
    /// Let a human look.
    Hold(Reason),
    /// Do not let it through.
    Deny(Reason),
    /// It is a breach: the community's ladder decides what follows.
    Violation(Reason),
    /// Topics to choose from.
    Topics(Vec<Topic>),
}

/// Why, for the member: a code that groups like cases, and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Short and stable, such as `ads`; at most `NAME_BYTES_MAX` bytes.
    pub code: String,
    /// In the script's words; at most `REASON_BYTES_MAX` bytes.
    pub text: String,
}

/// Something to talk about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// One line.
    pub title: String,
    /// What else there is to say; may be empty.
    pub text: String,
}

/// What one run came to, and what it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The ruling and the effects in their order, or why there is none.
    pub outcome: Result<(Ruling, Vec<Effect<String>>), Fault>,
    /// Operations: the same for the same version and inputs.
    pub operations: u64,
    /// Whether the dice were read: then the seed is recorded.
    pub dice: bool,
}

/// An extension could not answer: neither yes nor no. Its whole journal is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Of what kind.
    pub kind: FaultKind,
    /// In which hook.
    pub hook: Hook,
    /// Where in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What happened and what to write instead. May quote what members wrote: shown to operators, kept in
    /// the side table, never in a record; empty where it is read back from one.
    #[serde(skip)]
    pub detail: Text,
}

/// A place in a source: both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}

/// Kinds of faults, by stable codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The source does not compile any more.
    Compile,
    /// Something failed while it ran: a missing name, a wrong type, a `throw`.
    Runtime,
    /// Too many operations.
    Operations,
    /// Too long by the clock: a net below the other limits.
    Time,
    /// Too much memory.
    Memory,
    /// Too deep, too many variables, too large a text, list or map.
    Size,
    /// Too many effects or too large ones.
    Effects,
    /// What came back is no ruling, or a ruling was made and dropped.
    NoRuling,
}

impl FaultKind {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Runtime => "runtime",
            Self::Operations => "operations",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Size => "size",
            Self::Effects => "effects",
            Self::NoRuling => "no_ruling",
        }
    }
}
