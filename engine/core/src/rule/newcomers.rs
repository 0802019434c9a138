//! What members may not do yet in their first days: links, media, many messages.

use serde::{Deserialize, Serialize};

use super::Occasion;
use super::check::Finding;
use super::config::Surroundings;
use super::flood::check_look_back;
use super::view::{Quote, View};
use crate::moment::{DAY_MS, Duration, HOUR_MS};
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;

pub(super) const OCCASIONS: &[Occasion] = &[Occasion::Post, Occasion::Edit];

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Somebody is a newcomer for so many days of 24 hours.
    pub days: u32,
    /// So many links pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_links: Option<u32>,
    /// So many pictures, voices and files of one message pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_media: Option<u32>,
    /// So many messages pass in any hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_hour: Option<u32>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How long the author has been inside, milliseconds.
    pub inside_ms: u64,
    /// Links of the draft.
    pub links: u32,
    /// Pictures, voices and files of the draft.
    pub media: u32,
    /// Messages of the author in the hour before.
    pub before: u32,
    /// The first links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Quote>,
}

/// Which limit is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    Links(u32),
    Media(u32),
    Rate(u32),
}

impl Params {
    pub(super) fn check_sound(&self, rule: &str, _around: &Surroundings<'_>) -> Result<(), Refusal> {
        let limits = [self.max_links, self.max_media, self.max_per_hour];
        if self.days == 0 || limits.iter().all(Option::is_none) {
            let expected = "days above 0 and one of max_links, max_media, max_per_hour";
            return Err(Refusal::ValueInvalid { name: rule.to_owned(), expected: expected.to_owned() });
        }
        self.max_per_hour.map_or(Ok(()), |max| check_look_back(rule, max, Duration(HOUR_MS)))
    }

    pub(super) fn horizon_ms(&self) -> u64 {
        self.max_per_hour.map_or(0, |_| HOUR_MS)
    }

    fn binds(&self, facts: &Facts) -> bool {
        facts.inside_ms < u64::from(self.days).saturating_mul(DAY_MS)
    }

    fn excess(&self, facts: &Facts) -> Option<Excess> {
        if !self.binds(facts) {
            return None;
        }
        let links = self.max_links.filter(|max| facts.links > *max).map(Excess::Links);
        let media = self.max_media.filter(|max| facts.media > *max).map(Excess::Media);
        let rate = self.max_per_hour.filter(|max| facts.before >= *max).map(Excess::Rate);
        links.or(media).or(rate)
    }
}

/// Counts what the rule limits, for newcomers only: nobody else's draft need be read.
pub(super) fn measure(view: &View<'_>, params: &Params) -> Facts {
    let inside_ms = view.inside_ms();
    let mut facts = Facts { inside_ms, links: 0, media: 0, before: 0, first: Vec::new() };
    if !params.binds(&facts) {
        return facts;
    }
    if params.max_links.is_some() {
        (facts.links, facts.first) = view.count_links(View::is_web);
    }
    facts.media = view.media();
    if params.max_per_hour.is_some() && view.draft.occasion == Occasion::Post {
        facts.before = view.said(HOUR_MS).count() as u32;
    }
    facts
}

/// Broken by a newcomer over one of the limits.
pub(super) fn verdict(params: &Params, facts: &Facts) -> Finding {
    Finding::broken_when(params.excess(facts).is_some())
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    let (code, found, max) = match params.excess(facts) {
        Some(Excess::Media(max)) => ("rule.newcomer_media", facts.media, max),
        Some(Excess::Rate(max)) => ("rule.newcomer_rate", facts.before.saturating_add(1), max),
        Some(Excess::Links(max)) => ("rule.newcomer_links", facts.links, max),
        None => ("rule.newcomer_links", facts.links, params.max_links.unwrap_or(0)),
    };
    let text = |code: &str| {
        Text::new(code)
            .with("found", found)
            .with("max", max)
            .with("joined", Arg::Duration(facts.inside_ms))
            .with("days", params.days)
    };
    (text(code), Some(text(&format!("{code}.remedy"))))
}
