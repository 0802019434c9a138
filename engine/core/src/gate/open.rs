//! The open condition: everybody may come. Useful beside others only where one is enough (`mode = "any"`).

use serde::{Deserialize, Serialize};

use crate::queue::Verdict;

/// What the verdict rests on: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {}

impl Ground {
    /// Always lets through.
    pub fn verdict(&self) -> Verdict {
        Verdict::Allow
    }
}
