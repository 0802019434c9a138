//! What scripts can say: everything that is registered with Rhai, in one table.
//!
//! In reading order: the table and how it is filled; what scripts hold; rulings; time; members, messages and
//! what hooks are asked about; lists and dice; memory; effects; events; Rhai's own functions made safe.

mod registry;
mod table;
mod value;

mod ruling;
mod time;

mod events;
mod lists;
mod members;
mod messages;
mod remembered;
mod requests;

mod effects;
mod store;

mod compare;
mod sizes;

pub use events::{EVENT_KINDS, EventKind};
pub(crate) use registry::API;
pub use table::{Entry, Parameter, Shape};
pub(crate) use value::{Change, Context, Happened, Message, Request, Rung, Topic, Typed, Verdict, Want};
