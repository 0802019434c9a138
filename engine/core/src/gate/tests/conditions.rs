//! Conditions joined by `all` and `any`, holds and decisions.

use crate::card::{Field, Kind, Schema, Visibility};
use crate::gate::questions::{self, Matching, Question};
use crate::gate::testing::{Asking, Bench};
use crate::gate::{Command, Condition, Decision, GateConfig, Mode};
use crate::ids::PersonId;
use crate::notice::Arg;
use crate::queue::{self, AtDeadline, Item, Verdict};
use crate::rule::{self, Switch};

fn gate(mode: Mode, conditions: &[Condition]) -> Bench {
    let config = GateConfig { mode, conditions: conditions.to_vec(), ..GateConfig::default() };
    Bench::new(config).with_card(&schema())
}

fn schema() -> Schema {
    let region = Field {
        name: "region".to_owned(),
        label: String::new(),
        required: true,
        kind: Kind::Choice { options: vec!["上海".to_owned(), "北京".to_owned()] },
        visible_to: Visibility::Members,
    };
    Schema { fields: vec![region], name_template: None }
}

fn motto(matching: Matching) -> Condition {
    let question = Question {
        name: "motto".to_owned(),
        text: "What do we never do?".to_owned(),
        accepts: vec!["advertise".to_owned()],
        matching,
        hint: Some("Read the pinned message.".to_owned()),
    };
    Condition::Questions(questions::Terms { questions: vec![question] })
}

fn bringing<'a>(card: &'a [(&'a str, &'a str)], answers: &'a [(&'a str, &'a str)]) -> Asking<'a> {
    Asking { card, answers, ..Asking::default() }
}

#[test]
fn all_takes_the_strictest_verdict_and_any_the_mildest() {
    use Verdict::{Allow, Deny, Hold};
    let rows: [(&[Verdict], Verdict, Verdict); 11] = [
        (&[], Allow, Allow),
        (&[Allow], Allow, Allow),
        (&[Hold], Hold, Hold),
        (&[Deny], Deny, Deny),
        (&[Allow, Allow], Allow, Allow),
        (&[Allow, Hold], Hold, Allow),
        (&[Allow, Deny], Deny, Allow),
        (&[Hold, Deny], Deny, Hold),
        (&[Deny, Deny], Deny, Deny),
        (&[Allow, Hold, Deny], Deny, Allow),
        (&[Deny, Hold, Hold], Deny, Hold),
    ];
    for (verdicts, all, any) in rows {
        assert_eq!(Mode::All.join(verdicts.iter().copied()), all, "all {verdicts:?}");
        assert_eq!(Mode::Any.join(verdicts.iter().copied()), any, "any {verdicts:?}");
    }
}

#[test]
fn conditions_decide_together_what_becomes_of_somebody() {
    const CARD: &[(&str, &str)] = &[("region", "上海")];
    const RIGHT: &[(&str, &str)] = &[("motto", "Advertise!")];
    const WRONG: &[(&str, &str)] = &[("motto", "sleep")];
    let equals = || motto(Matching::Equals);
    let rows = [
        (Mode::All, vec![], bringing(&[], &[]), "active"),
        (Mode::All, vec![Condition::Open], bringing(&[], &[]), "active"),
        (Mode::All, vec![Condition::Card], bringing(&[], &[]), "turned_away"),
        (Mode::All, vec![Condition::Card], bringing(CARD, &[]), "active"),
        (Mode::All, vec![Condition::Card, equals()], bringing(CARD, WRONG), "turned_away"),
        (Mode::All, vec![Condition::Card, equals()], bringing(CARD, RIGHT), "active"),
        (Mode::Any, vec![Condition::Card, equals()], bringing(CARD, WRONG), "active"),
        (Mode::Any, vec![Condition::Card, equals()], bringing(&[], RIGHT), "active"),
        (Mode::Any, vec![Condition::Card, equals()], bringing(&[], WRONG), "turned_away"),
        (Mode::All, vec![Condition::Approval], bringing(&[], &[]), "review"),
        (Mode::All, vec![Condition::Approval, equals()], bringing(&[], WRONG), "turned_away"),
        (Mode::All, vec![Condition::Approval, equals()], bringing(&[], RIGHT), "review"),
        (Mode::Any, vec![Condition::Approval, equals()], bringing(&[], RIGHT), "active"),
        (Mode::Any, vec![Condition::Approval, equals()], bringing(&[], WRONG), "review"),
        (Mode::All, vec![motto(Matching::Human)], bringing(&[], WRONG), "review"),
        (Mode::All, vec![motto(Matching::Human)], bringing(&[], &[]), "turned_away"),
    ];
    for (mode, conditions, asking, expected) in rows {
        let mut bench = gate(mode, &conditions);
        let outcome = bench.apply(2, &asking).unwrap();
        assert_eq!(
            bench.standing(2),
            expected,
            "{mode:?} {conditions:?} {:?} {:?}",
            asking.card,
            asking.answers
        );
        assert_eq!(outcome.decisions.is_empty(), expected == "active");
        for receipt in &outcome.decisions {
            assert_eq!(receipt.ground.verdict(), receipt.verdict, "derived again from the receipt");
        }
    }
}

