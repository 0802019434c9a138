//! What the checks say of a source: each mistake with its line, a caret and what to write instead; and the
//! source with the places marked, to lie behind the field in which it is edited.

use std::collections::BTreeMap;

use kith_core::hook::Hook;
use kith_runtime::blueprint::Place;
use kith_runtime::scripting::{Checked, Diagnostic, Problem, PutError, Severity, Tried};
use kith_runtime::texts::Reader;
use maud::{Markup, html};

use super::super::seat::Seat;
use super::list::said;
use crate::pages::parts::{Tone, badge, banner};
use crate::problem::Problem as Refused;

/// What came of the checks.
pub(super) enum Told {
    /// Nobody asked.
    Nothing,
    /// It can be put in.
    Fine(Checked),
    /// It has to be written otherwise.
    Wrong(Problem),
    /// It was not put in for another reason, in a sentence.
    Refused(String),
}

impl Told {
    /// What a failed attempt says; what no other source would mend stays a problem.
    pub(super) fn of(seat: &Seat, error: PutError) -> Result<Self, Refused> {
        match error {
            PutError::Problem(problem) => Ok(Self::Wrong(problem)),
            PutError::TooSlow => Ok(Self::Refused(seat.say("desk.check.too_slow").to_owned())),
            PutError::Broken(_) => Err(Refused::failed()),
            PutError::Ask(error) => Err(error.into()),
        }
    }

    pub(super) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Refused(_))
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Fine(checked) => &checked.warnings,
            Self::Wrong(Problem::Mistakes(diagnostics)) => diagnostics,
            _ => &[],
        }
    }

    fn cases(&self) -> &[Tried] {
        match self {
            Self::Fine(checked) => &checked.cases,
            Self::Wrong(Problem::Cases(tried)) => tried,
            _ => &[],
        }
    }

    /// The sentences, and the mistakes below each other.
    pub(super) fn shown(&self, seat: &Seat) -> Markup {
        html! {
            div.told #told role="status" {
                @match self {
                    Self::Nothing => p.quiet { (seat.say("desk.check.none")) },
                    Self::Refused(sentence) => (banner(Tone::Bad, html! { p { (sentence) } })),
                    Self::Fine(checked) => {
                        (banner(Tone::Good, html! {
                            p { strong { (seat.say("desk.check.fine")) } " "
                                (said(seat, &checked.hooks.iter().copied().collect::<Vec<Hook>>())) }
                        }))
                    },
                    Self::Wrong(_) => (banner(Tone::Bad, html! { p { strong { (self.wrong(seat)) } } })),
                }
                @if !self.diagnostics().is_empty() {
                    ol.mistakes { @for it in self.diagnostics() { (diagnostic(seat, it)) } }
                }
                @if !self.cases().is_empty() { (cases(seat, self.cases())) }
            }
        }
    }

    fn wrong(&self, seat: &Seat) -> String {
        let failed = self.cases().iter().filter(|it| it.differs.is_some()).count();
        let errors = self.diagnostics().iter().filter(|it| it.severity == Severity::Error).count();
        match (errors, failed) {
            (0, failed) => seat.fill("desk.check.cases_fail", &[("n", &failed.to_string())]),
            (errors, _) => seat.fill("desk.check.wrong", &[("n", &errors.to_string())]),
        }
    }

    /// The source with what is wrong marked, invisible but for the marks.
    pub(super) fn marks(&self, source: &str, file: &str) -> Markup {
        let mut by_line: BTreeMap<usize, (&Place, Severity)> = BTreeMap::new();
        for it in self.diagnostics().iter().filter(|it| it.place.file == file) {
            if let Some(line) = it.place.line {
                by_line.entry(line).or_insert((&it.place, it.severity));
            }
        }
        html! {
            pre.marks #marks aria-hidden="true" {
                @for (place, line) in source.split('\n').enumerate() {
                    @match by_line.get(&(place + 1)) {
                        None => (line),
                        Some((place, severity)) => (marked(line, place, *severity)),
                    }
                    "\n"
                }
            }
        }
    }
}

fn marked(line: &str, place: &Place, severity: Severity) -> Markup {
    let letters: Vec<char> = line.chars().collect();
    let start = (place.column - 1).min(letters.len());
    let end = (start + place.marked.max(1)).min(letters.len());
    let text = |part: &[char]| part.iter().collect::<String>();
    html! {
        (text(&letters[..start]))
        mark class=(severity.name()) { (text(&letters[start..end])) @if start == end { " " } }
        (text(&letters[end..]))
    }
}

fn diagnostic(seat: &Seat, it: &Diagnostic) -> Markup {
    let place = &it.place;
    let reader = Reader { language: seat.language(), stream: None };
    let (tone, code) = match it.severity {
        Severity::Error => (Tone::Bad, "desk.check.error"),
        Severity::Warning => (Tone::Warning, "desk.check.warning"),
    };
    let at = place.line.map(|line| {
        let (line, column) = (line.to_string(), place.column.to_string());
        seat.fill("desk.check.at", &[("line", &line), ("column", &column), ("file", &place.file)])
    });
    html! {
        li data-line=[place.line] data-column=(place.column) data-file=(place.file) {
            p.line { (badge(tone, seat.say(code))) @if let Some(at) = at { span.quiet.small { (at) } } }
            p { (reader.render(&it.what)) }
            @if place.line.is_some() && !place.source.is_empty() { (caret(it)) }
            @if let Some(advice) = &it.advice { p.advice { (reader.render(advice)) } }
        }
    }
}

/// The line itself with a caret below what is meant.
fn caret(it: &Diagnostic) -> Markup {
    let place = &it.place;
    let letters: Vec<char> = place.source.chars().collect();
    let start = (place.column - 1).min(letters.len());
    let end = (start + place.marked.max(1)).min(letters.len());
    let text = |part: &[char]| part.iter().collect::<String>();
    html! {
        pre.at tabindex="0" { code {
            (text(&letters[..start]))
            mark class=(it.severity.name()) { (text(&letters[start..end])) @if start == end { " " } }
            (text(&letters[end..]))
        } }
    }
}

fn cases(seat: &Seat, cases: &[Tried]) -> Markup {
    let reader = Reader { language: seat.language(), stream: None };
    let passed = cases.iter().filter(|it| it.differs.is_none()).count().to_string();
    let counted = seat.fill("desk.check.cases", &[("passed", &passed), ("all", &cases.len().to_string())]);
    html! {
        h2 { (counted) }
        ul.cases {
            @for it in cases {
                li {
                    @match it.shown(&reader) {
                        None => p { (badge(Tone::Good, seat.say("desk.check.passed"))) " " (it.name) },
                        Some(differs) => {
                            p { (badge(Tone::Bad, seat.say("desk.check.failed"))) " " (it.name) }
                            pre { (differs.trim_end()) }
                        }
                    }
                }
            }
        }
    }
}
