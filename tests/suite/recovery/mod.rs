//! What comes back after an end: clean, by the operator, by the power.

mod clock;
mod crowd;
mod erasure;
pub(crate) mod index;
mod kill;
pub(crate) mod power;
mod real_power;
mod restart;
mod retention;
