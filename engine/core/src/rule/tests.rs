//! Tables of the rules: every kind, the ladder, slow mode, the raid switch.

mod model;

use super::*;
use crate::member::Standing;
use crate::message::Part;
use crate::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::queue::{Ground as AnyGround, Verdict::*};
use crate::testing_rule::rule;
use crate::testing_talk::{ANN, BEN, Bench, MODERATOR, OWNER};
use crate::text::reading::Reading;

fn bench_with(name: &str, json: &str, step: Step) -> Bench {
    let mut bench = Bench::new();
    bench.set_list("ads", &["加微", "casino"]);
    bench.set_rule(name, json, step);
    bench
}

/// What becomes of a text under one rule that denies.
fn check(json: &str, text: &str, expected: Verdict) {
    let mut bench = bench_with("one", json, Step::Warn);
    let verdict = bench.try_say(ANN, text);
    assert_eq!(verdict, expected, "{json}: {text}");
    bench.check();
    if verdict != Allow {
        assert_eq!(bench.receipt().ground.verdict(), bench.receipt().verdict);
    }
}

#[test]
fn each_kind_lets_through_and_denies() {
    let links = r#"{"links":{"max":1,"allowed_hosts":["example.org"]}}"#;
    let words = r#"{"words":{"lists":["ads"]}}"#;
    for (json, text, expected) in [
        (words, "今天天气很好", Allow),
        (words, "ｊｉａ微 找我", Deny),
        (words, "加\u{200b}微", Deny),
        (words, "a cAsInO tonight", Deny),
        (words, "casinos are buildings", Allow),
        (r#"{"words":{"lists":["ads"],"at_least":2}}"#, "one casino", Allow),
        (r#"{"words":{"lists":["ads"],"at_least":2}}"#, "casino by casino", Deny),
        (r#"{"words":{"lists":["ads"],"exactness":"plain"}}"#, "加 微", Allow),
        (r#"{"words":{"lists":["ads"],"exactness":"plain"}}"#, "加微", Deny),
        (r#"{"pattern":{"pattern":"(?i)buy\\s+now"}}"#, "BUY  now", Deny),
        (r#"{"pattern":{"pattern":"(?i)buy\\s+now"}}"#, "buy it now", Allow),
        (links, "see https://a.example.com/x", Allow),
        (links, "see https://a.example.com and https://b.example.com", Deny),
        (links, "https://docs.example.org https://example.org https://a.example.com", Allow),
        (links, "https://notexample.org https://a.example.com", Deny),
        (links, "main.rs and node.js and 3.14", Allow),
        (r#"{"invites":{}}"#, "join https://t.me/joinchat/abcdef", Deny),
        (r#"{"invites":{"max":1}}"#, "join https://t.me/joinchat/abcdef", Allow),
        (r#"{"invites":{}}"#, "see https://example.com", Allow),
        (r#"{"contacts":{}}"#, "write to ann@example.com", Deny),
        (r#"{"contacts":{}}"#, "write to me", Allow),
        (r#"{"length":{"max_chars":5}}"#, "五个字而已", Allow),
        (r#"{"length":{"max_chars":5}}"#, "六个字太多了", Deny),
        (r#"{"length":{"max_lines":2}}"#, "a\nb", Allow),
        (r#"{"length":{"max_lines":2}}"#, "a\nb\nc", Deny),
        (r#"{"newcomers":{"days":3,"max_links":0}}"#, "https://example.com", Deny),
        (r#"{"newcomers":{"days":3,"max_links":1}}"#, "https://example.com", Allow),
        (r#"{"nickname":{"template":"{region}-{nickname}"}}"#, "not judged on posts", Allow),
    ] {
        check(json, text, expected);
    }
}

#[test]
fn flood_counts_within_its_time() {
    let mut bench = bench_with("flood", r#"{"flood":{"messages":3,"within":"60s"}}"#, Step::Warn);
    let verdicts: Vec<Verdict> = (0..4).map(|n| bench.try_say(ANN, &format!("number {n}"))).collect();
    assert_eq!(verdicts, [Allow, Allow, Allow, Deny]);
    assert_eq!(bench.try_say(BEN, "somebody else"), Allow);
    bench.advance(58_000);
    assert_eq!(bench.try_say(ANN, "the first one is forgotten"), Allow);
    bench.check();
}

#[test]
fn repetition_knows_a_text_again_in_other_dress() {
    let mut bench = bench_with("again", r#"{"repetition":{"times":2,"within":"10m"}}"#, Step::Warn);
    assert_eq!(bench.try_say(ANN, "Buy my new book"), Allow);
    assert_eq!(bench.try_say(ANN, "buy my new book"), Allow);
    assert_eq!(bench.try_say(ANN, "ＢＵＹ my new book"), Deny);
    assert_eq!(bench.try_say(ANN, "something else entirely"), Allow);
    assert_eq!(bench.try_say(BEN, "buy my new book"), Allow);
    for _ in 0..4 {
        assert_eq!(bench.try_say(BEN, "ok"), Allow, "short texts are no repetition");
    }
    bench.advance(10 * MINUTE_MS);
    assert_eq!(bench.try_say(ANN, "buy my new book"), Allow);
}

#[test]
fn newcomers_are_free_after_their_days() {
    let json = r#"{"newcomers":{"days":3,"max_links":0,"max_per_hour":2}}"#;
    let mut bench = bench_with("new", json, Step::Hold);
    let text = "https://a.example.com https://b.example.com";
    assert_eq!(bench.try_say(ANN, text), Hold);
    let receipt = bench.receipt();
    assert_eq!(receipt.reason.code, "rule.newcomer_links");
    assert_eq!(receipt.reason.args["found"], Arg::Number(2));
    assert_eq!(receipt.reason.args["version"], Arg::Number(1));
    assert_eq!(receipt.remedy.as_ref().unwrap().code, "rule.newcomer_links.remedy");
    assert_eq!(
        [bench.try_say(ANN, "one"), bench.try_say(ANN, "two"), bench.try_say(ANN, "three")],
        [Allow, Allow, Hold]
    );
    bench.advance(3 * DAY_MS);
    assert_eq!(bench.try_say(ANN, text), Allow);
}

#[test]
fn newcomers_may_not_send_pictures_where_the_rule_says_so() {
    let mut bench = bench_with("new", r#"{"newcomers":{"days":3,"max_media":0}}"#, Step::Warn);
    let media = crate::message::MediaType("image/png".to_owned());
    let image = |bench: &mut Bench| {
        let blob = crate::message::Blob { sha256: [1; 32], bytes: 10, media: media.clone() };
        bench.try_parts(ANN, vec![Part::Image { blob }])
    };
    assert_eq!(image(&mut bench), Ok(Deny));
    bench.advance(4 * DAY_MS);
    assert_eq!(image(&mut bench), Ok(Allow));
}

#[test]
fn whoever_is_exempt_is_not_judged() {
    let mut bench = Bench::new();
    bench.set_list("ads", &["casino"]);
    let config = || rule("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Warn);
    bench.set_config(config());
    assert_eq!(bench.try_say(MODERATOR, "casino"), Allow, "moderators are exempt");
    assert_eq!(bench.try_say(BEN, "casino"), Deny);
    bench.set_config(RuleConfig { binds_moderators: true, ..config() });
    assert_eq!(bench.try_say(MODERATOR, "casino"), Deny);
    bench.set_config(RuleConfig { exempt_roles: ["member".to_owned()].into(), ..config() });
    assert_eq!(bench.try_say(BEN, "casino"), Allow);
    bench.set_config(RuleConfig { exempt_tags: ["regular".to_owned()].into(), ..config() });
    assert_eq!(bench.try_say(ANN, "casino"), Deny);
    bench.ask(OWNER, member::Command::Tag { member: ANN, tag: "regular".to_owned() }).unwrap();
    assert_eq!(bench.try_say(ANN, "casino"), Allow);
    bench.set_config(RuleConfig { channels: ["elsewhere".to_owned()].into(), ..config() });
    assert_eq!(bench.try_say(BEN, "casino"), Allow);
    bench.set_config(RuleConfig { channels: ["general".to_owned()].into(), ..config() });
    assert_eq!(bench.try_say(BEN, "casino"), Deny);
    assert_eq!(bench.community().rules.get("ads").unwrap().version, 6);
}

#[test]
fn the_strongest_verdict_wins_and_every_rule_leaves_a_receipt() {
    let mut bench = Bench::new();
    bench.set_rule("short", r#"{"length":{"max_chars":3}}"#, Step::Remind);
    bench.set_rule("links", r#"{"links":{}}"#, Step::Hold);
    bench.set_rule("contacts", r#"{"contacts":{}}"#, Step::Warn);
    for (text, expected, receipts) in [
        ("hi", Allow, 0),
        ("hello there", Allow, 1),
        ("at https://example.com", Hold, 2),
        ("ann@example.net at https://example.com", Deny, 3),
    ] {
        let before = bench.community().queue.receipts.len();
        let mut fresh = bench.clone();
        assert_eq!(fresh.try_say(ANN, text), expected, "{text}");
        assert_eq!(fresh.community().queue.receipts.len() - before, receipts, "{text}");
        bench.advance(1_000);
    }
}

#[test]
fn strikes_climb_from_a_reminder_to_a_ban() {
    let mut bench = bench_with("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Remind);
    assert_eq!(bench.try_say(ANN, "casino"), Allow);
    assert_eq!((bench.strikes(ANN), bench.told(ANN)), (1, vec!["rule.words"]));
    assert_eq!(bench.try_say(ANN, "casino"), Hold);
    assert_eq!(bench.strikes(ANN), 1, "a hold is no strike");
    bench.resolve(crate::queue::AtDeadline::Deny).unwrap();
    assert_eq!(bench.strikes(ANN), 2, "a human's denial is");
    assert_eq!(bench.try_say(ANN, "casino"), Deny);
    assert_eq!(bench.strikes(ANN), 3);
    assert_eq!(bench.try_say(ANN, "casino"), Deny);
    let refused = {
        let parts = bench.text("hello");
        bench.try_parts(ANN, parts)
    };
    assert!(matches!(refused, Err(Refusal::Muted { .. })), "{refused:?}");
    bench.pass(HOUR_MS);
    assert!(bench.told(ANN).contains(&"sanction.unmuted"));
    assert_eq!(bench.try_say(ANN, "hello"), Allow);
    assert_eq!(bench.try_say(ANN, "casino"), Deny);
    bench.pass(DAY_MS);
    assert_eq!(bench.strikes(ANN), 5);
    assert_eq!(bench.try_say(ANN, "casino"), Deny);
    assert!(matches!(bench.community().members.get(ANN).unwrap().standing, Standing::Removed { .. }));
    bench.check();
}

#[test]
fn a_strike_is_forgotten_after_thirty_days() {
    let mut bench = bench_with("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Remind);
    assert_eq!(bench.try_say(ANN, "casino"), Allow);
    bench.advance(29 * DAY_MS);
    assert_eq!(bench.strikes(ANN), 1);
    bench.advance(DAY_MS);
    assert_eq!(bench.try_say(ANN, "casino"), Allow, "the ladder begins anew");
}

#[test]
fn a_ban_of_the_ladder_ends_by_its_timer() {
    let mut bench = bench_with("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Ban);
    assert_eq!(bench.try_say(ANN, "casino"), Deny);
    assert!(matches!(bench.community().members.get(ANN).unwrap().standing, Standing::Banned { .. }));
    bench.pass(30 * DAY_MS);
    assert!(matches!(bench.community().members.get(ANN).unwrap().standing, Standing::Left { .. }));
}

#[test]
fn the_owner_is_never_sent_out_by_a_rule() {
    let mut bench = bench_with("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Ban);
    let config = rule("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Ban);
    bench.set_config(RuleConfig { binds_moderators: true, ..config });
    assert_eq!(bench.try_say(OWNER, "casino"), Deny);
    assert_eq!(bench.community().members.get(OWNER).unwrap().standing, Standing::Active);
}

#[test]
fn slow_mode_makes_everybody_but_moderators_wait() {
    let mut bench = Bench::new();
    let (hall, wait) = (bench.hall(), Duration(30_000));
    bench.ask(OWNER, Command::SetSlowMode { channel: Some(hall), wait }).unwrap();
    assert_eq!(bench.try_say(ANN, "one"), Allow);
    let posted_ms = bench.now_ms();
    let parts = bench.text("two");
    assert_eq!(bench.try_parts(ANN, parts), Err(Refusal::SlowMode { again: Arg::Time(posted_ms + 30_000) }));
    assert_eq!([bench.try_say(MODERATOR, "one"), bench.try_say(MODERATOR, "two")], [Allow, Allow]);
    assert_eq!(bench.try_say(BEN, "one"), Allow);
    bench.advance(30_000);
    assert_eq!(bench.try_say(ANN, "two"), Allow);
    bench.ask(OWNER, Command::SetSlowMode { channel: Some(hall), wait: Duration(0) }).unwrap();
    assert_eq!(bench.try_say(ANN, "three"), Allow);
    let again = bench.ask(OWNER, Command::SetSlowMode { channel: Some(hall), wait: Duration(0) });
    assert_eq!(again, Err(Refusal::NothingToChange));
}

#[test]
fn the_raid_switch_holds_newcomers_and_goes_off_by_itself() {
    let mut bench = Bench::new();
    bench.ask(MODERATOR, Command::SetRaid { switch: Switch::On { for_ms: Some(HOUR_MS) } }).unwrap();
    assert!(raid_on(bench.community()));
    assert_eq!(bench.try_say(ANN, "hello"), Hold);
    assert_eq!(bench.receipt().reason.code, "rule.raid");
    assert_eq!(bench.strikes(ANN), 0);
    assert_eq!(bench.try_say(MODERATOR, "hello"), Allow);
    bench.pass(HOUR_MS);
    assert!(!raid_on(bench.community()));
    assert_eq!(bench.try_say(ANN, "hello"), Allow);
    bench.pass(DAY_MS);
    bench.ask(MODERATOR, Command::SetRaid { switch: Switch::On { for_ms: None } }).unwrap();
    assert_eq!(bench.try_say(ANN, "hello"), Allow, "nobody is a newcomer after a day");
    bench.ask(MODERATOR, Command::SetRaid { switch: Switch::Off }).unwrap();
    assert!(!raid_on(bench.community()));
    bench.check();
}

#[test]
fn many_joins_turn_the_raid_switch_on() {
    let mut bench = Bench::new();
    let config = RaidConfig { joins: Some(3), within: Duration(MINUTE_MS), ..RaidConfig::default() };
    bench.ask(OWNER, Command::ConfigureRaid { config }).unwrap();
    let join = |bench: &mut Bench| {
        bench.by_hand(ANN, |ctx, out| {
            out.event(member::Event::Joined { member: ANN, role: "member".to_owned() });
            watch(ctx, out);
        });
        raid_on(bench.community())
    };
    assert_eq!([join(&mut bench), join(&mut bench), join(&mut bench)], [false; 3]);
    bench.advance(MINUTE_MS);
    assert_eq!([join(&mut bench), join(&mut bench), join(&mut bench)], [false; 3]);
    assert!(join(&mut bench), "the fourth within a minute");
    bench.check();
}

#[test]
fn a_moderator_warns_mutes_and_lifts_with_receipts() {
    let mut bench = Bench::new();
    let reason = bench.body("be kind");
    bench.ask(MODERATOR, Command::Warn { member: ANN, reason: Some(reason) }).unwrap();
    assert_eq!((bench.strikes(ANN), bench.told(ANN)), (1, vec!["sanction.warned_because"]));
    assert_eq!(bench.receipt().ground, AnyGround::Person { by: Some(MODERATOR), verdict: Deny });
    bench.ask(MODERATOR, Command::Mute { member: ANN, for_ms: HOUR_MS, reason: None }).unwrap();
    let parts = bench.text("hello");
    assert!(matches!(bench.try_parts(ANN, parts), Err(Refusal::Muted { .. })));
    bench.ask(MODERATOR, Command::Lift { member: ANN, lifted: Lifted::Mute }).unwrap();
    bench.ask(MODERATOR, Command::Lift { member: ANN, lifted: Lifted::Strikes }).unwrap();
    assert_eq!((bench.try_say(ANN, "hello"), bench.strikes(ANN)), (Allow, 0));
    bench.check();
}

#[test]
fn commands_are_refused_in_order() {
    let set = |json: &str, step| Command::Set { rule: Box::new(rule("one", json, step)) };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (actor, command, code) in [
        (ANN, set(r#"{"links":{}}"#, Step::Hold), "permission_missing"),
        (OWNER, set(r#"{"words":{"lists":["none"]}}"#, Step::Hold), "not_found"),
        (OWNER, set(r#"{"words":{"lists":[]}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"pattern":{"pattern":"("}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"nickname":{}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"nickname":{"template":"{"}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"length":{}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"flood":{"messages":0,"within":"1m"}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"flood":{"messages":3,"within":"2d"}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"newcomers":{"days":0,"max_links":1}}"#, Step::Hold), "value_invalid"),
        (OWNER, set(r#"{"links":{}}"#, Step::Hold), "nothing_to_change"),
        (OWNER, Command::Remove { name: "other".to_owned() }, "not_found"),
        (OWNER, Command::Reorder { names: names(&["other"]) }, "not_found"),
        (OWNER, Command::Reorder { names: names(&["one", "one"]) }, "value_invalid"),
        (OWNER, Command::Reorder { names: names(&["one"]) }, "nothing_to_change"),
        (OWNER, Command::SetLadder { ladder: LadderConfig::default() }, "nothing_to_change"),
        (
            OWNER,
            Command::SetLadder { ladder: LadderConfig { rungs: vec![Rung::Remind], forget_days: 1 } },
            "value_invalid",
        ),
        (OWNER, Command::SetRaid { switch: Switch::Off }, "nothing_to_change"),
        (MODERATOR, Command::Warn { member: MODERATOR, reason: None }, "rank_too_low"),
        (MODERATOR, Command::Warn { member: OWNER, reason: None }, "rank_too_low"),
        (MODERATOR, Command::Mute { member: ANN, for_ms: 0, reason: None }, "value_invalid"),
        (MODERATOR, Command::Lift { member: ANN, lifted: Lifted::Mute }, "nothing_to_change"),
        (MODERATOR, Command::Lift { member: ANN, lifted: Lifted::Strikes }, "nothing_to_change"),
    ] {
        let mut bench = Bench::new();
        bench.set_rule("one", r#"{"links":{}}"#, Step::Hold);
        let refused = bench.ask(actor, command.clone()).map_err(|refusal| refusal.code());
        assert_eq!(refused.err(), Some(code), "{command:?}");
    }
}

#[test]
fn versions_go_on_where_a_removed_rule_comes_back() {
    let mut bench = Bench::new();
    bench.set_rule("one", r#"{"links":{}}"#, Step::Hold);
    bench.set_rule("one", r#"{"links":{"max":1}}"#, Step::Hold);
    bench.ask(OWNER, Command::Remove { name: "one".to_owned() }).unwrap();
    bench.set_rule("two", r#"{"links":{}}"#, Step::Hold);
    bench.set_rule("one", r#"{"links":{}}"#, Step::Hold);
    assert_eq!(bench.community().rules.get("one").unwrap().version, 3);
    let names = vec!["one".to_owned(), "two".to_owned()];
    bench.ask(OWNER, Command::Reorder { names }).unwrap();
    assert_eq!(bench.community().rules.rows[0].config.name, "one");
    bench.check();
}

#[test]
fn a_changed_list_counts_at_once_and_a_used_one_stays() {
    let mut bench = bench_with("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Warn);
    assert_eq!(bench.try_say(ANN, "a lottery"), Allow);
    bench.set_list("ads", &["lottery"]);
    assert_eq!(bench.try_say(ANN, "a lottery"), Deny);
    let empty = crate::community::Command::SetList { name: "ads".to_owned(), lines: Vec::new() };
    assert!(matches!(bench.ask(OWNER, empty), Err(Refusal::WrongState { .. })));
}

#[test]
fn an_edit_is_judged_and_a_flood_is_not_made_of_edits() {
    let mut bench = bench_with("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Warn);
    bench.set_rule("flood", r#"{"flood":{"messages":1,"within":"60s"}}"#, Step::Warn);
    let message = bench.say(ANN, "hello");
    let parts = bench.text("casino");
    let events = bench.ask(ANN, message::Command::Edit { message, parts }).unwrap();
    assert!(events.iter().any(|event| matches!(event, AnyEvent::Message(message::Event::Denied { .. }))));
    assert_eq!(bench.community().queue.receipts.len(), 1);
}

#[test]
fn every_text_of_rules_and_queue_is_there_in_both_languages() {
    let files = [
        include_str!("../../../runtime/messages/en.toml"),
        include_str!("../../../runtime/messages/zh-CN.toml"),
    ];
    let kinds = "words pattern links invites contacts flood repetition length_chars length_lines \
        newcomer_links newcomer_media newcomer_rate nickname_template nickname_words queue_full \
        raid";
    let with_remedy =
        kinds.split_whitespace().flat_map(|kind| [format!("rule.{kind}"), format!("rule.{kind}.remedy")]);
    let others = "rule.nickname_pattern rule.queue_full_own rule.ask_again outcome.allow outcome.hold \
        outcome.deny sanction.warned sanction.warned_because sanction.muted sanction.muted_by_hand \
        sanction.muted_by_hand_because sanction.unmuted sanction.removed sanction.banned \
        sanction.banned_for_good sanction.strikes_lifted queue.held_message queue.held_card \
        queue.released_message queue.released_card queue.denied_message \
        queue.denied_message_because queue.denied_card queue.denied_card_because \
        queue.expired_message queue.expired_card appeal.upheld appeal.upheld_because \
        appeal.overturned appeal.overturned_because slow_mode slow_mode.hint own_case \
        own_case.hint";
    for code in with_remedy.chain(others.split_whitespace().map(str::to_owned)) {
        for file in files {
            assert!(file.lines().any(|line| line.starts_with(&format!("\"{code}\" = "))), "{code}");
        }
    }
}

#[test]
fn a_timer_that_was_overtaken_does_nothing() {
    let mut bench = Bench::new();
    bench.ask(MODERATOR, Command::Mute { member: ANN, for_ms: HOUR_MS, reason: None }).unwrap();
    bench.ask(MODERATOR, Command::Mute { member: ANN, for_ms: 2 * HOUR_MS, reason: None }).unwrap();
    bench.pass(HOUR_MS);
    assert!(bench.community().rules.record.mute(ANN, bench.now_ms()).is_some());
    bench.pass(HOUR_MS);
    assert!(bench.community().rules.record.mutes.is_empty());
}

#[test]
fn nicknames_have_a_form_of_their_own() {
    let json = r#"{"nickname":{"template":"{region}-{nickname}","pattern":"^[^!]+$","lists":["ads"]}}"#;
    for (nickname, expected) in [
        ("Bern-Ann", None),
        ("Bern－Ann", None),
        ("Ann", Some("rule.nickname_template")),
        ("Bern-Ann!", Some("rule.nickname_pattern")),
        ("Bern-Casino", Some("rule.nickname_words")),
    ] {
        let mut bench = bench_with("names", json, Step::Hold);
        bench.by_hand(ANN, |ctx, _| {
            let author = ctx.actor.unwrap();
            let texts = [nickname];
            let draft = Draft {
                author,
                channel: None,
                parts: &[],
                texts: &Reading::of(&texts),
                occasion: Occasion::Nickname,
            };
            let judgement = judge(ctx, &draft);
            let code = judgement.receipts.first().map(|receipt| receipt.reason.code.as_str());
            assert_eq!((code, judgement.verdict), (expected, expected.map(|_| Hold)), "{nickname}");
        });
        assert_eq!(bench.try_say(ANN, "Ann"), Allow, "posts are not judged by it");
    }
}

#[test]
fn a_rule_is_read_as_the_operator_writes_it() {
    for (json, sound) in [
        (r#"{"name":"ads","check":{"words":{"lists":["ads"]}}}"#, true),
        (r#"{"name":"f","check":{"flood":{"messages":5,"within":"1m"}},"step":"mute","on":["post"]}"#, true),
        (r#"{"name":"ads","check":{"wordz":{"lists":["ads"]}}}"#, false),
        (r#"{"name":"ads","check":{"words":{"list":["ads"]}}}"#, false),
        (r#"{"name":"ads","check":{"links":{}},"stepp":"mute"}"#, false),
        (r#"{"name":"f","check":{"flood":{"messages":5,"within":"1 minute"}}}"#, false),
    ] {
        let read = serde_json::from_str::<RuleConfig>(json);
        assert_eq!(read.is_ok(), sound, "{json}");
        if let Ok(config) = read {
            let packed = rmp_serde::to_vec_named(&config).unwrap();
            assert_eq!(rmp_serde::from_slice::<RuleConfig>(&packed).unwrap(), config);
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<RuleConfig>(&json).unwrap(), config);
        }
    }
}
