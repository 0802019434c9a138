//! Names that exist: what the table of functions and Rhai's own library have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use kith_core::notice::Text;
use serde::Deserialize;

use crate::api::{API, EVENT_KINDS, Entry, Shape};
use crate::engine;
use crate::limits::Limits;
use crate::say::write;

/// Functions that the language itself has.
const KEYWORDS: [(&str, usize); 5] =
    [("print", 1), ("debug", 1), ("type_of", 1), ("is_def_fn", 2), ("is_def_var", 1)];

/// The names that exist.
pub(super) struct Names {
    /// Functions and methods with their numbers of arguments, the receiver counted.
    pub(super) functions: BTreeMap<String, BTreeSet<usize>>,
}

pub(super) static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let engine = engine::build(None, &Limits::default().waited_for);
    let json = engine.gen_fn_metadata_to_json(true).unwrap_or_default();
    let listed: Listed = serde_json::from_str(&json).unwrap_or_default();
    let mut functions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for function in listed.functions {
        functions.entry(function.name).or_default().insert(function.num_params);
    }
    for (name, count) in KEYWORDS {
        functions.entry(name.to_owned()).or_default().insert(count);
    }
    Names { functions }
});

#[derive(Default, Deserialize)]
struct Listed {
    functions: Vec<ListedFunction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedFunction {
    name: String,
    num_params: usize,
}

/// What to write where people look for something under another name.
pub(super) fn elsewhere(name: &str) -> Option<Text> {
    Some(match name {
        "sleep" => write::no_sleep(),
        "timestamp" | "now" => write::the_time(),
        "rand" | "random" => write::dice(),
        "exit" => write::code("return"),
        "points" => write::points(),
        "ban" => write::no_ban(),
        "kick" => write::code("remove(member, text)"),
        "send" => write::send(),
        "len" => write::code("value.len"),
        "reply" => write::reply(),
        _ => return None,
    })
}

/// The entries of a type.
pub(super) fn entries_of(kind: &str) -> impl Iterator<Item = &'static Entry> {
    API.entries.iter().filter(move |entry| entry.on == kind)
}

/// The types whose every property is in the table.
pub(super) fn is_ours(kind: &str) -> bool {
    !matches!(kind, "" | "text" | "int" | "array" | "any" | "bool" | "map" | "()")
        && entries_of(kind).next().is_some()
}

/// The type of a property; `None` where the type has none of that name.
pub(super) fn property(kind: &str, name: &str) -> Option<&'static str> {
    let own = entries_of(kind).find(|entry| entry.name == name && entry.call == Shape::Property);
    if let Some(entry) = own {
        return Some(entry.returns);
    }
    match kind {
        "Card" => Some("text"),
        "Settings" => Some("any"),
        "Event" => {
            let mut fields = EVENT_KINDS.iter().flat_map(|kind| kind.fields);
            fields.find(|(field, _)| *field == name).map(|(_, kind)| *kind)
        }
        _ => None,
    }
}

/// The names that a type's properties and methods have.
pub(super) fn members_of(kind: &str) -> Vec<&'static str> {
    let fields = EVENT_KINDS.iter().filter(|_| kind == "Event").flat_map(|kind| kind.fields);
    entries_of(kind).map(|entry| entry.name).chain(fields.map(|(name, _)| *name)).collect()
}
