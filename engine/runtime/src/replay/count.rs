//! Counting what a draft says: message by message here, by hook in `rulings` and `runs`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kith_core::body::Bodies;
use kith_core::event::Event;
use kith_core::hook::Hook;
use kith_core::ids::{HoldId, MemberId, MessageId};
use kith_core::import::Label;
use kith_core::queue::{self, AtDeadline, Cause, Item, Verdict};
use kith_core::rule;
use kith_core::script::RunOutcome;
use kith_core::stream::Stream;

use super::Plan;
use super::answer::Answer;
use super::asked::Asked;
use super::report::{Against, Case, Day, Labels, Regular, Report, Slow};
use super::rulings::{Ruling, Wanted};
use super::runs::{Faults, SLOWEST_MAX, Tally};
use super::said::Said;
use super::sections::{Commands, Timers, Topics};
use super::world::World;

/// Days of the last `REGULAR_WITHIN_DAYS` on which a regular wrote.
const REGULAR_DAYS: usize = 5;
/// How far back a regular's days are counted.
const REGULAR_WITHIN_DAYS: i32 = 30;
/// Messages shown of one regular.
const CASES_PER_REGULAR: usize = 5;
/// Regulars shown.
const REGULARS_MAX: usize = 100;
/// Messages shown of everybody else, and of each comparison.
pub(super) const CASES_MAX: usize = 200;
/// Characters shown of a message.
const TEXT_CHARS_MAX: usize = 280;

