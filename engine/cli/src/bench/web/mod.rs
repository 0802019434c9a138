//! Figures over HTTP: a real server on loopback, asked by clients that do as little as a client can, in the
//! same process; listeners are in another.

mod client;
mod join;
mod listen;
mod live;
mod page;
mod post;
mod site;
mod socket;

pub(super) use join::join;
pub(super) use listen::listen;
pub(super) use live::{idle, live};
pub(super) use page::page;
pub(super) use post::post;
