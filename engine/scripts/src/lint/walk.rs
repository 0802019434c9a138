//! A walk through every function that knows which variables are alive and what they hold, as far as that is
//! written: finds names that do not exist and comparisons that never hold.

use std::collections::BTreeMap;

use kith_core::notice::Text;
use rhai::{AST, ASTFlags, BinaryExpr, Expr, FnCallExpr, Position, Stmt, StmtBlock};

use super::compare::never;
use super::names::{NAMES, elsewhere, entries_of, is_ours, members_of, property};
use super::script::{Function, Functions, hook_of, input_type};
use super::shape::is_anonymous;
use crate::api::{API, Shape};
use crate::diagnostic::{Diagnostic, Source};
use crate::kinds;
use crate::nearest::nearest;
use crate::say::{source as wrong, write};

/// What a value is, by the table's names; empty where it is not known.
type Kind = &'static str;
const UNKNOWN: Kind = "";

/// Bytes of a list of names that still helps.
const NAMES_BYTES_MAX: usize = 133;

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

struct Walk<'a> {
    source: &'a Source<'a>,
    functions: &'a Functions<'a>,
    constants: BTreeMap<String, Kind>,
    /// Variables that are alive, the innermost last.
    alive: Vec<(String, Kind)>,
    anonymous: bool,
    out: Vec<Diagnostic>,
}

pub(super) fn check(source: &Source<'_>, ast: &AST, functions: &Functions<'_>) -> Vec<Diagnostic> {
    let mut walk = Walk {
        source,
        functions,
        constants: BTreeMap::from([("kv".to_owned(), "kv")]),
        alive: Vec::new(),
        anonymous: false,
        out: Vec::new(),
    };
    for statement in ast.statements() {
        if let Stmt::Var(parts, flags, _) = statement {
            let kind = walk.expression(&parts.1);
            if flags.contains(ASTFlags::CONSTANT) {
                walk.constants.insert(parts.0.name.to_string(), kind);
            }
        }
    }
    functions.values().for_each(|function| walk.function(function));
    walk.out
}

