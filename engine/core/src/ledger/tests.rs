//! The ledger against an auditor of its own, and each thing that is built on it with its edges by name.

mod auditor;
mod desk;
mod invariants;
mod packet;
mod points;
mod transfer;
