//! Cases over HTTP: a real server on loopback over a real DATA folder, asked by a client of somebody else's.

mod connector;
mod crowd;
mod desk;
mod examples;
mod fuzzed;
mod hostile;
mod keys;
mod limits;
mod live;
mod matrix;
mod messages;
mod older;
mod operations;
mod scripts;
mod search;
mod secrets;
mod served;
mod sockets;
mod storage;
mod webhook;

pub(crate) use served::{Answer, Served};