impl Walk<'_> {
    fn function(&mut self, function: &Function<'_>) {
        let hook = hook_of(function.name).filter(|_| function.params.len() == 2);
        let kinds = [if hook.is_some() { "Context" } else { UNKNOWN }, hook.map_or(UNKNOWN, input_type)];
        let parameters = function.params.iter().enumerate();
        self.alive = parameters
            .map(|(at, name)| (name.to_string(), kinds.get(at).copied().unwrap_or(UNKNOWN)))
            .collect();
        self.anonymous = is_anonymous(function);
        self.block(&function.body);
    }

    fn say(&mut self, position: Position, code: &'static str, message: Text, hint: Option<Text>) {
        let said = self.source.error(position, code, message);
        self.out.push(match hint {
            Some(hint) => said.with_hint(hint),
            None => said,
        });
    }

    fn block(&mut self, block: &StmtBlock) {
        let alive = self.alive.len();
        block.iter().for_each(|statement| self.statement(statement));
        self.alive.truncate(alive);
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Var(parts, ..) => {
                let kind = self.expression(&parts.1);
                self.alive.push((parts.0.name.to_string(), kind));
            }
            Stmt::Assignment(parts) => {
                self.expression(&parts.1.lhs);
                let kind = self.expression(&parts.1.rhs);
                self.assigned(&parts.1.lhs, kind);
            }
            Stmt::FnCall(call, position) => {
                self.call(call, *position);
            }
            Stmt::Expr(expression) => {
                self.expression(expression);
            }
            Stmt::Return(Some(expression), ..) | Stmt::BreakLoop(Some(expression), ..) => {
                self.expression(expression);
            }
            Stmt::Block(block) => self.block(block),
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.block(&flow.body);
                self.block(&flow.branch);
            }
            Stmt::TryCatch(flow, _) => {
                self.block(&flow.body);
                let alive = self.alive.len();
                if let Expr::Variable(caught, ..) = &flow.expr {
                    self.alive.push((caught.1.to_string(), UNKNOWN));
                }
                self.block(&flow.branch);
                self.alive.truncate(alive);
            }
            Stmt::For(parts, _) => {
                let (item, counter, flow) = &**parts;
                let over = self.expression(&flow.expr);
                let alive = self.alive.len();
                self.alive.push((item.name.to_string(), item_kind(over)));
                self.alive.extend(counter.iter().map(|counter| (counter.name.to_string(), "int")));
                self.block(&flow.body);
                self.alive.truncate(alive);
            }
            Stmt::Switch(parts, _) => {
                self.expression(&parts.0);
                for case in &parts.1.expressions {
                    self.expression(&case.lhs);
                    self.expression(&case.rhs);
                }
            }
            _ => {}
        }
    }

    /// A variable that gets another kind of value is not judged any more.
    fn assigned(&mut self, target: &Expr, kind: Kind) {
        let Expr::Variable(variable, ..) = target else { return };
        let known = self.alive.iter_mut().rev().find(|(name, _)| *name == variable.1.as_str());
        if let Some((_, known)) = known
            && *known != kind
        {
            *known = UNKNOWN;
        }
    }

    fn expression(&mut self, expression: &Expr) -> Kind {
        match expression {
            Expr::BoolConstant(..) => "bool",
            Expr::IntegerConstant(..) => "int",
            Expr::StringConstant(..) => "text",
            Expr::DynamicConstant(value, _) if value.is_decimal() => "decimal",
            Expr::Unit(_) => "()",
            Expr::InterpolatedString(parts, _) => {
                parts.iter().for_each(|part| {
                    self.expression(part);
                });
                "text"
            }
            Expr::Array(items, _) => {
                items.iter().for_each(|item| {
                    self.expression(item);
                });
                "array"
            }
            Expr::Map(entries, _) => {
                entries.0.iter().for_each(|(_, value)| {
                    self.expression(value);
                });
                "map"
            }
            Expr::Variable(variable, _, position) => self.variable(&variable.1, *position),
            Expr::Stmt(block) => {
                self.block(block);
                UNKNOWN
            }
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::Dot(pair, ..) => {
                let receiver = self.expression(&pair.lhs);
                self.follow(receiver, &pair.rhs)
            }
            Expr::Index(pair, flags, _) => {
                let receiver = self.expression(&pair.lhs);
                self.index(receiver, (pair, *flags))
            }
            Expr::And(all, _) | Expr::Or(all, _) => {
                all.iter().for_each(|one| {
                    self.expression(one);
                });
                "bool"
            }
            Expr::Coalesce(all, _) => {
                all.iter().for_each(|one| {
                    self.expression(one);
                });
                UNKNOWN
            }
            _ => UNKNOWN,
        }
    }

    fn index(&mut self, receiver: Kind, (pair, flags): (&BinaryExpr, ASTFlags)) -> Kind {
        let item = item_kind(receiver);
        match &pair.rhs {
            Expr::Dot(rest, ..) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(&rest.lhs);
                self.follow(item, &rest.rhs)
            }
            Expr::Index(rest, flags, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(&rest.lhs);
                self.index(item, (rest, *flags))
            }
            index => {
                self.expression(index);
                item
            }
        }
    }

    /// What stands behind a dot.
    fn follow(&mut self, receiver: Kind, rest: &Expr) -> Kind {
        match rest {
            Expr::Property(property, position) => self.property(receiver, &property.2, *position),
            Expr::MethodCall(call, position) => self.method(receiver, call, *position),
            Expr::Dot(pair, ..) => {
                let next = self.follow(receiver, &pair.lhs);
                self.follow(next, &pair.rhs)
            }
            Expr::Index(pair, flags, _) => {
                let next = self.follow(receiver, &pair.lhs);
                self.index(next, (pair, *flags))
            }
            _ => UNKNOWN,
        }
    }

    fn variable(&mut self, name: &str, position: Position) -> Kind {
        let alive = self.alive.iter().rev().find(|(other, _)| other == name).map(|(_, kind)| *kind);
        if let Some(kind) = alive.or_else(|| self.constants.get(name).copied()) {
            return kind;
        }
        if self.functions.keys().any(|(other, _)| *other == name) {
            return UNKNOWN;
        }
        let names = self.alive.iter().map(|(name, _)| name.as_str());
        let names = names.chain(self.constants.keys().map(String::as_str));
        let hint = match nearest(name, names) {
            Some(near) => write::code(near),
            None if self.anonymous => write::closure(),
            None if ["ctx", "message", "request", "event", "call", "timer"].contains(&name) => {
                write::hand_over(name)
            }
            None if matches!(name, "null" | "nil" | "None" | "undefined") => wrong::nothing(),
            None if matches!(name, "True" | "False" | "TRUE" | "FALSE") => write::code(name.to_lowercase()),
            None if API.entries.iter().any(|entry| entry.name == name && entry.on.is_empty()) => {
                write::call_it(name)
            }
            None => write::make_first(name),
        };
        self.say(position, "unknown_variable", wrong::no_variable(name), Some(hint));
        UNKNOWN
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) -> Kind {
        let kinds: Vec<Kind> = call.args.iter().map(|argument| self.expression(argument)).collect();
        let name = call.name.as_str();
        if call.op_token.is_some() {
            return self.operator(name, &kinds, position);
        }
        if self.functions.contains_key(&(name, kinds.len())) || name == "Fn" {
            return UNKNOWN;
        }
        let own: Vec<usize> =
            self.functions.keys().filter(|(other, _)| *other == name).map(|(_, count)| *count).collect();
        let known = NAMES.functions.get(name);
        if known.is_some_and(|counts| counts.contains(&kinds.len())) {
            let entry = API.entries.iter().find(|entry| entry.name == name && entry.on.is_empty());
            return entry.map_or(UNKNOWN, |entry| entry.returns);
        }
        if !own.is_empty() || (known.is_some() && elsewhere(name).is_none()) {
            let message = wrong::wrong_arguments(name, values(kinds.len()));
            self.say(position, "wrong_arguments", message, self.how_to_call(name));
            return UNKNOWN;
        }
        let plain = API.entries.iter().filter(|entry| entry.on.is_empty()).map(|entry| entry.name);
        let names = self.functions.keys().map(|(name, _)| *name).chain(plain);
        let hint = elsewhere(name).or_else(|| {
            let near = nearest(name, names)?;
            let entry = API.entries.iter().find(|entry| entry.name == near && entry.on.is_empty());
            Some(write::code(entry.map_or_else(|| format!("{near}(…)"), |entry| entry.usage())))
        });
        self.say(position, "unknown_function", wrong::no_function(name), hint);
        UNKNOWN
    }

    fn how_to_call(&self, name: &str) -> Option<Text> {
        if let Some((_, function)) = self.functions.iter().find(|((other, _), _)| *other == name) {
            return Some(write::code(format!("{name}({})", function.params.join(", "))));
        }
        let entry = API.entries.iter().find(|entry| entry.name == name)?;
        Some(write::code(entry.usage()))
    }

    fn operator(&mut self, operator: &str, kinds: &[Kind], position: Position) -> Kind {
        if !COMPARISONS.contains(&operator) {
            return match (operator, kinds) {
                ("!", _) => "bool",
                ("+" | "-" | "*" | "/" | "%", ["int", "int"]) => "int",
                ("+", ["text", _] | [_, "text"]) => "text",
                _ => UNKNOWN,
            };
        }
        if let [left, right] = kinds
            && let Some(hint) = never(left, right)
        {
            let message = wrong::never_equal(kinds::of(left), kinds::of(right));
            self.say(position, "never_equal", message, Some(hint));
        }
        "bool"
    }

    fn property(&mut self, receiver: Kind, name: &str, position: Position) -> Kind {
        if let Some(kind) = property(receiver, name) {
            return kind;
        }
        if matches!((receiver, name), ("text" | "array", "len")) {
            return "int";
        }
        if !is_ours(receiver) {
            return UNKNOWN;
        }
        let method = entries_of(receiver).find(|entry| entry.name == name && entry.call == Shape::Function);
        let hint = match method {
            Some(entry) => Some(write::code(entry.usage())),
            None => nearest(name, members_of(receiver)).map(write::code).or_else(|| {
                let names = members_of(receiver).join(", ");
                (names.len() < NAMES_BYTES_MAX).then(|| write::has(names))
            }),
        };
        self.say(position, "unknown_property", wrong::no_property(kinds::of(receiver), name), hint);
        UNKNOWN
    }

    fn method(&mut self, receiver: Kind, call: &FnCallExpr, position: Position) -> Kind {
        call.args.iter().for_each(|argument| {
            self.expression(argument);
        });
        let (name, count) = (call.name.as_str(), call.args.len());
        let own = entries_of(receiver).find(|entry| {
            entry.name == name && entry.call == Shape::Function && entry.parameters.len() == count
        });
        if let Some(entry) = own {
            return entry.returns;
        }
        let called = self.functions.contains_key(&(name, count));
        let known = NAMES.functions.get(name).is_some_and(|counts| counts.contains(&(count + 1)));
        if called
            || (known && !is_ours(receiver))
            || matches!(name, "to_string" | "type_of" | "to_debug" | "call")
        {
            return UNKNOWN;
        }
        if receiver == UNKNOWN && NAMES.functions.contains_key(name) && known {
            return UNKNOWN;
        }
        let same = entries_of(receiver).find(|entry| entry.name == name);
        let anywhere = || nearest(name, API.entries.iter().map(|entry| entry.name));
        let hint = match same {
            Some(entry) => Some(write::code(entry.usage())),
            None if is_ours(receiver) => nearest(name, members_of(receiver)).map(write::code),
            None => anywhere().map(write::code),
        };
        let message = match receiver {
            UNKNOWN | "any" => wrong::no_call(name, values(count)),
            kind => wrong::no_method(kinds::of(kind), name),
        };
        self.say(position, "unknown_function", message, hint);
        UNKNOWN
    }
}

/// What a loop over it gives.
fn item_kind(kind: Kind) -> Kind {
    match kind {
        "Questions" => "Message",
        _ => UNKNOWN,
    }
}

/// So many values.
fn values(count: usize) -> Text {
    if count == 1 { wrong::one_value(count) } else { wrong::many_values(count) }
}
