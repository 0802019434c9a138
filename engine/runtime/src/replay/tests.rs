//! Replays over small histories that a writer made, with a stand-in for the script host.

mod elsewhere;
mod hooks;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{self, Blueprint};
use kith_core::hook::{Call, Effect, Hook, Input, Ran, Reason, Ruling, Value};
use kith_core::ids::{ChannelId, CommunityId, HoldId, MemberId};
use kith_core::import::{self, Label};
use kith_core::message::{self, Mentions, Part, Sort};
use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use kith_core::queue::{self, AtDeadline};
use kith_core::rule::Step;
use kith_core::script::{self, Binding, Origin};

use super::{Cascade, Draft, Plan, Report, Stage, run};
use crate::draft::{self, Reply};
use crate::extend::{Extended, Runner, Unwatched, Usage};
use crate::mailbox;
use crate::memory::Memory;
use crate::mint::Mint;
use crate::writer::Writer;

const START_MS: u64 = 1_700_000_000_000;
const GROUP: CommunityId = CommunityId(77);

/// Rules by the first word of a message that the source lists, such as `deny:ad hold:maybe`; counts in its
/// memory and holds every third message that says `count`.
struct Words;

impl Runner for Words {
    fn run(&self, call: &Call<'_>, _seed: &dyn Fn() -> [u8; 32]) -> (Ran, Usage) {
        let Input::Message(posting) = call.input else { panic!("messages only") };
        let word = posting.texts.first().and_then(|text| text.split(' ').next()).unwrap_or_default();
        let listed = call.version.source.split(' ').filter_map(|entry| entry.split_once(':'));
        let says = listed.filter(|(_, listed)| *listed == word).map(|(says, _)| says).next();
        let reason = || Reason { code: word.to_owned(), text: format!("{word} is not for here") };
        let mut effects = Vec::new();
        let ruling = match says {
            Some("deny") => Ruling::Deny(reason()),
            Some("hold") => Ruling::Hold(reason()),
            Some("breach") => Ruling::Violation(reason()),
            Some("rewrite") => Ruling::Rewrite("something milder".to_owned()),
            Some("mute") => {
                let (member, text) = (posting.author.id, "enough".to_owned());
                effects.push(Effect::Mute { member, for_ms: HOUR_MS, text });
                Ruling::Allow
            }
            Some("third") => {
                let memory = call.ctx.community.scripts.memories.get(&call.script.no);
                let count = match memory.and_then(|memory| memory.values.get("count")) {
                    Some(Value::Int(count)) => count + 1,
                    _ => 1,
                };
                effects.push(Effect::Put { key: "count".to_owned(), value: Value::Int(count) });
                if count % 3 == 0 { Ruling::Hold(reason()) } else { Ruling::Allow }
            }
            _ => Ruling::Allow,
        };
        (Ran { outcome: Ok((ruling, effects)), operations: 1, dice: false }, Usage::default())
    }
}

/// A group that a writer keeps, with a clock of its own.
struct Group {
    memory: Arc<Memory>,
    writer: Writer,
    mint: Mint,
    now_ms: u64,
    imported: u64,
    runner: Arc<dyn Runner>,
}

fn source(words: &str) -> Draft {
    Draft {
        name: "guard".to_owned(),
        source: words.to_owned(),
        hooks: BTreeSet::from([Hook::Message]),
        binding: Binding { step: Step::Mute, ..Binding::default() },
    }
}

impl Group {
    fn new() -> Self {
        Self::with(Arc::new(Words))
    }

    fn with(runner: Arc<dyn Runner>) -> Self {
        let memory = Memory::new();
        let (keys, mint) = (Arc::clone(&memory) as _, Mint::seeded(3));
        let extensions = Extended::new(Arc::clone(&runner), keys, Mint::seeded(4), Arc::new(Unwatched));
        let records = Arc::clone(&memory) as _;
        let writer = Writer::open(GROUP, records, memory.as_ref(), Arc::new(extensions)).unwrap();
        let mut group = Self { memory, writer, mint, now_ms: START_MS, imported: 0, runner };
        let (name, blueprint) = ("group".to_owned(), Box::new(Blueprint::default()));
        group.ask(
            Actor::Host,
            community::Command::Create { name, blueprint, founder: None },
            Bodies::default(),
        );
        group
    }

    fn ask(&mut self, actor: Actor, kind: impl Into<CommandKind>, bodies: Bodies) -> Reply {
        let id = self.mint.command(self.now_ms);
        self.ask_as(draft::Draft::new(id, GROUP, actor, kind).with_bodies(bodies))
    }

