//! `kith bench`: the engine's figures, each beside a reference that was measured in the same run.
//!
//! In reading order: what a figure is (`figure`), how it is shown (`report`), where it runs (`ground`,
//! `host`, `town`, `talk`, `plain`, `child`), and one file for each group of figures. Absolute numbers say
//! something about a machine; the ratios are what is promised. Everything is made in a folder of its own and
//! removed.

mod figure;
mod report;

mod run;

mod alone;
mod call;
mod durable;
mod fold;
mod idle;
mod import;
mod reenact;
mod restart;
mod saved;
mod script;
mod web;

mod child;
mod ground;
mod host;
mod machine;
mod million;
mod plain;
mod stopwatch;
mod talk;
mod town;
mod year;

pub use figure::{Figure, Reach};
pub use report::{Report, Shown};
pub use run::{BenchError, Options, Scale, names, run};
