//! Files and folders as people have them.

use std::fs;

use tempfile::TempDir;

use super::*;

/// Names and contents.
type Files<'a> = &'a [(&'a str, &'a [u8])];

fn folder(files: Files) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn refused(folder: &TempDir, format: Format, options: Options) -> String {
    let place = folder.path().display().to_string();
    let error = open(&[folder.path().to_owned()], format, options).unwrap_err();
    error.to_string().replace(&place, "HERE")
}

#[test]
fn reads_a_folder_in_the_order_of_names_and_counts() {
    let folder = folder(&[
        ("02.txt", b"1577847700\nbob\nho\n\nbad\n"),
        ("01.txt", b"1577847699\nann\nhi\n\n"),
        (".hidden", b"bad"),
    ]);
    fs::create_dir(folder.path().join("00")).unwrap();
    let mut reader = open(&[folder.path().to_owned()], Format::IrcBlocks, Options::default()).unwrap();
    assert_eq!(reader.progress(), (0, 42));
    assert_eq!(reader.file_hash(0), None);
    let first = reader.next().unwrap().unwrap();
    assert_eq!((first.place.file, first.place.line, first.said_at_ms), (0, 1, 1_577_847_699_000));
    let expected: FileHash = Sha256::digest(b"1577847699\nann\nhi\n\n").into();
    assert_eq!(reader.file_hash(0), Some(&expected));
    let second = reader.next().unwrap().unwrap();
    assert_eq!(second.place.file, 1);
    assert!(reader.next().unwrap().unwrap_err().file.ends_with("02.txt"));
    assert_eq!(reader.next(), None);
    assert_eq!(reader.next(), None);
    assert_eq!(reader.progress(), (42, 42));
    assert_eq!(reader.totals(), Totals { rows: 2, messages: 2, bad_lines: 1, ..Totals::default() });
}

#[test]
fn goes_on_inventing_times_from_file_to_file() {
    let folder = folder(&[("a.csv", b"target,input\n0,x\n"), ("b.csv", b"target,input\n1,y\n")]);
    let reader = open(&[folder.path().to_owned()], Format::LabelledCsv, Options::default()).unwrap();
    let moments: Vec<_> = reader.map(|row| row.unwrap().said_at_ms).collect();
    assert_eq!(moments, [1_577_836_800_000, 1_577_836_801_000]);
}

#[test]
fn takes_only_the_result_from_a_telegram_folder() {
    let folder = folder(&[("result.json", b"{\"messages\":[]}"), ("photo.jpg", b"\xff\xd8")]);
    let reader = open(&[folder.path().to_owned()], Format::TelegramJson, Options::default()).unwrap();
    assert_eq!(reader.files().count(), 1);
}

#[test]
fn refuses_what_cannot_work_before_the_first_row() {
    let options = Options::default;
    let mapped = || Options { map: Some("time=t,author=a,text=x".parse().unwrap()), ..Options::default() };
    let gbk: &[u8] = b"\xcf\xfb\xcf\xa2\xbc\xc7\xc2\xbc";
    let table: [(Files, Format, Options, &str); 7] = [
        (&[], Format::Jsonl, options(), "folder HERE has no files to import"),
        (&[("x", b"")], Format::TelegramJson, options(), "folder HERE has no result.json to import"),
        (
            &[("q.txt", gbk)],
            Format::QqText,
            options(),
            "HERE/q.txt is GBK or GB18030, not UTF-8; save it as UTF-8, or run: \
             iconv -f GB18030 -t UTF-8 FILE > NEW",
        ),
        (
            &[("u", b"\xff\xfea\0")],
            Format::IrcLines,
            options(),
            "HERE/u is UTF-16, not UTF-8; save it as UTF-8, or run: iconv -f UTF-16 -t UTF-8 FILE > NEW",
        ),
        (
            &[("l", b"a,b\n")],
            Format::LabelledCsv,
            options(),
            "HERE/l:1: expected the header target,input, found \"a,b\"",
        ),
        (
            &[("c", b"t,a,x\n")],
            Format::Csv,
            options(),
            "format csv needs a map of its columns: time=…,author=…,text=…",
        ),
        (
            &[("c", b"t,a,y\n")],
            Format::Csv,
            mapped(),
            "HERE/c:1: expected a column \"x\" among the columns: t, a, y, found \"t,a,y\"",
        ),
    ];
    for (files, format, options, expected) in table {
        assert_eq!(refused(&folder(files), format, options), expected);
    }
    assert_eq!(open(&[], Format::Jsonl, options()).unwrap_err().to_string(), "no files to import were named");
    let missing = open(&[PathBuf::from("/nowhere/at/all")], Format::Jsonl, options()).unwrap_err();
    assert_eq!(missing.to_string(), "failed to read /nowhere/at/all");
}

#[test]
fn names_formats_as_the_command_line_does() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!(
        "irc".parse::<Format>().unwrap_err().to_string(),
        "unknown format \"irc\"; there are irc-blocks, irc-lines, \
         labelled-csv, telegram-json, qq-text, jsonl, csv"
    );
}
