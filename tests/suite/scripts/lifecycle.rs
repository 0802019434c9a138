//! The life of scripts on the command line: with a blueprint, version by version, by folder, taken back.

use super::say;
use crate::cli::Desk;

const IN: &str = "--data @data --community garden";
const GUARD: &str = "fn on_message(ctx, message) {
  if message.text == \"spam\" { return deny(\"spam\", \"No.\"); }
  allow()
}
";
const GUARD_2: &str = "fn on_message(ctx, message) {
  if message.text.contains(\"spam\") { return hold(\"spam\", \"Wait.\"); }
  allow()
}
";

fn founded() -> Desk {
    let desk = Desk::new();
    desk.write(
        "garden/community.toml",
        "about = \"A garden\"\n[scripts]\norder = [\"guard\"]\n[scripts.guard]\non_fault = \"open\"\n",
    );
    desk.write("garden/scripts/guard.rhai", GUARD);
    desk.write("garden/scripts/guard.cases.toml", "[[case]]\ntext = \"spam\"\nexpect = \"deny spam\"\n");
    desk.write("garden/scripts/alone.rhai", "fn on_event(ctx, event) { log(event.kind); }\n");
    desk.works("init --data @data --blueprint @garden --owner Ann");
    desk
}

#[test]
fn a_blueprint_brings_its_scripts_in_their_order() {
    let desk = founded();
    let list = desk.json(&format!("script list {IN}"));
    assert_eq!(list["scripts"][0]["name"], "guard");
    assert_eq!(list["scripts"][0]["binding"]["on_fault"], "open");
    assert_eq!(list["scripts"][1]["name"], "alone");
    assert_eq!(list["scripts"][1]["live"], 1);
}

#[test]
fn a_blueprint_whose_script_fails_a_case_founds_nothing() {
    let desk = Desk::new();
    desk.write("garden/community.toml", "about = \"A garden\"\n");
    desk.write("garden/scripts/guard.rhai", GUARD);
    desk.write(
        "garden/scripts/guard.cases.toml",
        "[[case]]\nname = \"x\"\ntext = \"spam\"\nexpect = \"hold\"\n",
    );
    let ended = desk.run("--language en init --data @data --blueprint @garden");
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("expected  hold\n  got       deny spam"), "{}", ended.err);
    assert!(!desk.path("data").exists());
}

#[test]
fn versions_are_listed_compared_and_rolled_back() {
    let desk = founded();
    desk.write("guard.rhai", GUARD_2);
    assert!(desk.works(&format!("script put {IN} guard @guard.rhai")).contains("version 2 is live"));
    assert!(desk.works(&format!("script put {IN} guard @guard.rhai")).contains("Nothing was changed"));
    let diff = desk.works(&format!("script diff {IN} guard 1 2"));
    assert!(diff.contains("--- guard@1\n+++ guard@2\n"), "{diff}");
    assert!(diff.contains("-  if message.text == \"spam\""), "{diff}");
    let back = desk.json(&format!("script rollback {IN} guard"));
    assert_eq!((back["live"].as_u64(), back["old"].as_u64()), (Some(1), Some(2)));
    let versions = desk.json(&format!("script versions {IN} guard"));
    let stood = |at: usize| versions["versions"][at]["live"].as_array().map(Vec::len);
    assert_eq!((stood(0), stood(1)), (Some(2), Some(1)));
    // A rollback from there goes where one came from.
    assert_eq!(desk.json(&format!("script rollback {IN} guard"))["live"], 2);
    assert_eq!(desk.json(&format!("script rollback {IN} guard --to 1"))["live"], 1);
    assert_eq!(desk.run(&format!("script rollback {IN} guard --to 7")).code, 3);
    assert_eq!(desk.run(&format!("script diff {IN} guard 1 7")).code, 3);
}

