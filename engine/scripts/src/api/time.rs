//! Lengths of time as they are written, `7.days`, and the community's calendar.

use jiff::Timestamp;
use jiff::Zoned;
use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

use super::table::Table;
use super::value::{Context, Span, Today};
use crate::frame::{self, Answer, wrong};
use crate::say;

pub(super) fn add(table: &mut Table) {
    add_spans(table);
    add_calendar(table);
}

fn add_spans(table: &mut Table) {
    table.add(("int.seconds -> Span", "A length of time.", "log(`${90.seconds}`);"), |count: &mut i64| {
        span(*count, SECOND_MS)
    });
    table.add(
        (
            "int.minutes -> Span",
            "A length of time.",
            "mute(message.author, 10.minutes, \"Please slow down.\");",
        ),
        |count: &mut i64| span(*count, MINUTE_MS),
    );
    table.add(
        ("int.hours -> Span", "A length of time.", "set_timer(\"remind\", 2.hours, \"tea\");"),
        |count: &mut i64| span(*count, HOUR_MS),
    );
    table.add(
        (
            "int.days -> Span",
            "A length of time: so many times 24 hours.",
            "if message.author.joined < 7.days { log(\"new\"); }",
        ),
        |count: &mut i64| span(*count, DAY_MS),
    );
    table.add(
        ("Span.in_days -> int", "Whole days in it.", "log(`${message.author.joined.in_days}`);"),
        |span: &mut Span| (span.0 / DAY_MS) as i64,
    );
    table.add(
        ("Span.in_hours -> int", "Whole hours in it.", "log(`${message.author.joined.in_hours}`);"),
        |span: &mut Span| (span.0 / HOUR_MS) as i64,
    );
    table.add(
        ("Span.in_seconds -> int", "Whole seconds in it.", "log(`${(2.hours).in_seconds}`);"),
        |span: &mut Span| (span.0 / SECOND_MS) as i64,
    );
    let module = &mut table.module;
    module.set_native_fn("==", |a: Span, b: Span| Ok(a == b));
    module.set_native_fn("!=", |a: Span, b: Span| Ok(a != b));
    module.set_native_fn("<", |a: Span, b: Span| Ok(a < b));
    module.set_native_fn("<=", |a: Span, b: Span| Ok(a <= b));
    module.set_native_fn(">", |a: Span, b: Span| Ok(a > b));
    module.set_native_fn(">=", |a: Span, b: Span| Ok(a >= b));
    module.set_native_fn("+", |a: Span, b: Span| Ok(Span(a.0.saturating_add(b.0))));
    module.set_native_fn("-", |a: Span, b: Span| Ok(Span(a.0.saturating_sub(b.0))));
    module.set_native_fn("to_string", |span: &mut Span| Ok(shown(*span)));
    module.set_native_fn("to_debug", |span: &mut Span| Ok(shown(*span)));
}

fn shown(span: Span) -> String {
    kith_core::moment::Duration(span.0 / SECOND_MS * SECOND_MS).to_string()
}

fn span(count: i64, unit_ms: u64) -> Answer<Span> {
    match u64::try_from(count) {
        Ok(count) => Ok(Span(count.saturating_mul(unit_ms))),
        Err(_) => Err(wrong(say::run::negative_span())),
    }
}

fn add_calendar(table: &mut Table) {
    table.add(
        ("Context.now_ms -> int", "The time of the command, Unix milliseconds.", "log(`${ctx.now_ms}`);"),
        |_: &mut Context| frame::with(|frame| Ok(frame.ctx()?.at_ms() as i64)),
    );
    table.add(
        (
            "Context.today -> Today",
            "The day and hour in the community's time zone.",
            "if ctx.today.hour >= 23 { return hold(\"night\", \"We sleep now.\"); }",
        ),
        |_: &mut Context| frame::with(|frame| Ok(Today(frame.ctx()?.at_ms()))),
    );
    table.add(
        (
            "Today.weekday -> int",
            "1 is Monday, 7 is Sunday.",
            "if ctx.today.weekday == 5 { log(\"Friday\"); }",
        ),
        |today: &mut Today| {
            Ok::<_, Box<rhai::EvalAltResult>>(i64::from(local(*today)?.weekday().to_monday_one_offset()))
        },
    );
    table.add(
        ("Today.hour -> int", "0 to 23.", "if ctx.today.hour < 7 { return allow(); }"),
        |today: &mut Today| Ok::<_, Box<rhai::EvalAltResult>>(i64::from(local(*today)?.hour())),
    );
    table.add(("Today.minute -> int", "0 to 59.", "log(`${ctx.today.minute}`);"), |today: &mut Today| {
        Ok::<_, Box<rhai::EvalAltResult>>(i64::from(local(*today)?.minute()))
    });
    table.add(("Today.year -> int", "The year.", "log(`${ctx.today.year}`);"), |today: &mut Today| {
        Ok::<_, Box<rhai::EvalAltResult>>(i64::from(local(*today)?.year()))
    });
    table.add(
        ("Today.month -> int", "1 to 12.", "if ctx.today.month == 12 { log(\"December\"); }"),
        |today: &mut Today| Ok::<_, Box<rhai::EvalAltResult>>(i64::from(local(*today)?.month())),
    );
    table.add(
        ("Today.day -> int", "1 to 31.", "if ctx.today.day == 1 { log(\"a new month\"); }"),
        |today: &mut Today| Ok::<_, Box<rhai::EvalAltResult>>(i64::from(local(*today)?.day())),
    );
    table.add(
        ("Today.date -> text", "Such as `2026-05-01`.", "kv.increment(`seen:${ctx.today.date}`);"),
        |today: &mut Today| Ok::<_, Box<rhai::EvalAltResult>>(local(*today)?.date().to_string()),
    );
}

fn local(today: Today) -> Answer<Zoned> {
    frame::with(|frame| {
        let zone = frame.community()?.profile.zone.rules();
        let moment = Timestamp::from_millisecond(today.0 as i64).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(moment.to_zoned(zone))
    })
}
