//! Replays of everything but plain messages: joins, cards, typed commands, events, timers, topics.

use std::collections::BTreeMap;

use kith_core::card::{self, Field, Kind};
use kith_core::event::Event;
use kith_core::gate;
use kith_core::hook::{Fault, FaultKind};
use kith_core::ids::PersonId;
use kith_core::member::{self, Standing};
use kith_core::notice::Text;
use kith_core::topic::TopicConfig;

use super::*;
use crate::replay::OtherRuns;

/// A script for every hook. It judges by first words, remembers what it is told, and judges by that.
struct Steward;

fn reason(code: &str) -> Reason {
    Reason { code: code.to_owned(), text: format!("{code} is not for here") }
}

fn remembered(call: &Call<'_>, key: &str) -> i64 {
    let memory = call.ctx.community.scripts.memories.get(&call.script.no);
    match memory.and_then(|memory| memory.values.get(key)) {
        Some(Value::Int(count)) => *count,
        _ => 0,
    }
}

fn more(call: &Call<'_>, key: &str) -> Effect<String> {
    Effect::Put { key: key.to_owned(), value: Value::Int(remembered(call, key) + 1) }
}

fn by_name(name: &str) -> Ruling {
    match name.split(' ').next() {
        Some("spam") => Ruling::Deny(reason("spam")),
        Some("maybe") => Ruling::Hold(reason("maybe")),
        Some("breach") => Ruling::Violation(reason("breach")),
        _ => Ruling::Allow,
    }
}

/// What it says of a message: `rang` and `heard` are held at every other number of what it remembers.
fn of_message(call: &Call<'_>, word: &str) -> (Ruling, Vec<Effect<String>>) {
    let odd = |key: &str| match remembered(call, key) % 2 {
        1 => Ruling::Hold(reason(key)),
        _ => Ruling::Allow,
    };
    match word {
        "rang" | "heard" | "let-in" | "dice" => (odd(word), Vec::new()),
        "later" => {
            let due_ms = call.ctx.at_ms() + HOUR_MS;
            let set = Effect::SetTimer { name: format!("{due_ms}"), due_ms, note: Some(Value::Int(7)) };
            (Ruling::Allow, vec![set])
        }
        _ => (by_name(word), Vec::new()),
    }
}

impl Runner for Steward {
    fn run(&self, call: &Call<'_>, seed: &dyn Fn() -> [u8; 32]) -> (Ran, Usage) {
        let text = |body| call.ctx.text(body).unwrap_or_default();
        let fails = |hook: Hook| call.version.source.contains(&format!("fail:{hook}"));
        let (ruling, effects) = match call.input {
            Input::Join(request) => {
                let member = request.applicant.id;
                let tag = Effect::Tag { member, tag: "new".to_owned() };
                let later =
                    Effect::SetTimer { name: "in".into(), due_ms: call.ctx.at_ms() + 5_000, note: None };
                (by_name(text(&request.applicant.nickname)), vec![more(call, "let-in"), tag, later])
            }
            Input::Card(change) => {
                let town = change.fields.get("town").and_then(Option::as_ref);
                (by_name(text(town.or(change.nickname).unwrap())), vec![more(call, "let-in")])
            }
            Input::Message(posting) if posting.texts.first() == Some(&"roll") => {
                let value = Value::Int(i64::from(seed()[0]));
                (Ruling::Allow, vec![Effect::Put { key: "dice".to_owned(), value }])
            }
            Input::Message(posting) => of_message(call, posting.texts.first().unwrap_or(&"")),
            Input::Command(typed) if typed.name == "add" => {
                let (member, text) = (typed.member.id, "added".to_owned());
                (Ruling::Allow, vec![more(call, "heard"), Effect::Notify { member, text }])
            }
            Input::Event(happened) => match happened.event {
                Event::Member(member::Event::Joined { member, .. }) => {
                    let greets = Effect::Tag { member: *member, tag: "greeted".to_owned() };
                    (Ruling::Allow, vec![more(call, "heard"), greets])
                }
                // Its own tags are no news to it.
                Event::Member(member::Event::Tagged { tag, .. }) if tag == "greeted" => {
                    (Ruling::Allow, vec![more(call, "heard")])
                }
                _ => (Ruling::Allow, Vec::new()),
            },
            Input::Timer(_) => (Ruling::Allow, vec![more(call, "rang")]),
            Input::Topic { .. } => {
                let topic = kith_core::hook::Topic { title: "tea or coffee".into(), text: String::new() };
                (Ruling::Topics(vec![topic]), Vec::new())
            }
            Input::Command(_) => (Ruling::Allow, Vec::new()),
        };
        let hook = call.input.hook();
        let dice = effects.iter().any(|it| matches!(it, Effect::Put { key, .. } if key == "dice"));
        let detail = Text::new("script.source.no_variable").with("name", "x");
        let fault = Fault { kind: FaultKind::Runtime, hook, place: None, detail };
        let lacked = match call.input {
            Input::Message(posting) => posting.author.is_imported(),
            _ => false,
        };
        let outcome = if fails(hook) { Err(fault) } else { Ok((ruling, effects)) };
        (Ran { outcome, operations: 1, dice }, Usage { wall_us: 3, lacked, ..Usage::default() })
    }
}

