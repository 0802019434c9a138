//! Cases over HTTP: a real server on loopback over a real DATA folder, asked by a client of somebody else's.

mod desk;
mod live;
mod messages;
mod search;
mod served;

pub(crate) use served::{Answer, Served};
