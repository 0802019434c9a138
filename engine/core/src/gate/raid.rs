//! The raid switch at the gate: while it is on, whoever would be let in waits for a human.
//!
//! Not a condition of the configuration: it holds in either mode, and goes off with the switch.

use serde::{Deserialize, Serialize};

use crate::notice::{Arg, Text};
use crate::queue::Verdict;
use crate::stream::Community;

/// What the verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// When the switch goes off by itself, Unix milliseconds; `None` while it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

/// Looks at the switch.
pub(super) fn check(community: &Community) -> Ground {
    Ground { until_ms: community.rules.raid.until_ms }
}

impl Ground {
    /// Waits for a human while the switch is on.
    pub fn verdict(&self) -> Verdict {
        if self.until_ms.is_some() { Verdict::Hold } else { Verdict::Allow }
    }

    pub(super) fn reason(&self) -> Text {
        match self.until_ms {
            Some(until_ms) => Text::new("gate.raid.waits").with("until", Arg::Time(until_ms)),
            None => Text::new("gate.raid.off"),
        }
    }
}
