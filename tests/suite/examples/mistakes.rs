//! Mistakes that operators make in `community.toml`: each is shown with file, line, caret and what to write.

use std::fmt::Write as _;

use kith_runtime::blueprint::{self, Source};

use super::folder;

/// What is changed in the book club's file: the mistake's name, the text that is replaced, and by what.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("a misspelt key", "capacity = 60", "capasity = 60"),
    ("a misspelt section", "[ladder]", "[lader]"),
    ("Chinese punctuation for =", "waiting_max = 30", "waiting_max ＝ 30"),
    ("Chinese quotes", "language = \"en\"", "language = “en”"),
    ("a number in quotes", "capacity = 60", "capacity = \"60\""),
    ("a negative number", "waiting_max = 30", "waiting_max = -1"),
    ("a number far too large", "waiting_max = 30", "waiting_max = 20000"),
    ("a word that is not known", "mode = \"any\"", "mode = \"some\""),
    ("a language that there is not", "language = \"en\"", "language = \"fr\""),
    ("a time zone that there is not", "\"Europe/Lisbon\"", "\"Europe/Lisboa\""),
    ("a condition that there is not", "kind = \"invite\"", "kind = \"invitation\""),
    (
        "a nickname rule with a missing list",
        "check.nickname = { lists = [\"selling\"] }",
        "check.nickname = { lists = [\"sales\"] }",
    ),
    (
        "a rule that names a missing list",
        "check.words = { lists = [\"selling\"] }",
        "check.words = { lists = [\"sale\"] }",
    ),
    ("a rule that names a missing channel", "channels = [\"table\"]", "channels = [\"tabel\"]"),
    ("slow mode in a missing channel", "swap = \"5m\"", "swop = \"5m\""),
    ("a text that there is not", "reason = \"club.selling\"", "reason = \"club.sold\""),
    ("two channels of one name", "name = \"swap\"", "name = \"table\""),
    ("two rules of one name", "name = \"flood\"", "name = \"selling\""),
    ("a length of time without unit", "within = \"1m\"", "within = \"1\""),
    ("a length of time in words", "lasts = \"1h\"", "lasts = \"an hour\""),
    ("a ladder that goes down", "\"mute 1h\", \"mute 1d\"", "\"mute 1d\", \"mute 1h\""),
    ("a rung that there is not", "\"remove\", \"ban 30d\"", "\"kick\", \"ban 30d\""),
    ("no seat offer", "offer_hours = 48", "offer_hours = 0"),
    ("a role that there is not", "role = \"member\"", "role = \"guests\""),
    ("a role above the owner", "[settings]", "[roles.king]\nrank = 100\npermissions = []\n\n[settings]"),
    (
        "a permission that there is not",
        "[settings]",
        "[roles.aide]\nrank = 30\npermissions = [\"speak\"]\n\n[settings]",
    ),
    (
        "a name template with an unknown field",
        "# ---- Channels",
        "[card]\nname_template = \"{town}-{nickname}\"\n# ---- Channels",
    ),
    ("a pattern that does not compile", "'\\+?[0-9 ]{6,18}'", "'\\+?[0-9 {6,18}'"),
    (
        "a choice without options",
        "options = [\"a chapter a day\", \"at the weekend\", \"all in one night\"]",
        "options = []",
    ),
    (
        "a bracket not closed",
        "emoji_codes = [\"bookmark\", \"page_turner\"]",
        "emoji_codes = [\"bookmark\", \"page_turner\"",
    ),
    ("a quote not closed", "name = \"new faces\"", "name = \"new faces"),
    ("a line written twice", "capacity = 60", "capacity = 60\ncapacity = 61"),
];

fn example() -> Vec<(String, String)> {
    let folder = folder("reading-circle");
    let paths = [
        "community.toml",
        "lists/selling.txt",
        "lists/spoilers.txt",
        "messages/en.toml",
        "messages/zh-CN.toml",
    ];
    let read = |path: &&str| std::fs::read_to_string(folder.join(path)).expect("the example has the file");
    paths.iter().map(|path| ((*path).to_owned(), read(path))).collect()
}

fn shown(files: &[(String, String)]) -> Option<String> {
    let sources: Vec<Source<'_>> = files.iter().map(|(path, text)| Source { path, text }).collect();
    blueprint::parse(&sources).err().map(|error| error.to_string())
}

#[test]
fn the_examples_have_no_mistake() {
    for name in ["reading-circle", "qingnian-chuangke"] {
        let loaded = blueprint::read(&folder(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.name, name);
        assert!(loaded.unknown_files.is_empty(), "{:?}", loaded.unknown_files);
    }
}

#[test]
fn each_mistake_is_shown_with_its_place_and_what_to_write() {
    let mut all = String::new();
    for (name, right, wrong) in MISTAKES {
        let mut files = example();
        assert!(files[0].1.contains(right), "{name}: the example does not hold `{right}` any more");
        files[0].1 = files[0].1.replacen(right, wrong, 1);
        let error = shown(&files).unwrap_or_else(|| panic!("{name}: nobody complained"));
        assert!(error.starts_with("community.toml"), "{name} names no file: {error}");
        let _ = writeln!(all, "## {name}\n\n{error}\n");
    }
    insta::assert_snapshot!(all);
}
