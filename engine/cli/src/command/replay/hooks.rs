//! What a replay's report says of hooks other than messages, each only where the draft has it.

use std::collections::BTreeMap;

use kith_runtime::replay::{Rulings, Runs};

use super::text::{CASES_SHOWN, Page, grouped};

impl Page<'_> {
    /// A section for each hook that the draft has.
    pub(super) fn hooks(&self, out: &mut String) {
        let (report, before) = (self.report, out.len());
        for (code, rulings) in [("replay.joins", &report.joins), ("replay.cards", &report.cards)] {
            rulings.iter().for_each(|rulings| self.rulings(out, code, rulings));
        }
        if let Some(commands) = &report.commands {
            let args = [
                ("runs", grouped(commands.used.runs)),
                ("answered", grouped(commands.answered)),
                ("posted", grouped(commands.posted_then)),
            ];
            self.section(out, "replay.commands", &args);
            self.runs(out, &commands.used);
        }
        if let Some(events) = &report.events {
            self.section(out, "replay.events", &[("runs", grouped(events.runs))]);
            self.runs(out, events);
        }
        if let Some(timers) = &report.timers {
            let args = [("runs", grouped(timers.used.runs)), ("waiting", grouped(timers.waiting))];
            self.section(out, "replay.timers", &args);
            if let Some(n) = timers.stopped_after {
                self.further(out, "replay.timers_stopped", &[("n", grouped(n))]);
            }
            self.runs(out, &timers.used);
        }
        if let Some(topics) = &report.topics {
            let args = [("runs", grouped(topics.used.runs)), ("proposed", grouped(topics.proposed))];
            self.section(out, "replay.topics", &args);
            self.runs(out, &topics.used);
        }
        if out.len() > before {
            out.push('\n');
        }
    }

    fn section(&self, out: &mut String, code: &str, args: &[(&str, String)]) {
        out.push('\n');
        self.line(out, code, args);
    }

    fn rulings(&self, out: &mut String, code: &str, rulings: &Rulings) {
        let counts = [
            ("asked", rulings.asked),
            ("denied", rulings.denied),
            ("held", rulings.held),
            ("differs", rulings.differs),
            ("stricter", rulings.stricter),
            ("looser", rulings.looser),
        ];
        self.section(out, code, &counts.map(|(name, count)| (name, grouped(count))));
        rulings.cases.iter().take(CASES_SHOWN).for_each(|case| self.case(out, case, "  "));
        let more = rulings.cases.len().saturating_sub(CASES_SHOWN) as u64;
        if more > 0 {
            self.further(out, "replay.more", &[("n", grouped(more))]);
        }
        if let Some(against) = &rulings.against {
            let counts = [("same", against.same), ("stricter", against.stricter), ("looser", against.looser)];
            self.further(out, "replay.against", &counts.map(|(name, count)| (name, grouped(count))));
        }
        self.runs(out, &rulings.used);
    }

    fn runs(&self, out: &mut String, runs: &Runs) {
        if !runs.effects.is_empty() {
            let args = [("effects", effects(&runs.effects)), ("refused", grouped(runs.refused))];
            self.further(out, "replay.effects", &args);
        }
        if let Some(other) = &runs.other {
            let counts = [("runs", other.runs), ("refused", other.refused), ("faults", other.faults)];
            let counts = counts.map(|(name, count)| (name, grouped(count)));
            let args = [counts.as_slice(), &[("effects", effects(&other.effects))]].concat();
            self.further(out, "replay.against_runs", &args);
        }
        for fault in &runs.fault_kinds {
            out.push_str("  ");
            self.fault(out, fault);
        }
        if let Some(slow) = runs.slowest.first() {
            self.further(out, "replay.slowest", &[("slowest", grouped(slow.wall_us))]);
        }
    }

    /// The slowest run that was no message's, microseconds.
    pub(super) fn slowest_elsewhere(&self) -> u64 {
        let report = self.report;
        let used = [
            report.joins.as_ref().map(|joins| &joins.used),
            report.cards.as_ref().map(|cards| &cards.used),
            report.commands.as_ref().map(|commands| &commands.used),
            report.events.as_ref(),
            report.timers.as_ref().map(|timers| &timers.used),
            report.topics.as_ref().map(|topics| &topics.used),
        ];
        let slowest = used.into_iter().flatten().filter_map(|runs| runs.slowest.first());
        slowest.map(|slow| slow.wall_us).max().unwrap_or(0)
    }
}

/// Kinds of effects with their counts, for people.
fn effects(effects: &BTreeMap<&'static str, u64>) -> String {
    let listed = effects.iter().map(|(kind, count)| format!("{kind} {}", grouped(*count)));
    let listed = listed.collect::<Vec<_>>().join(", ");
    if listed.is_empty() { "–".to_owned() } else { listed }
}
