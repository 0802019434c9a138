//! What is said when something cannot be done: exit code, stable code, what to do.

use kith_store::Store;

use super::Desk;

#[test]
fn every_failure_has_its_exit_code_and_says_what_to_do() {
    let desk = Desk::new();
    desk.write("ok/community.toml", "about = \"fine\"\n");
    desk.write("slip/community.toml", "[gate]\ncapcity = 60\n");
    desk.write("talk.txt", "1577836800\nann\nhello\n\n");
    desk.works("init --data @data --blueprint @ok");
    let table = [
        ("community list --data @nothing", 3, "cli.no_data", "kith init"),
        ("init --data @data --blueprint @nowhere", 3, "cli.blueprint", "nowhere"),
        ("init --data @data --blueprint @slip", 3, "cli.blueprint", "did you mean `capacity`?"),
        ("init --data @data --blueprint @ok", 3, "already_exists", ""),
        ("community show --data @data nobody", 3, "community_not_found", "kith community list"),
        ("import --data @data --community ok --format irc-blocks @gone", 3, "cli.input", "gone"),
        (
            "import --data @data --community ok --format csv @talk.txt",
            3,
            "cli.input",
            "time=…,author=…,text=…",
        ),
        (
            "import --data @data --community ok --format irc-blocks --zone Mars @talk.txt",
            3,
            "value_invalid",
            "Mars",
        ),
        ("import --data @data --community ok --format irc-blocks --channel x @talk.txt", 3, "not_found", "x"),
        (
            "import --data @data --community ok --format irc-blocks --reenact @talk.txt",
            3,
            "cli.reenact_exists",
            "new folder",
        ),
        ("restore --from @talk.txt --data @other", 3, "cli.backup", "kith backup"),
        ("backup --data @data --to @ok", 3, "cli.target", "is not empty"),
        ("community export --data @data ok --to @talk.txt", 3, "cli.file", "talk.txt"),
        ("community import --data @other @talk.txt", 3, "cli.transfer", "not usable"),
        ("community remove --data @data ok --yes-remove o", 3, "cli.remove_unconfirmed", "--yes-remove ok"),
        ("community settings --data @data --community ok colour red", 3, "value_invalid", "zone"),
        ("invite create --data @data --community ok --uses 0", 3, "value_invalid", ""),
    ];
    for (line, code, name, advice) in table {
        let ended = desk.run(&format!("--json --language en {line}"));
        assert_eq!(ended.code, code, "{line}: {}{}", ended.out, ended.err);
        let value: serde_json::Value = serde_json::from_str(&ended.err).expect("one JSON object");
        let error = &value["error"];
        assert_eq!(error["code"], name, "{line}: {error}");
        let said = format!(
            "{} {}",
            error["message"].as_str().unwrap_or_default(),
            error["hint"].as_str().unwrap_or_default()
        );
        assert!(said.contains(advice), "{line}: {said}");
        assert!(!said.contains('{'), "{line}: {said}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    let desk = Desk::new();
    for (line, code) in [
        ("--help", 0),
        ("import --help", 0),
        ("--version", 0),
        ("completions bash", 0),
        ("dance", 2),
        ("init --data", 2),
        ("import --data @data --community c --format msn @talk", 2),
        ("invite create --data @data --community c --expires soon", 2),
        ("receipt show --data @data --community c rcp_nonsense", 2),
    ] {
        let ended = desk.run(line);
        assert_eq!(ended.code, code, "{line}: {}{}", ended.out, ended.err);
    }
}

#[test]
fn a_folder_in_use_names_the_process() {
    let desk = Desk::new();
    desk.write("ok/community.toml", "about = \"fine\"\n");
    desk.works("init --data @data --blueprint @ok");
    let held = Store::open(&desk.path("data")).expect("nobody has it");
    for line in ["community list --data @data", "verify --data @data", "backup --data @data --to @copy"] {
        let ended = desk.run(&format!("--language en {line}"));
        assert_eq!(ended.code, 4, "{line}: {}", ended.err);
        assert!(ended.err.contains(&format!("process {}", std::process::id())), "{line}: {}", ended.err);
    }
    drop(held);
    desk.works("community list --data @data");
}
