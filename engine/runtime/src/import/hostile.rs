//! Every format against bytes that nobody meant well: random ones, and good samples with damage in them.
//!
//! Held: no panic; the whole file is read or a bad line says why not; nothing but blank input gives nothing;
//! places are lines of the file, rows are in range, excerpts are short and printable.

use std::io::{BufReader, Cursor};

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::csv_mapped::{Clock, CsvMapped};
use super::irc_blocks::IrcBlocks;
use super::irc_lines::IrcLines;
use super::jsonl::Jsonl;
use super::labelled_csv::{Authors, Invented, LabelledCsv};
use super::limits::{EXCERPT_CHARS_MAX, MOMENT_MS_MAX};
use super::qq_text::QqText;
use super::read::Format;
use super::row::{BadLine, Row};
use super::sample::origin;
use super::telegram_json::TelegramJson;

fn sample(format: Format) -> &'static str {
    match format {
        Format::IrcBlocks => "1577847699\n小明\n新年好\n\n1577847700\nbob\n\n\n1577847701\nann\nhi\n\n",
        Format::IrcLines => {
            "2019-01-02T03:04:05  <小明> 大家好\n2019-01-02T03:04:05  *** ann <a@b> has quit IRC (bye)\n\
             2019-01-02T03:04:06  * ann waves\n2019-01-02T03:04:07  *** ann is now known as bob\n"
        }
        Format::LabelledCsv => "target,input\n1,\"加\u{feff}我，\"\"便宜\"\",\n好\"\n0,\n0,晚上好\n",
        Format::TelegramJson => {
            r#"{"name":"群","id":7,"messages":[{"id":1,"type":"message","date_unixtime":"9","from":"a",
            "text":["x",
            {"type":"bold","text":"你\u4f60"}]},{"id":2,"type":"service","date_unixtime":"9","actor":"a",
            "action":"invite_members","members":["b",null]}]}"#
        }
        Format::QqText => {
            "消息记录\n\n================================\n消息对象:群\n================================\n\n\
             2023-01-02 9:04:05 【管理员】小明(12345678)\n早\n\n好\n\n2023-01-02 9:04:06 系统消息(10000)\n甲加入本群。\n\n"
        }
        Format::Jsonl => {
            "{\"time\":1577847699,\"author\":\"小明\",\"text\":\"你好\"}\n\
             {\"time\":\"2020-01-01T00:00:00Z\",\"author\":\"a\",\"text\":\"t\",\"kind\":\"left\"}\n"
        }
        Format::Csv => "t;a;x\n1577847699;小明;\"你;好\n呀\"\n2020-01-01 00:00:00;b;y\n",
    }
}

/// Reads with small buffers, so that every value crosses a boundary, and tells how many bytes were left.
fn read(format: Format, bytes: &[u8]) -> (Vec<Result<Row, BadLine>>, u64) {
    let mut input = Cursor::new(bytes);
    let reader = BufReader::with_capacity(5, &mut input);
    let rows: Vec<_> = match format {
        Format::IrcBlocks => IrcBlocks::new(reader, origin()).collect(),
        Format::IrcLines => IrcLines::new(reader, origin(), TimeZone::UTC).collect(),
        Format::LabelledCsv => {
            let authors = Authors::Every { rows: 0, name: "x".to_owned() };
            LabelledCsv::new(reader, origin(), Invented { start_ms: 0, step_ms: 1, authors }, 0).collect()
        }
        Format::TelegramJson => TelegramJson::new(reader, origin(), TimeZone::UTC).collect(),
        Format::QqText => QqText::new(reader, origin(), TimeZone::UTC).collect(),
        Format::Jsonl => Jsonl::new(reader, origin(), TimeZone::UTC).collect(),
        Format::Csv => {
            let clock = Clock { zone: TimeZone::UTC, format: None };
            CsvMapped::new(reader, origin(), "time=t,author=a,text=x".parse().unwrap(), clock).collect()
        }
    };
    let left = bytes.len() as u64 - input.position();
    (rows, left)
}

