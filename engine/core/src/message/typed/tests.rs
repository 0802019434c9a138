//! Commands that members type.

use super::split;
use crate::event::Event as AnyEvent;
use crate::hook::{Effect, FaultKind, Hook, Input, Ruling, Value};
use crate::ids::MemberId;
use crate::member;
use crate::message::{self, Mentions, Sort, posted_id};
use crate::moment::MINUTE_MS;
use crate::notice::Arg;
use crate::rule;
use crate::script;
use crate::testing_script::{Stand, fault, put, reason};
use crate::testing_talk::{ANN, Bench, MODERATOR, OWNER};

#[test]
fn a_command_has_a_name_and_the_rest() {
    for (text, expected) in [
        ("/roll", Some(("roll", ""))),
        ("/roll  2d6 ", Some(("roll", "2d6"))),
        ("/签到\n今天", Some(("签到", "今天"))),
        ("/top-10", Some(("top-10", ""))),
        ("/", None),
        ("/ roll", None),
        ("// so", None),
        ("/etc/hosts", None),
        ("roll /dice", None),
        ("", None),
    ] {
        assert_eq!(split(text), expected, "{text}");
    }
}

/// Two scripts: `first` fails at `/bomb` and else knows nothing, `second` knows the rest.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.extend(Stand::new(|call| {
        let Input::Command(typed) = call.input else { panic!("commands only") };
        if call.script.name == "first" {
            return match typed.name {
                "bomb" => Err(fault(call, FaultKind::Operations)),
                _ => Ok((Ruling::Allow, Vec::new())),
            };
        }
        let count = Effect::Put { key: typed.argument.to_owned(), value: Value::Int(1) };
        let text = format!("{} says {}", typed.member.id, typed.argument);
        let post = Effect::Post { channel: typed.channel, text, reply_to: None };
        Ok(match typed.name {
            "say" => (Ruling::Allow, vec![count, post]),
            "reply" => (Ruling::Rewrite("only you read this".to_owned()), Vec::new()),
            "no" => (Ruling::Deny(reason("no")), vec![count, post]),
            "later" => (Ruling::Hold(reason("later")), vec![count, post]),
            _ => (Ruling::Allow, Vec::new()),
        })
    }));
    for name in ["first", "second"] {
        bench.ask(OWNER, put(name, "fn on_command", Hook::Command)).unwrap();
    }
    bench
}

fn say(bench: &mut Bench, member: MemberId, text: &str) -> Result<Vec<AnyEvent>, crate::refusal::Refusal> {
    let (channel, parts) = (bench.hall(), bench.text(text));
    let (sort, mentions) = (Sort::Talk, Mentions::default());
    bench.ask(member, message::Command::Post { channel, parts, reply_to: None, sort, mentions })
}

/// What the events tell members: codes, and the text of what a script says.
fn told(bench: &Bench, events: &[AnyEvent]) -> Vec<(String, String)> {
    let told = events.iter().filter_map(|event| match event {
        AnyEvent::Member(member::Event::Notified { text, .. }) => Some(text),
        _ => None,
    });
    let read = |text: &crate::notice::Text| match text.args.get("text").or(text.args.get("name")) {
        Some(Arg::Body(body)) => bench.stream.bodies.text(body).unwrap_or("gone").to_owned(),
        Some(Arg::Quote { body, start, end }) => {
            let body = bench.stream.bodies.text(body).unwrap_or("gone");
            body[*start as usize..*end as usize].to_owned()
        }
        _ => String::new(),
    };
    told.map(|text| (text.code.clone(), read(text))).collect()
}

#[test]
fn the_first_script_that_reacts_answers_and_nothing_is_posted_as_talk() {
    type Row = (&'static str, usize, usize, Option<(&'static str, &'static str)>);
    let rows: [Row; 7] = [
        ("/say hello", 1, 1, None),
        ("/reply", 0, 0, Some(("script.says", "only you read this"))),
        ("/no x", 0, 1, Some(("script.says", "because of no"))),
        ("/later x", 0, 1, Some(("script.says", "because of later"))),
        ("/签到", 0, 0, Some(("script.command_unknown", "签到"))),
        ("/bomb", 0, 0, Some(("script.command_failed", "bomb"))),
        ("/etc/hosts is a file", 1, 0, None),
    ];
    for (text, posts, keys, expected) in rows {
        let mut bench = bench();
        let events = say(&mut bench, ANN, text).unwrap();
        let posted = events.iter().filter_map(posted_id).count();
        let remembered = bench.community().scripts.memories.get(&1).map_or(0, |memory| memory.values.len());
        assert_eq!((posted, remembered), (posts, keys), "{text}");
        let told = told(&bench, &events);
        let told: Vec<_> = told.iter().map(|(code, text)| (code.as_str(), text.as_str())).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{text}");
        assert!(bench.last().decisions.is_empty(), "{text}: nobody is judged for a command");
        let typed = matches!(bench.last().runs.len(), 2);
        assert_eq!(typed, !text.starts_with("/etc"), "{text}");
        let own = bench.community().messages.recent().filter(|header| header.author == ANN).count();
        assert_eq!(own, usize::from(!typed), "{text}");
        bench.check();
    }
}

#[test]
fn without_a_script_for_commands_it_is_talk() {
    let mut bench = bench();
    for name in ["first", "second"] {
        bench.ask(OWNER, script::Command::SwitchOff { name: name.to_owned() }).unwrap();
    }
    assert_eq!(say(&mut bench, ANN, "/say hello").unwrap().iter().filter_map(posted_id).count(), 1);
}

#[test]
fn whoever_may_not_speak_may_not_type_commands() {
    let mut bench = bench();
    let mute = rule::Command::Mute { member: ANN, for_ms: MINUTE_MS, reason: None };
    bench.ask(MODERATOR, mute).unwrap();
    assert_eq!(say(&mut bench, ANN, "/say hello").unwrap_err().code(), "muted");
    assert_eq!(
        say(&mut bench, crate::testing_talk::GUEST, "/say hello").unwrap_err().code(),
        "permission_missing"
    );
}
