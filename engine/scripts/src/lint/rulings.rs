//! Rulings that go nowhere: made and not returned, missing at the end, or made where nobody waits for one.

use std::collections::BTreeSet;

use rhai::{Expr, FnCallExpr, Position, Stmt, StmtBlock};

use super::script::{Functions, hook_of};
use super::shape::place;
use crate::diagnostic::{Diagnostic, Source};
use crate::say::{source as wrong, write};

/// The functions that make a ruling.
const MAKERS: [&str; 5] = ["allow", "deny", "hold", "violation", "rewrite"];

/// Whether a value is used, or thrown away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Returned,
    Dropped,
}

struct Check<'a> {
    source: &'a Source<'a>,
    /// Makers, and the script's own functions that return what they made.
    makers: BTreeSet<&'a str>,
    /// The function that rules on nothing and is being looked at.
    silent: Option<&'a str>,
    out: Vec<Diagnostic>,
}

pub(super) fn check(source: &Source<'_>, functions: &Functions<'_>) -> Vec<Diagnostic> {
    let own = |name: &str| functions.keys().any(|(other, _)| *other == name);
    let mut makers: BTreeSet<&str> = MAKERS.into_iter().filter(|name| !own(name)).collect();
    // A function that returns another's ruling is found in the next round.
    for _ in 0..functions.len() {
        let giving = functions.values().filter(|function| gives(&function.body, &makers));
        let found: BTreeSet<&str> = giving.map(|function| function.name).collect();
        let before = makers.len();
        makers.extend(found.into_iter().filter(|name| hook_of(name).is_none()));
        if makers.len() == before {
            break;
        }
    }
    let mut check = Check { source, makers, silent: None, out: Vec::new() };
    for function in functions.values() {
        let hook = hook_of(function.name);
        check.silent = hook.filter(|hook| !hook.rules()).map(|hook| hook.function());
        check.block(&function.body, Use::Returned);
        if hook.is_some_and(|hook| hook.rules()) && ends_open(&function.body) {
            let name = function.name;
            let said = source.error(place(source, function), "no_ruling", wrong::no_ruling(name));
            check.out.push(said.with_hint(write::as_last_line()));
        }
    }
    check.out
}

/// Whether a block returns a ruling that it or another maker made.
fn gives(block: &StmtBlock, makers: &BTreeSet<&str>) -> bool {
    let last = block.statements().len();
    block.iter().enumerate().any(|(at, statement)| statement_gives(statement, at + 1 == last, makers))
}

fn statement_gives(statement: &Stmt, last: bool, makers: &BTreeSet<&str>) -> bool {
    let made = |call: &FnCallExpr| makers.contains(call.name.as_str());
    match statement {
        Stmt::Return(Some(value), ..) => matches!(&**value, Expr::FnCall(call, _) if made(call)),
        Stmt::FnCall(call, _) => last && made(call),
        Stmt::Expr(value) => last && matches!(&**value, Expr::FnCall(call, _) if made(call)),
        Stmt::If(flow, _) => gives(&flow.body, makers) || gives(&flow.branch, makers),
        Stmt::Block(block) => gives(block, makers),
        Stmt::For(parts, _) => gives(&parts.2.body, makers),
        Stmt::While(flow, _) | Stmt::Do(flow, ..) => gives(&flow.body, makers),
        _ => false,
    }
}

/// Whether a block can come to its end without a value.
fn ends_open(block: &StmtBlock) -> bool {
    block.iter().last().is_none_or(|statement| match statement {
        Stmt::If(flow, _) => ends_open(&flow.body) || ends_open(&flow.branch),
        Stmt::Block(block) => ends_open(block),
        Stmt::Noop(_) | Stmt::Var(..) | Stmt::Assignment(_) | Stmt::For(..) | Stmt::Do(..) => true,
        // A `loop` ends only by `return` or `break`; a `while` when its condition fails.
        Stmt::While(flow, _) => !matches!(flow.expr, Expr::Unit(_)),
        _ => false,
    })
}

impl Check<'_> {
    fn block(&mut self, block: &StmtBlock, value: Use) {
        let last = block.statements().len();
        for (at, statement) in block.iter().enumerate() {
            let own = if at + 1 == last { value } else { Use::Dropped };
            self.statement(statement, own);
        }
    }

    fn statement(&mut self, statement: &Stmt, value: Use) {
        match statement {
            Stmt::FnCall(call, position) => self.call(call, *position, value),
            Stmt::Expr(expression) => self.expression(expression, value),
            Stmt::Return(Some(expression), ..) => self.expression(expression, Use::Returned),
            Stmt::If(flow, _) => {
                self.block(&flow.body, value);
                self.block(&flow.branch, value);
            }
            Stmt::TryCatch(flow, _) => {
                self.block(&flow.body, value);
                self.block(&flow.branch, value);
            }
            Stmt::Block(block) => self.block(block, value),
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => self.block(&flow.body, Use::Dropped),
            Stmt::For(parts, _) => self.block(&parts.2.body, Use::Dropped),
            Stmt::Switch(parts, _) => {
                parts.1.expressions.iter().for_each(|case| self.expression(&case.rhs, value));
            }
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr, value: Use) {
        match expression {
            Expr::FnCall(call, position) => self.call(call, *position, value),
            Expr::Stmt(block) => self.block(block, value),
            _ => {}
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position, value: Use) {
        let name = call.name.as_str();
        if !self.makers.contains(name) {
            return;
        }
        if let Some(hook) = self.silent {
            let said = self.source.error(position, "ruling_unheard", wrong::ruling_unheard(hook));
            self.out.push(said.with_hint(write::return_only()));
        } else if value == Use::Dropped {
            let said = self.source.error(position, "ruling_dropped", wrong::ruling_dropped(name));
            self.out.push(said.with_hint(write::code(format!("return {name}(…);"))));
        }
    }
}
