//! Scripts: an operator's rules and customs in Rhai, run within limits. The only crate that knows Rhai.
//!
//! Promises: a run is a function of its call and the command's seed; it ends within its limits whatever the
//! source does; it gives a ruling with effects, or a fault that names place and remedy, never half of either.
//! Does not decide anything, keep anything between runs, or read the clock but to measure.
//!
//! In reading order: how scripts are compiled and run; what they can say; what their authors are told; how
//! cases try them; what a call takes.

mod compile;
mod engine;
mod host;
mod reads;

mod allocator;
mod dice;
mod fault;
mod frame;
mod journal;
mod limits;

mod api;

mod definitions;
mod diagnostic;
mod explain;
mod kinds;
mod lint;
mod nearest;
mod say;
mod spoken;

pub mod cases;
pub mod measure;

#[cfg(test)]
mod tests;

pub use allocator::{Counting, is_installed as memory_is_counted};
pub use api::{EVENT_KINDS, Entry, EventKind, Parameter, Shape};
pub use compile::Compiled;
pub use definitions::{definitions, entries, reference};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use frame::Outside;
pub use host::{Host, Usage};
pub use limits::{Budget, Limits};
pub use say::codes;
