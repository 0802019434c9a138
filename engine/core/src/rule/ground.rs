//! What a rule's verdict rests on, kept in every receipt: the verdict can be derived again from it alone,
//! and held against today's rules.

use serde::{Deserialize, Serialize};

use super::{Clause, Climb, Finding, Rules};
use crate::queue::Verdict;

/// What a rule's verdict rests on: its clause with parameters and the facts it read, and how it came to its
/// rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The rule's name.
    pub rule: String,
    /// Its version; 0 for what is no operator's rule.
    pub version: u32,
    /// Parameters and facts.
    pub clause: Clause,
    /// The way to the rung.
    pub climb: Climb,
}

impl Ground {
    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        match self.clause.finding() {
            Finding::Kept => Verdict::Allow,
            Finding::Broken => self.climb.rung().verdict(),
        }
    }

    /// The verdict that today's rule of the same name would come to on the recorded facts, with its
    /// version: `Allow` if there is none any more. `None` if it checks something else today.
    pub fn verdict_today(&self, rules: &Rules) -> Option<(u32, Verdict)> {
        let Some(rule) = rules.get(&self.rule) else { return Some((0, Verdict::Allow)) };
        let clause = self.clause.under(&rule.config.check)?;
        let climb =
            Climb { step: rule.config.step, strikes: self.climb.strikes, rungs: rules.ladder.rungs.clone() };
        let ground = Self { rule: self.rule.clone(), version: rule.version, clause, climb };
        Some((rule.version, ground.verdict()))
    }
}
