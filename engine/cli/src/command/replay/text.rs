//! A replay's report for people: who is hit first, then how often, when, and how it differs.

use std::fmt::Write as _;

use kith_core::community::Zone;
use kith_core::hook::Hook;
use kith_core::notice::{Arg, Text};
use kith_runtime::replay::picture::{self, Words};
use kith_runtime::replay::{Case, Fault, Report};
use kith_runtime::texts::Reader;

use super::super::shown;

/// Cases shown of everybody who is no regular.
pub(super) const CASES_SHOWN: usize = 8;
/// Regulars shown.
const REGULARS_SHOWN: usize = 12;
/// Characters of a message on one line.
const LINE_CHARS: usize = 72;

/// A replay's report as text.
pub(in crate::command) fn render(reader: &Reader<'_>, zone: &Zone, report: &Report) -> String {
    let page = Page { reader, zone, report };
    let mut out = String::new();
    if report.hooks.contains(&Hook::Message.name()) {
        page.head(&mut out);
        page.regulars(&mut out);
        page.others(&mut out);
        page.days(&mut out);
        page.differences(&mut out);
        page.holds(&mut out);
    } else {
        page.line(&mut out, "replay.head_other", &[("script", report.script.clone())]);
    }
    page.hooks(&mut out);
    page.rest(&mut out);
    out
}

/// The hits by day as an SVG.
pub(super) fn picture(reader: &Reader<'_>, report: &Report) -> String {
    let say = |code: &str| reader.render(&Text::new(code));
    let title = reader.render(&Text::new("replay.by_day").with("script", report.script.as_str()));
    let (denied, held, messages) = (say("replay.denied"), say("replay.held"), say("replay.messages"));
    let words = Words { title: &title, denied: &denied, held: &held, messages: &messages };
    picture::svg(&report.days, &words)
}

pub(super) struct Page<'a> {
    reader: &'a Reader<'a>,
    pub(super) zone: &'a Zone,
    pub(super) report: &'a Report,
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn percent(part: u64, of: u64) -> String {
    let share = if of == 0 { 0.0 } else { part as f64 * 100.0 / of as f64 };
    if part > 0 && share < 0.1 { "< 0.1 %".to_owned() } else { format!("{share:.1} %") }
}

