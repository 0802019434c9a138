//! Cards as members meet them: changes, templates, a new schema, counts.

use std::collections::BTreeMap;

use super::{Command, Field, Kind, Schema, Visibility, count_by, misfits, visible};
use crate::body::Bodies;
use crate::command::Actor;
use crate::decide::Outcome;
use crate::gate::GateConfig;
use crate::gate::testing::{Asking, Bench};
use crate::hook::{Effect, Hook, Input, Ruling};
use crate::ids::{CommandId, PersonId};
use crate::queue::{self, AtDeadline, Verdict};
use crate::refusal::Refusal;
use crate::testing_script::{Stand, put, reason};

fn field(name: &str, kind: Kind) -> Field {
    Field {
        name: name.to_owned(),
        label: String::new(),
        required: false,
        kind,
        visible_to: Visibility::Members,
    }
}

fn regions(options: &[&str]) -> Kind {
    Kind::Choice { options: options.iter().map(|option| (*option).to_owned()).collect() }
}

fn schema(template: Option<&str>) -> Schema {
    let region = Field { required: true, ..field("region", regions(&["上海", "北京", "Berlin"])) };
    let phone = Field { visible_to: Visibility::Moderators, ..field("phone", Kind::default()) };
    let income = Field { visible_to: Visibility::Owner, ..field("income", Kind::Number { min: 0, max: 99 }) };
    Schema {
        fields: vec![region, field("position", Kind::default()), phone, income],
        name_template: template.map(str::to_owned),
    }
}

fn bench(template: Option<&str>) -> Bench {
    let mut bench = Bench::new(GateConfig::default());
    bench.owner(Command::SetSchema { schema: schema(template) }).unwrap();
    bench
}

fn change(
    bench: &mut Bench,
    person: u128,
    nickname: Option<&str>,
    fields: &[(&str, Option<&str>)],
) -> Result<Outcome, Refusal> {
    let owner = bench.row(person).id;
    let mut bodies = Bodies::default();
    let nickname = nickname.map(|text| bench.body(owner, text, &mut bodies));
    let mut values = BTreeMap::new();
    for (name, text) in fields {
        values.insert((*name).to_owned(), text.map(|text| bench.body(owner, text, &mut bodies)));
    }
    let command = match nickname {
        Some(nickname) if values.is_empty() => Command::ChangeNickname { nickname },
        nickname => Command::ChangeCard { fields: values, nickname },
    };
    let id = CommandId(bench.fresh());
    bench.run(id, Actor::Person(PersonId(person)), command.into(), bodies)
}

fn texts(bench: &Bench, person: u128) -> (Option<&str>, Vec<(&str, Option<&str>)>) {
    let row = bench.row(person);
    let text = |body| bench.stream.bodies.text(body);
    (text(&row.nickname), row.card.iter().map(|(name, value)| (name.as_str(), text(value))).collect())
}

#[test]
fn a_change_is_checked_field_by_field() {
    let mut bench = bench(None);
    bench.apply(2, &Asking { card: &[("region", "上海")], ..Asking::default() }).unwrap();
    type Fields = &'static [(&'static str, Option<&'static str>)];
    let rows: [(Option<&str>, Fields, Option<&str>); 10] = [
        (Some("老王"), &[], None),
        (None, &[("region", Some("北京"))], None),
        (Some("大王"), &[("position", Some("设计"))], None),
        (None, &[("position", None)], None),
        (None, &[("position", None)], Some("not_found")),
        (None, &[("region", None)], Some("value_invalid")),
        (None, &[("region", Some("巴黎"))], Some("value_invalid")),
        (None, &[("planet", Some("Mars"))], Some("not_found")),
        (Some(" "), &[], Some("text_empty")),
        (None, &[], Some("nothing_to_change")),
    ];
    for (nickname, fields, expected) in rows {
        let refused = change(&mut bench, 2, nickname, fields).err().map(|refusal| refusal.code());
        assert_eq!(refused, expected, "{nickname:?} {fields:?}");
    }
    assert_eq!(texts(&bench, 2), (Some("大王"), vec![("region", Some("北京"))]));
    assert!(bench.stream.bodies.iter().all(|body| body.text() != Some("上海")), "the old value is let go");
    bench.assert_folds_again();
}

