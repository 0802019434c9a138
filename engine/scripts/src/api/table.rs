//! The one table of everything that scripts can say: what is registered with Rhai, what the definitions and
//! the reference for authors print, what "nearest name" suggests from, and what the tests compile and run.

use rhai::{FuncRegistration, Module, RhaiNativeFunc, Variant};
use serde::Serialize;

/// One function, method or property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What it belongs to, such as `Member`; empty for a plain function.
    pub on: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether it is written with brackets.
    pub call: Shape,
    /// Its parameters, without the one it belongs to.
    pub parameters: Vec<Parameter>,
    /// What it gives; `()` for nothing.
    pub returns: &'static str,
    /// One sentence or two.
    pub doc: &'static str,
    /// A few lines that run: the body of `on_message(ctx, message)`, or of the hook named by `hook:` first.
    pub example: &'static str,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `name(…)`, or `value.name(…)`.
    Function,
    /// `value.name`.
    Property,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: &'static str,
}

impl Entry {
    /// Takes a line such as `Member.has_tag(tag: text) -> bool` apart.
    fn read(line: &'static str, doc: &'static str, example: &'static str) -> Self {
        let (head, returns) = line.split_once(" -> ").unwrap_or((line, "()"));
        let (path, arguments) = match head.split_once('(') {
            Some((path, rest)) => (path, Some(rest.trim_end_matches(')'))),
            None => (head, None),
        };
        let (on, name) = path.split_once('.').unwrap_or(("", path));
        let parameters = arguments.into_iter().flat_map(|list| list.split(", ")).filter_map(|one| {
            let (name, kind) = one.split_once(": ")?;
            Some(Parameter { name, kind })
        });
        let call = if arguments.is_some() { Shape::Function } else { Shape::Property };
        Self { on, name, call, parameters: parameters.collect(), returns, doc, example }
    }

    /// How it is written, without types: `has_tag(tag)`.
    pub fn usage(&self) -> String {
        let names: Vec<&str> = self.parameters.iter().map(|one| one.name).collect();
        match self.call {
            Shape::Property => self.name.to_owned(),
            Shape::Function => format!("{}({})", self.name, names.join(", ")),
        }
    }

    /// The line it was made of.
    pub fn signature(&self) -> String {
        let on = if self.on.is_empty() { String::new() } else { format!("{}.", self.on) };
        let returns = if self.returns == "()" { String::new() } else { format!(" -> {}", self.returns) };
        let parameters: Vec<String> =
            self.parameters.iter().map(|one| format!("{}: {}", one.name, one.kind)).collect();
        match self.call {
            Shape::Property => format!("{on}{}{returns}", self.name),
            Shape::Function => format!("{on}{}({}){returns}", self.name, parameters.join(", ")),
        }
    }
}

/// The table being filled, with the module that Rhai gets.
pub(crate) struct Table {
    pub(crate) module: Module,
    pub(crate) entries: Vec<Entry>,
}

impl Table {
    /// Adds one entry and the function behind it.
    pub(crate) fn add<A: 'static, const N: usize, const X: bool, R, const F: bool, FUNC>(
        &mut self,
        (line, doc, example): (&'static str, &'static str, &'static str),
        func: FUNC,
    ) where
        R: Variant + Clone,
        FUNC: RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    {
        let entry = Entry::read(line, doc, example);
        self.register(&entry, func);
        self.entries.push(entry);
    }

    /// Adds the same name for another kind of argument; the table keeps the first line.
    pub(crate) fn also<A: 'static, const N: usize, const X: bool, R, const F: bool, FUNC>(
        &mut self,
        func: FUNC,
    ) where
        R: Variant + Clone,
        FUNC: RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    {
        if let Some(entry) = self.entries.last().cloned() {
            self.register(&entry, func);
        }
    }

    fn register<A: 'static, const N: usize, const X: bool, R, const F: bool, FUNC>(
        &mut self,
        entry: &Entry,
        func: FUNC,
    ) where
        R: Variant + Clone,
        FUNC: RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    {
        let registration = match entry.call {
            Shape::Property => FuncRegistration::new_getter(entry.name),
            Shape::Function => FuncRegistration::new(entry.name),
        };
        registration.with_volatility(true).set_into_module(&mut self.module, func);
    }
}
