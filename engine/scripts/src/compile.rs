//! From a source to something that can be run, or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use kith_core::hook::{Class, Hook};
use kith_core::limits::SCRIPT_BYTES_MAX;
use rhai::{AST, Engine, ImmutableString, Module, Scope, Shared};

use crate::api::API;
use crate::diagnostic::{Diagnostic, Source};
use crate::engine;
use crate::explain;
use crate::fault;
use crate::frame::Frame;
use crate::limits::Limits;
use crate::lint;
use crate::reads::{self, Reads};
use crate::say;

/// The newest level of what scripts can say; a source names the one it was written for as `// api: 1`.
pub(crate) const API_LEVEL: u32 = 1;

/// A source that can be run.
pub struct Compiled {
    /// The hooks that it answers.
    pub hooks: BTreeSet<Hook>,
    /// What it declares to read.
    pub(crate) reads: Reads,
    /// The level that it was written for.
    pub api: u32,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// The hooks' functions, ready to be run.
    bodies: BTreeMap<Hook, Body>,
    waited_for: Engine,
    aside: Engine,
}

/// A hook's function as a tree of its own, whose variables are the function's parameters.
///
/// Rhai could call the function by its name, but then forgets where a limit was reached: it gives such an
/// error the place of the call, and the outermost call has none.
pub(crate) struct Body {
    /// The names of its two parameters.
    pub(crate) parameters: [ImmutableString; 2],
    /// Its statements, beside every function of the script.
    pub(crate) ast: AST,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").field("hooks", &self.hooks).field("api", &self.api).finish_non_exhaustive()
    }
}

impl Compiled {
    /// The function that answers a hook.
    pub(crate) fn body(&self, hook: Hook) -> Option<&Body> {
        self.bodies.get(&hook)
    }

    /// The engine for a class of hooks.
    pub(crate) fn engine(&self, class: Class) -> &Engine {
        match class {
            Class::Small | Class::Medium => &self.waited_for,
            Class::Large => &self.aside,
        }
    }
}

/// Compiles a source, or says everything that is wrong with it.
pub(crate) fn compile(text: &str, limits: &Limits) -> Result<Compiled, Vec<Diagnostic>> {
    if text.len() > SCRIPT_BYTES_MAX {
        let said = Source::about("too_long", say::source::too_long(SCRIPT_BYTES_MAX));
        return Err(vec![said.with_hint(say::write::words_in_lists())]);
    }
    let source = Source::new(text);
    let punctuation = explain::punctuation(&source);
    if !punctuation.is_empty() {
        return Err(punctuation);
    }
    let header = Header::read(&source)?;
    let reads = Reads::declared(&source)?;
    let bare = engine::build(None, &limits.waited_for);
    let parsed = bare.compile(text).map_err(|error| vec![explain::parse_error(&source, &error)])?;
    let (mut errors, warnings): (Vec<Diagnostic>, Vec<Diagnostic>) =
        lint::lint(&source, &parsed).into_iter().partition(Diagnostic::is_error);
    errors.extend(reads::undeclared(&source, &parsed, &reads));
    if !errors.is_empty() {
        return Err(errors);
    }
    let (ast, constants) = strictly(&source, &parsed, limits)?;
    let bodies: BTreeMap<Hook, Body> =
        Hook::ALL.into_iter().filter_map(|hook| Some((hook, body(&ast, hook)?))).collect();
    Ok(Compiled {
        hooks: bodies.keys().copied().collect(),
        reads,
        api: header.api,
        warnings,
        bodies,
        waited_for: engine::build(constants.clone(), &limits.waited_for),
        aside: engine::build(constants, &limits.aside),
    })
}

fn body(ast: &AST, hook: Hook) -> Option<Body> {
    let function = ast.iter_functions().find(|one| one.name == hook.function() && one.params.len() == 2)?;
    let parameters =
        [function.params.first()?, function.params.get(1)?].map(|name| ImmutableString::from(*name));
    let functions: &Shared<Module> = ast.as_ref();
    let statements = lint::body(ast, hook.function(), 2);
    Some(Body { parameters, ast: AST::new(statements, functions.clone()) })
}

/// Parses again with every name known or refused, and works the constants out.
fn strictly(
    source: &Source<'_>,
    parsed: &AST,
    limits: &Limits,
) -> Result<(AST, Option<Shared<Module>>), Vec<Diagnostic>> {
    let mut engine = engine::build(None, &limits.waited_for);
    let mut scope = Scope::new();
    let frame = Frame::new(None, limits.waited_for);
    let worked_out = frame.enter(|| engine.run_ast_with_scope(&mut scope, parsed));
    if let Err(error) = worked_out {
        let fault = fault::explain(&error, Hook::Message, &frame);
        let place = fault.place.map_or(rhai::Position::NONE, |place| {
            rhai::Position::new(place.line.min(65_535) as u16, place.column.min(65_535) as u16)
        });
        return Err(vec![source.error(place, "constant", fault.detail)]);
    }
    let mut constants = Module::new();
    for (name, _, value) in scope.iter() {
        constants.set_var(name, value);
    }
    scope.push_constant("kv", ());
    engine.set_strict_variables(true);
    let compiled = engine.compile_with_scope(&scope, source.text);
    let mut ast = compiled.map_err(|error| vec![explain::parse_error(source, &error)])?;
    ast.clear_statements();
    let empty = constants.iter_var().next().is_none();
    Ok((ast, (!empty).then(|| constants.into())))
}

/// What a source says about itself in its first comments.
struct Header {
    api: u32,
}

impl Header {
    fn read(source: &Source<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut header = Self { api: API_LEVEL };
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            let said = line.trim();
            if let Some(level) = said.strip_prefix("// api:") {
                header.api = match level.trim().parse() {
                    Ok(level) if (1..=API_LEVEL).contains(&level) => level,
                    _ => {
                        let message = say::source::api_level(API_LEVEL, level.trim());
                        return Err(vec![
                            source
                                .error(source.place(at), "api_level", message)
                                .with_hint(say::write::code(format!("// api: {API_LEVEL}"))),
                        ]);
                    }
                };
            }
            at += line.len();
        }
        Ok(header)
    }
}

/// Everything that scripts can say is built once, before anybody waits for it.
pub(crate) fn prepare() {
    std::sync::LazyLock::force(&API);
}
