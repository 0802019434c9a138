//! Blueprints as folders: `community.toml`, `messages/{en,zh-CN}.toml`, `lists/*.txt` become one
//! value; `scripts/*.rhai` stand beside it, as only a compiler can say whether they are fine.
//!
//! Promises that a folder that loads passes the core's checks, that a mistake is shown with its file,
//! line and what to write instead, and that nothing huge is read. It founds nothing.
//!
//! Reading order: `load` (the folder), `messages` (texts), `scripts`, `mistake` (how one is shown), `advice`
//! (what to write).

mod advice;
mod load;
mod messages;
mod mistake;
mod scripts;
#[cfg(test)]
mod tests;

pub(crate) use load::text_of;
pub use load::{BlueprintError, Loaded, Parsed, Source, load, parse, parse_all, read};
pub use mistake::{Mistake, Place, columns};
pub use scripts::Planned;
