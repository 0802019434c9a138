//! What scripts are told afterwards, in which order, how far it goes, and what becomes of it when they fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::event::Event as AnyEvent;
use crate::hook::{Call, Effect, FaultKind, Hook, Input, Ruling, Value};
use crate::limits::EVENT_RUNS_MAX;
use crate::message::{self, posted_id};
use crate::moment::{HOUR_MS, MINUTE_MS, SECOND_MS};
use crate::script::{Command, Event, Missed};
use crate::testing_script::{Outcome, Stand, fault, put};
use crate::testing_talk::{ANN, BEN, Bench, OWNER};
use crate::{community, member};

type Log = Arc<Mutex<Vec<String>>>;

/// A bench whose scripts note what they are told, and answer like this.
fn bench(names: &[&str], hook: Hook, answer: impl Fn(&Call<'_>) -> Outcome + Send + 'static) -> (Bench, Log) {
    let (mut bench, log) = (Bench::new(), Log::default());
    let noted = Arc::clone(&log);
    bench.extend(Stand::new(move |call| {
        noted.lock().unwrap().push(format!("{} {}", call.script.name, told(call)));
        answer(call)
    }));
    for name in names {
        bench.ask(OWNER, put(name, "fn", hook)).unwrap();
    }
    (bench, log)
}

fn told(call: &Call<'_>) -> String {
    match call.input {
        Input::Event(happening) => match happening.event {
            AnyEvent::Message(message::Event::Posted { parts, .. }) => match &parts[0] {
                message::Part::Text { body } => {
                    format!("posted {}", call.ctx.text(body).unwrap_or("gone"))
                }
                _ => "posted".to_owned(),
            },
            AnyEvent::Member(member::Event::Tagged { tag, .. }) => format!("tagged {tag}"),
            AnyEvent::Community(community::Event::StatusChanged { .. }) => "status".to_owned(),
            _ => "other".to_owned(),
        },
        Input::Timer(ringing) => {
            let note = match ringing.note {
                Some(Value::Text(text)) => call.ctx.text(text).unwrap_or("gone"),
                _ => "",
            };
            format!("{} {note} {}", ringing.name, (ringing.due_ms % HOUR_MS) / SECOND_MS)
        }
        _ => "other hook".to_owned(),
    }
}

fn nothing(_: &Call<'_>) -> Outcome {
    Ok((Ruling::Allow, Vec::new()))
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

fn post(call: &Call<'_>, text: &str) -> Effect<String> {
    let channel = call.ctx.community.channels.of_name("general").unwrap().id;
    Effect::Post { channel, text: text.to_owned(), reply_to: None }
}

#[test]
fn scripts_are_told_of_each_event_after_its_record_in_the_operators_order() {
    let (mut bench, log) = bench(&["one", "two"], Hook::Event, nothing);
    taken(&log);
    bench.say(ANN, "hello");
    assert_eq!(taken(&log), ["one posted hello", "two posted hello"]);
    let records: Vec<_> = bench.records().collect();
    let [.., cause, attend] = records.as_slice() else { panic!("two records") };
    assert!(posted_id(&cause.events[0]).is_some() || posted_id(&cause.events[1]).is_some());
    assert_eq!((attend.command.cause, attend.runs.len()), (Some(cause.command.id), 2));
    bench.ask(OWNER, member::Command::Tag { member: BEN, tag: "a".to_owned() }).unwrap();
    assert_eq!(taken(&log), ["one tagged a", "two tagged a"]);
    bench.ask_as(crate::command::Actor::Host, community::Command::Suspend).unwrap();
    assert_eq!(taken(&log), Vec::<String>::new(), "nothing happens in a suspended community");
    bench.ask_as(crate::command::Actor::Host, community::Command::Resume).unwrap();
    assert_eq!(taken(&log), ["one status", "two status"]);
    assert!(bench.community().scripts.attention.is_empty());
    bench.check();
}

#[test]
fn only_the_stream_itself_tells() {
    let (mut bench, _) = bench(&["one"], Hook::Event, nothing);
    let attend = Command::Attend { seq: 1, index: 0 };
    assert_eq!(bench.ask(OWNER, attend).unwrap_err().code(), "host_only");
}

#[test]
fn what_follows_is_told_four_deep_and_nobody_is_told_of_their_own_doing() {
    let (mut bench, log) = bench(&["one"], Hook::Event, |call| Ok((Ruling::Allow, vec![post(call, "echo")])));
    taken(&log);
    bench.say(ANN, "hello");
    assert_eq!(taken(&log), ["one posted hello"]);
    bench.ask(OWNER, put("two", "fn", Hook::Event)).unwrap();
    bench.say(ANN, "hello");
    let all = taken(&log);
    // Each echo is told to the other one: 2, 2, 2, and 2 more at the fourth depth.
    assert_eq!(all.len(), 8, "{all:?}");
    bench.check();
}

#[test]
fn one_record_leads_to_a_bounded_number_of_runs() {
    let names = ["a", "b", "c"];
    let (mut bench, log) =
        bench(&names, Hook::Event, |call| Ok((Ruling::Allow, vec![post(call, "x"), post(call, "y")])));
    taken(&log);
    bench.say(ANN, "hello");
    assert_eq!(taken(&log).len(), EVENT_RUNS_MAX as usize);
    bench.say(ANN, "again");
    assert_eq!(taken(&log).len(), EVENT_RUNS_MAX as usize, "it is counted anew");
    bench.check();
}

#[test]
fn what_a_script_remembers_of_one_event_is_there_at_the_next() {
    let (mut bench, _) = bench(&["count"], Hook::Event, |call| {
        let memory = call.ctx.community.scripts.memories.get(&call.script.no);
        let count = match memory.and_then(|memory| memory.values.get("count")) {
            Some(Value::Int(count)) => *count,
            _ => 0,
        };
        let value = Value::Int(count + 1);
        Ok((Ruling::Allow, vec![Effect::Put { key: "count".to_owned(), value }]))
    });
    let before = count(&bench);
    let question = bench.say(ANN, "one");
    bench.reply(BEN, question, "two");
    assert_eq!(count(&bench) - before, 2);
    bench.check();
}

fn count(bench: &Bench) -> i64 {
    match bench.community().scripts.memories.get(&0).and_then(|memory| memory.values.get("count")) {
        Some(Value::Int(count)) => *count,
        _ => 0,
    }
}

#[test]
fn a_script_that_fails_is_told_again_three_times_and_then_it_is_a_dead_letter() {
    for (failures, runs, dead) in [(0, 1, 0), (1, 2, 0), (3, 4, 0), (9, 4, 1)] {
        let left = Mutex::new(0);
        let (mut bench, log) = bench(&["one"], Hook::Event, move |call| {
            let mut left = left.lock().unwrap();
            if told(call).starts_with("posted") && *left < failures {
                *left += 1;
                return Err(fault(call, FaultKind::Runtime));
            }
            Ok((Ruling::Allow, vec![post(call, "heard")]))
        });
        taken(&log);
        bench.say(ANN, "hello");
        for _ in 0..5 {
            bench.advance(2 * MINUTE_MS);
            bench.fire_due();
        }
        assert_eq!(taken(&log), vec!["one posted hello"; runs], "{failures} failures");
        let letters = &bench.community().scripts.dead_letters;
        assert_eq!(letters.len(), dead);
        let heard = bench.community().messages.recent().len() - 1;
        assert_eq!(heard, 1 - dead, "once, or never");
        let owner = bench.community().members.get(OWNER).unwrap();
        let told = owner.notices.iter().filter(|notice| notice.text.code == "script.gave_up");
        assert_eq!(told.count(), dead);
        bench.check();
    }
}

/// A script that sets a timer when it is told that somebody said so.
fn alarm(answer: impl Fn(&Call<'_>) -> Outcome + Send + 'static) -> (Bench, Log) {
    let hooks = [Hook::Message, Hook::Timer];
    let (mut bench, log) = bench(&[], Hook::Timer, move |call| match call.input {
        Input::Message(posting) if posting.texts.first() == Some(&"set") => {
            let note = Some(Value::Text("the note".to_owned()));
            let due_ms = call.ctx.at_ms() + 10 * SECOND_MS;
            Ok((Ruling::Allow, vec![Effect::SetTimer { name: "tea".to_owned(), due_ms, note }]))
        }
        Input::Message(_) => nothing(call),
        _ => answer(call),
    });
    let mut command = put("clock", "fn", Hook::Timer);
    if let Command::Put { hooks: answered, .. } = &mut command {
        answered.extend(hooks);
    }
    bench.ask(OWNER, command).unwrap();
    (bench, log)
}

fn rung(log: &Log) -> Vec<String> {
    taken(log).into_iter().filter(|line| line.starts_with("clock tea")).collect()
}

#[test]
fn a_timer_rings_once_with_its_note_and_may_be_set_anew() {
    let (mut bench, log) = alarm(|call| {
        let memory = call.ctx.community.scripts.memories.get(&call.script.no);
        let rung = memory.is_some_and(|memory| memory.values.contains_key("rung"));
        let mut effects = vec![post(call, "tea is ready")];
        if !rung {
            let due_ms = call.ctx.at_ms() + 10 * SECOND_MS;
            effects.push(Effect::SetTimer { name: "tea".to_owned(), due_ms, note: None });
            effects.push(Effect::Put { key: "rung".to_owned(), value: Value::Bool(true) });
        }
        Ok((Ruling::Allow, effects))
    });
    bench.say(ANN, "set");
    let set_ms = bench.now_ms();
    bench.advance(MINUTE_MS);
    bench.fire_due();
    let due = |after: u64| ((set_ms + after) % HOUR_MS) / SECOND_MS;
    assert_eq!(
        rung(&log),
        [format!("clock tea the note {}", due(10_000)), format!("clock tea  {}", due(20_000))]
    );
    assert_eq!(bench.community().messages.recent().len(), 3);
    assert!(bench.community().scripts.memories[&0].timers.is_empty());
    assert!(bench.stream.bodies.iter().all(|body| body.text() != Some("the note")), "the note is let go of");
    bench.check();
}

#[test]
fn a_timer_that_is_set_twice_rings_once_and_a_script_that_is_off_hears_nothing() {
    let (mut bench, log) = alarm(nothing);
    bench.say(ANN, "set");
    bench.say(ANN, "set");
    bench.advance(MINUTE_MS);
    bench.fire_due();
    assert_eq!(rung(&log).len(), 1);
    bench.say(ANN, "set");
    bench.ask(OWNER, Command::SwitchOff { name: "clock".to_owned() }).unwrap();
    bench.advance(MINUTE_MS);
    bench.fire_due();
    assert_eq!(rung(&log).len(), 0);
    assert!(bench.community().scripts.memories[&0].timers.is_empty());
    bench.check();
}

#[test]
fn a_timer_that_fails_rings_five_times_more_and_is_then_given_up() {
    let (mut bench, log) = alarm(|call| Err(fault(call, FaultKind::Operations)));
    bench.say(ANN, "set");
    for _ in 0..90 {
        bench.advance(MINUTE_MS);
        bench.fire_due();
    }
    let rung = rung(&log);
    assert_eq!(rung.len(), 6, "{rung:?}");
    assert!(rung.iter().all(|line| line.contains("the note")), "with its note: {rung:?}");
    assert!(rung.iter().all(|line| *line == rung[0]), "it says when it was due at first");
    let letters = &bench.community().scripts.dead_letters;
    assert!(matches!(&letters[0].of, Missed::Timer { name, .. } if name == "tea"));
    let given_up = |event: &AnyEvent| matches!(event, AnyEvent::Script(Event::GaveUp { .. }));
    assert_eq!(bench.records().filter(|record| record.events.iter().any(given_up)).count(), 1);
    assert!(bench.community().scripts.memories[&0].timers.is_empty());
    let notes =
        |bench: &Bench| bench.stream.bodies.iter().filter(|body| body.text() == Some("the note")).count();
    assert_eq!(notes(&bench), 1, "the letter keeps it");
    let mut removed = bench.clone();
    removed.ask(OWNER, Command::Remove { name: "clock".to_owned() }).unwrap();
    assert_eq!((notes(&removed), removed.community().scripts.dead_letters.len()), (0, 0));
    removed.check();
    let letter = letters[0].id;
    bench.ask(OWNER, Command::DropLetter { letter }).unwrap();
    assert_eq!((notes(&bench), bench.community().scripts.dead_letters.len()), (0, 0));
    assert_eq!(bench.ask(OWNER, Command::DropLetter { letter }).unwrap_err().code(), "not_found");
    bench.check();
}

#[test]
fn a_letter_lets_an_array_or_map_go_that_was_its_note() {
    let note = r#"["one",{"two":2}]"#;
    let (mut bench, _) = bench(&[], Hook::Timer, move |call| match call.input {
        Input::Timer(_) => Err(fault(call, FaultKind::Runtime)),
        _ => {
            let (name, due_ms) = ("tea".to_owned(), call.ctx.at_ms() + SECOND_MS);
            let note = Some(Value::Json(note.to_owned()));
            Ok((Ruling::Allow, vec![Effect::SetTimer { name, due_ms, note }]))
        }
    });
    let mut command = put("clock", "fn", Hook::Timer);
    if let Command::Put { hooks, .. } = &mut command {
        hooks.insert(Hook::Message);
    }
    bench.ask(OWNER, command).unwrap();
    bench.say(ANN, "set");
    for _ in 0..90 {
        bench.advance(MINUTE_MS);
        bench.fire_due();
    }
    let notes = |bench: &Bench| bench.stream.bodies.iter().filter(|body| body.text() == Some(note)).count();
    assert_eq!(notes(&bench), 1, "the letter keeps it");
    let letter = bench.community().scripts.dead_letters[0].id;
    bench.ask(OWNER, Command::DropLetter { letter }).unwrap();
    assert_eq!(notes(&bench), 0);
    bench.check();
}

#[test]
fn a_letter_is_tried_once_more_and_is_one_again_where_that_fails() {
    for (heals, hook) in [(true, Hook::Event), (false, Hook::Event), (true, Hook::Timer)] {
        let healed = Arc::new(AtomicBool::new(false));
        let sound = Arc::clone(&healed);
        let answer = move |call: &Call<'_>| match (sound.load(Ordering::Relaxed), call.input) {
            (false, Input::Event(_) | Input::Timer(_)) => Err(fault(call, FaultKind::Runtime)),
            (true, Input::Event(_) | Input::Timer(_)) => Ok((Ruling::Allow, vec![post(call, "heard")])),
            _ => nothing(call),
        };
        let (mut bench, log) = match hook {
            Hook::Timer => alarm(answer),
            _ => bench(&["one"], Hook::Event, answer),
        };
        bench.say(ANN, "set");
        for _ in 0..90 {
            bench.advance(MINUTE_MS);
            bench.fire_due();
        }
        let letters = &bench.community().scripts.dead_letters;
        assert_eq!(letters.len(), 1, "{hook:?}");
        let letter = letters[0].id;
        healed.store(heals, Ordering::Relaxed);
        let name = bench.community().scripts.rows[0].name.clone();
        let mut off = bench.clone();
        off.ask(OWNER, Command::SwitchOff { name }).unwrap();
        assert_eq!(off.ask(OWNER, Command::RetryLetter { letter }).unwrap_err().code(), "wrong_state");
        taken(&log);
        bench.ask(OWNER, Command::RetryLetter { letter }).unwrap();
        assert!(bench.community().scripts.dead_letters.is_empty());
        bench.check();
        for _ in 0..5 {
            bench.fire_due();
            bench.advance(2 * MINUTE_MS);
        }
        let runs = taken(&log);
        let heard = bench.community().messages.recent().len() - 1;
        let expected = if heals { (1, 1, 0) } else { (4, 0, 1) };
        assert_eq!((runs.len(), heard, bench.community().scripts.dead_letters.len()), expected, "{runs:?}");
        assert!(hook != Hook::Timer || runs[0].contains("the note"), "with its note: {runs:?}");
        assert!(bench.stream.bodies.iter().all(|body| body.text() != Some("the note")));
        bench.check();
    }
}
