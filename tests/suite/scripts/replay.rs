//! Replays on the command line of pasts that were brought in: every hook that a draft has, and what a past
//! does not hold.

use super::rename;
use crate::cli::Desk;

/// Twelve messages of three people, a minute apart.
fn with_talk() -> Desk {
    let (desk, mut lines) = (Desk::new(), String::new());
    for n in 0..12 {
        let who = ["ann", "bo", "cy"][n % 3];
        lines.push_str(&format!("{}\n{who}\nmessage number {n}\n\n", 1_577_836_800 + n * 60));
    }
    desk.write("talk/01-01.txt", &lines);
    desk
}

const DOOR: &str = r#"fn on_join(ctx, request) {
  if request.applicant.name == "bo" { return hold("bo", "Wait."); }
  tag(request.applicant, "new");
  allow()
}
fn on_message(ctx, message) {
  if message.author.has_tag("new") && message.text.contains("number 9") { return hold("nine", "Wait."); }
  allow()
}
fn on_event(ctx, event) {
  if event.kind == "member.joined" { set_timer(`hi:${event.member.id}`, 3.minutes, 1); }
}
fn on_timer(ctx, timer) { kv.increment("rang"); }
"#;

#[test]
fn a_reenacted_past_is_replayed_hook_by_hook() {
    let desk = with_talk();
    desk.write("group/community.toml", "");
    desk.write("group/scripts/door.rhai", DOOR);
    let came_to = desk
        .json("import --data @data --community club --format irc-blocks --reenact --blueprint @group @talk");
    assert_eq!(
        (came_to["reenacted"]["joined"].as_u64(), came_to["reenacted"]["held"].as_u64()),
        (Some(2), Some(1))
    );
    let replay = "replay --data @data --community club --script";
    // The live version over its own history.
    let own = desk.json(&format!("{replay} door@1"));
    let counts = |of: &str, what: &str| own[of][what].as_u64();
    assert_eq!(
        (counts("joins", "asked"), counts("joins", "held"), counts("joins", "differs")),
        (Some(3), Some(1), Some(0))
    );
    assert_eq!((own["held"].as_u64(), own["differs"].as_u64()), (Some(1), Some(0)), "{own}");
    assert_eq!((counts("timers", "runs"), counts("timers", "waiting")), (Some(2), Some(0)), "{own}");
    assert_eq!(own["events"]["effects"]["set_timer"], 2, "{own}");
    assert!(own["cards"].is_null() && own["commands"].is_null() && own["topics"].is_null(), "{own}");
    // A draft that only sees who comes in.
    desk.write(
        "strict.rhai",
        r#"fn on_join(ctx, request) {
  if request.applicant.name == "cy" { return deny("cy", "No."); }
  allow()
}
"#,
    );
    let text = desk.works(&format!("{replay} @strict.rhai"));
    assert!(text.starts_with("“strict” over the past; it judges no messages\n"), "{text}");
    let joins =
        "Joins: 3 asked about, 1 denied and 0 held; 2 differ, 1 of them stricter and 1 the other way\n";
    assert!(text.contains(joins), "{text}");
    assert!(text.contains("  Denied  cy: cy  (cy)\n"), "{text}");
    assert!(!text.contains("Regulars") && !text.contains("Timers") && !text.contains("lacks"), "{text}");
}

#[test]
fn runs_that_read_what_an_imported_past_lacks_are_counted_apart() {
    let desk = with_talk();
    desk.works("import --data @data --community club --format irc-blocks @talk");
    desk.write(
        "new.rhai",
        r#"fn on_message(ctx, message) {
  let early = message.text.contains("number 1");
  if early && message.author.joined < 1.days { return hold("new", "Wait."); }
  allow()
}
"#,
    );
    let replay = "replay --data @data --community club --script @new.rhai";
    let told = desk.json(replay);
    assert_eq!((told["messages"].as_u64(), told["held"].as_u64()), (Some(12), Some(3)), "{told}");
    assert_eq!(told["lacking_runs"], 3, "{told}");
    let text = desk.works(replay);
    assert!(text.contains("Runs that read what the history lacks: 3."), "{text}");
}

#[test]
fn decisions_about_joins_and_cards_make_cases_too() {
    let desk = with_talk();
    desk.write("group/community.toml", "");
    let card = r#"fn on_card(ctx, change) {
  if change.renames && change.nickname.contains("shop") { return deny("shop", "No."); }
  allow()
}
"#;
    desk.write("group/scripts/door.rhai", &format!("{DOOR}{card}"));
    desk.works("import --data @data --community club --format irc-blocks --reenact --blueprint @group @talk");
    rename(&desk, "club", ("ann", "ann's shop"));
    let receipts = desk.json("receipt list --data @data --community club");
    let receipts = receipts["receipts"].as_array().unwrap().iter();
    let ids: Vec<&str> = receipts.map(|receipt| receipt["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    let cases: Vec<String> = ids
        .iter()
        .map(|id| desk.works(&format!("script case --data @data --community club --from {id}")))
        .collect();
    let all = cases.concat();
    for piece in [
        "hook = \"join\"\nsource = \"reenact\"\nauthor = { name = \"bo\" }\n",
        "expect = \"hold bo\"\n",
        "rename = \"ann's shop\"\n",
        "expect = \"deny shop\"\n",
        "tags = [\"new\"]",
        "expect = \"hold nine\"\n",
    ] {
        assert!(all.contains(piece), "{piece}: {all}");
    }
    // The name stands where the decision rests on it, and nowhere else.
    assert!(!all.contains("\"ann\"") && !all.contains('#'), "{all}");
    desk.write("door.rhai", &format!("{DOOR}{card}"));
    desk.write("door.cases.toml", &all);
    assert_eq!(desk.json("script test @door.rhai")["passed"], 3);
}
