//! What a script is made of: constants and functions, at least one hook, each with its two parameters.

use kith_core::hook::Hook;
use rhai::{AST, ASTFlags, Position, Stmt};

use super::script::{Function, Functions, head, hook_of};
use crate::diagnostic::{Diagnostic, Source};
use crate::nearest::nearest;
use crate::say::{source as wrong, write};

pub(super) fn check(source: &Source<'_>, ast: &AST, functions: &Functions<'_>) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> =
        ast.statements().iter().filter_map(|statement| top_level(source, statement)).collect();
    let named = functions.values().filter(|function| !is_anonymous(function));
    out.extend(named.filter_map(|function| hook_shape(source, function)));
    let none = functions.keys().all(|(name, _)| hook_of(name).is_none());
    if none && out.is_empty() {
        let said = Source::about("no_hook", wrong::no_hook());
        out.push(said.with_hint(write::begin_with(head(Hook::Message))));
    }
    out
}

fn top_level(source: &Source<'_>, statement: &Stmt) -> Option<Diagnostic> {
    let (position, hint) = match statement {
        Stmt::Noop(_) => return None,
        Stmt::Var(_, flags, _) if flags.contains(ASTFlags::CONSTANT) => return None,
        Stmt::Var(.., position) => (*position, write::const_or_inside()),
        other => (other.position(), write::into_function()),
    };
    let said = source.error(position, "top_level", wrong::top_level());
    Some(said.with_hint(hint))
}

/// Whether it was written as `|x| …`.
pub(super) fn is_anonymous(function: &Function<'_>) -> bool {
    function.name.starts_with("anon$")
}

/// Where a function is written: its name in the source.
pub(super) fn place(source: &Source<'_>, function: &Function<'_>) -> Position {
    let written = source.text.match_indices(function.name).find(|(at, _)| {
        let before = source.text[..*at].trim_end();
        before.ends_with("fn") && before.len() < *at
    });
    written.map_or(Position::NONE, |(at, _)| source.place(at))
}

fn hook_shape(source: &Source<'_>, function: &Function<'_>) -> Option<Diagnostic> {
    let name = function.name;
    if let Some(hook) = hook_of(name) {
        let said = || source.error(place(source, function), "hook_parameters", wrong::hook_parameters(name));
        return (function.params.len() != 2).then(|| said().with_hint(write::code(head(hook))));
    }
    let near = nearest(name, Hook::ALL.iter().map(|hook| hook.function()));
    if !name.starts_with("on_") && near.is_none() {
        return None;
    }
    let said = source.error(place(source, function), "unknown_hook", wrong::unknown_hook(name));
    Some(match near {
        Some(near) => said.with_hint(write::code(near)),
        None => {
            let names: Vec<&str> = Hook::ALL.iter().map(|hook| hook.function()).collect();
            said.with_hint(write::hooks(names.join(", ")))
        }
    })
}