    /// Asks a second later, once the timers have fired that are due by then.
    fn ask_as(&mut self, draft: draft::Draft) -> Reply {
        self.now_ms += 1_000;
        while let Some((due_ms, timer)) = self.writer.stream().timers.next().filter(|it| it.0 <= self.now_ms)
        {
            self.writer.step(mailbox::fire(GROUP, timer, due_ms), due_ms).reply.unwrap();
        }
        let reply = self.writer.step(draft, self.now_ms).reply.unwrap();
        self.writer.flush(Box::new(|durable| assert!(durable.is_ok()))).unwrap();
        reply
    }

    fn hall(&self) -> ChannelId {
        self.writer.stream().community().unwrap().channels.of_name("general").unwrap().id
    }

    /// Imports lines of one author, a minute apart from a time on.
    fn import(&mut self, key: u64, from_ms: u64, lines: &[(&str, Option<Label>)]) -> MemberId {
        self.imported += 1;
        let mut bodies = Bodies::default();
        let known = self.writer.stream().community().unwrap().members.iter();
        let known = known.map(|member| member.id).find(|id| id.0 & 0xffff == u128::from(key));
        let member = known.unwrap_or(MemberId(u128::from(key) | 1 << 80));
        let nickname = Some(self.mint.text(&mut bodies, from_ms, member, &format!("person {key}")));
        let rows = (1..).zip(lines).map(|(line, (text, label))| {
            let body = self.mint.text(&mut bodies, from_ms, member, text);
            let (parts, label) = (vec![Part::Text { body }], *label);
            let what = import::What::Message { author: 0, parts, reply_to: None, label };
            import::Row { line, id: None, said_at_ms: from_ms + line * MINUTE_MS, what }
        });
        let rows: Vec<import::Row> = rows.collect();
        let batch = import::Command::Batch {
            origin: import::Origin { format: "jsonl".to_owned(), file: [self.imported as u8; 32] },
            channel: self.hall(),
            authors: vec![import::Author { key, member, nickname }],
            through_line: rows.len() as u64,
            rows,
        };
        self.ask(Actor::Host, batch, bodies);
        member
    }

    fn say(&mut self, member: MemberId, text: &str) -> Reply {
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, self.now_ms, member, text);
        let (channel, parts) = (self.hall(), vec![Part::Text { body }]);
        let (sort, mentions) = (Sort::Talk, Mentions::default());
        let post = message::Command::Post { channel, parts, reply_to: None, sort, mentions };
        self.ask(Actor::Member(member), post, bodies)
    }

    fn live(&mut self, draft: &Draft) {
        let Draft { name, source, hooks, binding } = draft.clone();
        let (origin, binding) = (Origin::Command, Some(binding));
        let stage = script::Stage::Live;
        let put = script::Command::Put { name, source, hooks, origin, binding, stage, cases: String::new() };
        self.ask(Actor::Host, put, Bodies::default());
    }

    fn replay(&self, plan: &Plan) -> Report {
        let keys = Arc::clone(&self.memory) as _;
        let stage = Stage { records: self.memory.as_ref(), keys, runner: Arc::clone(&self.runner) };
        run(&stage, plan, &mut |_| ControlFlow::Continue(())).unwrap()
    }
}

#[test]
fn the_live_version_over_its_own_history_says_what_it_said() {
    let mut group = Group::new();
    let live = source("deny:ad hold:maybe breach:spam rewrite:darn third:count");
    group.live(&live);
    let people: Vec<MemberId> =
        (1..=4).map(|key| group.import(key, START_MS - DAY_MS, &[("hi", None)])).collect();
    for round in 0..40 {
        group.now_ms += 7 * MINUTE_MS;
        let text = ["hello", "ad", "maybe", "count", "darn", "count", "spam", "count"][round % 8];
        // Who was muted for spam is silent for an hour, and comes back.
        let member = people[round % 4];
        if group
            .writer
            .stream()
            .community()
            .unwrap()
            .rules
            .record
            .mute(member, group.now_ms + 1_000)
            .is_none()
        {
            group.say(member, &format!("{text} {round}"));
        }
    }
    let report = group.replay(&Plan { after_seq: 2, ..Plan::new(GROUP, live) });
    assert!(report.denied > 3 && report.held > 3 && report.rewritten > 3 && report.muted > 0, "{report:#?}");
    assert_eq!((report.differs, report.faults, report.imported), (0, 0, 4), "{report:#?}");
}