fn steward(hooks: &[Hook]) -> Draft {
    let hooks = hooks.iter().copied().collect();
    Draft { name: "steward".to_owned(), source: String::new(), hooks, binding: Binding::default() }
}

impl Group {
    fn join(&mut self, person: u128, nickname: &str) -> MemberId {
        let (person, id) = (PersonId(person), self.mint.command(self.now_ms));
        let owner = gate::applicant_id(self.writer.stream(), person, id);
        let mut bodies = Bodies::default();
        let nickname = self.mint.text(&mut bodies, self.now_ms, owner, nickname);
        let (card, answers) = (BTreeMap::new(), BTreeMap::new());
        let source = "link".to_owned();
        let request = gate::Command::RequestJoin { nickname, card, answers, invite: None, source };
        self.ask_as(draft::Draft::new(id, GROUP, Actor::Person(person), request).with_bodies(bodies));
        owner
    }

    fn change(&mut self, member: MemberId, nickname: Option<&str>, town: Option<&str>) -> Reply {
        let mut bodies = Bodies::default();
        let mut put = |text| self.mint.text(&mut bodies, self.now_ms, member, text);
        let (nickname, town) = (nickname.map(&mut put), town.map(&mut put));
        let fields = town.into_iter().map(|town| ("town".to_owned(), Some(town))).collect();
        self.ask(Actor::Member(member), card::Command::ChangeCard { fields, nickname }, bodies)
    }

    /// Releases everything that waits.
    fn release_all(&mut self) {
        let holds = &self.writer.stream().community().unwrap().queue.holds;
        for hold in holds.keys().copied().collect::<Vec<_>>() {
            let resolve = queue::Command::Resolve { hold, outcome: AtDeadline::Release, note: None };
            self.ask(Actor::Host, resolve, Bodies::default());
        }
    }

    fn is_inside(&self, member: MemberId) -> bool {
        let row = self.writer.stream().community().unwrap().members.get(member);
        row.is_some_and(|row| row.standing == Standing::Active)
    }

    fn with_town(&mut self) {
        let (name, label, kind) = ("town".to_owned(), String::new(), Kind::default());
        let town = Field { name, label, required: false, kind, visible_to: card::Visibility::default() };
        let schema = card::Schema { fields: vec![town], ..card::Schema::default() };
        self.ask(Actor::Host, card::Command::SetSchema { schema }, Bodies::default());
    }
}

#[test]
fn joins_and_cards_of_the_live_version_come_to_what_they_came_to() {
    let mut group = Group::with(Arc::new(Steward));
    group.with_town();
    let live = steward(&Hook::ALL);
    group.live(&live);
    let from = group.writer.stream().seq;
    for round in 0..48_u128 {
        let name = ["ann", "spam", "maybe", "bo", "breach"][round as usize % 5];
        let member = group.join(round + 1, &format!("{name} {round}"));
        if round % 7 == 3 {
            group.release_all();
        }
        group.now_ms += 9 * MINUTE_MS;
        if !group.is_inside(member) {
            continue;
        }
        group.say(member, ["later", "/add", "roll", "/other"][round as usize % 4]);
        group.say(member, ["rang", "heard", "let-in", "dice"][round as usize / 2 % 4]);
        match round % 6 {
            0 => drop(group.change(member, Some("maybe not"), None)),
            1 => drop(group.change(member, None, Some("spam town"))),
            2 => drop(group.change(member, Some("bo"), Some("breach"))),
            _ => drop(group.change(member, Some("bob"), Some("york"))),
        }
    }
    let report = group.replay(&Plan { after_seq: from, ..Plan::new(GROUP, live) });
    let (joins, cards) = (report.joins.clone().unwrap(), report.cards.clone().unwrap());
    assert!(joins.denied > 3 && joins.held > 3 && joins.allowed > 3 && joins.asked == 48, "{joins:#?}");
    assert!(cards.denied > 0 && cards.held > 0 && cards.allowed > 3, "{cards:#?}");
    assert_eq!((joins.differs, cards.differs, report.differs), (0, 0, 0), "{report:#?}");
    assert!(report.held > 3 && report.messages > 10, "{report:#?}");
    let commands = report.commands.unwrap();
    assert!(commands.answered > 2 && commands.used.runs > commands.answered, "{commands:#?}");
    assert_eq!(commands.posted_then, 0);
    assert!(report.timers.unwrap().used.runs > 5);
    // What waited with those who were held was done when they were let in: the live memory is the same.
    let live = group.writer.stream().community().unwrap().scripts.get("steward").unwrap().health.metered;
    assert_eq!(live.faults, 0);
}

