//! `kith topic` on a real folder: the hour, the board, and what a topic brought.

use std::sync::Arc;

use kith::opened::Opened;
use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::ids::{MemberId, MessageId};
use kith_core::message::{self, Part, Sort};
use kith_core::moment::{DAY_MS, HOUR_MS};
use kith_core::stream::Stream;
use kith_runtime::draft::Draft;
use kith_runtime::engine::{Engine, Options};
use kith_runtime::host::Operator;
use kith_runtime::mint::Mint;

use super::Desk;
use crate::world::ManualClock;

const IN: &str = "--data @data --community garden";

fn founded() -> Desk {
    let desk = Desk::new();
    desk.write("garden/community.toml", "about = \"A garden\"\nzone = \"Asia/Shanghai\"\n");
    desk.write("garden/lists/topics.txt", "roses\n");
    desk.works("init --data @data --blueprint @garden --owner Ann");
    desk
}

/// The topic that was raised last, and the owner.
fn newest(stream: &Stream) -> Option<(MemberId, MessageId)> {
    let community = stream.community()?;
    Some((community.profile.owner?, community.topics.past().next_back()?.message))
}

/// Lets the next hour come, and the owner answer what was raised then.
fn answer_tomorrow(desk: &Desk) {
    let opened = Opened::open(&desk.path("data"), Box::new(|_| {})).expect("opened");
    let mut ports = opened.ports();
    let clock = ManualClock::new();
    clock.set_wall(ports.clock.wall_ms() + DAY_MS);
    ports.clock = Arc::new(clock.clone());
    let work = async {
        let engine = Engine::start(ports, Options::default());
        let operator = Operator::start(&engine, &Mint::System).await.expect("an operator");
        let id = operator.resolve("garden").await.expect("asked").expect("it is there").id;
        let (owner, topic) = loop {
            if let Some(found) = engine.view(id, newest).await.expect("seen") {
                break found;
            }
            tokio::task::yield_now().await;
        };
        clock.advance(HOUR_MS);
        let seen = |stream: &Stream| stream.community().and_then(|it| Some(it.channels.common().next()?.id));
        let channel = engine.view(id, seen).await.expect("seen").expect("a channel");
        let mut bodies = Bodies::default();
        let now_ms = engine.ports().clock.wall_ms();
        let body = Mint::System.text(&mut bodies, now_ms, owner, "sandwiches");
        let post = message::Command::Post {
            channel,
            parts: vec![Part::Text { body }],
            reply_to: Some(topic),
            sort: Sort::Talk,
            mentions: message::Mentions::default(),
        };
        let draft = Draft::new(Mint::System.command(now_ms), id, Actor::Member(owner), post);
        engine.ask(draft.with_bodies(bodies)).await.expect("said");
        engine.stop().await;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work);
}

#[test]
fn a_topic_is_planned_raised_at_the_hour_and_counted() {
    let desk = founded();
    assert!(desk.works(&format!("topic list {IN}")).contains("there is no hour"));
    assert!(desk.works(&format!("topic past {IN}")).contains("No topic was raised yet"));
    let set = desk.json(&format!("topic hour {IN} 09:00 21:30 --repeat-days 60 --count 1"));
    assert_eq!((&set["config"]["repeat_days"], &set["config"]["at"][1]), (&60.into(), &"21:30".into()));
    let set = desk.works(&format!("topic hour {IN} 09:00 --channel general"));
    assert!(set.contains("09:00 (Asia/Shanghai) in general"), "{set}");
    assert!(set.contains("may come again: 60") && set.contains("“topics” to take from: 1"), "{set}");
    let day = set.split("Next on ").nth(1).and_then(|rest| rest.get(..10)).expect("a day");
    let planned = desk.json(&format!("topic plan {IN} --day {day} Picnic --text tea"));
    let id = planned["id"].as_str().expect("an id").to_owned();
    let gone = desk.json(&format!("topic plan {IN} --day {day} Rain"))["id"].as_str().map(str::to_owned);
    desk.works(&format!("topic cancel {IN} {}", gone.expect("an id")));
    let board = desk.works(&format!("topic list {IN}"));
    assert!(board.contains(&id) && board.contains("host") && board.contains("Picnic – tea"), "{board}");
    assert!(!board.contains("Rain"), "{board}");
    answer_tomorrow(&desk);
    let past = desk.json(&format!("topic past {IN}"));
    let raised = past["raised"].as_array().expect("a list");
    let facts = |name: &str| raised[0][name].clone();
    assert_eq!(raised.len(), 1, "{past}");
    assert_eq!((facts("title"), facts("source")), ("Picnic".into(), "board".into()));
    assert_eq!((facts("replies"), facts("people")), (1.into(), 1.into()));
    assert_eq!(desk.json(&format!("topic list {IN}"))["planned"], serde_json::json!([]));
    let chinese = desk.run(&format!("--language zh-CN topic past {IN}"));
    assert!(chinese.out.contains("人数") && chinese.out.contains("计划"), "{chinese:?}");
    assert_eq!(desk.json("verify --data @data")["sound"], true);
    let never = desk.works(&format!("topic hour {IN} --never"));
    assert!(never.contains("there is no hour") && never.contains("may come again: 60"), "{never}");
}

#[test]
fn what_cannot_be_planned_or_set_is_refused_with_its_reason() {
    let desk = founded();
    for (line, code) in [
        ("plan --day 2020-01-01 Late", "value_invalid"),
        ("cancel tpc_00000000000000000000000000", "not_found"),
        ("hour 09:00 --channel nowhere", "not_found"),
        ("hour --count 0", "value_invalid"),
        ("hour --never", "nothing_to_change"),
    ] {
        let (command, rest) = line.split_once(' ').expect("a command and the rest");
        let ended = desk.run(&format!("--json topic {command} {IN} {rest}"));
        assert_eq!(ended.code, 3, "{line}: {ended:?}");
        assert!(ended.err.contains(&format!("\"code\":\"{code}\"")), "{line}: {ended:?}");
    }
    for line in ["plan --day tomorrow Late", "hour 9", "hour", "hour 09:00 --never"] {
        let (command, rest) = line.split_once(' ').unwrap_or((line, "--json"));
        assert_eq!(desk.run(&format!("topic {command} {IN} {rest}")).code, 2, "{line}");
    }
}
