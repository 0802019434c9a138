//! The card condition: every required field of the card must be filled in.
//!
//! Whether a value fits its field is not judged here: a value that does not fit is refused before the gate
//! looks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::card::Schema;
use crate::notice::{Arg, Text};
use crate::queue::Verdict;

/// What the verdict rests on: which fields were asked for and which came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Names of the required fields.
    pub required: BTreeSet<String>,
    /// Names of the fields that were filled in.
    pub filled: BTreeSet<String>,
}

/// Holds the fields that came against those that are required.
pub(super) fn check(schema: &Schema, card: &BTreeMap<String, BodyRef>) -> Ground {
    Ground {
        required: schema.required().map(str::to_owned).collect(),
        filled: card.iter().filter(|(_, value)| value.len > 0).map(|(name, _)| name.clone()).collect(),
    }
}

impl Ground {
    /// Lets through when nothing is missing.
    pub fn verdict(&self) -> Verdict {
        if self.required.is_subset(&self.filled) { Verdict::Allow } else { Verdict::Deny }
    }

    fn missing(&self) -> Arg {
        let names: Vec<&str> = self.required.difference(&self.filled).map(String::as_str).collect();
        Arg::Name(names.join(", "))
    }

    pub(super) fn reason(&self) -> Text {
        Text::new("gate.card.missing").with("fields", self.missing())
    }

    pub(super) fn remedy(&self) -> Text {
        Text::new("gate.card.remedy").with("fields", self.missing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> BTreeSet<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_required_field_must_be_filled_in() {
        let rows = [
            ("", "", Verdict::Allow),
            ("", "region", Verdict::Allow),
            ("region", "region", Verdict::Allow),
            ("region", "", Verdict::Deny),
            ("region", "position", Verdict::Deny),
            ("region position", "region", Verdict::Deny),
            ("region position", "position region", Verdict::Allow),
            ("region position", "position region phone", Verdict::Allow),
            ("地区", "地区", Verdict::Allow),
            ("地区", "岗位", Verdict::Deny),
        ];
        for (required, filled, expected) in rows {
            let ground = Ground { required: names(required), filled: names(filled) };
            assert_eq!(ground.verdict(), expected, "required {required:?}, filled {filled:?}");
        }
    }

    #[test]
    fn the_remedy_names_what_is_missing() {
        let ground = Ground { required: names("phone region position"), filled: names("position") };
        assert_eq!(ground.remedy().args["fields"], Arg::Name("phone, region".to_owned()));
    }
}
