//! The scripts of a blueprint: `scripts/<name>.rhai` with `<name>.cases.toml` beside it, ordered and bound as
//! `[scripts]` says.

use kith_core::community::Blueprint;
use kith_core::script::Binding;

use super::load::{BlueprintError, Source};
use super::mistake::{Mistake, Place, find};
use crate::scripting::{CASES_ENDING, How, SCRIPT_ENDING, Written};

/// A script that is put in once its community is founded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What was written.
    pub written: Written,
    /// How it is bound.
    pub binding: Binding,
}

impl Planned {
    /// How it is put in.
    pub fn how(&self) -> How {
        How { binding: Some(self.binding.clone()), ..How::default() }
    }
}

/// The scripts among the files of a blueprint, in the order in which they are asked.
pub(super) fn of(sources: &[Source<'_>], blueprint: &Blueprint) -> Result<Vec<Planned>, BlueprintError> {
    let stem = |source: &Source<'_>| {
        let name = source.path.strip_prefix("scripts/")?.strip_suffix(SCRIPT_ENDING)?;
        Some(name.to_owned())
    };
    let mut names: Vec<String> = sources.iter().filter_map(stem).collect();
    let config = &blueprint.scripts;
    let unknown = config.order.iter().chain(config.bindings.keys()).find(|name| !names.contains(name));
    if let Some(name) = unknown {
        return Err(missing(sources, name, &names).into());
    }
    config.sort(&mut names);
    let text = |path: &str| sources.iter().find(|source| source.path == path).map(|it| it.text.to_owned());
    let planned = names.into_iter().map(|name| {
        let (file, cases) =
            (format!("scripts/{name}{SCRIPT_ENDING}"), format!("scripts/{name}{CASES_ENDING}"));
        let source = text(&file).unwrap_or_default();
        let cases = text(&cases).map(|text| (cases, text));
        let binding = config.bindings.get(&name).cloned().unwrap_or_default();
        Planned { written: Written { name, file, source, cases }, binding }
    });
    Ok(planned.collect())
}

/// A script is named that has no file.
fn missing(sources: &[Source<'_>], name: &str, names: &[String]) -> Mistake {
    let community = sources.iter().find(|source| source.path == "community.toml");
    let place = community.and_then(|source| {
        let forms = [format!("\"{name}\""), format!("scripts.{name}]"), name.to_owned()];
        forms.iter().find_map(|form| find(source.text, form)).map(|span| Place::at(*source, span))
    });
    let advice = match names {
        [] => format!("write it to scripts/{name}{SCRIPT_ENDING}, or take the line away"),
        names => format!("there are: {}", names.join(", ")),
    };
    Mistake {
        place: place.unwrap_or_else(|| Place::file("community.toml")),
        what: format!("there is no script `{name}` in scripts/"),
        advice: Some(advice),
    }
}
