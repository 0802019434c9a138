//! Why a run came to nothing: Rhai's errors as the core's faults, with the innermost place and what to write.

use kith_core::hook::{Fault, FaultKind, Hook, Place};
use kith_core::notice::{Arg, Text};
use rhai::{Dynamic, EvalAltResult as Error, Position};

use crate::api::API;
use crate::frame::{Frame, Stop, Wrong};
use crate::kinds;
use crate::nearest::nearest;
use crate::say::{run as say, source};

/// Says of an error what the operator is told.
pub(crate) fn explain(error: &Error, hook: Hook, frame: &Frame<'_>) -> Fault {
    let (inner, place) = innermost(error);
    let (kind, detail) = described(inner, frame);
    Fault { kind, hook, place: place_of(place), detail }
}

/// A fault of what came back.
pub(crate) fn no_ruling(hook: Hook, place: Position, detail: Text) -> Fault {
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

fn described(error: &Error, frame: &Frame<'_>) -> (FaultKind, Text) {
    use FaultKind as Kind;
    match error {
        Error::ErrorTerminated(token, _) => match token.clone().try_cast::<Stop>() {
            Some(Stop(kind, text)) => (kind, text),
            None => (Kind::Runtime, say::ended()),
        },
        Error::ErrorTooManyOperations(_) => (Kind::Operations, frame.too_many_operations()),
        Error::ErrorStackOverflow(_) => (Kind::Size, say::depth()),
        Error::ErrorTooManyVariables(_) => (Kind::Size, say::variables()),
        Error::ErrorDataTooLarge(what, _) => (Kind::Size, too_large(what)),
        other => (Kind::Runtime, failed(other)),
    }
}

/// What is said of an error that is no limit.
fn failed(error: &Error) -> Text {
    match error {
        Error::ErrorRuntime(value, _) => thrown(value),
        Error::ErrorFunctionNotFound(signature, _) => not_found(signature),
        Error::ErrorVariableNotFound(name, _) => source::no_variable(name.as_str()),
        Error::ErrorPropertyNotFound(name, _) => say::map_lacks(name.as_str()),
        Error::ErrorDotExpr(text, _) | Error::ErrorIndexingType(text, _) => no_property(text),
        Error::ErrorMismatchDataType(wanted, found, _) if wanted == "bool" => {
            say::wants_truth(kinds::of(found))
        }
        Error::ErrorMismatchDataType(wanted, found, _) | Error::ErrorMismatchOutputType(wanted, found, _) => {
            say::wants(kinds::of(wanted), kinds::of(found))
        }
        Error::ErrorArrayBounds(0, ..) => say::empty_array(),
        Error::ErrorArrayBounds(len, index, _) => say::no_item(*len, Arg::Number(*index)),
        Error::ErrorStringBounds(len, index, _) => say::no_sign(*len, Arg::Number(*index)),
        Error::ErrorIndexNotFound(index, _) => say::bad_index(index.to_string()),
        Error::ErrorFor(_) => say::for_over(),
        Error::ErrorArithmetic(text, _) => say::arithmetic(arithmetic(text)),
        Error::ErrorAssignmentToConstant(name, _) => say::constant(name.as_str()),
        Error::ErrorUnboundThis(_) => say::unbound_this(),
        other => crate::say::of_rhai(without_place(other)),
    }
}

/// An error's words without its place.
fn without_place(error: &Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" (line ").map_or(text.clone(), |(head, _)| head.to_owned())
}

/// `Division by zero: 1 / 0` as words; others stay as Rhai says them.
fn arithmetic(text: &str) -> Arg {
    match text.split_once(": ") {
        Some(("Division by zero", what)) => say::division_by_zero(what).into(),
        Some(("Addition overflow", what)) => say::addition_overflow(what).into(),
        Some(("Subtraction overflow", what)) => say::subtraction_overflow(what).into(),
        Some(("Multiplication overflow", what)) => say::multiplication_overflow(what).into(),
        _ => text.into(),
    }
}

fn too_large(what: &str) -> Text {
    match what {
        "Length of string" => say::texts_grow(),
        "Size of object map" => say::map_grows(),
        _ => say::array_grows(),
    }
}

fn thrown(value: &Dynamic) -> Text {
    match value.clone().try_cast::<Wrong>() {
        Some(Wrong(text)) => text,
        None => say::thrown(value.to_string()),
    }
}

/// A signature such as `alow (Member, &str)` as words.
fn not_found(signature: &str) -> Text {
    let (name, arguments) = signature.split_once(" (").unwrap_or((signature, ""));
    let kinds = kinds::all(arguments.trim_end_matches(')'));
    if name.chars().all(|sign| !sign.is_alphanumeric() && sign != '_') {
        return say::does_not_go(name, kinds);
    }
    let same = API.entries.iter().find(|entry| entry.name == name);
    match same {
        Some(entry) => say::does_not_take(name, kinds, entry.usage()),
        None => match nearest(name, API.entries.iter().map(|entry| entry.name)) {
            Some(near) => say::no_function_near(name, near),
            None => say::no_function(name, kinds),
        },
    }
}

/// `Unknown property 'foo' - a getter is not registered for type 'Bar'` as words.
fn no_property(text: &str) -> Text {
    let mut quoted = text.split('\'').skip(1).step_by(2);
    match (quoted.next(), quoted.next()) {
        (Some(name), Some("()")) => say::nothing_has(name),
        (Some(name), Some(kind)) => {
            let names = API.entries.iter().filter(|entry| entry.on == kind).map(|entry| entry.name);
            match nearest(name, names) {
                Some(near) => say::kind_near(kinds::of(kind), name, near),
                None => say::kind_lacks(kinds::of(kind), name),
            }
        }
        _ => crate::say::of_rhai(text),
    }
}
