//! Counting what a draft says, message by message.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kith_core::body::Bodies;
use kith_core::event::Event;
use kith_core::ids::{HoldId, MemberId, MessageId};
use kith_core::import::Label;
use kith_core::queue::{self, AtDeadline, Cause, Item, Verdict};
use kith_core::rule;
use kith_core::script::RunOutcome;
use kith_core::stream::Stream;

use super::Plan;
use super::report::{Against, Case, Day, Fault, Labels, Regular, Report, Slow};
use super::said::Said;
use super::world::Answer;

/// Days of the last `REGULAR_WITHIN_DAYS` on which a regular wrote.
const REGULAR_DAYS: usize = 5;
/// How far back a regular's days are counted.
const REGULAR_WITHIN_DAYS: i32 = 30;
/// Messages shown of one regular.
const CASES_PER_REGULAR: usize = 5;
/// Regulars shown.
const REGULARS_MAX: usize = 100;
/// Messages shown of everybody else, and of each comparison.
const CASES_MAX: usize = 200;
/// Characters shown of a message.
const TEXT_CHARS_MAX: usize = 280;
/// Slow runs shown.
const SLOWEST_MAX: usize = 5;

pub(super) struct Count {
    report: Report,
    zone: Option<TimeZone>,
    days: BTreeMap<Date, Day>,
    /// On which days members wrote lately, oldest first.
    wrote: HashMap<MemberId, VecDeque<Date>>,
    regulars: HashMap<MemberId, Regular>,
    cases: VecDeque<Case>,
    faults: BTreeMap<(&'static str, u32, u32), Fault>,
    hit: HashSet<MessageId>,
    asked: HashSet<MessageId>,
    labels: HashMap<MessageId, Label>,
    holds: HashMap<HoldId, MessageId>,
    against: Option<Against>,
}

impl Count {
    pub(super) fn new(plan: &Plan) -> Self {
        let against = plan.against.as_ref();
        let against = against.map(|other| Against { script: other.name.clone(), ..Against::default() });
        Self {
            report: Report { script: plan.draft.name.clone(), ..Report::default() },
            zone: None,
            days: BTreeMap::new(),
            wrote: HashMap::new(),
            regulars: HashMap::new(),
            cases: VecDeque::new(),
            faults: BTreeMap::new(),
            hit: HashSet::new(),
            asked: HashSet::new(),
            labels: HashMap::new(),
            holds: HashMap::new(),
            against,
        }
    }

    fn date(&mut self, at_ms: u64, state: &Stream) -> Date {
        let zone = self.zone.get_or_insert_with(|| {
            state.community().map_or(TimeZone::UTC, |community| community.profile.zone.rules())
        });
        let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX).to_zoned(zone.clone()).date()
    }

