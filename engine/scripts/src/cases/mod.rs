//! Case files: what a script is to say of a situation, in a few lines, tried without a community.
//!
//! ```toml
//! [[case]]
//! name = "a newcomer's link waits"
//! text = "see https://example.org"
//! author = { joined_days = 0 }
//! expect = "hold links"
//! ```
//!
//! A case names only what matters; the rest is a quiet group on a Friday noon. In reading order: what a case
//! is; the town that it is played in; how its outcome is compared.

mod case;
mod check;
mod town;

pub use case::{Case, CaseError, Who, parse};
pub use check::{CaseResult, outcome, run};

pub(crate) use check::with_call;