#[test]
fn a_denial_says_why_and_what_would_have_passed_and_keeps_no_answer() {
    let mut bench = gate(Mode::All, &[motto(Matching::Equals)]);
    let outcome = bench.apply(2, &bringing(&[], &[("motto", "secret words")])).unwrap();
    let receipt = &outcome.decisions[0];
    assert_eq!(receipt.reason.code, "gate.questions.wrong");
    let remedy = receipt.remedy.as_ref().unwrap();
    assert_eq!(
        (remedy.code.as_str(), &remedy.args["hint"]),
        ("gate.questions.remedy_hint", &Arg::from("Read the pinned message."))
    );
    assert_eq!(bench.told(2), ["gate.questions.wrong", "gate.questions.remedy_hint"]);
    assert!(bench.stream.bodies.iter().all(|body| body.text() != Some("secret words")));
    let recorded = String::from_utf8_lossy(&bench.records[0].0.encode()).into_owned();
    assert!(!recorded.contains("secret words"), "an answer is never a fact");
    bench.assert_folds_again();
}

#[test]
fn a_human_lets_in_or_turns_away() {
    let mut bench = gate(Mode::All, &[Condition::Approval, motto(Matching::Human)]);
    for person in 2..5 {
        bench.apply(person, &bringing(&[], &[("motto", "hm")])).unwrap();
    }
    let decide = |bench: &Bench, person, decision| Command::Decide {
        member: bench.row(person).id,
        decision,
        reason: None,
    };
    let admit = decide(&bench, 2, Decision::Admit);
    assert_eq!(bench.ask(3, admit.clone()).unwrap_err().code(), "not_a_member");
    let outcome = bench.owner(admit.clone()).unwrap();
    assert_eq!(outcome.decisions[0].ground.verdict(), Verdict::Allow);
    assert_eq!(bench.standing(2), "active");
    assert_eq!(bench.owner(admit).unwrap_err().code(), "not_found");
    let refuse = decide(&bench, 3, Decision::Refuse);
    bench.owner(refuse).unwrap();
    assert_eq!((bench.standing(3), bench.told(3).last()), ("turned_away", Some(&"gate.refused")));
    bench.ask(4, Command::Withdraw).unwrap();
    assert_eq!(bench.standing(4), "left");
    let kept: Vec<_> = bench.stream.bodies.iter().filter_map(|body| body.text()).collect();
    assert!(!kept.contains(&"hm"), "answers go with the application");
    bench.assert_folds_again();
}

#[test]
fn who_was_approved_when_all_seats_are_taken_gets_a_place() {
    let config =
        GateConfig { conditions: vec![Condition::Approval], capacity: Some(1), ..GateConfig::default() };
    let mut bench = Bench::new(config);
    for person in 2..5 {
        bench.join(person).unwrap();
        let member = bench.row(person).id;
        bench.owner(Command::Decide { member, decision: Decision::Admit, reason: None }).unwrap();
    }
    assert_eq!(["active", "waiting", "waiting"], [2, 3, 4].map(|person| bench.standing(person)));
    assert_eq!(bench.place(4), Some((2, 2)));
}

#[test]
fn what_cannot_be_judged_is_refused_and_changes_nothing() {
    let mut bench = gate(Mode::All, &[Condition::Card, motto(Matching::Equals)]);
    let long = "x".repeat(questions::ANSWER_BYTES_MAX + 1);
    let long = [("motto", long.as_str())];
    let before = bench.stream.clone();
    let rows = [
        (bringing(&[("region", "广州")], &[]), "value_invalid"),
        (bringing(&[("planet", "Mars")], &[]), "not_found"),
        (bringing(&[], &[("colour", "red")]), "not_found"),
        (bringing(&[], &long), "text_too_long"),
        (Asking { nickname: " ", ..Asking::default() }, "text_empty"),
        (Asking { nickname: "a\nb", ..Asking::default() }, "value_invalid"),
        (Asking { source: " qr", ..Asking::default() }, "name_invalid"),
    ];
    for (asking, expected) in rows {
        assert_eq!(bench.apply(2, &asking).unwrap_err().code(), expected);
    }
    assert_eq!(bench.stream, before);
    assert!(bench.community().members.of_person(PersonId(2)).is_none());
}

#[test]
fn who_waits_already_can_not_ask_again() {
    let mut bench = gate(Mode::All, &[Condition::Approval]);
    bench.join(2).unwrap();
    assert_eq!(bench.join(2).unwrap_err().code(), "wrong_state");
}