fn hold(format: Format, bytes: &[u8]) {
    let (rows, left) = read(format, bytes);
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    assert!(left == 0 || rows.last().is_some_and(Result::is_err), "{format}: {left} bytes unread");
    for row in &rows {
        match row {
            Ok(row) => {
                assert!(row.said_at_ms <= MOMENT_MS_MAX);
                assert!((1..=lines).contains(&row.place.line), "{row:?}");
            }
            Err(bad) => {
                assert!(bad.excerpt.chars().count() <= EXCERPT_CHARS_MAX);
                assert!(!bad.excerpt.contains(char::is_control), "{bad}");
                assert!((0..=lines).contains(&bad.line), "{bad}");
            }
        }
    }
    // The heads of an export, a header and blank lines are structure: they alone may come to nothing.
    let is_structure = |line: &[u8]| {
        line.iter().all(|byte| b"=\r \t\x0b\x0c".contains(byte))
            || line.starts_with("消息".as_bytes())
            || line.starts_with("\u{feff}".as_bytes())
            || line == b"target,input"
    };
    let has_words = bytes.split(|byte| *byte == b'\n').any(|line| !is_structure(line));
    let has_structure_only = matches!(format, Format::Csv | Format::TelegramJson) || !has_words;
    assert!(!rows.is_empty() || has_structure_only, "{format}: {:?}", String::from_utf8_lossy(bytes));
}

#[derive(Clone, Debug)]
enum Damage {
    Set(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Cut,
}

fn damage() -> impl Strategy<Value = Damage> {
    let nasty = prop::sample::select(vec![
        "\0",
        "\"",
        "\\",
        "\n\n",
        "\r\n",
        "\u{feff}",
        "{",
        "]",
        "[[[[",
        "99999999999999999999",
        "1900-01-01",
        "-1",
        ",",
        ";",
        "(",
        "<",
        ">",
        "*** ",
        "<> ",
        "\u{202e}",
        "=================",
        "消息对象:",
        "null",
        "\\ud800",
    ]);
    prop_oneof![
        any::<u8>().prop_map(Damage::Set),
        nasty.prop_map(|text| Damage::Insert(text.as_bytes().to_vec())),
        prop::collection::vec(any::<u8>(), 1..4).prop_map(Damage::Insert),
        (1_usize..40).prop_map(Damage::Remove),
        (1_usize..60).prop_map(Damage::Repeat),
        Just(Damage::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, at: usize, damage: Damage) {
    let at = at % (bytes.len() + 1);
    let end = |length: usize| (at + length).min(bytes.len());
    match damage {
        Damage::Set(byte) if at < bytes.len() => bytes[at] = byte,
        Damage::Set(byte) => bytes.push(byte),
        Damage::Insert(inserted) => drop(bytes.splice(at..at, inserted)),
        Damage::Remove(length) => drop(bytes.drain(at..end(length))),
        Damage::Repeat(length) => {
            let again = bytes[at..end(length)].to_vec();
            bytes.splice(at..at, again);
        }
        Damage::Cut => bytes.truncate(at),
    }
}

#[test]
fn samples_are_good_before_they_are_damaged() {
    for format in Format::ALL {
        let (rows, left) = read(format, sample(format).as_bytes());
        assert!(rows.len() >= 2 && rows.iter().all(Result::is_ok), "{format}: {rows:?}");
        assert_eq!(left, 0);
        hold(format, sample(format).as_bytes());
    }
}

#[test]
fn every_good_line_beside_a_bad_one_is_still_read() {
    for format in [Format::IrcBlocks, Format::IrcLines, Format::Jsonl] {
        let good = sample(format);
        let (before, _) = read(format, good.as_bytes());
        let (after, _) = read(format, format!("\u{1}bad\n\n{good}").as_bytes());
        assert_eq!(after.iter().filter(|row| row.is_ok()).count(), before.len());
        assert_eq!(after.len(), before.len() + 1);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        Format::ALL.into_iter().for_each(|format| hold(format, &bytes));
    }

    #[test]
    fn any_damage_is_survived(wounds in prop::collection::vec((any::<usize>(), damage()), 1..6)) {
        for format in Format::ALL {
            let mut bytes = sample(format).as_bytes().to_vec();
            wounds.iter().cloned().for_each(|(at, damage)| apply(&mut bytes, at, damage));
            hold(format, &bytes);
        }
    }
}
