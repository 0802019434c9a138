//! Seats: whether there is one, a place on the waiting list, or no room at all.
//!
//! Unlike the conditions this holds in either mode: a full room is full for everybody.

use serde::{Deserialize, Serialize};

use crate::notice::Text;
use crate::queue::Verdict;

/// What the verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Seats; `None` without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Seats that are taken or offered to somebody.
    pub taken: u64,
    /// People who wait for a seat and come first.
    pub ahead: u64,
    /// Places of the list that are taken.
    pub listed: u64,
    /// Places of the list.
    pub listed_max: u64,
}

impl Ground {
    /// Seats that nobody has.
    pub fn free(&self) -> u64 {
        self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(self.taken))
    }

    /// A seat, or a place on the list (`Hold`), or neither. Nobody overtakes those who wait.
    pub fn verdict(&self) -> Verdict {
        if self.free() > 0 && self.ahead == 0 {
            Verdict::Allow
        } else if self.listed < self.listed_max {
            Verdict::Hold
        } else {
            Verdict::Deny
        }
    }

    pub(super) fn reason(&self) -> Text {
        Text::new("gate.capacity.full")
            .with("capacity", self.capacity.unwrap_or(self.taken))
            .with("waiting", self.listed)
    }

    pub(super) fn remedy(&self) -> Text {
        Text::new("gate.capacity.remedy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_a_place_or_neither() {
        use Verdict::{Allow, Deny, Hold};
        let rows: [(Option<u64>, u64, u64, u64, u64, Verdict); 11] = [
            (None, 0, 0, 0, 0, Allow),
            (None, 9_999, 0, 0, 0, Allow),
            (Some(500), 499, 0, 0, 10, Allow),
            (Some(500), 500, 0, 0, 10, Hold),
            (Some(500), 500, 9, 9, 10, Hold),
            (Some(500), 500, 10, 10, 10, Deny),
            (Some(500), 500, 0, 0, 0, Deny),
            (Some(500), 501, 0, 0, 10, Hold),
            (Some(500), 499, 1, 1, 10, Hold),
            (Some(500), 499, 0, 1, 10, Allow),
            (Some(0), 0, 0, 0, 1, Hold),
        ];
        for (capacity, taken, ahead, listed, listed_max, expected) in rows {
            let ground = Ground { capacity, taken, ahead, listed, listed_max };
            assert_eq!(ground.verdict(), expected, "{ground:?}");
        }
    }
}
