//! Topics: when, which, who raises them, and what they brought.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Command, Day, Event, Source, TimeOfDay, TopicConfig};
use crate::community::{self, Setting, Zone};
use crate::event::Event as AnyEvent;
use crate::hook::{Effect, FaultKind, Hook, Input, Ruling, Topic, Value};
use crate::ids::MemberId;
use crate::member::Standing;
use crate::message::{self, Mentions, Sort};
use crate::moment::{DAY_MS, HOUR_MS};
use crate::testing_script::{Outcome, Stand, fault, put, reason};
use crate::testing_talk::{ADMIN, ANN, BEN, Bench, MODERATOR, OWNER};

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::try_from(text.to_owned()).unwrap()
}

fn day(text: &str) -> Day {
    Day::try_from(text.to_owned()).unwrap()
}

fn ms(text: &str) -> u64 {
    text.parse::<Timestamp>().unwrap().as_millisecond() as u64
}

#[test]
fn times_and_days_are_read_as_people_write_them() {
    for (text, good) in [("09:00", true), ("23:59", true), ("00:00", true), ("24:00", false), ("9:00", false)]
    {
        assert_eq!(TimeOfDay::try_from(text.to_owned()).is_ok(), good, "{text}");
    }
    for text in ["", "09", "09:60", "09:0", "+9:00", "０９:00", "09:00:00"] {
        assert!(TimeOfDay::try_from(text.to_owned()).is_err(), "{text}");
    }
    assert_eq!(String::from(time("09:05")), "09:05");
    assert_eq!(day("2026-05-01").to_string(), "2026-05-01");
    assert!(Day::try_from("2026-02-30".to_owned()).is_err());
}

