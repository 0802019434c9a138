//! Scripts beside the rules: versions, verdicts, effects, memory, breakers and caps, with a stand-in that
//! answers as a test says.

use super::{Binding, Command, Event, OnFault, Origin, Run, RunOutcome};
use crate::command::Actor;
use crate::event::Event as AnyEvent;
use crate::handoff;
use crate::hook::{Call, Effect, FaultKind, Hook, Input, Place, Ruling, Value};
use crate::host::{self, Quotas};
use crate::ids::{CommunityId, MemberId, MessageId};
use crate::member::Standing;
use crate::message::{self, posted_id};
use crate::moment::MINUTE_MS;
use crate::notice::Arg;
use crate::queue::{self, Ground, Verdict};
use crate::refusal::Refusal;
use crate::rule::{self, Step};
use crate::testing_script::{Outcome, Stand, fault, put, reason};
use crate::testing_talk::{ANN, BEN, Bench, MODERATOR, OWNER, START_MS};

/// A bench with one script for messages that answers like this.
fn bench(answer: impl Fn(&Call<'_>) -> Outcome + Send + 'static) -> Bench {
    let mut bench = Bench::new();
    bench.extend(Stand::new(answer));
    bench.ask(OWNER, put("guard", "fn on_message", Hook::Message)).unwrap();
    bench
}

fn said<'a>(call: &'a Call<'_>) -> &'a str {
    match call.input {
        Input::Message(posting) => posting.texts.first().copied().unwrap_or_default(),
        _ => "",
    }
}

fn say(bench: &mut Bench, member: MemberId, text: &str) -> Vec<AnyEvent> {
    let (hall, parts) = (bench.hall(), bench.text(text));
    let post = message::Command::Post {
        channel: hall,
        parts,
        reply_to: None,
        sort: message::Sort::Talk,
        mentions: message::Mentions::default(),
    };
    bench.ask(member, post).unwrap()
}

fn runs(bench: &Bench) -> &[Run] {
    &bench.last().runs
}

fn posted(events: &[AnyEvent]) -> Vec<MessageId> {
    events.iter().filter_map(posted_id).collect()
}

#[test]
fn a_script_is_put_in_switched_and_taken_out() {
    let mut bench = bench(|_| Ok((Ruling::Allow, Vec::new())));
    let script = |bench: &Bench| bench.community().scripts.get("guard").unwrap().clone();
    assert_eq!((script(&bench).live, script(&bench).versions.len()), (Some(1), 1));
    let bot = script(&bench).bot;
    assert_eq!(bench.community().members.get(bot).unwrap().standing, Standing::Bot);
    assert_eq!(bench.ask(OWNER, put("guard", "fn on_message", Hook::Message)), Err(Refusal::NothingToChange));
    for number in 2..=9 {
        bench.ask(OWNER, put("guard", &format!("fn on_message {number}"), Hook::Message)).unwrap();
    }
    let numbers: Vec<u32> = script(&bench).versions.iter().map(|version| version.number).collect();
    assert_eq!((script(&bench).live, numbers), (Some(9), vec![5, 6, 7, 8, 9]));
    let name = "guard".to_owned();
    bench.ask(OWNER, Command::Activate { name: name.clone(), version: 6 }).unwrap();
    assert_eq!(script(&bench).live, Some(6));
    let unknown = Command::Activate { name: name.clone(), version: 4 };
    assert!(matches!(bench.ask(OWNER, unknown), Err(Refusal::NotFound { .. })));
    bench.ask(OWNER, Command::Shadow { name: name.clone(), version: Some(9) }).unwrap();
    bench.ask(OWNER, Command::SwitchOff { name: name.clone() }).unwrap();
    assert_eq!((script(&bench).live, script(&bench).shadow), (None, Some(9)));
    let bind = Binding { on_fault: OnFault::Open, ..Binding::default() };
    bench.ask(OWNER, Command::Bind { name: name.clone(), binding: bind.clone() }).unwrap();
    assert_eq!(script(&bench).binding, bind);
    bench.ask(OWNER, Command::Remove { name }).unwrap();
    assert!(bench.community().scripts.get("guard").is_none());
    assert!(matches!(bench.community().members.get(bot).unwrap().standing, Standing::Left { .. }));
    bench.ask(OWNER, put("guard", "fn on_message", Hook::Message)).unwrap();
    assert_eq!(script(&bench).no, 1, "a number is never used twice");
    bench.check();
}

#[test]
fn cases_are_kept_with_their_version_and_other_cases_make_no_other_version() {
    let mut bench = bench(|_| Ok((Ruling::Allow, Vec::new())));
    let with = |source: &str, text: &str| {
        let mut command = put("guard", source, Hook::Message);
        if let Command::Put { cases, .. } = &mut command {
            text.clone_into(cases);
        }
        command
    };
    let kept = |bench: &Bench| {
        let script = bench.community().scripts.get("guard").unwrap();
        script.versions.iter().map(|version| (version.number, version.cases.clone())).collect::<Vec<_>>()
    };
    let versions = |rows: &[(u32, &str)]| -> Vec<(u32, String)> {
        rows.iter().map(|(number, cases)| (*number, (*cases).to_owned())).collect()
    };
    bench.ask(OWNER, with("fn on_message", "one")).unwrap();
    assert_eq!(kept(&bench), versions(&[(1, "one")]));
    assert_eq!(bench.ask(OWNER, with("fn on_message", "one")), Err(Refusal::NothingToChange));
    bench.ask(OWNER, with("fn on_message 2", "two")).unwrap();
    bench.ask(OWNER, with("fn on_message 2", "")).unwrap();
    assert_eq!(kept(&bench), versions(&[(1, "one"), (2, "")]));
    let long = "x".repeat(crate::limits::SCRIPT_BYTES_MAX + 1);
    assert_eq!(bench.ask(OWNER, with("fn on_message", &long)).unwrap_err().code(), "text_too_long");
    bench.check();
}

#[test]
fn what_a_script_said_stays_with_its_receipt() {
    let mut bench = bench(|_| Ok((Ruling::Deny(reason("no")), Vec::new())));
    say(&mut bench, ANN, "x");
    let receipt = bench.last().decisions[0].clone();
    let Some(Arg::Body(words)) = receipt.reason.args.get("text") else { panic!("{receipt:?}") };
    assert_eq!(bench.stream.bodies.text(words), Some("because of no"));
    bench.check();
}

#[test]
fn refuses_what_is_no_script_and_who_may_not() {
    let mut bench = bench(|_| Ok((Ruling::Allow, Vec::new())));
    let long = "x".repeat(crate::limits::SCRIPT_BYTES_MAX + 1);
    for (command, code) in [
        (put("", "a", Hook::Join), "name_invalid"),
        (put("a", &long, Hook::Join), "text_too_long"),
        (Command::Remove { name: "none".to_owned() }, "not_found"),
        (Command::Reorder { names: Vec::new() }, "value_invalid"),
    ] {
        assert_eq!(bench.ask(OWNER, command).unwrap_err().code(), code);
    }
    assert_eq!(bench.ask(ANN, put("b", "b", Hook::Join)).unwrap_err().code(), "permission_missing");
    let mut folder = put("guard", "other", Hook::Message);
    if let Command::Put { origin, .. } = &mut folder {
        *origin = Origin::Folder;
    }
    assert_eq!(bench.ask(OWNER, folder).unwrap_err().code(), "wrong_state", "one origin a script");
}

#[test]
fn verdicts_of_a_script_become_what_the_rules_verdicts_become() {
    let mut bench = bench(|call| {
        let ruling = match said(call) {
            "hold" => Ruling::Hold(reason("look")),
            "deny" => Ruling::Deny(reason("no")),
            "breach" => Ruling::Violation(reason("ads")),
            _ => Ruling::Allow,
        };
        Ok((ruling, Vec::new()))
    });
    bench.ask(OWNER, Command::Bind { name: "guard".to_owned(), binding: warns() }).unwrap();
    assert_eq!(posted(&say(&mut bench, ANN, "hello")).len(), 1);
    let run = |outcome| Run {
        no: 0,
        version: 1,
        hook: Hook::Message,
        outcome,
        operations: 7,
        events: (0, 0),
        refused: 0,
        fault: None,
    };
    assert_eq!(runs(&bench), [run(RunOutcome::Allow)]);
    for (text, outcome, verdict) in [
        ("hold", RunOutcome::Hold, Verdict::Hold),
        ("deny", RunOutcome::Deny, Verdict::Deny),
        ("breach", RunOutcome::Violation, Verdict::Deny),
    ] {
        let events = say(&mut bench, ANN, text);
        assert!(posted(&events).is_empty(), "{text}");
        assert_eq!(runs(&bench)[0].outcome, outcome);
        let [receipt] = &bench.last().decisions[..] else { panic!("one receipt for {text}") };
        assert_eq!((receipt.verdict, receipt.ground.verdict()), (verdict, verdict));
        let Ground::Script(ground) = &receipt.ground else { panic!("a script's ground") };
        assert_eq!((ground.script.as_str(), ground.version), ("guard", 1));
    }
    let strikes = bench.community().rules.record.live(ANN, bench.now_ms(), None);
    assert_eq!(strikes, 1, "a breach is a strike, a denial by itself is none");
    assert_eq!(bench.community().rules.tallies.get("script guard", 1).hits, 3);
    bench.check();
}

fn warns() -> Binding {
    Binding { step: Step::Warn, ..Binding::default() }
}

#[test]
fn a_rewrite_is_posted_judged_again_and_keeps_what_was_written() {
    let mut bench = bench(|call| {
        let ruling = match said(call) {
            "darn it" => Ruling::Rewrite("**** it".to_owned()),
            _ => Ruling::Allow,
        };
        Ok((ruling, Vec::new()))
    });
    let events = say(&mut bench, ANN, "darn it");
    let AnyEvent::Message(message::Event::Posted { parts, original, header, .. }) = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!((parts.len(), original.len(), header.chars), (1, 1, 7));
    assert_ne!(parts[..], original[..]);
    bench.check();
}

#[test]
fn effects_follow_the_verdict() {
    let fresh = || {
        bench(|call| {
            let effects = vec![
                Effect::Put { key: "seen".to_owned(), value: Value::Int(1) },
                Effect::Tag { member: BEN, tag: "seen".to_owned() },
                Effect::Mute { member: BEN, for_ms: MINUTE_MS, text: "quiet".to_owned() },
            ];
            let ruling = match said(call) {
                "deny" => Ruling::Deny(reason("no")),
                "hold" => Ruling::Hold(reason("look")),
                "allow" => Ruling::Allow,
                _ => return Ok((Ruling::Allow, Vec::new())),
            };
            Ok((ruling, effects))
        })
    };
    let mut bench = fresh();
    let state = |bench: &Bench| {
        let community = bench.community();
        let memory = community.scripts.memories.get(&0).map_or(0, |memory| memory.values.len());
        let tagged = community.members.get(BEN).unwrap().tags.contains("seen");
        (memory, tagged, community.rules.record.mute(BEN, bench.now_ms()).is_some())
    };
    say(&mut bench, ANN, "hold");
    assert_eq!(state(&bench), (1, false, false), "what waits is not done");
    let hold = *bench.community().queue.holds.keys().next().unwrap();
    let outcome = queue::AtDeadline::Release;
    bench.ask(MODERATOR, queue::Command::Resolve { hold, outcome, note: None }).unwrap();
    assert_eq!(state(&bench), (1, true, true), "it is done with the release");
    let mut bench = fresh();
    say(&mut bench, ANN, "deny");
    assert_eq!(state(&bench), (1, false, true), "a denial keeps sanctions and memory");
    let mut bench = fresh();
    say(&mut bench, ANN, "allow");
    assert_eq!(state(&bench), (1, true, true));
    let first = runs(&bench)[0].events.0 as usize;
    assert!(matches!(&bench.last().events[first], AnyEvent::Script(Event::Put { .. })));
    bench.check();
}

#[test]
fn a_script_cannot_act_upon_moderators_or_say_what_rules_forbid() {
    let mut bench = bench(|_| {
        let mute = |member| Effect::Mute { member, for_ms: MINUTE_MS, text: "quiet".to_owned() };
        Ok((Ruling::Allow, vec![mute(MODERATOR), mute(OWNER), mute(BEN)]))
    });
    say(&mut bench, ANN, "hello");
    assert_eq!(runs(&bench)[0].refused, 2);
    let muted: Vec<MemberId> = bench.community().rules.record.mutes.keys().copied().collect();
    assert_eq!(muted, [BEN]);
}

#[test]
fn a_fault_holds_or_passes_as_bound_and_leaves_no_effect() {
    let mut bench = bench(|call| Err(fault(call, FaultKind::Runtime)));
    assert!(posted(&say(&mut bench, ANN, "one")).is_empty());
    assert_eq!(bench.community().queue.holds.len(), 1);
    let receipt = &bench.last().decisions[0];
    let Ground::Script(ground) = &receipt.ground else { panic!("a script's ground") };
    assert_eq!(ground.fault.as_ref().unwrap().place, Some(Place { line: 3, column: 5 }));
    assert!(!format!("{receipt:?}").contains("what somebody wrote"));
    let binding = Binding { on_fault: OnFault::Open, ..Binding::default() };
    bench.ask(OWNER, Command::Bind { name: "guard".to_owned(), binding }).unwrap();
    assert_eq!(posted(&say(&mut bench, ANN, "two")).len(), 1);
    bench.check();
}

#[test]
fn a_version_that_keeps_failing_ends_in_quarantine_and_the_last_good_one_is_live() {
    let mut bench = bench(|call| match call.version.number {
        1 => Ok((Ruling::Allow, Vec::new())),
        _ => Err(fault(call, FaultKind::Runtime)),
    });
    bench.ask(OWNER, put("guard", "fn on_message worse", Hook::Message)).unwrap();
    let mut skipped = 0;
    for _ in 0..200 {
        say(&mut bench, OWNER, "hello");
        skipped += u32::from(runs(&bench).iter().any(|run| run.outcome == RunOutcome::Skipped));
        if bench.community().scripts.get("guard").unwrap().live == Some(1) {
            break;
        }
    }
    let script = bench.community().scripts.get("guard").unwrap();
    assert_eq!(script.live, Some(1));
    assert!(skipped > 100, "while the breaker is open nobody asks: {skipped}");
    assert!(script.health.metered.faults < 10, "{:?}", script.health.metered);
    assert_eq!(owner_was_told(&bench, "script.rolled_back"), 1);
    assert_eq!(posted(&say(&mut bench, ANN, "hello again")).len(), 1);
    bench.check();
}

/// How often the owner was told of something.
fn owner_was_told(bench: &Bench, code: &str) -> usize {
    let owner = bench.community().members.get(OWNER).unwrap();
    owner.notices.iter().filter(|notice| notice.text.code == code).count()
}

/// The host tells the community what it may use.
fn allow(bench: &mut Bench, quotas: Quotas) {
    let parcel = handoff::Parcel::Host(host::Parcel::SetQuotas { quotas, revision: 1 });
    let told = handoff::Command::Receive { from: CommunityId::HOST, parcel };
    bench.ask_as(Actor::Stream(CommunityId::HOST), told).unwrap();
}

#[test]
fn scripts_answer_no_more_in_the_minute_in_which_their_fuel_is_burned() {
    let mut bench = bench(|_| Ok((Ruling::Allow, Vec::new())));
    say(&mut bench, ANN, "how much is one run");
    let one = runs(&bench)[0].operations;
    assert!(one > 0);
    bench.advance(MINUTE_MS);
    allow(&mut bench, Quotas { fuel_per_minute: one * 2, ..Quotas::default() });
    for (text, outcome) in [("a", RunOutcome::Allow), ("b", RunOutcome::Allow), ("c", RunOutcome::Skipped)] {
        say(&mut bench, ANN, text);
        assert_eq!(runs(&bench)[0].outcome, outcome, "{text}");
    }
    assert_eq!(bench.community().queue.holds.len(), 1, "what nobody looked at waits for a human");
    bench.advance(MINUTE_MS);
    say(&mut bench, ANN, "d");
    assert_eq!(runs(&bench)[0].outcome, RunOutcome::Allow);
    bench.check();
}

#[test]
fn the_host_says_how_many_scripts_there_may_be() {
    let mut bench = bench(|_| Ok((Ruling::Allow, Vec::new())));
    allow(&mut bench, Quotas { scripts: 1, ..Quotas::default() });
    let refused = Refusal::QuotaExceeded { quota: "scripts".to_owned(), max: 1 };
    assert_eq!(bench.ask(OWNER, put("second", "fn on_message", Hook::Message)), Err(refused));
    bench.ask(OWNER, put("guard", "fn on_message better", Hook::Message)).unwrap();
}

#[test]
fn one_members_input_cannot_open_a_breaker_by_limits() {
    let mut bench = bench(|call| Err(fault(call, FaultKind::Operations)));
    for _ in 0..10 {
        say(&mut bench, OWNER, "bomb");
    }
    let script = bench.community().scripts.get("guard").unwrap();
    assert_eq!((script.live, script.health.is_open(Hook::Message, bench.now_ms())), (Some(1), false));
}

#[test]
fn the_blast_is_capped_for_the_rest_of_the_hour() {
    let mut bench = bench(|_| Ok((Ruling::Deny(reason("no")), Vec::new())));
    let outcomes: Vec<RunOutcome> = (0..5)
        .map(|_| {
            say(&mut bench, OWNER, "hello");
            runs(&bench)[0].outcome
        })
        .collect();
    use RunOutcome::{Capped, Deny};
    assert_eq!(outcomes, [Deny, Deny, Deny, Capped, Capped]);
    let told = bench.records().filter(|record| {
        record.events.iter().any(|event| matches!(event, AnyEvent::Script(Event::Capped { .. })))
    });
    assert_eq!(told.count(), 1, "once an hour");
    assert_eq!(owner_was_told(&bench, "script.reached_cap"), 1);
    bench.advance(60 * MINUTE_MS);
    say(&mut bench, OWNER, "hello");
    assert_eq!(runs(&bench)[0].outcome, Deny);
    bench.check();
}

#[test]
fn what_a_bot_posts_asks_no_script() {
    let mut bench = bench(|call| {
        let Input::Message(posting) = call.input else { panic!("messages only") };
        let text = "a reply".to_owned();
        let post = Effect::Post { channel: posting.channel, text, reply_to: None };
        Ok((Ruling::Allow, vec![post]))
    });
    let events = say(&mut bench, ANN, "hello");
    assert_eq!((posted(&events).len(), runs(&bench).len()), (2, 1));
    assert!(bench.now_ms() > START_MS);
    assert!(!events.iter().any(|event| matches!(event, AnyEvent::Rule(rule::Event::Struck { .. }))));
    bench.check();
}
