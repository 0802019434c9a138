//! Every hook, each kind of effect, memory, dice and calendar.

use kith_core::hook::{Call, Effect, Input, Posting, Value};
use kith_core::import::SOURCE;
use kith_core::member::{Member, Origin};

use super::english::english;
use super::{check, complaints, differs, play};
use crate::{Host, Limits, cases};

#[test]
fn message_rules_with_every_verdict() {
    let source = r#"
const 上限 = 3;
fn on_message(ctx, message) {
  let t = message.text;
  if t == "deny" { return deny("d", "no"); }
  if t == "hold" { return hold("h", "wait"); }
  if t == "breach" { return violation("v", "never"); }
  if t.contains("teh") { return rewrite(t.replaced("teh", "the")); }
  if t.len > 上限 * 10 { return deny("long", "too long"); }
  allow()
}"#;
    for (text, expect) in [
        ("deny", "deny d"),
        ("hold", "hold h"),
        ("breach", "violation v"),
        ("teh end", "rewrite the end"),
        ("0123456789012345678901234567890", "deny long"),
        ("fine", "allow"),
    ] {
        check(source, &format!("text = {text:?}\nexpect = {expect:?}"));
    }
}

#[test]
fn card_sees_the_card_as_it_would_be() {
    let source = r#"fn on_card(ctx, change) {
  if change.card.region == "moon" { return deny("region", "not yet"); }
  if change.renames && change.nickname.starts_with("admin") { return hold("name", "wait"); }
  if change.changes("position") { tag(change.member, "moved"); }
  allow()
}"#;
    check(source, "change.region = \"moon\"\nexpect = \"deny region\"");
    check(source, "rename = \"admin ann\"\nexpect = \"hold name\"");
    check(source, "change.position = \"left\"\nexpect = \"allow\"\neffects = [\"tag ann moved\"]");
}

#[test]
fn command_answers_with_a_text() {
    let source = r#"fn on_command(ctx, call) {
  if call.name != "add" { return; }
  let sum = 0;
  for word in call.args { sum += parse_int(word); }
  `${call.member.name}: ${sum}`
}"#;
    check(source, "command = \"/add 1 2 39\"\nexpect = \"allow\"\neffects = [\"notify ann ann: 42\"]");
    check(source, "command = \"/other\"\nexpect = \"allow\"\neffects = []");
}

#[test]
fn event_welcomes_and_sets_a_timer_that_rings() {
    let source = r#"
fn on_event(ctx, event) {
  if event.kind != "member.joined" { return; }
  notify(event.member, "Welcome!");
  set_timer(`check:${event.member.id}`, 2.days, event.member.id);
}
fn on_timer(ctx, timer) {
  let who = member(timer.note);
  if who.exists { post("general", `Say hello to ${who.name}`); }
}"#;
    let result = play(source, "event = \"member.joined\"");
    assert_eq!(result.effects[0], "notify ann Welcome!");
    assert!(
        result.effects[1].starts_with("set_timer check:mem_") || result.effects[1].contains(" 2d "),
        "{:?}",
        result.effects
    );
    check(source, "event = \"member.left\"\neffects = []");
    check(source, "timer = \"check\"\nnote = \"nobody\"\neffects = []");
}

#[test]
fn accepted_answers_name_both_people() {
    let source = r#"fn on_event(ctx, event) {
  if event.kind != "answer.accepted" || event.answer.author.id != event.question.author.id { return; }
  kv.increment(`own:${event.answer.author.name}`);
}"#;
    check(source, "event = \"answer.accepted\"\nquestions = [\"how?\"]\neffects = [\"put own:ann 1\"]");
}

#[test]
fn a_run_sees_its_own_writes_and_keeps_the_last() {
    let source = r#"fn on_message(ctx, message) {
  kv.put("a", 1);
  if kv.increment("a") != 2 { return deny("own", "not seen"); }
  if kv.get("old") != "text" { return deny("old", "not read"); }
  kv.remove("old");
  if kv.get("old") != () { return deny("gone", "still there"); }
  if kv.get("none", 5) != 5 { return deny("none", "no"); }
  kv.put("yes", true);
  allow()
}"#;
    check(
        source,
        "kv.old = \"text\"\nexpect = \"allow\"\neffects = [\"put a 2\", \"forget old\", \"put yes true\"]",
    );
}