#[test]
fn a_nickname_says_what_the_card_says() {
    let mut bench = bench(Some("{region}-{position}-{nickname}"));
    let card: &[_] = &[("region", "上海"), ("position", "设计")];
    let join = |bench: &mut Bench, nickname, card| {
        bench.apply(2, &Asking { nickname, card, ..Asking::default() }).err().map(|refusal| refusal.code())
    };
    assert_eq!(join(&mut bench, "小王", card), Some("value_invalid"));
    assert_eq!(join(&mut bench, "北京-设计-小王", card), Some("value_invalid"));
    assert_eq!(join(&mut bench, "巴黎-设计-小王", &[]), Some("value_invalid"));
    assert_eq!(join(&mut bench, "上海－设计－小王", card), None, "a full-width hyphen is the same sign");
    let moved = [("region", Some("北京"))];
    assert_eq!(change(&mut bench, 2, None, &moved).unwrap_err().code(), "value_invalid");
    change(&mut bench, 2, Some("北京-设计-小王"), &moved).unwrap();
    assert_eq!(texts(&bench, 2).0, Some("北京-设计-小王"));
}

#[test]
fn a_refusal_never_repeats_what_somebody_wrote() {
    let mut bench = bench(Some("{region}-{nickname}"));
    let card: &[_] = &[("region", "上海")];
    let refusal = bench.apply(2, &Asking { nickname: "secret", card, ..Asking::default() }).unwrap_err();
    let shown = format!("{refusal:?}");
    assert!(!shown.contains("secret") && !shown.contains("上海"), "{shown}");
}

#[test]
fn members_are_counted_by_region() {
    let mut bench = bench(None);
    let values = ["上海", "上海 ", "北京", "ｂｅｒｌｉｎ", "Berlin"];
    for (person, region) in (2..).zip(values) {
        bench.apply(person, &Asking { card: &[("region", region)], ..Asking::default() }).unwrap();
    }
    let gone = bench.row(4).card["region"];
    bench.stream.bodies.remove(gone.id);
    let counts = count_by(&bench.stream, "region");
    let by_value: Vec<(&str, u64)> = counts.by_value.iter().map(|(value, n)| (value.as_str(), *n)).collect();
    assert_eq!(by_value, [("Berlin", 2), ("上海", 2)]);
    assert_eq!((counts.erased, counts.empty), (1, 1), "one destroyed; the owner has no region");
}

#[test]
fn a_new_schema_leaves_values_and_says_which_do_not_fit() {
    let mut bench = bench(None);
    let card: &[_] = &[("region", "上海"), ("position", "设计")];
    bench.apply(2, &Asking { card, ..Asking::default() }).unwrap();
    let id = bench.row(2).id;
    assert!(misfits(&bench.stream, id).is_empty());
    let age = Field { required: true, ..field("age", Kind::Number { min: 18, max: 99 }) };
    let schema = Schema { fields: vec![field("region", regions(&["北京"])), age], name_template: None };
    bench.owner(Command::SetSchema { schema: schema.clone() }).unwrap();
    let found = misfits(&bench.stream, id);
    let found: Vec<_> =
        found.iter().map(|misfit| (misfit.field.as_str(), misfit.expected.as_deref())).collect();
    assert_eq!(found, [("position", None), ("region", Some("北京")), ("age", Some("…"))]);
    assert_eq!(texts(&bench, 2).1.len(), 2, "nothing was taken away");
    assert_eq!(bench.owner(Command::SetSchema { schema }).unwrap_err().code(), "nothing_to_change");
    bench.assert_folds_again();
}

#[test]
fn a_field_is_shown_to_whom_it_is_for() {
    let mut bench = bench(None);
    let card: &[_] = &[("region", "上海"), ("phone", "1"), ("income", "9")];
    bench.apply(2, &Asking { card, ..Asking::default() }).unwrap();
    bench.join(3).unwrap();
    bench.join(4).unwrap();
    let moderator = bench.row(4).id;
    bench.owner(crate::role::Command::Give { member: moderator, name: "moderator".to_owned() }).unwrap();
    for (viewer, expected) in [(1, 3), (2, 3), (3, 1), (4, 2)] {
        let shown = visible(bench.community(), bench.row(2), bench.row(viewer)).count();
        assert_eq!(shown, expected, "viewer {viewer}");
    }
}