#[test]
fn a_gate_that_could_not_be_evaluated_is_refused() {
    let good = GateConfig::default();
    let overflow = crate::gate::Overflow { community: " two".to_owned(), id: None };
    let rows = [
        (GateConfig { conditions: vec![Condition::Open; 17], ..good.clone() }, "too_many"),
        (GateConfig { waiting_max: 10_001, ..good.clone() }, "too_many"),
        (GateConfig { offer_hours: 0, ..good.clone() }, "value_invalid"),
        (GateConfig { offer_hours: 721, ..good.clone() }, "value_invalid"),
        (GateConfig { overflow: Some(overflow), ..good.clone() }, "name_invalid"),
        (GateConfig { role: "nobody".to_owned(), ..good.clone() }, "not_found"),
        (GateConfig { role: "admin".to_owned(), ..good.clone() }, "rank_too_low"),
        (good.clone(), "nothing_to_change"),
    ];
    let mut bench = Bench::new(good);
    for (config, expected) in rows {
        assert_eq!(bench.owner(Command::SetGate { config }).unwrap_err().code(), expected);
    }
    let config = GateConfig { role: "guest".to_owned(), ..GateConfig::default() };
    bench.owner(Command::SetGate { config }).unwrap();
    bench.join(2).unwrap();
    assert!(bench.row(2).roles.contains("guest"));
}

#[test]
fn a_configuration_is_read_from_a_blueprint_and_unknown_fields_are_refused() {
    let text = r#"{"mode": "any", "capacity": 500, "overflow": {"community": "two"}, "conditions": [
        {"kind": "open"}, {"kind": "card"}, {"kind": "approval"}, {"kind": "invite", "by": "owner"},
        {"kind": "questions", "questions": [
            {"name": "q", "text": "?", "accepts": ["a"], "match": "one_keyword"}]}]}"#;
    let config: GateConfig = serde_json::from_str(text).unwrap();
    assert_eq!((config.conditions.len(), config.offer_hours, config.waiting_max), (5, 24, 1_000));
    let packed = rmp_serde::to_vec_named(&config).unwrap();
    assert_eq!(rmp_serde::from_slice::<GateConfig>(&packed).unwrap(), config);
    for wrong in [
        r#"{"capcity": 5}"#,
        r#"{"conditions": [{"kind": "invite", "bye": "owner"}]}"#,
        r#"{"conditions": [{"kind": "magic"}]}"#,
    ] {
        assert!(serde_json::from_str::<GateConfig>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn while_the_raid_switch_is_on_everybody_waits_for_a_human() {
    let mut bench = gate(Mode::All, &[]);
    bench.owner(rule::Command::SetRaid { switch: Switch::On { for_ms: None } }).unwrap();
    let outcome = bench.join(2).unwrap();
    assert_eq!((bench.standing(2), outcome.decisions[0].reason.code.as_str()), ("review", "gate.raid.waits"));
    assert_eq!(outcome.decisions[0].ground.verdict(), Verdict::Hold);
    bench.owner(rule::Command::SetRaid { switch: Switch::Off }).unwrap();
    bench.join(3).unwrap();
    assert_eq!((bench.standing(2), bench.standing(3)), ("review", "active"));
}

/// The queue and the gate are two doors to the same decision; neither leaves anything behind in the other.
#[test]
fn a_hold_at_the_gate_is_settled_in_the_queue_or_goes_with_its_application() {
    let mut bench = gate(Mode::All, &[Condition::Approval]);
    for person in 2..7 {
        bench.join(person).unwrap();
    }
    let hold = |bench: &Bench, person| {
        let member = bench.row(person).id;
        let holds = &bench.community().queue.holds;
        *holds.iter().find(|(_, hold)| hold.item == Item::Join { member }).expect("the join is held").0
    };
    let resolve = |hold, outcome| queue::Command::Resolve { hold, outcome, note: None };
    let (release, deny) = (hold(&bench, 2), hold(&bench, 3));
    bench.owner(resolve(release, AtDeadline::Release)).unwrap();
    bench.owner(resolve(deny, AtDeadline::Deny)).unwrap();
    bench.ask(4, Command::Withdraw).unwrap();
    let member = bench.row(5).id;
    bench.owner(Command::Decide { member, decision: Decision::Admit, reason: None }).unwrap();
    let member = bench.row(6).id;
    bench.owner(crate::member::Command::Ban { member, for_ms: None, reason: None }).unwrap();
    let standings: Vec<&str> = (2..7).map(|person| bench.standing(person)).collect();
    assert_eq!(standings, ["active", "turned_away", "left", "active", "banned"]);
    assert!(bench.community().queue.holds.is_empty(), "nothing is left in the queue");
    bench.assert_folds_again();
}
