//! Lines of every kind, and what is told of bad ones.

use super::super::sample::{origin, told};
use super::*;

fn check(input: &str, expected: &[&str]) {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    assert_eq!(told(Jsonl::new(input.as_bytes(), origin(), zone)), expected);
}

#[test]
fn reads_times_and_ids_of_either_type() {
    check(
        concat!(
            r#"{"time":"2020-01-01T11:01:39+08:00","author":"小明","text":"你好\n呀","extra":[{}]}"#,
            "\r\n\n",
            r#"{"time":1577847699,"author":7,"author_id":"u7","channel":"闲聊","id":5,"reply_to":"4"}"#,
            "\n",
            r#"{"time":1577847699123.0,"author":"a","text":"x","kind":"action","#,
            r#""label":1,"attachments":["p"]}"#,
            "\n",
            r#"{"time":"2020-01-01 11:01:39","author":"a","text":"y"}"#,
        ),
        &[
            "1 2020-01-01T03:01:39Z 小明: 你好⏎呀",
            "3 2020-01-01T03:01:39Z 7[u7] id=5 in=闲聊 re=4: ",
            "4 2020-01-01T03:01:39.123Z a file=p label=spam* x",
            "5 2020-01-01T03:01:39Z a: y",
        ],
    );
}

#[test]
fn reads_every_kind() {
    let table = [
        ("joined", "a joined by b"),
        ("left", "a left (t)"),
        ("renamed", "a renamed t"),
        ("removed", "a removed by b"),
        ("topic", "topic by a: t"),
        ("pinned", "pinned by a: t"),
        ("notice", "notice by a: t"),
    ];
    for (kind, expected) in table {
        let line = format!(r#"{{"time":0,"author":"a","text":"t","by":"b","kind":"{kind}"}}"#);
        check(&line, &[&format!("1 1970-01-01T00:00:00Z {expected}")]);
    }
}

#[test]
fn tells_what_is_wrong_with_a_line() {
    let object = "a JSON object with time, author and text";
    let deep = "[".repeat(5_000);
    let table = [
        ("[]", format!("sample:1:2: expected {object} (invalid length 0")),
        ("{\"time\":1}", format!("sample:1:10: expected {object} (missing field `author`")),
        ("{\"time\":1,\"time\":2}", format!("sample:1:16: expected {object} (duplicate field `time`")),
        (deep.as_str(), "sample:1:".to_owned()),
        (r#"{"time":-1,"author":"a"}"#, format!("sample:1: expected {TIME}")),
        (r#"{"time":"soon","author":"a"}"#, format!("sample:1: expected {TIME}")),
        (r#"{"time":1,"author":" "}"#, format!("sample:1: expected {AUTHOR}")),
        (r#"{"time":1,"author":"a","kind":"?"}"#, format!("sample:1: expected {KIND}")),
        (r#"{"time":1,"author":"a","label":"?"}"#, format!("sample:1: expected {LABEL}")),
    ];
    for (line, expected) in table {
        let rows = told(Jsonl::new(line.as_bytes(), origin(), TimeZone::UTC));
        assert!(rows.len() == 1 && rows[0].starts_with(&expected), "{rows:?}\n{expected}");
    }
}
