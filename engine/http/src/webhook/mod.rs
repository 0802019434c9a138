//! Webhooks: other servers are told of what happens, as operators asked for.
//!
//! An operator names an address, and is given a secret once; the server sends what live streams would tell a
//! member, each event as a CloudEvent signed with the secret, in order and at least once. What a letter is
//! stands in `letter`, where it may go in `address`, how it goes in `wire`, one webhook's turn in `round`,
//! and whose turn it is in `rota`. When one is tried again and given up the core says.

mod address;
mod letter;
mod rota;
mod round;
mod row;
mod wire;

use utoipa_axum::router::OpenApiRouter;

pub use address::Reach;
pub use letter::KINDS;
pub(crate) use rota::{Bell, run};
pub(crate) use row::{Condition, NewWebhook, Shown, Told};
pub use row::{check_url, kinds_of};

use crate::place::Place;

/// The routes of webhooks.
pub(crate) fn routes() -> OpenApiRouter<Place> {
    row::routes()
}
