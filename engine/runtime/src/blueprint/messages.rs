//! A community's own texts: `messages/<language>.toml`, flat (`"gate.welcome" = "…"`) or in tables
//! (`[gate]`).

use std::collections::{BTreeMap, BTreeSet};

use kith_core::community::Language;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::load::Source;
use super::mistake::{Mistake, Place};
use crate::texts;

/// Tables within tables; the engine's codes have four parts at most.
const DEPTH_MAX: usize = 8;

/// Reads the texts of one language.
pub(super) fn parse(source: Source<'_>) -> Result<BTreeMap<String, String>, Box<Mistake>> {
    let table = DeTable::parse(source.text).map_err(|error| Box::new(Mistake::of_toml(source, &error)))?;
    let mut out = BTreeMap::new();
    gather(source, "", table.get_ref(), DEPTH_MAX, &mut out)?;
    Ok(out)
}

fn gather(
    source: Source<'_>,
    prefix: &str,
    table: &DeTable<'_>,
    depth: usize,
    out: &mut BTreeMap<String, String>,
) -> Result<(), Box<Mistake>> {
    for (key, value) in table {
        let name = key.get_ref();
        let code = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
        match value.get_ref() {
            DeValue::Table(inner) if depth > 0 => gather(source, &code, inner, depth - 1, out)?,
            DeValue::String(text) => {
                check_arguments(source, &code, value, text)?;
                out.insert(code, text.to_string());
            }
            _ => return Err(Box::new(not_a_text(source, &code, value))),
        }
    }
    Ok(())
}

fn not_a_text(source: Source<'_>, code: &str, value: &Spanned<DeValue<'_>>) -> Mistake {
    Mistake {
        place: Place::at(source, value.span()),
        what: format!("the text `{code}` is no text"),
        advice: Some(format!("write it in quotes: \"{code}\" = \"…\"")),
    }
}

/// Refuses an argument that the engine does not give to its own text of that code.
fn check_arguments(
    source: Source<'_>,
    code: &str,
    value: &Spanned<DeValue<'_>>,
    text: &str,
) -> Result<(), Box<Mistake>> {
    let Some(own) = texts::template(Language::English, code) else { return Ok(()) };
    let known: BTreeSet<&str> = arguments(own).collect();
    let Some(unknown) = arguments(text).find(|name| !known.contains(name)) else { return Ok(()) };
    let names: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
    let advice = match names.is_empty() {
        true => "this text has no arguments: write it without braces".to_owned(),
        false => format!("it can hold {}", names.join(", ")),
    };
    Err(Box::new(Mistake {
        place: Place::at(source, value.span()),
        what: format!("the text `{code}` has no argument {{{unknown}}}"),
        advice: Some(advice),
    }))
}

fn arguments(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}