#[test]
fn every_effect_is_said() {
    let source = r#"fn on_message(ctx, message) {
  let who = message.author;
  tag(who, "a"); untag(who, "b"); give_role(who, "regular"); take_role(who, "guest");
  warn(who, "w"); mute(who, 1.hours, "m"); notify(who, "n"); remove(who, "r");
  post(message.channel, "p"); post("general", "q"); reply_to(message, "s"); delete(message, "d");
  react(message, "👍"); pin(message);
  set_timer("t", 90.minutes, "note"); drop_timer("u"); log("line"); print("printed");
  allow()
}"#;
    let result = play(source, "text = \"x\"");
    insta::assert_snapshot!(result.effects.join("\n"));
    assert_eq!(result.usage.log, ["line", "printed"]);
    assert!(result.usage.operations > 20 && result.ran.operations == result.usage.operations);
}

#[test]
fn the_calendar_is_the_communitys() {
    let source = r#"fn on_message(ctx, message) {
  let t = ctx.today;
  if t.hour == 1 && t.weekday == 6 && t.date == "2026-05-02" && t.day == 2 { return allow(); }
  deny("when", `${t.date} ${t.hour}`)
}"#;
    check(source, "zone = \"Asia/Shanghai\"\nat = \"2026-05-02T01:30\"\nexpect = \"allow\"");
}

#[test]
fn the_same_seed_throws_the_same_and_reading_is_recorded() {
    let source = "fn on_message(ctx, message) { deny(`${ctx.random.below(1000000)}`, \"x\") }";
    let (one, same, other) = (play(source, "seed = 1"), play(source, "seed = 1"), play(source, "seed = 2"));
    assert_eq!(one.got, same.got);
    assert_ne!(one.got, other.got);
    assert!(one.ran.dice);
    assert!(!play("fn on_message(ctx, message) { allow() }", "seed = 1").ran.dice);
}

#[test]
fn decimals_are_exact() {
    let source = r#"fn on_message(ctx, message) {
  if 0.1 + 0.2 == 0.3 && 1.5 * 2 == 3.0 { return allow(); }
  deny("sum", "inexact")
}"#;
    check(source, "expect = \"allow\"");
}

#[test]
fn constants_are_known_in_functions() {
    let source = r#"
const WORDS = ["one", "two"];
const LIMIT = 2 + 3;
const WAIT = 1.hours;
fn on_message(ctx, message) {
  if LIMIT != 5 || WORDS.len != 2 || !long(LIMIT) { return deny("constant", "no"); }
  mute(message.author, WAIT, "w");
  allow()
}
fn long(n) { n == LIMIT }"#;
    check(source, "effects = [\"mute ann 1h w\"]\nexpect = \"allow\"");
}

