//! The approval condition: a human lets each one in.

use serde::{Deserialize, Serialize};

use crate::notice::Text;
use crate::queue::Verdict;

/// What the verdict rests on: that a human was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {}

impl Ground {
    /// Always waits for a human.
    pub fn verdict(&self) -> Verdict {
        Verdict::Hold
    }

    pub(super) fn reason(&self) -> Text {
        Text::new("gate.approval.waits")
    }
}