impl Page<'_> {
    pub(super) fn say(&self, code: &str, args: &[(&str, String)]) -> String {
        let text = args
            .iter()
            .fold(Text::new(code), |text, (name, value)| text.with(name, Arg::Name(value.clone())));
        self.reader.render(&text)
    }

    pub(super) fn line(&self, out: &mut String, code: &str, args: &[(&str, String)]) {
        out.push_str(&self.say(code, args));
        out.push('\n');
    }

    /// A line that goes on with what the one before began.
    pub(super) fn further(&self, out: &mut String, code: &str, args: &[(&str, String)]) {
        out.push_str("  ");
        self.line(out, code, args);
    }

    fn head(&self, out: &mut String) {
        let report = self.report;
        let hits = report.denied + report.held;
        let name = ("script", report.script.clone());
        let messages = ("messages", grouped(report.messages));
        let imported = ("imported", grouped(report.imported));
        self.line(out, "replay.head", &[name, messages, imported]);
        let mut args = vec![("hits", grouped(hits)), ("share", percent(hits, report.messages))];
        for (name, count) in
            [("denied", report.denied), ("held", report.held), ("rewritten", report.rewritten)]
        {
            args.push((name, grouped(count)));
        }
        self.line(out, "replay.hits", &args);
        if report.muted + report.removed > 0 {
            let args = [("muted", grouped(report.muted)), ("removed", grouped(report.removed))];
            self.further(out, "replay.sanctions", &args);
        }
        if report.capped > 0 {
            self.further(out, "replay.capped", &[("n", grouped(report.capped))]);
        }
        if report.prevented > 0 {
            self.further(out, "replay.prevented", &[("n", grouped(report.prevented))]);
        }
    }

    fn regulars(&self, out: &mut String) {
        let report = self.report;
        out.push('\n');
        if report.regulars.is_empty() {
            return self.line(out, "replay.no_regulars", &[]);
        }
        self.line(out, "replay.regulars", &[("n", grouped(report.regulars_hit))]);
        for regular in report.regulars.iter().take(REGULARS_SHOWN) {
            let name = shown::printable(&regular.nickname);
            let args = [("name", name), ("n", grouped(regular.messages))];
            let _ = writeln!(out, "  {}", self.say("replay.regular", &args));
            for case in regular.cases.iter().take(2) {
                self.case(out, case, "    ");
            }
        }
        let more = report.regulars.len().saturating_sub(REGULARS_SHOWN) as u64;
        if more > 0 {
            let _ = writeln!(out, "  {}", self.say("replay.more", &[("n", grouped(more))]));
        }
    }

    fn others(&self, out: &mut String) {
        let cases = &self.report.cases;
        if cases.is_empty() {
            return;
        }
        out.push('\n');
        self.line(out, "replay.others", &[]);
        cases.iter().take(CASES_SHOWN).for_each(|case| self.case(out, case, "  "));
        let more = cases.len().saturating_sub(CASES_SHOWN) as u64;
        if more > 0 {
            let _ = writeln!(out, "  {}", self.say("replay.more", &[("n", grouped(more))]));
        }
    }

    /// A line about one verdict: when, what came of it, whose it is, in which words, and why.
    pub(super) fn case(&self, out: &mut String, case: &Case, indent: &str) {
        let Case { at_ms, nickname, text, verdict, code, .. } = case;
        let at = shown::moment(*at_ms, self.zone);
        let text: String = shown::printable(text).chars().take(LINE_CHARS).collect();
        let verdict = self.say(&format!("outcome.{verdict}"), &[]);
        let _ = write!(out, "{indent}{at}  {verdict}  {}: {text}", shown::printable(nickname));
        let _ = if code.is_empty() { writeln!(out) } else { writeln!(out, "  ({code})") };
    }

    fn days(&self, out: &mut String) {
        let days = &self.report.days;
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
        let Some(most) = days.iter().max_by_key(|day| day.denied + day.held) else { return };
        if most.denied + most.held == 0 {
            return;
        }
        let (bars, each) = picture::line(days);
        out.push('\n');
        let args = [
            ("each", each.to_string()),
            ("date", most.date.clone()),
            ("n", grouped(most.denied + most.held)),
        ];
        self.line(out, "replay.days", &args);
        let _ = writeln!(out, "  {bars}");
        let gap = bars.chars().count().saturating_sub(first.date.len() + last.date.len()).max(1);
        let _ = writeln!(out, "  {}{:gap$}{}", first.date, "", last.date);
    }

    fn differences(&self, out: &mut String) {
        let report = self.report;
        let difference = &report.difference;
        out.push('\n');
        let args = [
            ("n", grouped(report.differs)),
            ("stricter", grouped(difference.stricter)),
            ("looser", grouped(difference.looser)),
            ("imported", grouped(difference.imported)),
        ];
        self.line(out, "replay.differs", &args);
        if let Some(against) = &report.against {
            let args = [
                ("same", grouped(against.same)),
                ("stricter", grouped(against.stricter)),
                ("looser", grouped(against.looser)),
            ];
            self.line(out, "replay.against", &args);
            against.cases.iter().take(CASES_SHOWN).for_each(|case| self.case(out, case, "  "));
        }
    }

    fn holds(&self, out: &mut String) {
        let report = self.report;
        self.line(out, "replay.holds_per_day", &[("n", format!("{:.1}", report.holds_per_day))]);
        if let (Some(precision), Some(recall)) = (report.precision, report.recall) {
            let labels = report.labels.unwanted + report.labels.wanted;
            let args = [
                ("precision", format!("{precision:.3}")),
                ("recall", format!("{recall:.3}")),
                ("n", grouped(labels)),
            ];
            self.line(out, "replay.labels", &args);
        }
        report.fault_kinds.iter().for_each(|fault| self.fault(out, fault));
    }

    pub(super) fn fault(&self, out: &mut String, fault: &Fault) {
        let args = [
            ("n", grouped(fault.times)),
            ("line", fault.line.to_string()),
            ("what", shown::printable(&self.reader.render(&fault.says))),
        ];
        self.line(out, "replay.fault", &args);
    }

    fn rest(&self, out: &mut String) {
        let report = self.report;
        if report.lacking_runs > 0 {
            self.line(out, "replay.lacking", &[("n", grouped(report.lacking_runs))]);
        }
        let slowest = report.slowest.first().map_or(0, |slow| slow.wall_us).max(self.slowest_elsewhere());
        let seconds = format!("{:.2}", report.wall_ms as f64 / 1_000.0);
        self.line(out, "replay.time", &[("seconds", seconds), ("slowest", grouped(slowest))]);
        self.line(out, "replay.unchanged", &[]);
    }
}