#[test]
fn it_is_time_by_the_communitys_clocks_whatever_they_do() {
    let rows = [
        ("UTC", "09:00", "2026-05-01T08:59:59Z", "2026-05-01T09:00:00Z"),
        ("UTC", "09:00", "2026-05-01T09:00:00Z", "2026-05-02T09:00:00Z"),
        ("Asia/Shanghai", "09:00", "2026-05-01T00:30:00Z", "2026-05-01T01:00:00Z"),
        ("Europe/Berlin", "09:00", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"),
        ("Europe/Berlin", "09:00", "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z"),
        // Clocks go from 02:00 to 03:00: half past two is half past three.
        ("Europe/Berlin", "02:30", "2026-03-28T23:00:00Z", "2026-03-29T01:30:00Z"),
        // Clocks go from 03:00 back to 02:00: the first half past two counts, and only that.
        ("Europe/Berlin", "02:30", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
    ];
    for (zone, at, now, expected) in rows {
        let config = TopicConfig { at: vec![time(at)], ..TopicConfig::default() };
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(config.next_ms(&zone, ms(now)), Some(ms(expected)), "{zone:?} {at} {now}");
    }
    assert_eq!(TopicConfig::default().next_ms(&TimeZone::UTC, 0), None);
}

/// A bench that raises topics once a day, with a list of three.
fn bench(config: TopicConfig) -> Bench {
    let mut bench = Bench::new();
    let lines = ["books", "music", "films"].map(str::to_owned).to_vec();
    bench.ask(ADMIN, community::Command::SetList { name: "topics".to_owned(), lines }).unwrap();
    bench.ask(ADMIN, Command::Configure { config }).unwrap();
    bench
}

fn daily() -> TopicConfig {
    TopicConfig { at: vec![time("09:00")], ..TopicConfig::default() }
}

/// Lets a day pass, and says what was raised in it: by whom and what.
fn next_day(bench: &mut Bench) -> Vec<(&'static str, String)> {
    let before = bench.community().topics.past().len();
    bench.advance(DAY_MS);
    bench.fire_due();
    let raised = bench.community().topics.past().skip(before);
    let from = |source: Source| match source {
        Source::Board { .. } => "board",
        Source::Script { .. } => "script",
        Source::Question { .. } => "question",
        Source::List => "list",
    };
    let title = |raised: &super::Raised| bench.stream.bodies.text(&raised.title).unwrap_or("gone").to_owned();
    raised.map(|raised| (from(raised.source), title(raised))).collect()
}

fn one(from: &'static str, title: &str) -> Vec<(&'static str, String)> {
    vec![(from, title.to_owned())]
}

fn proposing(titles: &'static [&'static str]) -> impl Fn() -> Outcome {
    move || {
        let topic = |title: &&str| Topic { title: (*title).to_owned(), text: "more".to_owned() };
        Ok((Ruling::Topics(titles.iter().map(topic).collect()), Vec::new()))
    }
}

fn plan(bench: &mut Bench, day: Day, title: &str) -> Result<Vec<AnyEvent>, crate::refusal::Refusal> {
    let title = bench.body(title);
    bench.ask(MODERATOR, Command::Plan { day, title, text: None })
}

#[test]
fn the_list_is_gone_through_and_nothing_comes_again_within_the_pause() {
    let mut bench = bench(TopicConfig { repeat_days: 5, ..daily() });
    for expected in ["books", "music", "films"] {
        assert_eq!(next_day(&mut bench), one("list", expected));
    }
    assert_eq!(next_day(&mut bench), Vec::new(), "all were raised within five days");
    assert_eq!(next_day(&mut bench), Vec::new());
    assert_eq!(next_day(&mut bench), one("list", "books"));
    let bot = bench.community().topics.bot.unwrap();
    assert_eq!(bench.community().members.get(bot).unwrap().standing, Standing::Bot);
    assert!(bench.community().messages.recent().all(|header| header.author == bot));
    bench.check();
}

#[test]
fn what_was_missed_is_made_up_for_once() {
    let mut bench = bench(TopicConfig { at: vec![time("09:00"), time("21:00")], ..daily() });
    bench.advance(10 * DAY_MS);
    let now_ms = bench.now_ms();
    // The host was down: the timer that was due long ago fires now.
    assert!(bench.stream.timers.next().unwrap().0 < now_ms);
    for _ in 0..2 {
        let Some((due_ms, timer)) = bench.stream.timers.next().filter(|next| next.0 <= bench.now_ms()) else {
            break;
        };
        let fire = crate::timer::Command::Fire { timer, due_ms };
        bench.ask_as(crate::command::Actor::Timer(timer), fire).unwrap();
    }
    assert_eq!(bench.community().topics.past().len(), 1);
    assert!(bench.community().topics.next_ms.unwrap() > now_ms);
    bench.check();
}

#[test]
fn people_come_before_scripts_and_scripts_before_the_list() {
    let mut bench = bench(TopicConfig { count: 2, ..daily() });
    bench.extend(Stand::new(|call| {
        let Input::Topic { count } = call.input else { panic!("topics only") };
        assert!(*count <= 2);
        proposing(&["", "robots", "robots"])()
    }));
    bench.ask(OWNER, put("ideas", "fn propose_topics", Hook::Topic)).unwrap();
    let script = bench.community().scripts.get("ideas").unwrap().bot;
    plan(&mut bench, day("2025-06-16"), "our picnic").unwrap();
    let both = |first: (&'static str, &str), second: (&'static str, &str)| {
        vec![(first.0, first.1.to_owned()), (second.0, second.1.to_owned())]
    };
    assert_eq!(next_day(&mut bench), both(("board", "our picnic"), ("script", "robots")));
    assert!(bench.community().topics.planned.is_empty(), "it is off the board");
    let authors: Vec<MemberId> = bench.community().messages.recent().map(|header| header.author).collect();
    assert_eq!(authors, [bench.community().topics.bot.unwrap(), script]);
    assert_eq!(next_day(&mut bench), both(("list", "books"), ("list", "music")), "robots were there already");
    bench.check();
}

#[test]
fn the_generator_steps_in_for_a_script_that_fails_or_has_nothing() {
    let answers: [fn(&crate::hook::Call<'_>) -> Outcome; 4] = [
        |call| Err(fault(call, FaultKind::Runtime)),
        |_| Ok((Ruling::Topics(Vec::new()), Vec::new())),
        |_| Ok((Ruling::Allow, vec![Effect::Put { key: "asked".to_owned(), value: Value::Int(1) }])),
        |_| Ok((Ruling::Deny(reason("no")), Vec::new())),
    ];
    for answer in answers {
        let mut bench = bench(daily());
        bench.extend(Stand::new(answer));
        bench.ask(OWNER, put("ideas", "fn propose_topics", Hook::Topic)).unwrap();
        assert_eq!(next_day(&mut bench), one("list", "books"));
        bench.check();
    }
}

#[test]
fn a_question_that_nobody_answered_is_raised_once() {
    let mut bench = bench(daily());
    let ask = |bench: &mut Bench, text: &str| {
        let (channel, parts) = (bench.hall(), bench.text(text));
        let (sort, mentions) = (Sort::Question, Mentions::default());
        bench.ask(ANN, message::Command::Post { channel, parts, reply_to: None, sort, mentions }).unwrap();
        bench.newest()
    };
    let answered = ask(&mut bench, "who knows?");
    bench.reply(BEN, answered, "me");
    let open = ask(&mut bench, "and who knows this?");
    let question = "This question still waits for an answer. Who can help?";
    assert_eq!(next_day(&mut bench), one("question", question));
    let newest = bench.community().messages.recent().next_back().unwrap();
    assert_eq!(newest.reply_to, Some(open));
    assert_eq!(next_day(&mut bench), one("list", "books"));
    bench.check();
}

#[test]
fn a_topic_counts_its_replies_and_people_for_a_day() {
    let mut bench = bench(daily());
    next_day(&mut bench);
    let topic = bench.community().topics.past().next().unwrap().message;
    let brought = |bench: &Bench| {
        let raised = bench.community().topics.past().next().unwrap();
        (raised.replies, raised.people)
    };
    bench.say(ANN, "something else");
    assert_eq!(brought(&bench), (0, 0));
    let first = bench.reply(ANN, topic, "I like books");
    bench.reply(BEN, first, "which?");
    bench.reply(ANN, topic, "all");
    assert_eq!(brought(&bench), (3, 2));
    bench.advance(25 * HOUR_MS);
    bench.reply(MODERATOR, topic, "late");
    assert_eq!(brought(&bench), (3, 2));
    next_day(&mut bench);
    assert_eq!(brought(&bench), (3, 2), "who they were is forgotten, how many is not");
    bench.check();
}

#[test]
fn another_zone_moves_the_hour() {
    let mut bench = bench(daily());
    let before = bench.community().topics.next_ms.unwrap();
    let setting = Setting::Zone(Zone::new("Asia/Shanghai").unwrap());
    bench.ask(ADMIN, community::Command::Change { setting }).unwrap();
    let after = bench.community().topics.next_ms.unwrap();
    assert_eq!((before + DAY_MS - after) % DAY_MS, 8 * HOUR_MS);
    assert_eq!(next_day(&mut bench).len(), 1, "the old timer finds nothing to do");
    bench.ask(ADMIN, Command::Configure { config: TopicConfig::default() }).unwrap();
    assert_eq!(next_day(&mut bench), Vec::new());
    bench.check();
}

#[test]
fn a_topic_passes_rules_and_scripts_like_any_message() {
    for (ruling, raised, held) in
        [(Ruling::Allow, 1, 0), (Ruling::Deny(reason("no")), 0, 0), (Ruling::Hold(reason("look")), 1, 1)]
    {
        let mut bench = bench(daily());
        bench.extend(Stand::new(move |_| Ok((ruling.clone(), Vec::new()))));
        bench.ask(OWNER, put("guard", "fn on_message", Hook::Message)).unwrap();
        assert_eq!(next_day(&mut bench).len(), raised);
        assert_eq!(bench.community().queue.holds.len(), held);
        bench.check();
    }
}

#[test]
fn the_board_takes_what_can_be_raised() {
    let mut bench = bench(daily());
    plan(&mut bench, day("2025-06-20"), "soon").unwrap();
    let topic = *bench.community().topics.planned.keys().next().unwrap();
    assert_eq!(plan(&mut bench, day("2025-06-14"), "late").unwrap_err().code(), "value_invalid");
    assert_eq!(plan(&mut bench, day("2025-06-20"), " ").unwrap_err().code(), "text_empty");
    let title = bench.body("mine");
    let planned = Command::Plan { day: day("2025-06-20"), title, text: None };
    assert_eq!(bench.ask(ANN, planned).unwrap_err().code(), "permission_missing");
    bench.ask(MODERATOR, Command::Drop { topic }).unwrap();
    assert_eq!(bench.ask(MODERATOR, Command::Drop { topic }).unwrap_err().code(), "not_found");
    assert!(bench.stream.bodies.iter().all(|body| body.text() != Some("soon")));
    for (config, code) in [
        (TopicConfig { channel: "nowhere".to_owned(), ..daily() }, "not_found"),
        (TopicConfig { count: 0, ..daily() }, "value_invalid"),
        (TopicConfig { at: vec![time("09:00"); 9], ..daily() }, "too_many"),
        (daily(), "nothing_to_change"),
    ] {
        assert_eq!(bench.ask(ADMIN, Command::Configure { config }).unwrap_err().code(), code);
    }
    bench.check();
}

#[test]
fn an_owner_learns_why_nothing_was_raised() {
    let mut bench = bench(daily());
    let channel = bench.hall();
    bench.ask(ADMIN, crate::channel::Command::Close { channel }).unwrap();
    assert_eq!(next_day(&mut bench), Vec::new());
    let owner = bench.community().members.get(OWNER).unwrap();
    let told: Vec<_> = owner.notices.iter().map(|notice| notice.text.code.as_str()).collect();
    assert_eq!(told, ["topic.not_raised", "not_found"]);
    let raised = |event: &AnyEvent| matches!(event, AnyEvent::Topic(Event::Raised { .. }));
    assert!(!bench.records().any(|record| record.events.iter().any(raised)));
    bench.check();
}