#[test]
fn a_draft_is_told_by_whom_it_would_have_turned_away() {
    let mut group = Group::with(Arc::new(Steward));
    group.with_town();
    let ann = group.join(1, "ann");
    group.join(2, "spam shop");
    group.change(ann, Some("maybe ann"), Some("york"));
    group.change(ann, Some("ann"), None);
    let mut plan = Plan::new(GROUP, steward(&[Hook::Join, Hook::Card]));
    plan.against = Some(steward(&[Hook::Join]));
    let report = group.replay(&plan);
    assert_eq!((report.messages, report.not_asked, report.hooks.clone()), (0, 0, vec!["join", "card"]));
    assert_eq!((report.commands, report.events, report.timers, report.topics), (None, None, None, None));
    let joins = report.joins.unwrap();
    assert_eq!((joins.asked, joins.allowed, joins.denied, joins.differs, joins.stricter), (2, 1, 1, 1, 1));
    let case = &joins.cases[0];
    assert_eq!((case.text.as_str(), case.says, case.recorded), ("spam shop", "deny", "allow"));
    assert_eq!(case.code, "spam");
    assert_eq!(joins.against.map(|other| (other.same, other.stricter)), Some((2, 0)));
    assert_eq!(joins.used.effects, BTreeMap::from([("put", 2), ("set_timer", 2), ("tag", 2)]));
    let cards = report.cards.unwrap();
    assert_eq!((cards.asked, cards.allowed, cards.held, cards.differs), (2, 2, 0, 0), "{cards:#?}");
}

#[test]
fn what_gate_and_rules_denied_is_not_asked_about() {
    let mut group = Group::with(Arc::new(Steward));
    let capacity = Some(1);
    group.join(1, "ann");
    group.ask(Actor::Host, gate::Command::SetCapacity { capacity }, Bodies::default());
    // There is no room for bo and di, which is nobody's verdict.
    group.join(2, "bo");
    let mut closed = group.writer.stream().community().unwrap().gate.config.clone();
    closed.waiting_max = 0;
    group.ask(Actor::Host, gate::Command::SetGate { config: closed.clone() }, Bodies::default());
    group.join(4, "di");
    closed.conditions = vec![gate::Condition::Invite(gate::invite::Terms::default())];
    group.ask(Actor::Host, gate::Command::SetGate { config: closed }, Bodies::default());
    group.join(3, "cy");
    let report = group.replay(&Plan::new(GROUP, steward(&[Hook::Join])));
    let joins = report.joins.unwrap();
    assert_eq!((joins.asked, joins.not_asked, joins.differs), (3, 1, 0), "{joins:#?}");
}

#[test]
fn events_timers_and_commands_are_counted_by_what_they_would_have_done() {
    let mut group = Group::with(Arc::new(Steward));
    let ann = group.join(1, "ann");
    group.say(ann, "/add");
    group.say(ann, "later");
    group.now_ms += 2 * HOUR_MS;
    group.say(ann, "hello");
    group.say(ann, "later");
    let plan = |hooks: &[Hook]| Plan::new(GROUP, steward(hooks));
    let report = group.replay(&plan(&[Hook::Message, Hook::Command, Hook::Event, Hook::Timer]));
    assert_eq!((report.messages, report.not_asked, report.lacking_runs), (3, 0, 0));
    let commands = report.commands.unwrap();
    assert_eq!((commands.used.runs, commands.answered, commands.posted_then), (1, 1, 1));
    assert_eq!(commands.used.effects, BTreeMap::from([("notify", 1), ("put", 1)]));
    let events = report.events.unwrap();
    assert_eq!(events.effects, BTreeMap::from([("put", 1), ("tag", 1)]));
    assert!(events.runs >= 6, "{events:#?}");
    let timers = report.timers.unwrap();
    assert_eq!((timers.used.runs, timers.waiting), (1, 1), "the second one is due after the history");
    assert_eq!(timers.used.slowest.len(), 1);
    // Time that is not looked at does not pass.
    let until_ms = Some(START_MS + HOUR_MS);
    let report = group.replay(&Plan { until_ms, ..plan(&[Hook::Message, Hook::Timer]) });
    let timers = report.timers.unwrap();
    assert_eq!((timers.used.runs, timers.waiting, report.messages), (0, 1, 2));
}

