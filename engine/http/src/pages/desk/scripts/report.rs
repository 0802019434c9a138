//! What a replay tells: how often the draft hits, the regulars first, when, and how it differs from what
//! happened and from the live version.

use std::collections::BTreeMap;

use kith_core::hook::Hook;
use kith_core::notice::{Arg, Text};
use kith_runtime::replay::{Against, Case, Day, Fault, Regular, Report, Rulings, Runs};
use kith_runtime::texts::Reader;
use maud::{Markup, html};

use super::super::chart::Bars;
use super::super::seat::{Seat, grouped, percent};
use super::list::figure;
use super::path;
use crate::jobs::Job;
use crate::pages::parts::{Look, Tone, badge, banner, card, link, time};

/// Cases shown of each kind.
const CASES_SHOWN: usize = 30;
/// Cases shown of one regular.
const CASES_OF_ONE: usize = 3;

struct Told<'a> {
    seat: &'a Seat,
    report: &'a Report,
}

/// The report.
pub(super) fn shown(seat: &Seat, job: &Job, report: &Report) -> Markup {
    let told = Told { seat, report };
    html! {
        @if job.is_stopped() { (banner(Tone::Warning, html! { p { (seat.say("desk.replay.stopped")) } })) }
        (banner(Tone::Plain, html! { p { (seat.say("desk.replay.unchanged")) } }))
        @if report.hooks.contains(&Hook::Message.name()) { (told.messages()) }
        (told.others())
        (told.rest())
        @if let Some(version) = job.version {
            div.line {
                (link(
                    Look::Quiet,
                    &path(seat, &report.script, &format!("/edit?version={version}")),
                    seat.say("desk.version.open"),
                ))
            }
        } @else { p.quiet { (seat.say("desk.replay.draft_kept")) } }
    }
}