#[test]
fn words_in_the_script_are_found_too() {
    let source = "fn on_message(ctx, message) {
        if message.text.has_any([\"casino\", \"赌\"]) { return hold(\"w\", \"\"); }
        allow()
    }";
    check(source, "text = \"CASINO\"\nexpect = \"hold w\"");
    check(source, "text = \"plain\"\nexpect = \"allow\"");
}

#[test]
fn equal_sources_are_compiled_once() {
    let host = crate::Host::new(crate::Limits::default());
    let source = "fn on_message(ctx, message) { allow() }";
    let (one, two) = (host.compile(source).unwrap(), host.compile(source).unwrap());
    assert!(std::sync::Arc::ptr_eq(&one, &two));
    let small = crate::Host::new(crate::Limits { scripts_kept_max: 1, ..Default::default() });
    let one = small.compile(source).unwrap();
    small.compile("fn on_message(ctx, message) { hold(\"a\", \"b\") }").unwrap();
    assert!(!std::sync::Arc::ptr_eq(&one, &small.compile(source).unwrap()), "the older one went");
}

#[test]
fn a_case_that_fails_shows_the_difference() {
    let source = "fn on_message(ctx, message) { tag(message.author, \"b\"); allow() }";
    let result = play(source, "name = \"tags\"\nexpect = \"hold\"\neffects = [\"tag ann a\"]");
    assert!(!result.passed);
    insta::assert_snapshot!(differs(&result));
    assert!(cases::parse("[[case]]\nname = \"x\"\nbogus = 1").is_err());
    assert_eq!(cases::parse("[[case]]\nname = \"x\"\n[[case]]\nname = \"y\"").unwrap().len(), 2);
}

#[test]
fn arrays_and_maps_are_remembered_as_they_were_with_their_keys_in_order() {
    let source = r##"
fn on_message(ctx, message) {
  let put = #{zeta: [1, -2, true, ()], alpha: #{text: "a\"b\n你", none: ()}, empty: [], map: #{}};
  kv.put("v", put);
  let got = kv.get("v");
  if got != put { return deny("other", `${got}`); }
  got.alpha.text = "changed";
  if kv.get("v") != put { return deny("shared", "the same value"); }
  allow()
}"##;
    let result = play(source, "text = \"x\"");
    let (_, effects) = result.ran.outcome.unwrap();
    let [Effect::Put { value: Value::Json(json), .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(
        json,
        r##"{"alpha":{"none":null,"text":"a\"b\n你"},"empty":[],"map":{},"zeta":[1,-2,true,null]}"##
    );
}

#[test]
fn a_message_names_whom_it_mentions() {
    let source = "fn on_message(ctx, message) {
  let names = \"\";
  for id in message.mentions { names += member(id).name; }
  deny(`${names} ${message.mentions_all}`, \"x\")
}";
    check(source, "text = \"x\"\nmentions = [\"ben\", \"all\"]\nexpect = \"deny ben true\"");
    check(source, "text = \"x\"\nexpect = \"deny  false\"");
    let told = "fn on_event(ctx, event) {
  for id in event.message.mentions { notify(member(id), event.message.author.name); }
}";
    check(told, "event = \"message.posted\"\nmentions = [\"ben\"]\neffects = [\"notify ben ann\"]");
}

#[test]
fn what_is_read_is_declared() {
    let topics = |head: &str, asks: &str| {
        format!(
            "fn propose_topics(ctx, want) {{ // {head}\n  let q = {asks};\n  [topic(`${{q.len}}`, \"\")]\n}}"
        )
    };
    let case = "topics = 1\nquestions = [\"how?\"]";
    for (head, asks, remedy) in [
        ("nothing", "questions()", "`// reads: questions(7d)`"),
        ("nothing", "[questions()].map(|q| q.len)", "`// reads: questions(7d)`"),
        ("reads: points(7d)", "questions()", "`points(7d)` is nothing"),
        ("reads: questions(a week)", "questions()", "`// reads: questions(7d)`"),
    ] {
        let said = complaints(&topics(head, asks));
        assert!(said.contains(remedy) && said.contains("line "), "{head} {asks}: {said}");
    }
    let far = topics("reads: questions(2d), questions(36h)", "questions().unanswered(3.days)");
    let fault = play(&far, case).ran.outcome.unwrap_err();
    assert!(
        english(&fault.detail).contains("3d back and the script declares 2d"),
        "{}",
        english(&fault.detail)
    );
    assert!(english(&fault.detail).contains("questions(3d)"), "{}", english(&fault.detail));
    check(
        &topics("reads: questions(2d)", "questions().unanswered(2.days)"),
        &format!("{case}\nexpect = \"topics 1\""),
    );
}

#[test]
fn a_run_is_noted_that_reads_what_nobody_knows_of_imported_members() {
    let played = |condition: &str, came_from: &str| {
        let source = format!("fn on_message(ctx, message) {{\n if {condition} {{ }}\n allow()\n}}");
        let case: cases::Case = toml::from_str("text = \"x\"\nauthor.card.region = \"moon\"").unwrap();
        let host = Host::new(Limits::default());
        let used = cases::with_call(&host, (&source, &case), |call, outside| {
            let Input::Message(posting) = call.input else { panic!("a message") };
            let origin = Origin { source: came_from.to_owned(), ..Origin::default() };
            let author = Member { origin, ..posting.author.clone() };
            let input = Input::Message(Posting { author: &author, ..*posting });
            host.run(&Call { input: &input, ..*call }, outside).1
        });
        used.unwrap().lacked
    };
    for condition in ["message.author.joined < 1.days", "message.author.card.region == \"moon\""] {
        assert!(played(condition, SOURCE), "{condition}");
        assert!(!played(condition, "link"), "{condition}");
    }
    assert!(!played("message.author.name == \"ann\" && message.author.strikes > 0", SOURCE));
}