#[test]
fn what_another_version_does_upon_commands_events_and_timers_stands_beside() {
    let mut group = Group::with(Arc::new(Steward));
    let ann = group.join(1, "ann");
    group.say(ann, "/add");
    group.say(ann, "later");
    group.now_ms += 2 * HOUR_MS;
    group.say(ann, "hello");
    let hooks = [Hook::Message, Hook::Command, Hook::Event, Hook::Timer];
    let plan = Plan { against: Some(steward(&hooks)), ..Plan::new(GROUP, steward(&hooks)) };
    let report = group.replay(&plan);
    let (commands, timers) = (report.commands.unwrap().used, report.timers.unwrap().used);
    for used in [commands, report.events.unwrap(), timers] {
        let other = used.other.clone().unwrap();
        assert_eq!((other.runs, other.effects), (used.runs, used.effects), "the same draft does the same");
        assert!(other.runs > 0);
    }
    let silent = Plan { against: Some(steward(&[Hook::Message])), ..plan.clone() };
    let commands = group.replay(&silent).commands.unwrap().used;
    assert_eq!((commands.runs, commands.other), (1, Some(OtherRuns::default())));
    let alone = group.replay(&Plan { against: None, ..plan });
    assert_eq!(alone.commands.unwrap().used.other, None);
}

#[test]
fn timers_that_are_not_let_ring_any_more_are_told_of() {
    let mut group = Group::with(Arc::new(Steward));
    let ann = group.join(1, "ann");
    for _ in 0..3 {
        group.say(ann, "later");
        group.now_ms += 2 * HOUR_MS;
    }
    group.say(ann, "hello");
    let plan = Plan::new(GROUP, steward(&[Hook::Message, Hook::Timer]));
    for (timers_max, rung, stopped) in [(2, 2, Some(2)), (3, 3, None), (plan.timers_max, 3, None)] {
        let timers = group.replay(&Plan { timers_max, ..plan.clone() }).timers.unwrap();
        assert_eq!((timers.used.runs, timers.stopped_after), (rung, stopped), "{timers_max}");
    }
}

#[test]
fn timers_ring_as_the_time_of_an_imported_past_goes_by() {
    let mut group = Group::with(Arc::new(Steward));
    group.import(1, START_MS - DAY_MS, &[("later", None), ("rang", None)]);
    group.import(1, START_MS - DAY_MS / 2, &[("rang", None)]);
    let report = group.replay(&Plan::new(GROUP, steward(&[Hook::Message, Hook::Timer])));
    assert_eq!((report.messages, report.held), (3, 1), "held once it rang");
    assert_eq!(report.lacking_runs, 3, "of imported members little is known");
    assert_eq!(report.timers.unwrap().used.runs, 1);
}

#[test]
fn a_draft_that_fails_is_told_again_and_counted_apart() {
    let mut group = Group::with(Arc::new(Steward));
    group.join(1, "ann");
    group.now_ms += 2 * HOUR_MS;
    group.join(2, "bo");
    let mut draft = steward(&[Hook::Join, Hook::Event]);
    draft.source = "fail:event fail:join".to_owned();
    let report = group.replay(&Plan::new(GROUP, draft));
    let (joins, events) = (report.joins.unwrap(), report.events.unwrap());
    assert_eq!((joins.used.faults, joins.held, joins.stricter, joins.differs), (2, 2, 0, 2));
    let shown = serde_json::to_value(&events.fault_kinds).unwrap();
    assert_eq!((events.fault_kinds.len(), &shown[0]["detail"]), (1, &"there is no variable `x`".into()));
    assert_eq!(shown[0]["code"], "script.source.no_variable");
    assert_eq!(shown[0]["args"]["name"]["name"], "x");
    assert!(events.faults > 4 && events.effects.is_empty(), "{events:#?}");
    assert_eq!(report.faults, 0, "no message failed");
}

#[test]
fn the_hours_of_topics_are_put_before_a_draft() {
    let mut group = Group::with(Arc::new(Steward));
    let ann = group.join(1, "ann");
    let config: TopicConfig = toml::from_str("at = [\"09:00\"]\ncount = 2\n").unwrap();
    group.ask(Actor::Host, kith_core::topic::Command::Configure { config }, Bodies::default());
    for _ in 0..3 {
        group.now_ms += DAY_MS;
        group.say(ann, "hello");
    }
    let report = group.replay(&Plan::new(GROUP, steward(&[Hook::Topic])));
    let topics = report.topics.unwrap();
    assert_eq!((topics.used.runs, topics.proposed), (3, 3));
}
