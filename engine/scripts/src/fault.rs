//! Why a run came to nothing: Rhai's errors as the core's faults, with the innermost place and what to write.

use kith_core::hook::{Fault, FaultKind, Hook, Place};
use rhai::{Dynamic, EvalAltResult as Error, Position};

use crate::api::API;
use crate::frame::{Frame, Stop, Wrong};
use crate::nearest::nearest;

/// Says of an error what the operator is told.
pub(crate) fn explain(error: &Error, hook: Hook, frame: &Frame<'_>) -> Fault {
    let (inner, place) = innermost(error);
    let (kind, detail) = described(inner, frame);
    Fault { kind, hook, place: place_of(place), detail }
}

/// A fault of what came back.
pub(crate) fn no_ruling(hook: Hook, place: Position, detail: String) -> Fault {
    Fault { kind: FaultKind::NoRuling, hook, place: place_of(place), detail }
}

fn place_of(position: Position) -> Option<Place> {
    let line = position.line()?;
    Some(Place { line: line as u32, column: position.position().unwrap_or(1) as u32 })
}

/// The error within all calls, and its place or that of the call nearest to it.
fn innermost(error: &Error) -> (&Error, Position) {
    match error {
        Error::ErrorInFunctionCall(_, _, inner, outer) | Error::ErrorInModule(_, inner, outer) => {
            let (inner, place) = innermost(inner);
            (inner, if place.is_none() { *outer } else { place })
        }
        other => (other, other.position()),
    }
}

fn described(error: &Error, frame: &Frame<'_>) -> (FaultKind, String) {
    use FaultKind as Kind;
    let said = |kind, text: &str| (kind, text.to_owned());
    match error {
        Error::ErrorTerminated(token, _) => match token.clone().try_cast::<Stop>() {
            Some(Stop(kind, text)) => (kind, stopped(kind, &text, frame)),
            None => said(Kind::Runtime, "the run was ended"),
        },
        Error::ErrorTooManyOperations(_) => (Kind::Operations, stopped(Kind::Operations, "", frame)),
        Error::ErrorStackOverflow(_) => {
            said(Kind::Size, "functions call each other more than 32 deep: use a loop")
        }
        Error::ErrorTooManyVariables(_) => said(Kind::Size, "more than 64 variables: use an array or a map"),
        Error::ErrorDataTooLarge(what, _) => (Kind::Size, too_large(what)),
        Error::ErrorRuntime(value, _) => (Kind::Runtime, thrown(value)),
        Error::ErrorFunctionNotFound(signature, _) => (Kind::Runtime, not_found(signature)),
        Error::ErrorVariableNotFound(name, _) => (Kind::Runtime, format!("there is no variable `{name}`")),
        Error::ErrorPropertyNotFound(name, _) => (
            Kind::Runtime,
            format!("the map has no `{name}`: ask `\"{name}\" in map` first, or write `map.{name} ?? …`"),
        ),
        Error::ErrorDotExpr(text, _) => (Kind::Runtime, no_property(text)),
        Error::ErrorIndexingType(text, _) => (Kind::Runtime, no_property(text)),
        Error::ErrorMismatchDataType(wanted, found, _) if wanted == "bool" => (
            Kind::Runtime,
            format!("`if` wants true or false, and this is {found}: compare it with something"),
        ),
        Error::ErrorMismatchDataType(wanted, found, _) | Error::ErrorMismatchOutputType(wanted, found, _) => {
            (Kind::Runtime, format!("this wants {wanted} and gets {found}"))
        }
        Error::ErrorArrayBounds(0, ..) => {
            said(Kind::Runtime, "the array is empty: ask `if items.len > 0` first")
        }
        Error::ErrorArrayBounds(len, index, _) => {
            (Kind::Runtime, format!("the array has {len} items, counted from 0: there is no {index}"))
        }
        Error::ErrorStringBounds(len, index, _) => {
            (Kind::Runtime, format!("the text has {len} signs, counted from 0: there is no {index}"))
        }
        Error::ErrorFor(_) => said(Kind::Runtime, "`for` goes over arrays, ranges such as 0..10, and texts"),
        Error::ErrorArithmetic(text, _) => (Kind::Runtime, format!("this cannot be worked out: {text}")),
        other => (Kind::Runtime, other.unwrap_position()),
    }
}

