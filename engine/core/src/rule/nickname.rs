//! The form of nicknames: a template, a pattern that must match, lists that must not.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::pattern::check_pattern;
use super::view::View;
use super::words;
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::text::normal::Exactness;
use crate::text::template::Template;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Nickname];

/// What the operator sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// The nickname must fit this template, such as `{region}-{position}-{nickname}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The nickname must match this pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The nickname must hold nothing of these lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whether it fits the template.
    pub fits: Fit,
    /// Whether it matches the pattern.
    pub matches: Fit,
    /// Entries of the lists in it.
    pub hits: words::Facts,
}

/// Whether something fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It does, or nothing is asked.
    Fits,
    /// It does not.
    Misfit,
}

impl Fit {
    fn when(fits: bool) -> Self {
        if fits { Self::Fits } else { Self::Misfit }
    }
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, around: &Surroundings<'_>) -> Result<(), Refusal> {
        if self.template.is_none() && self.pattern.is_none() && self.lists.is_empty() {
            let expected = "template, pattern or lists";
            return Err(Refusal::ValueInvalid { name: rule.to_owned(), expected: expected.to_owned() });
        }
        if let Some(template) = &self.template {
            Template::parse(template).map_err(|error| Refusal::ValueInvalid {
                name: format!("{rule}.template"),
                expected: error.to_string(),
            })?;
        }
        self.pattern.iter().try_for_each(|pattern| check_pattern(rule, pattern))?;
        words::check_lists(&self.lists, Exactness::Loose, around)
    }
}

/// Holds the nickname, the draft's first text, against template and pattern, and all texts against the
/// lists.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    let nickname = view.draft.texts.first().copied().unwrap_or_default();
    let template = params.template.as_deref().and_then(|source| view.compiled.template(source));
    let pattern = params.pattern.as_deref().and_then(|source| view.compiled.pattern(source));
    Facts {
        fits: Fit::when(template.is_none_or(|template| template.read(nickname).is_ok())),
        matches: Fit::when(pattern.is_none_or(|pattern| pattern.find(nickname).is_some())),
        hits: words::find(view, &params.lists, Exactness::Loose),
    }
}

/// Broken by a misfit or a listed word, as far as the parameters ask for it.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    let misfit = params.template.is_some() && facts.fits == Fit::Misfit;
    let mismatch = params.pattern.is_some() && facts.matches == Fit::Misfit;
    Finding::broken_when(misfit || mismatch || (!params.lists.is_empty() && facts.hits.hits > 0))
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    if let (Some(template), Fit::Misfit) = (&params.template, facts.fits) {
        let text = |code: &str| Text::new(code).with("template", template.as_str());
        return (text("rule.nickname_template"), Some(text("rule.nickname_template.remedy")));
    }
    if params.pattern.is_some() && facts.matches == Fit::Misfit {
        return (Text::new("rule.nickname_pattern"), None);
    }
    let entry = facts.hits.first.first().map_or("", |hit| hit.entry.as_str());
    let reason = Text::new("rule.nickname_words").with("entry", entry);
    (reason, Some(Text::new("rule.nickname_words.remedy")))
}
