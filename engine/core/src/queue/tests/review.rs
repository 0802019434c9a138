//! What today's scripts say about an old decision: asked like about a new message, and nothing comes of it.

use super::*;
use crate::hook::{Effect, FaultKind, Hook, Input, Ruling, Value};
use crate::script;
use crate::testing_script::{Outcome as Answer, Stand, fault, put, reason};

/// What the script `guard` says on a day, by the text it sees.
type Day = fn(&crate::hook::Call<'_>, &str) -> Answer;

fn denies(_: &crate::hook::Call<'_>, _: &str) -> Answer {
    Ok((Ruling::Deny(reason("ads")), Vec::new()))
}

/// A bench whose script answers as the day says; effects go along with every answer.
fn guarded(day: Day) -> Bench {
    let mut bench = Bench::new();
    bench.extend(on(day));
    bench.ask(OWNER, put("guard", "fn on_message 1", Hook::Message)).unwrap();
    bench
}

fn on(day: Day) -> Stand {
    Stand::new(move |call| {
        let Input::Message(posting) = call.input else { return Ok((Ruling::Allow, Vec::new())) };
        let text = posting.texts.first().map(|text| (*text).to_owned()).unwrap_or_default();
        let (ruling, mut effects) = day(call, &text)?;
        effects.push(Effect::Put { key: "asked".to_owned(), value: Value::Int(1) });
        effects.push(Effect::Tag { member: posting.author.id, tag: "seen".to_owned() });
        Ok((ruling, effects))
    })
}

fn reviewed(bench: &mut Bench, receipt: ReceiptId) -> Review {
    let events = bench.appeal(ANN, receipt).unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    bench.community().queue.appeals.values().next_back().unwrap().review.clone()
}

#[test]
fn an_appeal_shows_what_todays_scripts_say() {
    let days: [(&str, Day, Verdict); 5] = [
        ("the same", denies, Verdict::Deny),
        ("lets it through", |_, _| Ok((Ruling::Allow, Vec::new())), Verdict::Allow),
        ("holds it", |_, _| Ok((Ruling::Hold(reason("look")), Vec::new())), Verdict::Hold),
        ("fails", |call, _| Err(fault(call, FaultKind::Runtime)), Verdict::Hold),
        (
            "knows the text",
            |call, text| {
                if text == "casino" { denies(call, text) } else { Ok((Ruling::Allow, Vec::new())) }
            },
            Verdict::Deny,
        ),
    ];
    for (what, day, expected) in days {
        let mut bench = guarded(denies);
        assert_eq!(bench.try_say(ANN, "casino"), Verdict::Deny);
        let receipt = bench.receipt().id;
        bench.ask(OWNER, put("guard", "fn on_message 2", Hook::Message)).unwrap();
        bench.extend(on(day));
        let before = (bench.community().scripts.clone(), bench.community().members.get(ANN).cloned());
        let review = reviewed(&mut bench, receipt);
        assert_eq!(review, Review { version: Some(2), on_facts: None, on_text: Some(expected) }, "{what}");
        let after = (bench.community().scripts.clone(), bench.community().members.get(ANN).cloned());
        assert_eq!(before, after, "{what}: nothing is remembered, tagged or counted");
        assert!(bench.records().last().unwrap().runs.is_empty(), "{what}: no row of a run");
        bench.check();
    }
}

#[test]
fn the_review_of_a_rules_denial_asks_the_scripts_too() {
    let mut bench = bench(Step::Warn);
    bench.try_say(ANN, "casino");
    let receipt = bench.receipt().id;
    bench.set_list("ads", &["lottery"]);
    bench.extend(on(denies));
    bench.ask(OWNER, put("guard", "fn on_message 1", Hook::Message)).unwrap();
    assert_eq!(reviewed(&mut bench, receipt).on_text, Some(Verdict::Deny));
}

#[test]
fn it_is_the_authors_own_words_that_are_looked_at_again() {
    let mut bench = guarded(|_, _| Ok((Ruling::Rewrite("lottery".to_owned()), Vec::new())));
    bench.set_list("ads", &["lottery"]);
    bench.set_rule("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Warn);
    assert_eq!(bench.try_say(ANN, "casino"), Verdict::Deny);
    let receipt = bench.receipt().id;
    let mut kept = bench.clone();
    assert_eq!(reviewed(&mut kept, receipt).on_text, Some(Verdict::Deny), "rules judge the new words again");
    bench.extend(on(|call, text| {
        assert_eq!(text, "casino");
        if text == "casino" { Ok((Ruling::Allow, Vec::new())) } else { denies(call, text) }
    }));
    assert_eq!(reviewed(&mut bench, receipt).on_text, Some(Verdict::Allow));
}

#[test]
fn a_script_that_is_off_or_gone_is_not_asked() {
    for (command, version) in [
        (script::Command::SwitchOff { name: "guard".to_owned() }, 0),
        (script::Command::Remove { name: "guard".to_owned() }, 0),
    ] {
        let mut bench = guarded(denies);
        bench.try_say(ANN, "casino");
        let receipt = bench.receipt().id;
        bench.ask(OWNER, command).unwrap();
        let expected = Review { version: Some(version), on_facts: None, on_text: Some(Verdict::Allow) };
        assert_eq!(reviewed(&mut bench, receipt), expected);
    }
}
