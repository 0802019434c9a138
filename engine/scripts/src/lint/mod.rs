//! What is wrong with a source that parses: names, shapes, rulings that go nowhere, comparisons that never
//! hold. Types are followed as far as the table of functions knows them; what is not known is not judged.

mod compare;
mod names;
mod rulings;
mod script;
mod shape;
mod walk;

pub(crate) use script::{body, lint};
