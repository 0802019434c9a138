//! Values on their way into a script's memory and out of it: numbers, truth, texts, and arrays and maps of
//! these as JSON with their keys in order, so that equal values are equal bytes.
//!
//! Nothing that points somewhere is kept: of members, messages and spans of time an author keeps the id, the
//! number. A value has an end (scripts know no references), but may be deep or large, so both are limited
//! while it is written, not afterwards.

use kith_core::hook::{FaultKind, Value};
use kith_core::limits::SCRIPT_VALUE_BYTES_MAX;
use rhai::{Array, Dynamic, EvalAltResult, ImmutableString, Map};
use serde_json::Value as Json;

use super::value::{Member, Message};
use crate::frame::{self, Answer, stop, wrong};
use crate::{kinds, say};

/// Arrays and maps within each other.
const DEPTH_MAX: usize = 8;

/// A value as it can be remembered.
pub(super) fn value_of(value: Dynamic) -> Result<Value<String>, Box<EvalAltResult>> {
    let value = value.flatten();
    if let Ok(number) = value.as_int() {
        return Ok(Value::Int(number));
    }
    if let Ok(yes) = value.as_bool() {
        return Ok(Value::Bool(yes));
    }
    if value.is_array() || value.is_map() {
        let mut json = String::new();
        write(&value, DEPTH_MAX, &mut json)?;
        frame::with(|frame| frame.charge(json.len() / 64))?;
        return Ok(Value::Json(json));
    }
    let text = text_of(&value)?;
    within(text.len())?;
    Ok(Value::Text(text.into()))
}

fn text_of(value: &Dynamic) -> Answer<ImmutableString> {
    if value.is::<Member>() {
        return Err(wrong(say::run::remembered_member()));
    }
    if value.is::<Message>() {
        return Err(wrong(say::run::remembered_message()));
    }
    let text = value.clone().into_immutable_string();
    text.map_err(|kind| wrong(say::run::not_rememberable(kinds::of(kind))))
}

fn within(bytes: usize) -> Answer<()> {
    if bytes <= SCRIPT_VALUE_BYTES_MAX {
        return Ok(());
    }
    Err(stop(FaultKind::Effects, say::run::long_value(SCRIPT_VALUE_BYTES_MAX)))
}

/// Writes a value; ends as soon as there is too much of it.
fn write(value: &Dynamic, depth_left: usize, out: &mut String) -> Answer<()> {
    if let Some(items) = value.read_lock::<Array>() {
        let depth_left = deeper(depth_left)?;
        out.push('[');
        for (place, item) in items.iter().enumerate() {
            separate(place, out);
            write(item, depth_left, out)?;
        }
        out.push(']');
    } else if let Some(entries) = value.read_lock::<Map>() {
        let depth_left = deeper(depth_left)?;
        out.push('{');
        for (place, (key, item)) in entries.iter().enumerate() {
            separate(place, out);
            quote(key, out)?;
            out.push(':');
            write(item, depth_left, out)?;
        }
        out.push('}');
    } else if value.is_unit() {
        out.push_str("null");
    } else if let Ok(number) = value.as_int() {
        out.push_str(&number.to_string());
    } else if let Ok(yes) = value.as_bool() {
        out.push_str(if yes { "true" } else { "false" });
    } else {
        quote(&text_of(value)?, out)?;
    }
    within(out.len())
}

fn deeper(depth_left: usize) -> Answer<usize> {
    depth_left.checked_sub(1).ok_or_else(|| stop(FaultKind::Size, say::run::deep_value(DEPTH_MAX)))
}

fn separate(place: usize, out: &mut String) {
    if place > 0 {
        out.push(',');
    }
}

fn quote(text: &str, out: &mut String) -> Answer<()> {
    within(out.len() + text.len())?;
    out.push_str(&Json::from(text).to_string());
    Ok(())
}

/// A remembered value as scripts hold it; `()` for an array or a map that is erased.
pub(super) fn shown<'a, T>(
    value: &'a Value<T>,
    text_of: impl FnOnce(&'a T) -> Answer<&'a str>,
) -> Answer<Dynamic> {
    match value {
        Value::Int(number) => Ok(Dynamic::from(*number)),
        Value::Bool(yes) => Ok(Dynamic::from(*yes)),
        Value::Text(text) => Ok(Dynamic::from(ImmutableString::from(text_of(text)?))),
        Value::Json(text) => {
            let text = text_of(text)?;
            frame::with(|frame| frame.charge(text.len() / 64))?;
            Ok(serde_json::from_str(text).map_or(Dynamic::UNIT, held))
        }
    }
}

fn held(json: Json) -> Dynamic {
    match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(yes) => Dynamic::from(yes),
        Json::Number(number) => number.as_i64().map_or(Dynamic::UNIT, Dynamic::from),
        Json::String(text) => Dynamic::from(ImmutableString::from(text)),
        Json::Array(items) => Dynamic::from_array(items.into_iter().map(held).collect()),
        Json::Object(entries) => {
            Dynamic::from_map(entries.into_iter().map(|(key, item)| (key.into(), held(item))).collect())
        }
    }
}