#[test]
fn a_stricter_draft_is_told_by_whom_it_hits_and_how_it_differs() {
    let mut group = Group::new();
    let regular =
        (0..8).map(|day| group.import(1, START_MS + day * DAY_MS, &[("hi", None), ("tea", None)])).last();
    let newcomer = group.import(2, START_MS + 8 * DAY_MS, &[("tea", None), ("buy", None)]);
    let mut plan = Plan::new(GROUP, source("deny:tea hold:buy"));
    let report = group.replay(&plan);
    assert_eq!((report.messages, report.imported), (18, 18));
    assert_eq!((report.denied + report.capped, report.held - report.capped), (9, 1));
    assert_eq!((report.differs, report.difference.stricter, report.difference.imported), (10, 10, 10));
    let [hit] = &report.regulars[..] else { panic!("one regular: {report:#?}") };
    assert_eq!((Some(hit.member), hit.messages, hit.cases[0].text.as_str()), (regular, 3, "tea"));
    assert_eq!(hit.nickname, "person 1");
    assert!(report.cases.iter().any(|case| case.member == newcomer && case.code == "buy"));
    assert_eq!(report.days.len(), 9);
    plan.since_ms = Some(START_MS + 8 * DAY_MS);
    plan.against = Some(source("hold:buy deny:nothing"));
    let report = group.replay(&plan);
    let against = report.against.unwrap();
    assert_eq!((report.messages, against.same, against.stricter, against.looser), (2, 1, 1, 0));
}

#[test]
fn a_mute_of_the_drafts_own_is_counted_and_silences_only_in_a_cascade() {
    let mut group = Group::new();
    group.import(1, START_MS, &[("loud", None), ("tea", None), ("tea", None)]);
    let mut plan = Plan::new(GROUP, source("mute:loud deny:tea"));
    let report = group.replay(&plan);
    assert_eq!((report.messages, report.denied, report.prevented, report.muted), (3, 2, 2, 1));
    plan.cascade = Cascade::Followed;
    let report = group.replay(&plan);
    assert_eq!((report.messages, report.denied, report.prevented), (3, 0, 2));
}

#[test]
fn labels_of_sources_and_of_the_queue_give_precision_and_recall() {
    let mut group = Group::new();
    let (spam, ham) = (Some(Label::Spam), Some(Label::Ham));
    group.import(1, START_MS, &[("buy", spam), ("buy", ham), ("cheap", spam), ("tea", ham), ("tea", None)]);
    group.live(&source("hold:win"));
    let member = group.import(2, START_MS, &[("hi", None)]);
    let reply = group.say(member, "win a prize");
    let hold = HoldId::of(reply.command, 0);
    let resolve = queue::Command::Resolve { hold, outcome: AtDeadline::Deny, note: None };
    group.ask(Actor::Host, resolve, Bodies::default());
    let report = group.replay(&Plan::new(GROUP, source("hold:buy hold:win")));
    let labels = report.labels;
    assert_eq!((labels.unwanted, labels.wanted, labels.unwanted_hit, labels.wanted_hit), (3, 2, 2, 1));
    assert_eq!((report.precision, report.recall), (Some(0.667), Some(0.667)));
}

#[test]
fn progress_is_told_of_every_record_and_a_replay_ends_when_it_is_told_to() {
    let mut group = Group::new();
    for day in 0..3 {
        group.import(1, START_MS + day * DAY_MS, &[("hi", None), ("tea", None)]);
    }
    let keys = Arc::clone(&group.memory) as _;
    let stage = Stage { records: group.memory.as_ref(), keys, runner: Arc::clone(&group.runner) };
    let mut seen = Vec::new();
    let plan = Plan::new(GROUP, source("deny:tea"));
    let report = run(&stage, &plan, &mut |seq| {
        seen.push(seq);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((seen, report.unwrap().messages), (vec![1, 2, 3], 4));
}

#[test]
fn a_replay_changes_nothing() {
    let mut group = Group::new();
    group.import(1, START_MS, &[("loud", None), ("tea", None)]);
    let before = (group.writer.stream().hash(), group.writer.frame_no());
    group.replay(&Plan::new(GROUP, source("mute:loud deny:tea")));
    let mut count = 0;
    let records: &dyn kith_core::ports::Records = group.memory.as_ref();
    let visit = &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    };
    records.read(GROUP, 1, visit).unwrap();
    assert_eq!((group.writer.stream().hash(), count), before);
}
