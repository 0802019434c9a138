//! What operators get wrong, and what they are told.

use std::fs;

use super::{BlueprintError, Source, load, parse, read};

fn told(community: &str) -> String {
    match parse(&[Source { path: "community.toml", text: community }]) {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_mistake_is_shown_with_its_line_and_what_to_write() {
    let table = [
        (
            "about = \"a\"\n\n[gate]\ncapcity = 60\n",
            "community.toml:4:1: unknown key `capcity`",
            "did you mean `capacity`?",
        ),
        ("[gate]\ncapacity = \"60\"\n", "community.toml:2:12: string \"60\" does not fit", "without quotes"),
        ("[gate]\ncapacity = -1\n", "community.toml:2:12: integer `-1` does not fit", "not negative"),
        ("about ＝ \"a\"\n", "community.toml:1:7: `＝` is full-width", "write `=` instead"),
        ("about = “读书”\n", "community.toml:1:9: `“` is full-width", "write `\"` instead"),
        ("[[rule]]\ncheck.length.max_chars = 5\n", "`name` is missing", "add a line `name = …`"),
        ("language = \"de\"\n", "`de` is not known here", "en, zh-CN"),
        ("about = \"a\"\nabout = \"b\"\n", "community.toml:2:1: duplicate key", "keep one of the two"),
        (
            "zone = \"Asia/Shangai\"\n",
            "community.toml:1:8: Asia/Shangai: this does not fit",
            "^^^^^^^^^^^^^^",
        ),
        ("[roles.elder]\nrank = 100\npermissions = []\n", "roles.elder.rank", "0–99"),
        ("[[rule]]\nname = \"ads\"\ncheck.words.lists = [\"adverts\"]\n", "community.toml:3:22", "adverts"),
        ("[topics]\nat = [\"9:00\"]\n", "community.toml:2:6", "a time of the day such as \"09:00\""),
        ("[topics]\nchannel = \"nowhere\"\n", "community.toml:2:11", "nowhere"),
        ("[topics]\nat = [\"09:00\"]\nrepeat = 3\n", "unknown key `repeat`", "repeat_days"),
        ("about = \"a\n", "community.toml:1:", "begin and end with a quote"),
        ("[gate]\n[[gate.conditions]]\nkind = \"invite\"\nuse = 3\n", "unknown key `use`", "\n4 | use = 3"),
    ];
    for (text, place, advice) in table {
        let told = told(text);
        assert!(told.contains(place), "{told}");
        assert!(told.contains(advice), "{told}");
    }
}

#[test]
fn topics_are_raised_at_the_hours_of_the_community() {
    let text = "zone = \"Asia/Shanghai\"\n[topics]\nat = [\"09:00\", \"21:30\"]\nrepeat_days = 60\n";
    let blueprint = parse(&[Source { path: "community.toml", text }]).expect("it is fine");
    let at: Vec<String> = blueprint.topics.at.iter().copied().map(String::from).collect();
    assert_eq!((at.join(" "), blueprint.topics.repeat_days), ("09:00 21:30".to_owned(), 60));
}

#[test]
fn the_caret_stands_under_what_is_wrong_after_wide_characters_too() {
    assert_eq!(
        told("about = \"a\"\n[gate]\n\"读书\" = 1\n").lines().skip(1).take(3).collect::<Vec<_>>(),
        ["  |", "3 | \"读书\" = 1", "  | ^^^^^^"]
    );
}

#[test]
fn a_folder_is_read_with_marks_and_line_ends_of_other_systems() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("circle");
    fs::create_dir_all(root.join("lists")).expect("lists");
    fs::create_dir_all(root.join("messages")).expect("messages");
    let rule = "about = \"a\"\r\n[[rule]]\r\nname = \"ads\"\r\ncheck.words.lists = [\"ads\"]\r\n";
    fs::write(root.join("community.toml"), format!("\u{feff}{rule}")).expect("written");
    fs::write(root.join("lists/ads.txt"), "\u{feff}# ads\r\n加微\r\n").expect("written");
    fs::write(root.join("lists/ads.csv"), "x").expect("written");
    fs::write(root.join("messages/zh-CN.toml"), "[own]\nhello = \"你好\"\n").expect("written");
    fs::write(root.join("README.md"), "x").expect("written");
    let loaded = read(&root).expect("it is fine");
    assert_eq!(loaded.name, "circle");
    assert_eq!(loaded.blueprint.lists["ads"], ["# ads", "加微"]);
    assert_eq!(loaded.blueprint.texts["zh-CN"]["own.hello"], "你好");
    assert_eq!(
        loaded.unknown_files,
        [root.canonicalize().expect("it is there").join("lists/ads.csv")]
            .map(|path| root
                .join(path.strip_prefix(root.canonicalize().expect("it is there")).expect("within")))
    );
}

#[test]
fn hostile_files_are_named_and_nothing_huge_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("circle");
    fs::create_dir_all(root.join("lists")).expect("lists");
    assert!(matches!(load(&root), Err(BlueprintError::NoBlueprint(_))));
    fs::write(root.join("community.toml"), b"about = \"a\"\nzone = \"\xc4\xe3\"\n").expect("written");
    assert!(
        load(&root)
            .expect_err("not UTF-8")
            .to_string()
            .starts_with("community.toml:2:1: the file is not UTF-8")
    );
    fs::write(root.join("community.toml"), "about = \"a\"\n").expect("written");
    fs::write(root.join("lists/ads.txt"), "fine\n!!!\n").expect("written");
    assert!(load(&root).expect_err("no entry").to_string().starts_with("lists/ads.txt:2:1:"));
    fs::write(root.join("lists/ads.txt"), vec![b'a'; (4 << 20) + 1]).expect("written");
    assert!(matches!(load(&root), Err(BlueprintError::TooLarge(_))));
    fs::remove_file(root.join("lists/ads.txt")).expect("it was there");
    fs::create_dir(root.join("lists/ads.txt")).expect("made");
    assert!(matches!(load(&root), Err(BlueprintError::NotAFile(_))));
}