#[test]
fn cases_stay_with_their_version() {
    let desk = founded();
    desk.write("guard.rhai", GUARD_2);
    desk.works(&format!("script put {IN} guard @guard.rhai --keep"));
    let shown = desk.works(&format!("script show {IN} guard"));
    assert!(shown.starts_with(GUARD.trim_end()) && shown.contains("expect = \"deny spam\""), "{shown}");
    let newest = desk.json(&format!("script show {IN} guard --version 2"));
    assert_eq!((newest["source"].as_str(), newest["cases"].as_str()), (Some(GUARD_2), Some("")));
    // With other cases it is the same version.
    desk.write("guard.cases.toml", "[[case]]\ntext = \"more spam\"\nexpect = \"hold spam\"\n");
    assert_eq!(desk.json(&format!("script put {IN} guard @guard.rhai --keep"))["version"], 2);
    let newest = desk.json(&format!("script show {IN} guard --version 2"));
    assert!(newest["cases"].as_str().is_some_and(|cases| cases.contains("more spam")), "{newest}");
    assert_eq!(desk.run(&format!("script show {IN} guard --version 7")).code, 3);
}

#[test]
fn what_does_not_pass_is_told_and_leaves_what_is_live() {
    let desk = founded();
    desk.write("guard.rhai", "fn on_message(ctx, message) { alow() }\n");
    let ended = desk.run(&format!("--language en script put {IN} guard @guard.rhai"));
    assert_eq!(ended.code, 1);
    for piece in ["guard.rhai:1:31", "write `allow", "what was live before is live still"] {
        assert!(ended.out.contains(piece), "{piece}: {}", ended.out);
    }
    let json = desk.run(&format!("--json script put {IN} guard @guard.rhai"));
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &value["found"][0]["line"]), (1, &serde_json::json!(1)));
    assert_eq!(desk.json(&format!("script list {IN}"))["scripts"][0]["newest"], 1);
    assert_eq!(desk.run(&format!("script put {IN} guard @nothing.rhai")).code, 3);
    let told = desk.run(&format!("--language zh-CN script put {IN} guard @guard.rhai")).out;
    for piece in ["错误[unknown_function]", "找不到函数 `alow`", "应写成 `allow()`", "之前生效的仍然生效"]
    {
        assert!(told.contains(piece), "{piece}: {told}");
    }
}

#[test]
fn a_folder_tells_of_mistakes_and_of_the_community_s_no_in_the_reader_s_language() {
    let desk = founded();
    desk.write("folder/guard.rhai", GUARD_2);
    desk.write("folder/other.rhai", "fn on_message(ctx, message) { alow() }\n");
    desk.write("folder/third.rhai", GUARD);
    desk.write("folder/third.cases.toml", "[[case]]\nname = \"nothing\"\nexpect = \"hold\"\n");
    let told = desk.run(&format!("--language zh-CN script watch {IN} --folder @folder --once"));
    for piece in ["找不到函数 `alow`", "用例“nothing”\n  期望      hold\n  得到      allow"] {
        assert!(told.out.contains(piece), "{piece}: {}{}", told.out, told.err);
    }
    assert!(told.out.contains("由命令写入，而不是来自文件夹"), "{}", told.out);
    assert_eq!(told.code, 1);
}

#[test]
fn a_receipt_names_the_fault_that_it_rests_on() {
    let desk = founded();
    desk.write("guard.rhai", "fn on_message(ctx, message) {\n  throw message.text;\n}\n");
    desk.works(&format!("script put {IN} guard @guard.rhai --on-fault hold"));
    say(&desk, "garden", ("Ann", "my secret"));
    let receipts = desk.json(&format!("receipt list {IN}"));
    let receipt = receipts["receipts"][0]["id"].as_str().unwrap().to_owned();
    for (language, said) in [
        ("en", "The script failed in on_message, line 2: something failed while it ran"),
        ("zh-CN", "脚本在 on_message 第 2 行出错：运行时出错"),
    ] {
        let shown = desk.run(&format!("--language {language} receipt show {IN} {receipt}")).out;
        assert!(shown.contains(said) && !shown.contains("my secret"), "{shown}");
    }
}

