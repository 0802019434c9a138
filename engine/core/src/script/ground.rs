//! What a script's verdict rests on, kept in its receipt: which version said what, and the way to the rung
//! where the ladder decided.

use serde::{Deserialize, Serialize};

use super::RunOutcome;
use crate::hook::{Fault, Hook};
use crate::queue::Verdict;
use crate::rule::Climb;

/// What a script's verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The script's name.
    pub script: String,
    /// Its number.
    pub no: u32,
    /// The version that was asked.
    pub version: u32,
    /// In which hook.
    pub hook: Hook,
    /// What it came to.
    pub outcome: RunOutcome,
    /// The code that the script gave, such as `ads`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The way to the rung, where it reported a breach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climb: Option<Climb>,
}

impl Ground {
    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        match (self.outcome, &self.climb) {
            (RunOutcome::Violation, Some(climb)) => climb.rung().verdict(),
            (RunOutcome::Allow | RunOutcome::Rewrite, _) => Verdict::Allow,
            (RunOutcome::Deny, _) => Verdict::Deny,
            _ => Verdict::Hold,
        }
    }
}
