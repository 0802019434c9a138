//! The composition root of Kith: wires store, runtime and commands together. The binary `kith` is a thin
//! shell around it, so that tests start exactly what a host starts.

pub mod clock;
pub mod opened;