#[test]
fn a_change_that_a_rule_holds_is_released_or_dropped_in_the_queue() {
    for outcome in [AtDeadline::Release, AtDeadline::Deny] {
        let mut bench = bench(None);
        bench.join(2).unwrap();
        let rule = r#"{"name": "names", "step": "hold", "check": {"nickname": {"pattern": "^小"}}}"#;
        let rule = serde_json::from_str(rule).unwrap();
        bench.owner(crate::rule::Command::Set { rule }).unwrap();
        change(&mut bench, 2, Some("老王"), &[]).unwrap();
        assert_eq!(texts(&bench, 2).0, Some("小王"), "not before a human has looked");
        assert!(bench.stream.bodies.iter().any(|body| body.text() == Some("老王")), "kept while it waits");
        assert_eq!(change(&mut bench, 2, Some("小李"), &[]).unwrap_err().code(), "wrong_state");
        let hold = *bench.community().queue.holds.keys().next().unwrap();
        bench.owner(queue::Command::Resolve { hold, outcome, note: None }).unwrap();
        let expected = if outcome == AtDeadline::Release { "老王" } else { "小王" };
        assert_eq!(texts(&bench, 2).0, Some(expected));
        assert!(bench.community().card.held.is_empty());
        let names = ["老王", "小王"].into_iter();
        let kept = names.filter(|name| bench.stream.bodies.iter().any(|body| body.text() == Some(*name)));
        assert_eq!(kept.collect::<Vec<_>>(), [expected], "the other name is let go");
        bench.assert_folds_again();
    }
}

#[test]
fn a_script_rules_on_cards_and_nicknames_beside_the_rules() {
    type Row = (Ruling, Option<&'static str>, usize, bool);
    let rows: [Row; 4] = [
        (Ruling::Allow, Some("新名"), 0, true),
        (Ruling::Hold(reason("look")), Some("小王"), 1, false),
        (Ruling::Deny(reason("no")), Some("小王"), 0, false),
        (Ruling::Violation(reason("ads")), Some("小王"), 1, false),
    ];
    for (ruling, nickname, holds, tagged) in rows {
        let mut bench = Bench::new(GateConfig::default());
        let answer = ruling.clone();
        bench.extend(Stand::new(move |call| {
            let Input::Card(change) = call.input else { panic!("cards only") };
            assert_eq!(change.nickname.and_then(|body| call.ctx.text(body)), Some("新名"));
            let tag = Effect::Tag { member: change.member.id, tag: "renamed".to_owned() };
            Ok((answer.clone(), vec![tag]))
        }));
        bench.owner(put("names", "fn on_card", Hook::Card)).unwrap();
        bench.join(2).unwrap();
        let out = change(&mut bench, 2, Some("新名"), &[]).unwrap();
        let state = |bench: &Bench| (bench.community().queue.holds.len(), !bench.row(2).tags.is_empty());
        assert_eq!(state(&bench), (holds, tagged), "{ruling:?}");
        assert_eq!((texts(&bench, 2).0, out.runs.len()), (nickname, 1), "{ruling:?}");
        if let Some(hold) = bench.community().queue.holds.keys().next().copied() {
            bench.owner(queue::Command::Resolve { hold, outcome: AtDeadline::Release, note: None }).unwrap();
            assert_eq!((texts(&bench, 2).0, state(&bench)), (Some("新名"), (0, true)));
        }
        bench.assert_folds_again();
    }
}

#[test]
fn an_appeal_shows_what_todays_rules_and_scripts_say_about_a_change_that_waits() {
    let days = [
        (Ruling::Allow, Verdict::Allow),
        (Ruling::Hold(reason("look")), Verdict::Hold),
        (Ruling::Deny(reason("no")), Verdict::Deny),
    ];
    let says = |ruling: Ruling| {
        Stand::new(move |call| {
            let Input::Card(change) = call.input else { panic!("cards only") };
            assert_eq!(change.nickname.and_then(|body| call.ctx.text(body)), Some("新名"));
            let tag = Effect::Tag { member: change.member.id, tag: "renamed".to_owned() };
            Ok((ruling.clone(), vec![tag]))
        })
    };
    for (ruling, expected) in days {
        let mut bench = Bench::new(GateConfig::default());
        bench.extend(says(Ruling::Hold(reason("look"))));
        bench.owner(put("names", "fn on_card", Hook::Card)).unwrap();
        bench.join(2).unwrap();
        change(&mut bench, 2, Some("新名"), &[]).unwrap();
        bench.extend(says(ruling));
        let receipt = *bench.community().queue.receipts.keys().next_back().unwrap();
        let out = bench.appeal(2, receipt);
        assert!(out.runs.is_empty(), "no row of a run");
        let appeal = bench.community().queue.appeals.values().next().unwrap();
        assert_eq!(appeal.review.on_text, Some(expected));
        assert!(bench.row(2).tags.is_empty(), "nothing comes of it");
        bench.assert_folds_again();
    }
}