pub(super) struct Count {
    report: Report,
    zone: Option<TimeZone>,
    days: BTreeMap<Date, Day>,
    /// On which days members wrote lately, oldest first.
    wrote: HashMap<MemberId, VecDeque<Date>>,
    regulars: HashMap<MemberId, Regular>,
    cases: VecDeque<Case>,
    faults: Faults,
    hit: HashSet<MessageId>,
    asked: HashSet<MessageId>,
    labels: HashMap<MessageId, Label>,
    holds: HashMap<HoldId, MessageId>,
    against: Option<Against>,
    hooks: BTreeSet<Hook>,
    joins: Ruling,
    cards: Ruling,
    /// Runs of the other hooks.
    tallies: BTreeMap<Hook, Tally>,
    /// The same of the version that the draft is compared with.
    others: Option<BTreeMap<Hook, Tally>>,
    commands: Commands,
    topics: Topics,
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
            faults: Faults::default(),
            hit: HashSet::new(),
            asked: HashSet::new(),
            labels: HashMap::new(),
            holds: HashMap::new(),
            against,
            hooks: plan.draft.hooks.clone(),
            joins: Ruling::default(),
            cards: Ruling::default(),
            tallies: BTreeMap::new(),
            others: plan.against.as_ref().map(|_| BTreeMap::new()),
            commands: Commands::default(),
            topics: Topics::default(),
        }
    }

    /// Counts what the draft said of something, and another version.
    pub(super) fn asked(
        &mut self,
        state: &Stream,
        asked: &Asked<'_>,
        (answer, other): (Option<Answer>, Option<Option<Answer>>),
        bodies: &Bodies,
    ) {
        other.iter().flatten().filter(|other| !other.hook.rules()).for_each(|other| self.other_ran(other));
        if let Some(answer) = answer.as_ref().filter(|answer| !answer.hook.rules()) {
            let posted_then = match asked {
                Asked::Said(_) => true,
                Asked::Typed(typed) => typed.posted_then,
                _ => false,
            };
            self.commands.posted_then += u64::from(posted_then);
            return self.ran(answer);
        }
        let answers = (answer, other);
        match asked {
            Asked::Said(said) if self.hooks.contains(&Hook::Message) => {
                self.message(state, said, answers, bodies);
            }
            Asked::Entering(entering) if self.hooks.contains(&Hook::Join) => {
                answers.0.iter().for_each(|answer| self.took(answer));
                self.joins.note(state, Wanted::to_enter(entering, bodies), answers);
            }
            Asked::Changing(changing) if self.hooks.contains(&Hook::Card) => {
                answers.0.iter().for_each(|answer| self.took(answer));
                self.cards.note(state, Wanted::to_change(changing, bodies), answers);
            }
            _ => {}
        }
    }

    /// Counts a run that ruled on nothing.
    pub(super) fn ran(&mut self, answer: &Answer) {
        self.took(answer);
        self.commands.answered += u64::from(answer.reacted);
        self.topics.proposed += answer.topics;
        self.tallies.entry(answer.hook).or_default().note(answer);
    }

    /// Counts a run of the version that the draft is compared with, in a hook that gives no verdict.
    pub(super) fn other_ran(&mut self, answer: &Answer) {
        if let Some(others) = &mut self.others {
            others.entry(answer.hook).or_default().note(answer);
        }
    }

    /// Counts what any run took.
    fn took(&mut self, answer: &Answer) {
        let report = &mut self.report;
        report.script_us = report.script_us.saturating_add(answer.wall_us);
        report.lacking_runs += u64::from(answer.lacked);
    }

    fn date(&mut self, at_ms: u64, state: &Stream) -> Date {
        let zone = self.zone.get_or_insert_with(|| {
            state.community().map_or(TimeZone::UTC, |community| community.profile.zone.rules())
        });
        let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX).to_zoned(zone.clone()).date()
    }

    /// Counts a message that the draft was asked about; `None` for an answer: it was not.
    fn message(
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
        let (hits, hit_then) = (answer.strikes(), said.recorded != Verdict::Allow);
        let text = || shortened(said, bodies);
        let case = |recorded: &'static str| Case {
            message: Some(said.message),
            member: said.author,
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
            match (hits, other.strikes()) {
                (true, false) => against.stricter += 1,
                (false, true) => against.looser += 1,
                _ if other.verdict == answer.verdict => against.same += 1,
                _ => {}
            }
            if hits != other.strikes() && against.cases.len() < CASES_MAX {
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
        self.faults.note(answer);
        self.took(answer);
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
            member: case.member,
            nickname: case.nickname.clone(),
            messages: 0,
            cases: Vec::new(),
        };
        let regular = self.regulars.entry(case.member).or_insert_with(new);
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
    pub(super) fn report(mut self, world: &World<'_>, timers_stopped: Option<u64>) -> Report {
        let (state, labels) = (world.state(), self.labels());
        self.tell_hooks(world, timers_stopped);
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
        report.fault_kinds = faults.told();
        report.against = against;
        report
    }

    /// What there is to say of each hook that the draft has.
    fn tell_hooks(&mut self, world: &World<'_>, stopped_after: Option<u64>) {
        let (joins, cards) = (std::mem::take(&mut self.joins), std::mem::take(&mut self.cards));
        let (commands, topics) = (std::mem::take(&mut self.commands), std::mem::take(&mut self.topics));
        let report = &mut self.report;
        for hook in &self.hooks {
            report.hooks.push(hook.name());
        }
        let has = |hook| self.hooks.contains(&hook);
        let mut used = |hook| {
            let mut runs = self.tallies.remove(&hook).unwrap_or_default().told();
            runs.other =
                self.others.as_mut().map(|others| others.remove(&hook).unwrap_or_default().told().into());
            runs
        };
        report.joins = has(Hook::Join).then(|| joins.told(world.state()));
        report.cards = has(Hook::Card).then(|| cards.told(world.state()));
        report.commands = has(Hook::Command).then(|| Commands { used: used(Hook::Command), ..commands });
        report.events = has(Hook::Event).then(|| used(Hook::Event));
        let waiting = world.timers_waiting();
        report.timers = has(Hook::Timer).then(|| Timers { waiting, stopped_after, used: used(Hook::Timer) });
        report.topics = has(Hook::Topic).then(|| Topics { used: used(Hook::Topic), ..topics });
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

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

pub(super) const fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

pub(super) fn nickname(state: &Stream, member: MemberId) -> String {
    let row = state.community().and_then(|community| community.members.get(member));
    row.and_then(|row| state.bodies.text(&row.nickname)).unwrap_or_default().to_owned()
}

fn shortened(said: &Said<'_>, bodies: &Bodies) -> String {
    let texts = said.parts.iter().filter_map(rule::text_of).filter_map(|body| bodies.text(body));
    cut(&texts.collect::<Vec<_>>().join("\n"))
}

/// A text that is not longer than is shown.
pub(super) fn cut(whole: &str) -> String {
    match whole.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole.to_owned(),
    }
}
