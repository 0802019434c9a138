//! The store of Kith.