#[test]
fn a_folder_and_a_command_do_not_share_a_script() {
    let desk = founded();
    desk.write("folder/guard.rhai", GUARD_2);
    desk.write("folder/other.rhai", GUARD);
    let watched = desk.run(&format!("--language en script watch {IN} --folder @folder --once"));
    assert_eq!(watched.code, 1);
    assert!(watched.out.contains("other: version 1 is live"), "{}", watched.out);
    assert!(watched.out.contains("guard: not put in; version 1 is live still"), "{}", watched.out);
    desk.write("other.rhai", GUARD_2);
    assert_eq!(desk.run(&format!("script put {IN} other @other.rhai")).code, 3);
    let list = desk.json(&format!("script list {IN}"));
    assert_eq!(list["scripts"][2]["origin"], "folder");
}

#[test]
fn a_script_is_switched_off_put_in_the_shadow_and_taken_out() {
    let desk = founded();
    assert_eq!(desk.run(&format!("script shadow {IN} guard")).code, 3);
    desk.write("guard.rhai", GUARD_2);
    desk.works(&format!("script shadow {IN} guard @guard.rhai"));
    let report = desk.json(&format!("script shadow {IN} guard"));
    assert_eq!((report["shadow"].as_u64(), report["live"].as_u64()), (Some(2), Some(1)));
    assert_eq!(report["report"]["messages"], 0);
    desk.works(&format!("script shadow {IN} guard --off"));
    desk.works(&format!("script off {IN} guard"));
    assert_eq!(desk.run(&format!("script off {IN} guard")).code, 3);
    assert!(desk.works(&format!("script health {IN} guard")).contains("is off"));
    assert_eq!(desk.run(&format!("script remove {IN} guard")).code, 3);
    desk.works(&format!("script remove {IN} guard --yes-remove guard"));
    assert_eq!(desk.json(&format!("script list {IN}"))["scripts"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.run(&format!("script health {IN} guard")).code, 3);
}

#[test]
fn a_first_script_is_written_in_both_languages_and_passes_its_cases() {
    for (language, name) in [("en", "guard"), ("zh-CN", "门卫")] {
        let desk = Desk::new();
        assert_eq!(desk.run(&format!("--language {language} script new {name} --folder @here")).code, 0);
        assert_eq!(desk.run(&format!("script new {name} --folder @here")).code, 3);
        assert!(desk.works(&format!("script check @here/{name}.rhai")).contains("on_message"));
        assert_eq!(desk.json(&format!("script test @here/{name}.rhai"))["passed"], 3);
        let asked = format!("script run @here/{name}.rhai --message https://example.org --joined-days 0");
        let asked = desk.json(&asked);
        assert_eq!(asked["says"], "hold new-link");
    }
}

#[test]
fn a_real_decision_becomes_a_case_that_passes() {
    let desk = Desk::new();
    desk.write("talk.txt", "1577836800\nann\nhello\n\n");
    desk.works("import --data @data --community garden --format irc-blocks @talk.txt");
    let source = "fn on_message(ctx, message) {
  if message.text.contains(\"spam\") && message.author.strikes == 0 { return deny(\"spam\", \"No.\"); }
  allow()
}
";
    desk.write("guard.rhai", source);
    desk.works(&format!("script put {IN} guard @guard.rhai"));
    say(&desk, "garden", ("ann", "buy \"spam\" now"));
    let receipts = desk.json(&format!("receipt list {IN}"));
    let receipt = receipts["receipts"][0]["id"].as_str().unwrap().to_owned();
    let case = desk.works(&format!("script case {IN} --from {receipt}"));
    assert!(case.lines().count() <= 8, "{case}");
    for piece in ["text = \"buy \\\"spam\\\" now\"", "expect = \"deny spam\"", &receipt] {
        assert!(case.contains(piece), "{piece}: {case}");
    }
    assert!(!case.contains("ann") && !case.contains('#'), "{case}");
    desk.write("guard.cases.toml", &case);
    assert_eq!(desk.json("script test @guard.rhai")["passed"], 1);
    assert_eq!(desk.run(&format!("script case {IN} --from rcp_00000000000000000000000000")).code, 3);
    assert_eq!(desk.json(&format!("script versions {IN} guard"))["versions"][0]["denied"], 1);
}
