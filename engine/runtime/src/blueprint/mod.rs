//! Blueprints as folders: `community.toml`, `messages/{en,zh-CN}.toml` and `lists/*.txt` become one value.
//!
//! Promises that a folder that loads passes the core's checks, that a mistake is shown with its file,
//! line and what to write instead, and that nothing huge is read. It founds nothing.
//!
//! Reading order: `load` (the folder), `messages` (texts), `mistake` (how one is shown), `advice` (what
//! to write).

mod advice;
mod load;
mod messages;
mod mistake;
#[cfg(test)]
mod tests;

pub use load::{BlueprintError, Loaded, Source, load, parse, read};
pub use mistake::{Mistake, Place};
