//! A past brought in, read, verified, backed up and restored; and re-enacted.

use super::Desk;

/// Twelve messages of three people, and one that says nobody's name.
fn talk() -> String {
    let mut lines = String::new();
    for n in 0..12 {
        let who = ["ann", "bo", "cy"][n % 3];
        lines.push_str(&format!("{}\n{who}\nmessage number {n}\n\n", 1_577_836_800 + n * 60));
    }
    lines
}

#[test]
fn a_past_comes_in_once_and_reads_in_order() {
    let desk = Desk::new();
    desk.write("talk/01-01.txt", &talk());
    let line = "import --data @data --community zig --format irc-blocks @talk";
    let first = desk.json(line);
    assert_eq!(first["imported"]["messages"], 12);
    assert_eq!(first["imported"]["members"], 3);
    let again = desk.json(line);
    assert_eq!(again["imported"]["messages"], 0);
    assert_eq!(again["imported"]["known"], 12);
    let read = desk.works("channel read --data @data --community zig --last 2");
    assert_eq!(read, "2020-01-01 00:10  bo: message number 10\n2020-01-01 00:11  cy: message number 11\n");
    let since = desk.json("channel read --data @data --community zig --since 2020-01-02");
    assert_eq!(since["messages"].as_array().map(Vec::len), Some(0));
}

#[test]
fn bad_lines_are_counted_and_shown_with_file_and_line() {
    let desk = Desk::new();
    desk.write("talk.jsonl", "{\"broken\n{\"time\":\"x\"}\n");
    let ended = desk.run("import --data @data --community c --format jsonl @talk.jsonl");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("2 bad lines"), "{}", ended.out);
    assert!(ended.err.contains("talk.jsonl:1"), "{}", ended.err);
    assert!(ended.err.contains("talk.jsonl:2"), "{}", ended.err);
}

#[test]
fn a_backup_comes_back_with_equal_states() {
    let desk = Desk::new();
    desk.write("talk/01-01.txt", &talk());
    desk.works("import --data @data --community zig --format irc-blocks @talk");
    let verified = desk.json("verify --data @data");
    assert_eq!(verified["sound"], true);
    assert!(verified["streams"].as_array().is_some_and(|streams| streams.len() == 2));
    desk.works("backup --data @data --to @copy --keys @copy-of-keys");
    let restored = desk.json("restore --from @copy --keys @copy-of-keys --data @new");
    assert_eq!(restored["sound"], true);
    assert!(restored["streams"].as_array().is_some_and(|all| all.iter().all(|one| one["equal"] == true)));
    let read = "channel read --community zig --data";
    assert_eq!(desk.works(&format!("{read} @data")), desk.works(&format!("{read} @new")));
    // A proof that says otherwise is noticed.
    let states = std::fs::read_to_string(desk.path("copy/states.json")).expect("the proof");
    let hash = verified["streams"][1]["state_hash"].as_str().expect("a hash").to_owned();
    let other = format!("{}{}", if hash.starts_with('0') { "1" } else { "0" }, &hash[1..]);
    desk.write("copy/states.json", &states.replace(&hash, &other));
    assert_eq!(desk.run("restore --from @copy --keys @copy-of-keys --data @newer").code, 1);
}

#[test]
fn a_flipped_bit_is_named_with_its_place() {
    let desk = Desk::new();
    desk.write("talk/01-01.txt", &talk());
    desk.works("import --data @data --community zig --format irc-blocks @talk");
    desk.works("verify --data @data");
    let segment = std::fs::read_dir(desk.path("data/log")).expect("the log").next().expect("a segment");
    let path = segment.expect("its name").path();
    let mut bytes = std::fs::read(&path).expect("the segment");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let ended = desk.run("verify --data @data --language en");
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("problem: "), "{}", ended.out);
    assert!(ended.out.contains(" at byte "), "{}", ended.out);
}

#[test]
fn a_past_is_reenacted_through_the_rules_and_only_from_its_beginning() {
    let desk = Desk::new();
    desk.write("talk/01-01.txt", &talk());
    desk.write(
        "strict/community.toml",
        "[[rule]]\nname = \"short\"\nstep = \"hold\"\ncheck.length.max_chars = 16\n",
    );
    let line =
        "import --data @data --community trial --format irc-blocks --reenact --blueprint @strict @talk";
    let came_to = desk.json(line);
    assert_eq!(came_to["reenacted"]["joined"], 3);
    assert_eq!(came_to["reenacted"]["posted"], 10);
    assert_eq!(came_to["reenacted"]["held"], 2);
    let again = desk.run(&format!("--json --language en {line}"));
    assert_eq!(again.code, 3);
    assert!(again.err.contains("cli.reenact_exists"), "{}", again.err);
    let waiting = desk.json("queue list --data @data --community trial");
    assert_eq!(waiting["holds"].as_array().map(Vec::len), Some(2));
}

#[test]
fn scripts_of_a_blueprint_decide_about_a_reenacted_past_from_its_first_message() {
    let desk = Desk::new();
    desk.write("talk/01-01.txt", &talk());
    desk.write("group/community.toml", "");
    desk.write(
        "group/scripts/first.rhai",
        r#"fn on_join(ctx, request) { tag(request.applicant, "new"); allow() }
fn on_message(ctx, message) {
  if message.text.contains("number 0") { return hold("first", "Wait."); }
  allow()
}
"#,
    );
    let line = "import --data @data --community trial --format irc-blocks --reenact --blueprint @group @talk";
    let came_to = desk.json(line);
    assert_eq!(came_to["reenacted"]["posted"], 11, "{came_to}");
    assert_eq!(came_to["reenacted"]["held"], 1, "{came_to}");
    let waiting = desk.json("queue list --data @data --community trial");
    assert_eq!(waiting["holds"].as_array().map(Vec::len), Some(1), "{waiting}");
    let listed = desk.json("script versions --data @data --community trial first");
    assert_eq!(listed["versions"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["versions"][0]["held"], 1, "{listed}");
    // What does not pass its checks is not founded with.
    desk.write("group/scripts/first.rhai", "fn on_message(ctx, message) {\n  alow()\n}\n");
    let ended = desk.run(&line.replace("trial", "other"));
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("alow"), "{}", ended.err);
    assert_eq!(desk.run("community show --data @data other").code, 3);
}