/// An error's words without its place.
trait Words {
    fn unwrap_position(&self) -> String;
}

impl Words for Error {
    fn unwrap_position(&self) -> String {
        let text = self.to_string();
        text.rsplit_once(" (line ").map_or(text.clone(), |(head, _)| head.to_owned())
    }
}

fn stopped(kind: FaultKind, text: &str, frame: &Frame<'_>) -> String {
    match kind {
        FaultKind::Operations => format!(
            "more than {} operations: it loops for ever or does too much at once; do a part and set a timer",
            frame.budget().operations_max
        ),
        FaultKind::Time => format!("more than {} ms", frame.budget().wall_ms_max),
        FaultKind::Memory => format!("{text}: keep less at a time"),
        _ => text.to_owned(),
    }
}

fn too_large(what: &str) -> String {
    match what {
        "Length of string" => "texts are longer than 32 KiB together: keep less at a time",
        "Size of object map" => "a map has more than 256 entries: remember values with kv instead",
        _ => "an array has more than 1024 items: keep less at a time",
    }
    .to_owned()
}

fn thrown(value: &Dynamic) -> String {
    match value.clone().try_cast::<Wrong>() {
        Some(Wrong(text)) => text,
        None => format!("`throw {value}`: a throw is a fault, not a denial; write `return deny(code, text)`"),
    }
}

/// A signature such as `alow (Member, &str)` as words.
fn not_found(signature: &str) -> String {
    let (name, arguments) = signature.split_once(" (").unwrap_or((signature, ""));
    let arguments = arguments.trim_end_matches(')');
    let operator = name.chars().all(|sign| !sign.is_alphanumeric() && sign != '_');
    if operator {
        return format!("`{name}` does not go with {}", spoken(arguments));
    }
    let same = API.entries.iter().find(|entry| entry.name == name);
    match same {
        Some(entry) => format!("`{name}` does not take {}: write `{}`", spoken(arguments), entry.usage()),
        None => match nearest(name, API.entries.iter().map(|entry| entry.name)) {
            Some(near) => format!("there is no function `{name}`: write `{near}`"),
            None => format!("there is no function `{name}` for {}", spoken(arguments)),
        },
    }
}

/// Types as people say them.
fn spoken(arguments: &str) -> String {
    if arguments.is_empty() {
        return "nothing".to_owned();
    }
    let one = |kind: &str| match kind.trim_start_matches("&mut ").trim_start_matches('&').trim() {
        "i64" | "int" => "a number".to_owned(),
        "str" | "ImmutableString" | "string" | "String" => "a text".to_owned(),
        "()" => "nothing, `()`".to_owned(),
        "bool" => "true or false".to_owned(),
        "array" | "Array" => "an array".to_owned(),
        other => format!("a {}", other.to_lowercase()),
    };
    arguments.split(", ").map(one).collect::<Vec<_>>().join(" and ")
}

/// `Unknown property 'foo' - a getter is not registered for type 'Bar'` as words.
fn no_property(text: &str) -> String {
    let mut quoted = text.split('\'').skip(1).step_by(2);
    match (quoted.next(), quoted.next()) {
        (Some(name), Some("()")) => format!("nothing has no `{name}`: ask `if value != ()` first"),
        (Some(name), Some(kind)) => {
            let names = API.entries.iter().filter(|entry| entry.on == kind).map(|entry| entry.name);
            match nearest(name, names) {
                Some(near) => format!("{} has no `{name}`: write `{near}`", kind.to_lowercase()),
                None => format!("{} has no `{name}`", kind.to_lowercase()),
            }
        }
        _ => text.to_owned(),
    }
}
