//! The runtime of Kith.