    /// Counts a message that the draft was asked about; `None` for an answer: it was not.
    pub(super) fn message(
        &mut self,
        state: &Stream,
        said: &Said<'_>,
        (answer, other): (Option<Answer>, Option<Option<Answer>>),
        bodies: &Bodies,
    ) {
        let date = self.date(said.at_ms, state);
        let regular = self.wrote_on(said.author, date);
        let Some(answer) = answer else {
            self.report.not_asked += 1;
            return;
        };
        self.asked.insert(said.message);
        if let Some(label) = said.label {
            self.labels.insert(said.message, label);
        }
        self.tally(said, &answer, date);
        let verdict = answer.verdict.max(said.by_rules);
        let (hits, hit_then) = (strikes(&answer), said.recorded != Verdict::Allow);
        let text = || shortened(said, bodies);
        let case = |recorded: &'static str| Case {
            message: said.message,
            author: said.author,
            nickname: nickname(state, said.author),
            at_ms: said.at_ms,
            text: text(),
            says: answer.outcome.name(),
            verdict: name(verdict),
            recorded,
            code: answer.code.clone(),
            reason: answer.text.clone(),
        };
        let differs = verdict != said.recorded
            || (answer.outcome == RunOutcome::Rewrite && verdict == Verdict::Allow) != said.rewritten;
        if differs && !answer.prevented {
            self.report.differs += 1;
            let difference = &mut self.report.difference;
            difference.stricter += u64::from(hits && !hit_then);
            difference.looser += u64::from(!hits && hit_then);
            difference.imported += u64::from(hits && said.imported);
        }
        if hits {
            self.hit.insert(said.message);
            self.show(case(name(said.recorded)), regular);
        }
        if let (Some(against), Some(other)) = (&mut self.against, other.flatten()) {
            match (hits, strikes(&other)) {
                (true, false) => against.stricter += 1,
                (false, true) => against.looser += 1,
                _ if other.verdict == answer.verdict => against.same += 1,
                _ => {}
            }
            if hits != strikes(&other) && against.cases.len() < CASES_MAX {
                against.cases.push(case(other.outcome.name()));
            }
        }
    }

    fn tally(&mut self, said: &Said<'_>, answer: &Answer, date: Date) {
        let report = &mut self.report;
        report.messages += 1;
        report.imported += u64::from(said.imported);
        let one = |yes: bool| u64::from(yes);
        let fault = answer.outcome == RunOutcome::Fault;
        let denied = one(answer.verdict == Verdict::Deny);
        let held = one(answer.verdict == Verdict::Hold && !fault && answer.outcome != RunOutcome::Skipped);
        report.denied += denied;
        report.held += held;
        report.rewritten += one(answer.outcome == RunOutcome::Rewrite);
        report.breaches += one(answer.outcome == RunOutcome::Violation);
        report.muted += one(answer.mutes);
        report.removed += one(answer.removes);
        report.faults += one(fault);
        report.capped += one(answer.outcome == RunOutcome::Capped);
        report.skipped += one(answer.outcome == RunOutcome::Skipped && !answer.prevented);
        report.prevented += one(answer.prevented);
        let new = || Day { date: date.to_string(), messages: 0, denied: 0, held: 0 };
        let day = self.days.entry(date).or_insert_with(new);
        day.messages += 1;
        day.denied += denied;
        day.held += held;
        if let Some(found) = &answer.fault {
            let (line, column) = found.place.map_or((0, 0), |place| (place.line, place.column));
            let kind = found.kind.code();
            let new = || Fault { kind, line, column, times: 0, detail: found.detail.clone() };
            self.faults.entry((kind, line, column)).or_insert_with(new).times += 1;
        }
        self.report.script_us = self.report.script_us.saturating_add(answer.wall_us);
        let slowest = &mut self.report.slowest;
        if slowest.len() < SLOWEST_MAX || slowest.last().is_some_and(|last| last.wall_us < answer.wall_us) {
            let place = slowest.partition_point(|slow| slow.wall_us >= answer.wall_us);
            slowest.insert(place, Slow { message: said.message, wall_us: answer.wall_us });
            slowest.truncate(SLOWEST_MAX);
        }
    }

    /// Whether a member had been a regular before this day; notes that they wrote.
    fn wrote_on(&mut self, member: MemberId, date: Date) -> bool {
        let days = self.wrote.entry(member).or_default();
        while days.front().is_some_and(|day| (date - *day).get_days() > REGULAR_WITHIN_DAYS) {
            days.pop_front();
        }
        let before = days.iter().filter(|day| **day < date).count();
        if days.back().is_none_or(|last| *last < date) {
            days.push_back(date);
        }
        before >= REGULAR_DAYS
    }

    fn show(&mut self, case: Case, regular: bool) {
        if !regular {
            self.cases.push_front(case);
            self.cases.truncate(CASES_MAX);
            return;
        }
        let new = || Regular {
            member: case.author,
            nickname: case.nickname.clone(),
            messages: 0,
            cases: Vec::new(),
        };
        let regular = self.regulars.entry(case.author).or_insert_with(new);
        regular.messages += 1;
        if regular.cases.len() < CASES_PER_REGULAR {
            regular.cases.push(case);
        }
    }

    /// Takes note of labels that people gave in the queue.
    pub(super) fn saw(&mut self, events: &[Event], state: &Stream) {
        for event in events {
            match event {
                Event::Queue(queue::Event::Held { id, hold }) => {
                    if let Item::Message(held) = &hold.item {
                        self.holds.insert(*id, held.header.id);
                    }
                }
                Event::Queue(queue::Event::Resolved { hold, outcome, cause, .. }) => {
                    let label = match (cause, outcome) {
                        (Cause::Deadline, _) | (_, AtDeadline::Keep) => continue,
                        (_, AtDeadline::Release) => Label::Ham,
                        (_, AtDeadline::Deny) => Label::Spam,
                    };
                    if let Some(message) = self.holds.get(hold) {
                        self.labels.insert(*message, label);
                    }
                }
                Event::Queue(queue::Event::Restored { receipt }) => {
                    let denied = state.community().map(|community| &community.queue.denied);
                    let denied = denied.into_iter().flatten();
                    for denied in denied.filter(|denied| denied.receipts.contains(receipt)) {
                        self.labels.insert(denied.held.header.id, Label::Ham);
                    }
                }
                _ => {}
            }
        }
    }

    /// The report at the end of the history.
    pub(super) fn report(self, state: &Stream) -> Report {
        let labels = self.labels();
        let Self { mut report, days, regulars, cases, faults, against, .. } = self;
        let share = |part: u64, of: u64| (of > 0).then(|| rounded(part as f64 / of as f64));
        report.precision = share(labels.unwanted_hit, labels.unwanted_hit + labels.wanted_hit);
        report.recall = share(labels.unwanted_hit, labels.unwanted);
        report.labels = labels;
        report.holds_per_day = rounded(report.held as f64 / days.len().max(1) as f64);
        report.days = days.into_values().collect();
        report.regulars_hit = regulars.len() as u64;
        report.regulars = regulars.into_values().collect();
        report.regulars.sort_by_key(|regular| (std::cmp::Reverse(regular.messages), regular.member));
        report.regulars.truncate(REGULARS_MAX);
        for regular in &mut report.regulars {
            regular.nickname = nickname(state, regular.member);
        }
        report.cases = cases.into();
        report.fault_kinds = faults.into_values().collect();
        report.fault_kinds.sort_by_key(|fault| std::cmp::Reverse(fault.times));
        report.against = against;
        report
    }

    fn labels(&self) -> Labels {
        let mut labels = Labels::default();
        let asked: BTreeSet<&MessageId> = self.asked.iter().collect();
        for (message, label) in self.labels.iter().filter(|(message, _)| asked.contains(message)) {
            let hit = u64::from(self.hit.contains(message));
            match label {
                Label::Spam => {
                    labels.unwanted += 1;
                    labels.unwanted_hit += hit;
                }
                Label::Ham => {
                    labels.wanted += 1;
                    labels.wanted_hit += hit;
                }
            }
        }
        labels
    }
}

/// Whether the draft objects: it denies, holds or reports a breach. A fault or a breaker is no objection.
fn strikes(answer: &Answer) -> bool {
    matches!(answer.outcome, RunOutcome::Deny | RunOutcome::Hold | RunOutcome::Violation | RunOutcome::Capped)
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

const fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

fn nickname(state: &Stream, member: MemberId) -> String {
    let row = state.community().and_then(|community| community.members.get(member));
    row.and_then(|row| state.bodies.text(&row.nickname)).unwrap_or_default().to_owned()
}

fn shortened(said: &Said<'_>, bodies: &Bodies) -> String {
    let texts = said.parts.iter().filter_map(rule::text_of).filter_map(|body| bodies.text(body));
    let whole = texts.collect::<Vec<_>>().join("\n");
    match whole.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}
