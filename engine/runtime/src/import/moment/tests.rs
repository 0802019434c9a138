//! Moments in every notation, and what is none.

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

#[test]
fn reads_every_way_of_writing_a_moment() {
    let table = [
        ("1577847699", Some(1_577_847_699_000)),
        ("1577847699.5", Some(1_577_847_699_500)),
        ("1577847699.123456", Some(1_577_847_699_123)),
        ("1577847699123", Some(1_577_847_699_123)),
        ("2020-01-01T03:01:39Z", Some(1_577_847_699_000)),
        ("2020-01-01T11:01:39+08:00", Some(1_577_847_699_000)),
        ("2020-01-01 11:01:39", Some(1_577_847_699_000)),
        ("2020-01-01T11:01:39", Some(1_577_847_699_000)),
        ("1970-01-01T00:00:00Z", Some(0)),
        ("9999-12-30 00:00:00", Some(253_402_099_200_000)),
        ("9999-12-31T23:59:59Z", None),
        ("1900-01-01 00:00:00", None),
        ("1969-12-31T23:59:59Z", None),
        ("1577847699123456", None),
        ("18446744073709551616", None),
        ("-1", None),
        ("+1", None),
        ("1.x", None),
        ("2020-13-01 00:00:00", None),
        ("2021-02-29 00:00:00", None),
        ("2020-01-01 24:00:00", None),
        ("2020-01-01", None),
        ("", None),
        ("昨天", None),
    ];
    for (text, expected) in table {
        assert_eq!(from_any(text, &zone("Asia/Shanghai")), expected, "{text}");
    }
}

#[test]
fn takes_the_earlier_of_two_hours_and_the_later_of_none() {
    let berlin = zone("Europe/Berlin");
    let earlier = from_any("2023-10-29T00:30:00Z", &berlin);
    assert_eq!(from_local("2023-10-29 02:30:00", &berlin), earlier);
    let later = from_any("2023-03-26T01:30:00Z", &berlin);
    assert_eq!(from_local("2023-03-26 02:30:00", &berlin), later);
}

#[test]
fn reads_the_format_it_is_told() {
    let shanghai = zone("Asia/Shanghai");
    let midnight = from_any("2022-12-31T16:00:00Z", &shanghai);
    assert_eq!(from_format("01/01/23", "%d/%m/%y", &shanghai), midnight);
    assert_eq!(from_format("2023年01月01日 00:00", "%Y年%m月%d日 %H:%M", &shanghai), midnight);
    assert_eq!(from_format("2022-12-31 16:00 +0000", "%Y-%m-%d %H:%M %z", &shanghai), midnight);
    assert_eq!(from_format("tomorrow", "%Y-%m-%d", &shanghai), None);
    assert_eq!(from_format("x", "%", &shanghai), None);
}
