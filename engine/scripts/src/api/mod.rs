//! What scripts can say: everything that is registered with Rhai, in one table.
//!
//! In reading order: the table; what scripts hold; rulings; time; members, messages and what hooks are asked
//! about; lists and dice; memory; effects; events; Rhai's own functions made safe.

mod table;
mod value;

mod ruling;
mod time;

mod events;
mod lists;
mod members;
mod messages;
mod requests;

mod effects;
mod store;

mod compare;
mod sizes;

pub use events::{EVENT_KINDS, EventKind};
pub use table::{Entry, Parameter, Shape};
pub(crate) use value::{Change, Context, Happened, Message, Request, Rung, Topic, Typed, Verdict, Want};

use std::sync::LazyLock;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Module, Shared};

use table::Table;

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
