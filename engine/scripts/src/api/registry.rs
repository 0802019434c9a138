//! How the table is filled: what is taken of Rhai, then everything of ours, in the order of the reference.

use std::sync::LazyLock;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Module, Shared};

use super::table::{Entry, Table};
use super::{
    compare, effects, events, lists, members, messages, requests, ruling, sizes, store, time, value,
};

/// Everything that scripts can say, built once.
pub(crate) struct Api {
    /// What Rhai gets.
    pub(crate) module: Shared<Module>,
    /// What it is, in words.
    pub(crate) entries: Vec<Entry>,
}

/// Everything that scripts can say.
pub(crate) static API: LazyLock<Api> = LazyLock::new(build);

fn build() -> Api {
    let mut table = Table { module: Module::new(), entries: Vec::new() };
    // Rhai's language package is left out: it brings `sleep`, `exit`, `tag` as a property of everything.
    let module = &mut table.module;
    ArithmeticPackage::init(module);
    LogicPackage::init(module);
    BasicMathPackage::init(module);
    BasicStringPackage::init(module);
    MoreStringPackage::init(module);
    BasicArrayPackage::init(module);
    BasicMapPackage::init(module);
    BasicIteratorPackage::init(module);
    BasicFnPackage::init(module);
    // Rhai looks its own functions up one by one, each time, unless they are registered for good: 60 µs a
    // call instead of 0.1.
    module.register_lazy_functions();
    value::name_types(module);
    compare::add(module);
    module.set_var("kv", Dynamic::from(value::Store));
    ruling::add(&mut table);
    messages::add(&mut table);
    members::add(&mut table);
    requests::add(&mut table);
    lists::add(&mut table);
    time::add(&mut table);
    store::add(&mut table);
    effects::add(&mut table);
    events::add(&mut table);
    sizes::add(&mut table);
    Api { module: table.module.into(), entries: table.entries }
}
