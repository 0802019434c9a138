//! Headers, maps and records, fitting and not.

use super::super::sample::{origin, told};
use super::*;

fn read(map: &str, format: Option<&str>, input: &str) -> Vec<String> {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let clock = Clock { zone, format: format.map(str::to_owned) };
    told(CsvMapped::new(input.as_bytes(), origin(), map.parse().unwrap(), clock))
}

#[test]
fn finds_columns_by_name_whatever_the_delimiter() {
    for delimiter in DELIMITERS {
        let input = "\u{feff}id|谁| when |what|judged\r\n\
             9|小明|1577847699|\"你好|呀\"|spam\r\n|bob|2020-01-01T03:01:39Z||\r\n"
            .replace('|', &delimiter.to_string());
        assert_eq!(
            read("time=when,author=谁,text=what,id=id,label=judged", None, &input),
            [
                format!("2 2020-01-01T03:01:39Z 小明 id=9 label=spam: 你好{delimiter}呀"),
                "3 2020-01-01T03:01:39Z bob: ".to_owned(),
            ]
        );
    }
}

#[test]
fn reads_times_in_a_format() {
    assert_eq!(
        read(
            "time=t,author=a,text=x,channel=c",
            Some("%d.%m.%Y %H:%M"),
            "t,a,x,c\n01.01.2020 11:01,b,hi,闲聊\nnow,b,hi,\n"
        ),
        ["2 2020-01-01T03:01:00Z b in=闲聊: hi", "3 expected",].map(|row| row.replace(
            "3 expected",
            "sample:3: expected a time in the format %d.%m.%Y %H:%M, found \"now,b,hi,\""
        ))
    );
}

#[test]
fn tells_of_missing_columns_and_short_records() {
    assert_eq!(
        read("time=tme,author=a,text=x", None, "time,a,x\n1,b,c\n"),
        ["sample:1: expected a column \"tme\" (did you mean \"time\"?) \
             among the columns: time, a, x, found \"time,a,x\""]
    );
    assert_eq!(
        read("time=t,author=a,text=x", None, ""),
        [format!("sample:1: expected {HEADER}, found \"\"")]
    );
    assert_eq!(
        read("time=t,author=a,text=x", None, "t,a,x\n1,b\n1,,c\n1,b,c\n"),
        [
            "sample:2: expected 3 columns as in the header, not 2, found \"1,b\"",
            "sample:3: expected an author of 1 to 512 bytes, found \"1,,c\"",
            "4 1970-01-01T00:00:01Z b: c",
        ]
    );
}

#[test]
fn refuses_maps_that_say_too_little_or_too_much() {
    let table = [
        ("time=t,author=a", MapError::Missing("text")),
        ("time=t,author=a,text=x,time=y", MapError::Repeated("time".to_owned())),
        ("when=t", MapError::UnknownPart("when".to_owned())),
        ("time", MapError::NotAPair("time".to_owned())),
        ("time=", MapError::NotAPair("time=".to_owned())),
    ];
    for (text, expected) in table {
        assert_eq!(text.parse::<Map>(), Err(expected));
    }
}
