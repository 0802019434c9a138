//! `kith undo` on a real folder: a plan, the deed, and nothing the second time.

use std::collections::BTreeSet;
use std::sync::Arc;

use kith::opened::Opened;
use kith_core::body::{Bodies, Body};
use kith_core::command::Actor;
use kith_core::hook::{Call, Effect, Extensions, Hook, Input, Ran, Reason, Ruling};
use kith_core::ids::{CommandId, CommunityId, MemberId};
use kith_core::message::{self, Part, Sort};
use kith_core::script::{Command as ScriptCommand, Origin, Stage};
use kith_core::stream::Stream;
use kith_runtime::draft::Draft;
use kith_runtime::engine::{Engine, Options};
use kith_runtime::host::Operator;
use kith_runtime::mint::Mint;

use super::Desk;

/// Denies whoever says so, tags everybody else.
struct Stand;

impl Extensions for Stand {
    fn run(&self, call: &Call<'_>) -> Ran {
        let outcome = match call.input {
            Input::Message(posting) if posting.texts.first().is_some_and(|text| text.contains("deny")) => {
                let reason = Reason { code: "ads".to_owned(), text: "looks like an ad".to_owned() };
                (Ruling::Deny(reason), Vec::new())
            }
            Input::Message(posting) => {
                let tag = Effect::Tag { member: posting.author.id, tag: "speaks".to_owned() };
                let text = "welcome to the talk".to_owned();
                (Ruling::Allow, vec![tag, Effect::Notify { member: posting.author.id, text }])
            }
            _ => (Ruling::Allow, Vec::new()),
        };
        Ran { outcome: Ok(outcome), operations: 3, dice: false }
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        Mint::System.body(at_ms, owner, text.as_bytes())
    }

    fn seed(&self, _community: CommunityId, _command: CommandId) -> [u8; 32] {
        [0; 32]
    }
}

/// Lets a script loose upon the members of an imported past.
fn talk(desk: &Desk) {
    let opened = Opened::open(&desk.path("data"), Box::new(|_| {})).expect("opened");
    let mut ports = opened.ports();
    ports.extensions = Arc::new(Stand);
    let work = async {
        let engine = Engine::start(ports, Options::default());
        let operator = Operator::start(&engine, &Mint::System).await.expect("an operator");
        let id = operator.resolve("garden").await.expect("asked").expect("it is there").id;
        let put = ScriptCommand::Put {
            name: "guard".to_owned(),
            source: "fn on_message".to_owned(),
            hooks: BTreeSet::from([Hook::Message]),
            origin: Origin::Command,
            binding: None,
            stage: Stage::Live,
            cases: String::new(),
        };
        let command = || Mint::System.command(engine.ports().clock.wall_ms());
        engine.ask(Draft::new(command(), id, Actor::Host, put)).await.expect("put in");
        let seen = |stream: &Stream| {
            let community = stream.community().expect("a community");
            let channel = community.channels.common().next().expect("a channel").id;
            (channel, community.members.active().map(|row| row.id).collect::<Vec<_>>())
        };
        let (channel, members) = engine.view(id, seen).await.expect("seen");
        for (member, text) in members.iter().zip(["hello all", "please deny me"]) {
            let mut bodies = Bodies::default();
            let body = Mint::System.text(&mut bodies, engine.ports().clock.wall_ms(), *member, text);
            let post = message::Command::Post {
                channel,
                parts: vec![Part::Text { body }],
                reply_to: None,
                sort: Sort::Talk,
                mentions: message::Mentions::default(),
            };
            let draft = Draft::new(command(), id, Actor::Member(*member), post).with_bodies(bodies);
            engine.ask(draft).await.expect("said");
        }
        engine.stop().await;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work);
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write(
        "past.jsonl",
        "{\"author\":\"rose\",\"time\":\"2026-05-01T08:00:00Z\",\"text\":\"good morning\"}\n\
         {\"author\":\"fern\",\"time\":\"2026-05-01T08:01:00Z\",\"text\":\"and to you\"}\n",
    );
    desk.works("import --data @data --community garden --format jsonl @past.jsonl");
    talk(&desk);
    desk
}

#[test]
fn a_version_is_planned_undone_and_left_alone_the_second_time() {
    let desk = desk();
    let line = "undo --data @data --community garden --script guard@1";
    let plan = desk.works(&format!("{line} --plan"));
    for said in ["Nothing was changed", "1  messages denied", "1  tags", "please deny me", "cannot be untold"]
    {
        assert!(plan.contains(said), "{said} in {plan}");
    }
    let again = desk.json(&format!("{line} --plan"));
    assert_eq!((&again["undone"], &again["mode"]), (&2.into(), &"plan".into()), "a plan changes nothing");
    let done = desk.works(line);
    assert!(done.starts_with("Undone: what “guard” version 1 did. Things taken back: 2"), "{done}");
    let health = desk.json("script health --data @data --community garden guard");
    assert_eq!(health["judged"]["tally"]["undone"], 1, "the denial was wrong: {health}");
    assert_eq!(health["judged"]["precision"], 0.0);
    let health = desk.works("script health --data @data --community garden guard");
    assert!(health.contains("right 0, wrong 1") && health.contains("Precision 0 %"), "{health}");
    let second = desk.works(line);
    assert!(second.starts_with("Nothing to undo"), "{second}");
    assert!(desk.works("channel read --data @data --community garden").contains("please deny me"));
    let chinese = desk.run(&format!("--language zh-CN {line}"));
    assert!(chinese.out.starts_with("没有可撤销的内容"), "{chinese:?}");
    assert!(desk.works("verify --data @data").contains("sound"));
}

#[test]
fn what_names_no_version_is_refused_with_a_hint() {
    let desk = desk();
    for (script, code) in [("guard", "cli.undo.which"), ("guard@9", "not_found"), ("other@1", "not_found")] {
        let line = format!("--json undo --data @data --community garden --script {script}");
        let ended = desk.run(&line);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.err.contains(&format!("\"code\":\"{code}\"")), "{ended:?}");
    }
    let line = "--json undo --data @data --community garden --script guard@1 --since tomorrow";
    assert!(desk.run(line).err.contains("cli.undo.when"));
}
