//! Every kind of line a logger writes, and lines it does not.

use super::super::sample::{origin, told};
use super::*;

fn check(line: &str, expected: &str) {
    let input = format!("2019-01-02T03:04:05  {line}\n");
    let rows = told(IrcLines::new(input.as_bytes(), origin(), TimeZone::UTC));
    assert_eq!(rows, [format!("1 2019-01-02T03:04:05Z {expected}")]);
}

fn check_bad(input: &str, expected: &str) {
    let rows = told(IrcLines::new(input.as_bytes(), origin(), TimeZone::UTC));
    assert_eq!(rows.len(), 1);
    assert!(rows[0].starts_with(&format!("sample:1: expected {expected}")), "{rows:?}");
}

#[test]
fn reads_every_kind_of_line() {
    check("<小明> 大家好", "小明: 大家好");
    check("<bob>   indented > text", "bob:   indented > text");
    check("<@bob> op", "bob: op");
    check("<bob> ", "bob: ");
    check("<bob>", "bob: ");
    check("* bob waves at 小明", "bob* waves at 小明");
    check("-services- be nice", "notice by services: be nice");
    check("*** ann <ann@host> has joined #garden", "ann joined");
    check(
        "*** ann <ann@host> has quit IRC (Ping timeout: 240 seconds)",
        "ann left (Ping timeout: 240 seconds)",
    );
    check("*** ann <ann@host> has quit IRC", "ann left ()");
    check("*** ann <ann@host> has left #garden", "ann left ()");
    check("*** ann <ann@host> has left #garden (\"so long (all)\")", "ann left (so long (all))");
    check("*** ann is now known as ann_", "ann renamed ann_");
    check("*** ann was kicked by bob (flood)", "ann removed by bob");
    check("*** bob sets mode: +o ann", "notice by bob: sets mode: +o ann");
    check("*** bob changes topic to \"今天的话题\"", "topic by bob: 今天的话题");
}

#[test]
fn reads_times_on_the_clock_of_the_zone_or_with_their_own() {
    let input = "2019-01-02T03:04:05  <a> x\n\n2019-01-02T03:04:05Z <a> y\n[2019-01-02T03:04:05] <a> z\n";
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    assert_eq!(
        told(IrcLines::new(input.as_bytes(), origin(), zone)),
        ["1 2019-01-01T19:04:05Z a: x", "3 2019-01-02T03:04:05Z a: y", "4 2019-01-01T19:04:05Z a: z"]
    );
}

#[test]
fn tells_of_lines_it_does_not_understand() {
    check_bad("<bob> hi", "a time");
    check_bad("1899-01-02T03:04:05  <bob> hi", "a time");
    check_bad("2019-02-30T03:04:05  <bob> hi", "a time");
    check_bad("2019-01-02T03:04:05  hello", "<nick> text");
    check_bad("2019-01-02T03:04:05  <> hello", "<nick> text");
    check_bad("2019-01-02T03:04:05  *** ann <ann@host> has exploded", "<nick> text");
    check_bad("2019-01-02T03:04:05  *** ann is now known as ", "<nick> text");
    check_bad("2019-01-02T03:04:05", "a time");
}