#[test]
fn scripts_stand_beside_the_blueprint_in_the_order_it_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("circle");
    fs::create_dir_all(root.join("scripts")).expect("scripts");
    let save = |file: &str, text: &str| fs::write(root.join(file), text).expect("written");
    save("community.toml", "[scripts]\norder = [\"guard\"]\n[scripts.guard]\non_fault = \"open\"\n");
    assert!(
        load_all(&root).expect_err("no file").contains("community.toml:2:10: there is no script `guard`")
    );
    save("scripts/guard.rhai", "one");
    save("scripts/guard.cases.toml", "[[case]]");
    save("scripts/alone.rhai", "two");
    save("scripts/guard.rhai~", "three");
    let loaded = read(&root).expect("it is fine");
    let names: Vec<&str> = loaded.scripts.iter().map(|planned| planned.written.name.as_str()).collect();
    assert_eq!(names, ["guard", "alone"]);
    let cases = ("scripts/guard.cases.toml".to_owned(), "[[case]]".to_owned());
    assert_eq!(loaded.scripts[0].written.cases, Some(cases));
    assert_eq!(loaded.scripts[0].binding.on_fault, kith_core::script::OnFault::Open);
    assert_eq!(loaded.unknown_files.len(), 1);
    save("community.toml", "[scripts.guard]\non_fualt = \"open\"\n");
    let told = load_all(&root).expect_err("misspelt");
    assert!(told.contains("community.toml:2:1: unknown key `on_fualt`"), "{told}");
}

fn load_all(root: &std::path::Path) -> Result<(), String> {
    read(root).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn a_text_may_use_only_the_arguments_that_it_gets() {
    let table = [
        ("\"muted\" = \"quiet until {until}\"\n", "fine"),
        ("\"muted\" = \"quiet until {time}\"\n", "it can hold {until}"),
        ("\"muted\" = 5\n", "write it in quotes"),
        ("\"own.text\" = \"{anything}\"\n", "fine"),
    ];
    for (text, expected) in table {
        let sources =
            [Source { path: "community.toml", text: "" }, Source { path: "messages/en.toml", text }];
        let told = parse(&sources).map_or_else(|error| error.to_string(), |_| "fine".to_owned());
        assert!(told.contains(expected), "{told}");
    }
}
