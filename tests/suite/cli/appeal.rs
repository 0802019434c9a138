//! `kith appeal` on a real folder: a script's denial is appealed, looked at again, and decided.

use super::Desk;
use crate::scripts::say;

const IN: &str = "--data @data --community garden";
const STRICT: &str = "fn on_message(ctx, message) {
  if message.text.contains(\"rose\") { return deny(\"rose\", \"No roses.\"); }
  allow()
}
";
const MILD: &str = "fn on_message(ctx, message) {
  if message.text.contains(\"rose\") { return hold(\"rose\", \"Wait.\"); }
  allow()
}
";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("talk.txt", "1577836800\nann\nhello\n\n");
    desk.works("import --data @data --community garden --format irc-blocks @talk.txt");
    desk.write("guard.rhai", STRICT);
    desk.works(&format!("script put {IN} guard @guard.rhai"));
    desk
}

/// Ann says something that is denied; its receipt.
fn denied(desk: &Desk, text: &str) -> String {
    say(desk, "garden", ("ann", text));
    let receipts = desk.json(&format!("receipt list {IN}"));
    receipts["receipts"][0]["id"].as_str().expect("a receipt").to_owned()
}

#[test]
fn a_denial_is_appealed_looked_at_again_and_overturned() {
    let desk = desk();
    assert!(desk.works(&format!("appeal list {IN}")).contains("Nobody appeals"));
    let receipt = denied(&desk, "a rose in May");
    desk.write("guard.rhai", MILD);
    desk.works(&format!("script put {IN} guard @guard.rhai"));
    let made = desk.json(&format!("appeal make {IN} {receipt} please"));
    assert_eq!((&made["nickname"], &made["text"]), (&"ann".into(), &"please".into()));
    let review = serde_json::json!({ "version": 2, "on_text": "hold" });
    assert_eq!(made["review"], review, "today's script holds what the old one denied");
    assert_eq!(desk.run(&format!("appeal make {IN} {receipt} again")).code, 3);
    let id = made["id"].as_str().expect("an id");
    let shown = desk.works(&format!("appeal show {IN} {id}"));
    for piece in [id, &receipt, "open", "please", "No roses.", "by itself: hold"] {
        assert!(shown.contains(piece), "{piece}: {shown}");
    }
    assert!(desk.works(&format!("appeal list {IN}")).contains(id));
    let decided = desk.works(&format!("appeal decide {IN} {id} overturn --note Sorry"));
    assert!(decided.contains("was right"), "{decided}");
    assert!(desk.works(&format!("channel read {IN}")).contains("a rose in May"));
    assert!(desk.works(&format!("appeal list {IN}")).contains("Nobody appeals"));
    let all = desk.json(&format!("appeal list {IN} --all"));
    assert_eq!(all["appeals"][0]["state"]["decided"]["decision"], "overturned");
    assert_eq!(desk.run(&format!("appeal decide {IN} {id} uphold")).code, 3);
    assert_eq!(desk.json("verify --data @data")["sound"], true);
}

#[test]
fn an_upheld_appeal_leaves_the_decision_and_tells_why() {
    let desk = desk();
    let receipt = denied(&desk, "a rose in May");
    let made = desk.run(&format!("--language zh-CN appeal make {IN} {receipt} please"));
    assert!(made.out.contains("待处理") && made.out.contains("deny"), "{made:?}");
    let list = desk.json(&format!("appeal list {IN}"));
    let row = &list["appeals"][0];
    let (id, member) = (row["id"].as_str().expect("an id"), row["member"].as_str().expect("a member"));
    desk.works(&format!("appeal decide {IN} {id} uphold --note Later."));
    assert!(!desk.works(&format!("channel read {IN}")).contains("a rose in May"));
    assert!(desk.works(&format!("member show {IN} {member}")).contains("Later."));
}

#[test]
fn what_cannot_be_appealed_is_refused() {
    let desk = desk();
    let receipt = denied(&desk, "a rose in May");
    for (line, code, name) in [
        ("make rcp_00000000000000000000000000 please", 3, "not_found"),
        ("show apl_00000000000000000000000000", 3, "not_found"),
        ("decide apl_00000000000000000000000000 uphold", 3, "not_found"),
        ("decide apl_00000000000000000000000000 shrug", 2, ""),
    ] {
        let (command, rest) = line.split_once(' ').expect("a command and the rest");
        let ended = desk.run(&format!("--json appeal {command} {IN} {rest}"));
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        assert!(ended.err.contains(name), "{line}: {ended:?}");
    }
    let long = "a".repeat(5_000);
    let ended = desk.run(&format!("--json appeal make {IN} {receipt} {long}"));
    assert!(ended.err.contains("text_too_long"), "{ended:?}");
}