impl Told<'_> {
    /// One of the engine's own sentences about replays.
    fn say(&self, code: &str, args: &[(&str, String)]) -> String {
        let reader = Reader { language: self.seat.language(), stream: None };
        let text = args
            .iter()
            .fold(Text::new(code), |text, (name, value)| text.with(name, Arg::Name(value.clone())));
        reader.render(&text)
    }

    fn messages(&self) -> Markup {
        let (seat, report) = (self.seat, self.report);
        let hits = report.denied + report.held;
        html! {
            section.card {
                h2 { (self.say("replay.head", &[
                    ("script", report.script.clone()),
                    ("messages", grouped(report.messages)),
                    ("imported", grouped(report.imported)),
                ])) }
                div.figures.large {
                    (figure(seat.say("desk.replay.hits"), &grouped(hits)))
                    (figure(
                        seat.say("desk.replay.share"),
                        &percent(hits, report.messages).unwrap_or_else(|| "–".to_owned()),
                    ))
                    (figure(seat.say("desk.replay.denied"), &grouped(report.denied)))
                    (figure(seat.say("desk.replay.held"), &grouped(report.held)))
                    (figure(seat.say("desk.replay.regulars"), &grouped(report.regulars_hit)))
                    (figure(seat.say("desk.replay.per_day"), &format!("{:.1}", report.holds_per_day)))
                    @if let (Some(precision), Some(recall)) = (report.precision, report.recall) {
                        (figure(seat.say("desk.precision"), &format!("{:.0}%", precision * 100.0)))
                        (figure(seat.say("desk.recall"), &format!("{:.0}%", recall * 100.0)))
                    }
                }
                (self.beyond())
            }
            (self.regulars())
            @if report.days.len() > 1 { section.card { (days(seat, &report.days)) } }
            (self.differences())
            @if !report.cases.is_empty() {
                (card(seat.say("desk.replay.others"), html! { (self.cases(&report.cases)) }))
            }
        }
    }

    /// What else came of the hits.
    fn beyond(&self) -> Markup {
        let report = self.report;
        let n = |count: u64| [("n", grouped(count))];
        html! {
            @if report.muted + report.removed > 0 {
                p {
                    (self.say(
                        "replay.sanctions",
                        &[("muted", grouped(report.muted)), ("removed", grouped(report.removed))],
                    ))
                }
            }
            @if report.rewritten > 0 {
                p { (self.seat.fill("desk.replay.rewritten", &[("n", &grouped(report.rewritten))])) }
            }
            @if report.capped > 0 { p { (self.say("replay.capped", &n(report.capped))) } }
            @if report.prevented > 0 { p { (self.say("replay.prevented", &n(report.prevented))) } }
            @if report.skipped > 0 {
                p { (self.seat.fill("desk.replay.skipped", &[("n", &grouped(report.skipped))])) }
            }
        }
    }

    fn regulars(&self) -> Markup {
        let report = self.report;
        if report.regulars.is_empty() {
            return banner(Tone::Good, html! { p { (self.say("replay.no_regulars", &[])) } });
        }
        let heading = self.say("replay.regulars", &[("n", grouped(report.regulars_hit))]);
        card(
            &heading,
            html! {
                ul.plain {
                    @for Regular { nickname, messages, cases, .. } in &report.regulars {
                        li.stack {
                            p { strong { (nickname) } " " span.quiet { "× " (grouped(*messages)) } }
                            (self.cases(&cases[..cases.len().min(CASES_OF_ONE)]))
                        }
                    }
                }
            },
        )
    }

    fn cases(&self, cases: &[Case]) -> Markup {
        html! {
            ul.said {
                @for it in cases.iter().take(CASES_SHOWN) {
                    (self.said(it))
                }
            }
            @if cases.len() > CASES_SHOWN {
                p.quiet { (self.seat.fill("desk.more", &[("n", &(cases.len() - CASES_SHOWN).to_string())])) }
            }
        }
    }

    /// One thing that was judged: whose, in which words, what comes of it, and what came of it then.
    fn said(&self, case: &Case) -> Markup {
        let (seat, Case { at_ms, verdict, recorded, code, .. }) = (self.seat, case);
        let word = |verdict: &str| seat.word(&format!("desk.verdict.{verdict}"));
        html! {
            li {
                p.line.small {
                    (verdict_badge(seat, verdict))
                    @if verdict != recorded {
                        span.quiet { (seat.fill("desk.replay.then", &[("then", &word(recorded))])) }
                    }
                    span.quiet { (time(*at_ms, &seat.zoned.full(*at_ms))) }
                    @if !code.is_empty() { code { (code) } }
                }
                blockquote { strong { (case.nickname) } " " (case.text) }
                @if !case.reason.is_empty() { p.quiet.small { (case.reason) } }
            }
        }
    }

    fn differences(&self) -> Markup {
        let (seat, report) = (self.seat, self.report);
        card(
            seat.say("desk.replay.differs"),
            html! {
                p { (self.say("replay.differs", &[
                    ("n", grouped(report.differs)),
                    ("stricter", grouped(report.difference.stricter)),
                    ("looser", grouped(report.difference.looser)),
                    ("imported", grouped(report.difference.imported)),
                ])) }
                @if let Some(Against { same, stricter, looser, cases, .. }) = &report.against {
                    p { (self.say("replay.against", &[
                        ("same", grouped(*same)),
                        ("stricter", grouped(*stricter)),
                        ("looser", grouped(*looser)),
                    ])) }
                    @if let Some(share) = percent(*same, same + stricter + looser) {
                        p { (seat.fill("desk.replay.agreement", &[("share", &share)])) }
                    }
                    @if !cases.is_empty() { (self.cases(cases)) }
                }
            },
        )
    }

    /// Hooks other than messages, each only where the draft has it.
    fn others(&self) -> Markup {
        let report = self.report;
        let plain = |code: &str, args: &[(&str, String)], runs: &Runs| {
            html! { section.card { p { (self.say(code, args)) } (self.runs(runs)) } }
        };
        html! {
            @for (code, rulings) in [("replay.joins", &report.joins), ("replay.cards", &report.cards)] {
                @if let Some(rulings) = rulings { (self.rulings(code, rulings)) }
            }
            @if let Some(commands) = &report.commands {
                (plain("replay.commands", &[
                    ("runs", grouped(commands.used.runs)),
                    ("answered", grouped(commands.answered)),
                    ("posted", grouped(commands.posted_then)),
                ], &commands.used))
            }
            @if let Some(events) = &report.events {
                (plain("replay.events", &[("runs", grouped(events.runs))], events))
            }
            @if let Some(timers) = &report.timers {
                @if let Some(n) = timers.stopped_after {
                    p { (self.say("replay.timers_stopped", &[("n", grouped(n))])) }
                }
                (plain(
                    "replay.timers",
                    &[("runs", grouped(timers.used.runs)), ("waiting", grouped(timers.waiting))],
                    &timers.used,
                ))
            }
            @if let Some(topics) = &report.topics {
                (plain(
                    "replay.topics",
                    &[("runs", grouped(topics.used.runs)), ("proposed", grouped(topics.proposed))],
                    &topics.used,
                ))
            }
        }
    }

    fn rulings(&self, code: &str, rulings: &Rulings) -> Markup {
        let counts = [
            ("asked", rulings.asked),
            ("denied", rulings.denied),
            ("held", rulings.held),
            ("differs", rulings.differs),
            ("stricter", rulings.stricter),
            ("looser", rulings.looser),
        ];
        html! {
            section.card {
                p { (self.say(code, &counts.map(|(name, count)| (name, grouped(count))))) }
                ul.said {
                    @for it in rulings.cases.iter().take(CASES_SHOWN) {
                        (self.said(it))
                    }
                }
                (self.runs(&rulings.used))
            }
        }
    }

    fn runs(&self, runs: &Runs) -> Markup {
        let of = |effects: &BTreeMap<&str, u64>| {
            let listed = effects.iter().map(|(kind, count)| format!("{kind} {}", grouped(*count)));
            let listed = listed.collect::<Vec<_>>().join(", ");
            if listed.is_empty() { "–".to_owned() } else { listed }
        };
        html! {
            @if !runs.effects.is_empty() {
                p {
                    (self.say(
                        "replay.effects",
                        &[("effects", of(&runs.effects)), ("refused", grouped(runs.refused))],
                    ))
                }
            }
            @if let Some(other) = &runs.other {
                p {
                    (self.say(
                        "replay.against_runs",
                        &[
                            ("runs", grouped(other.runs)),
                            ("effects", of(&other.effects)),
                            ("refused", grouped(other.refused)),
                            ("faults", grouped(other.faults)),
                        ],
                    ))
                }
            }
            (self.faults(&runs.fault_kinds))
        }
    }

    fn faults(&self, faults: &[Fault]) -> Markup {
        html! {
            @for fault in faults {
                (banner(Tone::Bad, html! { p { (self.fault(fault)) } }))
            }
        }
    }

    fn fault(&self, fault: &Fault) -> String {
        let reader = Reader { language: self.seat.language(), stream: None };
        let what = reader.render(&fault.says);
        let args = [("n", grouped(fault.times)), ("line", fault.line.to_string()), ("what", what)];
        self.say("replay.fault", &args)
    }

    fn rest(&self) -> Markup {
        let report = self.report;
        let slowest = report.slowest.first().map_or(0, |slow| slow.wall_us);
        let seconds = format!("{:.2}", report.wall_ms as f64 / 1_000.0);
        html! {
            (self.faults(&report.fault_kinds))
            @if report.lacking_runs > 0 {
                p.quiet { (self.say("replay.lacking", &[("n", grouped(report.lacking_runs))])) }
            }
            p.quiet { (self.say("replay.time", &[("seconds", seconds), ("slowest", grouped(slowest))])) }
        }
    }
}

