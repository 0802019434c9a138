//! Figures over HTTP: a real server on loopback, asked by clients in the same process that do as little as a
//! client can.

mod client;
mod join;
mod live;
mod page;
mod post;
mod site;

pub(super) use join::join;
pub(super) use live::{idle, live};
pub(super) use page::page;
pub(super) use post::post;
