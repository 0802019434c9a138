//! Blocks good, short, damaged and cut off.

use super::super::sample::{origin, told};
use super::*;

fn check(input: &str, expected: &[&str]) {
    assert_eq!(told(IrcBlocks::new(input.as_bytes(), origin())), expected);
}

#[test]
fn reads_messages_and_keeps_empty_ones() {
    check(
        "1577847699\n小明\n新年好\n\n1577847700\nbob\n\n\n1577847701\n小明\n1577847702\n\n",
        &[
            "1 2020-01-01T03:01:39Z 小明: 新年好",
            "5 2020-01-01T03:01:40Z bob: ",
            "9 2020-01-01T03:01:41Z 小明: 1577847702",
        ],
    );
}

#[test]
fn takes_crlf_a_missing_last_blank_and_blanks_too_many() {
    check(
        "\u{feff}\r\n\r\n1577847699\r\nann\r\nhi\r\n\r\n\r\n1577847699\r\nann\r\nho",
        &["3 2020-01-01T03:01:39Z ann: hi", "8 2020-01-01T03:01:39Z ann: ho"],
    );
}

#[test]
fn tells_of_a_bad_block_once_and_goes_on_behind_it() {
    check(
        "yesterday\nann\n1577847699\n\n1577847699\n\nhi\n\n\
         1577847699\nann\nhi\nthere\n1\n\n1577847699\nbob\nho\n",
        &[
            "sample:1: expected Unix seconds, found \"yesterday\"",
            "sample:6: expected a nick of at most 512 bytes, found \"\"",
            "sample:7: expected Unix seconds, found \"hi\"",
            "9 2020-01-01T03:01:39Z ann: hi",
            "sample:12: expected a blank line after the text, found \"there\"",
            "15 2020-01-01T03:01:39Z bob: ho",
        ],
    );
}

#[test]
fn tells_of_a_file_cut_off() {
    check("1577847699\n", &["sample:1: expected a nick of at most 512 bytes, found \"\""]);
    check("1577847699\nann\n", &["sample:2: expected a line of text, found \"\""]);
    check("", &[]);
}

#[test]
fn refuses_times_out_of_range() {
    check("253402300800\nann\nhi\n", &["sample:1: expected Unix seconds, found \"253402300800\""]);
    check("-5\nann\nhi\n", &["sample:1: expected Unix seconds, found \"-5\""]);
}
