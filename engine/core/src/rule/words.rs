//! Words and phrases of named lists, matched over the text's normal form.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::view::{Quote, View};
use crate::limits::{LISTS_PER_RULE_MAX, QUOTES_MAX};
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::text::normal::Exactness;
use crate::text::words::WordList;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post, Occasion::Edit];

/// How closely a list is matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Through look-alikes, spacing and invisible characters.
    #[default]
    Loose,
    /// Only case and width are folded.
    Plain,
}

impl From<Match> for Exactness {
    fn from(exactness: Match) -> Self {
        match exactness {
            Match::Loose => Self::Loose,
            Match::Plain => Self::Plain,
        }
    }
}

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Names of the community's lists.
    pub lists: Vec<String>,
    /// How closely they are matched.
    #[serde(default)]
    pub exactness: Match,
    /// So many hits are a breach.
    #[serde(default = "one")]
    pub at_least: u32,
}

fn one() -> u32 {
    1
}

/// One hit: the entry is the operator's word, the quote is what the author wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Name of the list.
    pub list: String,
    /// The entry of the list.
    pub entry: String,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// All hits.
    pub hits: u32,
    /// The first hits.
    pub first: Vec<Hit>,
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, around: &Surroundings<'_>) -> Result<(), Refusal> {
        if self.lists.is_empty() || self.at_least == 0 {
            let expected = "at least one list, and at_least above 0";
            return Err(Refusal::ValueInvalid { name: rule.to_owned(), expected: expected.to_owned() });
        }
        check_lists(&self.lists, self.exactness.into(), around)
    }
}

/// Refuses lists that do not exist or do not compile.
pub(super) fn check_lists(
    names: &[String],
    exactness: Exactness,
    around: &Surroundings<'_>,
) -> Result<(), Refusal> {
    if names.len() > LISTS_PER_RULE_MAX {
        return Err(Refusal::TooMany { what: "list".to_owned(), max: LISTS_PER_RULE_MAX as u64 });
    }
    for name in names {
        let lines =
            around.lists.get(name).ok_or_else(|| Refusal::NotFound { what: format!("list {name}") })?;
        check_lines(name, lines, exactness)?;
    }
    Ok(())
}

/// Refuses lines that do not compile; what is expected names the line.
pub(super) fn check_lines(name: &str, lines: &[String], exactness: Exactness) -> Result<(), Refusal> {
    WordList::compile(lines, exactness)
        .map(drop)
        .map_err(|error| Refusal::ValueInvalid { name: format!("list {name}"), expected: error.to_string() })
}

/// Finds all entries of the lists.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    find(view, &params.lists, params.exactness.into())
}

/// Finds all entries of some lists.
pub(super) fn find(view: &View<'_>, lists: &[String], exactness: Exactness) -> Facts {
    let mut facts = Facts { hits: 0, first: Vec::new() };
    for name in lists {
        let Some(list) = view.compiled.list(name, exactness) else { continue };
        for (index, normal) in view.normal(exactness).iter().enumerate() {
            for hit in list.find_in(normal) {
                facts.hits = facts.hits.saturating_add(1);
                if facts.first.len() < QUOTES_MAX {
                    let quote = view.quote(index, &hit.range);
                    facts.first.push(Hit { list: name.clone(), entry: hit.entry.to_owned(), quote });
                }
            }
        }
    }
    facts
}

/// Broken by as many hits as the rule names.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(facts.hits >= params.at_least)
}

pub(super) fn texts(_params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let mut reason = Text::new("rule.words").with("found", facts.hits);
    if let Some(first) = facts.first.first() {
        reason = reason.with("list", first.list.as_str());
        let shown = first.quote.map_or_else(|| Arg::Name(first.entry.clone()), Arg::from);
        reason = reason.with("quote", shown);
    }
    (reason, Some(Text::new("rule.words.remedy")))
}
