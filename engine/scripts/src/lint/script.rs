//! A script as the checks look at it: its functions with their statements; and all checks one after another.

use std::collections::BTreeMap;

use kith_core::hook::Hook;
use rhai::{AST, ASTNode, Stmt, StmtBlock};

use super::{rulings, shape, walk};
use crate::diagnostic::{Diagnostic, Source};

/// The functions of a script by name and number of parameters.
pub(super) type Functions<'a> = BTreeMap<(&'a str, usize), Function<'a>>;

/// One function of a script.
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) params: Vec<&'a str>,
    pub(super) body: StmtBlock,
}

/// Everything that is wrong with a source that parses, in the order of its lines.
pub(crate) fn lint(source: &Source<'_>, ast: &AST) -> Vec<Diagnostic> {
    let functions: Functions<'_> = ast
        .iter_functions()
        .map(|function| {
            let (name, params) = (function.name, function.params);
            ((name, params.len()), Function { name, body: body(ast, name, params.len()), params })
        })
        .collect();
    let mut out = shape::check(source, ast, &functions);
    out.extend(walk::check(source, ast, &functions));
    out.extend(rulings::check(source, &functions));
    out.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
    out.dedup_by(|second, first| {
        (second.line, second.column, second.code) == (first.line, first.column, first.code)
    });
    out
}

/// The statements of one function. Rhai shows them only to a walk through a whole tree, which is why the
/// function is put into a tree of its own and its statements are copied.
pub(crate) fn body(ast: &AST, name: &str, params: usize) -> StmtBlock {
    let mut alone = ast.clone_functions_only();
    alone.retain_functions(|_, _, other, count| other == name && count == params);
    let mut statements: Vec<Stmt> = Vec::new();
    alone.walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    StmtBlock::new(statements, rhai::Position::NONE, rhai::Position::NONE)
}

/// The hook that a function answers.
pub(super) fn hook_of(name: &str) -> Option<Hook> {
    Hook::ALL.into_iter().find(|hook| hook.function() == name)
}

/// The type of the second parameter of a hook's function.
pub(super) fn input_type(hook: Hook) -> &'static str {
    match hook {
        Hook::Join => "Request",
        Hook::Card => "Change",
        Hook::Message => "Message",
        Hook::Command => "Call",
        Hook::Event => "Event",
        Hook::Timer => "Timer",
        Hook::Topic => "Want",
    }
}

/// How a hook's function begins.
pub(super) fn head(hook: Hook) -> String {
    let second = match hook {
        Hook::Join => "request",
        Hook::Card => "change",
        Hook::Message => "message",
        Hook::Command => "call",
        Hook::Event => "event",
        Hook::Timer => "timer",
        Hook::Topic => "want",
    };
    format!("fn {}(ctx, {second})", hook.function())
}
