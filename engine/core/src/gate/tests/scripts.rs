//! Scripts at the gate: who is asked when, and when what they want is done.

use crate::gate::testing::Bench;
use crate::gate::{Command, Condition, Decision, GateConfig};
use crate::hook::{Call, Effect, FaultKind, Hook, Input, Ruling, Value};
use crate::member;
use crate::moment::MINUTE_MS;
use crate::queue::{self, AtDeadline, Ground};
use crate::script::{self, RunOutcome};
use crate::testing_script::{Outcome, Stand, fault, put, reason};

/// A gate with one script that answers like this.
fn scripted(config: GateConfig, answer: impl Fn(&Call<'_>) -> Outcome + Send + 'static) -> Bench {
    let mut bench = Bench::new(config);
    bench.extend(Stand::new(answer));
    bench.owner(put("door", "fn on_join", Hook::Join)).unwrap();
    bench
}

/// Says this, and wants the applicant tagged and greeted, and to remember a number.
fn wants(ruling: Ruling) -> impl Fn(&Call<'_>) -> Outcome + Send + 'static {
    move |call| {
        let Input::Join(request) = call.input else { panic!("joins only") };
        let (member, text) = (request.applicant.id, "come in".to_owned());
        let effects = vec![
            Effect::Tag { member, tag: "region:上海".to_owned() },
            Effect::Notify { member, text },
            Effect::Put { key: "asked".to_owned(), value: Value::Int(1) },
        ];
        Ok((ruling.clone(), effects))
    }
}

/// Where somebody stands, whether they are tagged, greeted, and whether the script remembers them.
fn state(bench: &Bench, person: u128) -> (&'static str, bool, bool, bool) {
    let row = bench.row(person);
    let greeted = row.notices.iter().any(|notice| {
        let text = notice.text.args.get("text");
        let Some(crate::notice::Arg::Body(body)) = text else { return false };
        notice.text.code == "script.says" && bench.stream.bodies.text(body) == Some("come in")
    });
    let remembers = bench.community().scripts.memories.contains_key(&0);
    (bench.standing(person), !row.tags.is_empty(), greeted, remembers)
}

fn approval() -> GateConfig {
    GateConfig { conditions: vec![Condition::Approval], ..GateConfig::default() }
}

#[test]
fn the_strongest_of_conditions_and_scripts_counts() {
    let invite =
        || GateConfig { conditions: vec![Condition::Invite(Default::default())], ..GateConfig::default() };
    let rows = [
        (GateConfig::default(), Ruling::Allow, ("active", true, true, true)),
        (GateConfig::default(), Ruling::Hold(reason("look")), ("review", false, false, true)),
        (GateConfig::default(), Ruling::Deny(reason("no")), ("turned_away", false, true, true)),
        (approval(), Ruling::Allow, ("review", false, false, true)),
        (approval(), Ruling::Deny(reason("no")), ("turned_away", false, true, true)),
        (invite(), Ruling::Allow, ("turned_away", false, false, false)),
    ];
    for (config, ruling, expected) in rows {
        let shown = format!("{config:?} {ruling:?}");
        let mut bench = scripted(config, wants(ruling));
        bench.join(2).unwrap();
        assert_eq!(state(&bench, 2), expected, "{shown}");
        bench.assert_folds_again();
    }
}

#[test]
fn what_waits_is_done_when_they_are_let_in_by_whomever_and_scripts_are_asked_once() {
    let by_hand = |bench: &mut Bench| {
        let member = bench.row(2).id;
        bench.owner(Command::Decide { member, decision: Decision::Admit, reason: None }).unwrap()
    };
    let by_queue = |bench: &mut Bench| {
        let hold = *bench.community().queue.holds.keys().next().unwrap();
        bench.owner(queue::Command::Resolve { hold, outcome: AtDeadline::Release, note: None }).unwrap()
    };
    type Way<'a> = &'a dyn Fn(&mut Bench) -> crate::decide::Outcome;
    for way in [&by_hand as Way<'_>, &by_queue] {
        let mut bench = scripted(approval(), wants(Ruling::Allow));
        bench.join(2).unwrap();
        let out = way(&mut bench);
        assert_eq!(state(&bench, 2), ("active", true, true, true));
        let runs: Vec<_> = out.runs.iter().map(|run| (run.hook, run.operations, run.refused)).collect();
        assert_eq!(runs, [(Hook::Join, 0, 0)], "a row without a run");
        let notices = &bench.row(2).notices;
        assert!(notices.iter().any(|notice| notice.text.code == "script.says"));
        bench.assert_folds_again();
    }
}

#[test]
fn what_waits_goes_along_on_the_waiting_list() {
    let mut bench = scripted(GateConfig { capacity: Some(1), ..GateConfig::default() }, wants(Ruling::Allow));
    bench.join(2).unwrap();
    bench.join(3).unwrap();
    assert_eq!(state(&bench, 3), ("waiting", false, false, true));
    bench.ask(2, member::Command::Leave).unwrap();
    bench.ask(3, Command::AcceptSeat).unwrap();
    assert_eq!(state(&bench, 3), ("active", true, true, true));
    bench.join(4).unwrap();
    bench.ask(4, Command::Withdraw).unwrap();
    assert_eq!(state(&bench, 4), ("left", false, false, true), "dropped with the application");
    let left = bench.stream.bodies.iter().filter(|body| body.owner == bench.row(4).id);
    assert!(left.filter_map(|body| body.text()).all(|text| text != "come in"));
    bench.assert_folds_again();
}

#[test]
fn a_script_that_cannot_answer_leaves_it_to_a_human() {
    let mut bench = scripted(GateConfig::default(), |call| Err(fault(call, FaultKind::Runtime)));
    let mut outcomes = Vec::new();
    for person in 2..40 {
        let out = bench.join(person).unwrap();
        assert_eq!(bench.standing(person), "review");
        let Ground::Script(ground) = &out.decisions[0].ground else { panic!("the script's ground") };
        assert_eq!(ground.script, "door");
        outcomes.push(out.runs[0].outcome);
        bench.advance(MINUTE_MS / 10);
    }
    let script = bench.community().scripts.get("door").unwrap();
    assert_eq!((script.live, script.health.quarantined), (None, Some(1)));
    assert_eq!(outcomes[0], RunOutcome::Fault);
    assert_eq!(outcomes.last(), Some(&RunOutcome::Skipped), "in quarantine the gate stays shut");
    bench.owner(script::Command::SwitchOff { name: "door".to_owned() }).unwrap();
    bench.join(50).unwrap();
    assert_eq!(bench.standing(50), "active", "until it is switched off");
    bench.assert_folds_again();
}

#[test]
fn any_number_can_be_turned_away_in_an_hour() {
    let mut bench = scripted(GateConfig::default(), wants(Ruling::Deny(reason("no"))));
    for person in 2..10 {
        bench.join(person).unwrap();
        assert_eq!(bench.standing(person), "turned_away");
    }
}

#[test]
fn an_appeal_shows_what_todays_scripts_say_about_somebody_who_waits() {
    let config = GateConfig { conditions: vec![Condition::Approval], ..GateConfig::default() };
    let days: [(Ruling, queue::Verdict); 3] = [
        (Ruling::Allow, queue::Verdict::Allow),
        (Ruling::Hold(reason("look")), queue::Verdict::Hold),
        (Ruling::Deny(reason("no")), queue::Verdict::Deny),
    ];
    for (ruling, expected) in days {
        let mut bench = scripted(config.clone(), wants(Ruling::Hold(reason("look"))));
        bench.join(2).unwrap();
        bench.extend(Stand::new(wants(ruling)));
        let before = (bench.row(2).clone(), bench.community().scripts.clone());
        let receipt = *bench.community().queue.receipts.keys().next_back().unwrap();
        let out = bench.appeal(2, receipt);
        assert!(out.runs.is_empty(), "no row of a run");
        let appeal = bench.community().queue.appeals.values().next().unwrap();
        assert_eq!(appeal.review.on_text, Some(expected));
        assert_eq!(before, (bench.row(2).clone(), bench.community().scripts.clone()), "nothing comes of it");
        bench.assert_folds_again();
    }
}