/// A verdict as a badge.
pub(in crate::pages::desk) fn verdict_badge(seat: &Seat, verdict: &str) -> Markup {
    let tone = match verdict {
        "deny" => Tone::Bad,
        "hold" => Tone::Warning,
        _ => Tone::Good,
    };
    badge(tone, &seat.word(&format!("desk.verdict.{verdict}")))
}

/// The hits by day, days without talk included: time runs evenly.
fn days(seat: &Seat, days: &[Day]) -> Markup {
    let columns = days.iter().map(|day| (day.date.clone(), vec![day.denied, day.held])).collect();
    Bars {
        heading: seat.say("desk.replay.days"),
        summary: seat.say("desk.as_table"),
        over: seat.say("desk.day"),
        series: vec![
            (seat.say("desk.replay.denied").to_owned(), "c-bad"),
            (seat.say("desk.replay.held").to_owned(), "c-warning"),
        ],
        columns: evenly(columns),
    }
    .show()
}

/// Puts empty days where there are none.
fn evenly(days: Vec<(String, Vec<u64>)>) -> Vec<(String, Vec<u64>)> {
    use jiff::ToSpan as _;
    use jiff::civil::Date;
    let mut out: Vec<(String, Vec<u64>)> = Vec::with_capacity(days.len());
    let mut next: Option<Date> = None;
    for (name, values) in days {
        if let Ok(date) = name.parse::<Date>() {
            while let Some(empty) = next.filter(|next| *next < date) {
                out.push((empty.to_string(), vec![0; values.len()]));
                next = empty.checked_add(1.day()).ok();
            }
            next = date.checked_add(1.day()).ok();
        }
        out.push((name, values));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_on_which_nobody_spoke_take_their_room() {
        let told = evenly(vec![("2026-02-27".to_owned(), vec![1, 2]), ("2026-03-02".to_owned(), vec![3, 4])]);
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
        assert_eq!(told[1].1, [0, 0]);
    }
}
