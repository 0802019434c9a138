//! What a script remembers: `kv`. A run sees its own writes.

use kith_core::hook::Value;
use kith_core::limits::SCRIPT_KEY_BYTES_MAX;
use rhai::Dynamic;

use super::remembered;
use super::table::Table;
use super::value::Store;
use crate::frame::{self, Answer, wrong};
use crate::{kinds, say};

pub(super) fn add(table: &mut Table) {
    table.add(
        (
            "kv.get(key: text) -> any",
            "What is remembered; `()` where nothing is.",
            "if kv.get(\"open\") == () { log(\"new\"); }",
        ),
        |_: &mut Store, key: &str| read(key),
    );
    table.add(
        (
            "kv.get(key: text, otherwise: any) -> any",
            "What is remembered, or what is given where nothing is.",
            "if kv.get(\"count\", 0) > 10 { log(\"many\"); }",
        ),
        |_: &mut Store, key: &str, otherwise: Dynamic| -> Answer<Dynamic> {
            let found = read(key)?;
            Ok(if found.is_unit() { otherwise } else { found })
        },
    );
    table.add(
        (
            "kv.put(key: text, value: any)",
            "Remembers a text, a number, true or false, or an array or a map of these, at most 8 deep; \
             8 KiB in all.",
            "kv.put(`seen:${message.author.id}`, ctx.now_ms);",
        ),
        |_: &mut Store, key: &str, value: Dynamic| write(key, Some(remembered::value_of(value)?)),
    );
    table.add(
        (
            "kv.increment(key: text) -> int",
            "Counts one more, from 0, and gives the new count.",
            "if kv.increment(`posts:${message.author.id}`) > 100 { log(\"busy\"); }",
        ),
        |_: &mut Store, key: &str| add_to(key, 1),
    );
    table.add(
        (
            "kv.increment(key: text, by: int) -> int",
            "Adds to a count, from 0, and gives the new count.",
            "kv.increment(\"signs\", message.text.len);",
        ),
        |_: &mut Store, key: &str, by: i64| add_to(key, by),
    );
    table.add(
        ("kv.remove(key: text)", "Forgets.", "kv.remove(`seen:${message.author.id}`);"),
        |_: &mut Store, key: &str| write(key, None),
    );
}

fn read(key: &str) -> Answer<Dynamic> {
    frame::with(|frame| {
        let journal = frame.journal.borrow();
        match journal.remembered(key) {
            Some(Some(value)) => return remembered::shown(value, |text| Ok(text)),
            Some(None) => return Ok(Dynamic::UNIT),
            None => {}
        }
        let memory = frame.community()?.scripts.memories.get(&frame.call()?.script.no);
        match memory.and_then(|memory| memory.values.get(key)) {
            Some(value) => remembered::shown(value, |text| frame.body(text)),
            None => Ok(Dynamic::UNIT),
        }
    })
}

fn write(key: &str, value: Option<Value<String>>) -> Answer<()> {
    if key.is_empty() || key.len() > SCRIPT_KEY_BYTES_MAX {
        return Err(wrong(say::run::bad_key(SCRIPT_KEY_BYTES_MAX)));
    }
    frame::with(|frame| {
        frame.call()?;
        frame.journal.borrow_mut().remember(key, value)
    })
}

fn add_to(key: &str, by: i64) -> Answer<i64> {
    let before = read(key)?;
    let count = match before.as_int() {
        Ok(count) => count,
        Err(_) if before.is_unit() => 0,
        Err(kind) => return Err(wrong(say::run::not_a_count(key, kinds::of(kind)))),
    };
    let count = count.saturating_add(by);
    write(key, Some(Value::Int(count)))?;
    Ok(count)
}
