//! Connectors over HTTP: what a bot of another network says and asks (用户在哪我们在哪).
//!
//! A bot needs a token with `connect`. It posts what was said on its network and is told what became of it;
//! it reads what is to be done there from a stream and acknowledges what it did. Messages are posted once by
//! the network's own id, however often they are sent; effects are told at least once, and each has an id.
//! Their own ids are only ever sent in bodies, so that no address in a log names anybody.

mod outbox;
mod relay;
mod row;

pub(crate) use row::sentences;

use utoipa_axum::router::OpenApiRouter;

use crate::place::Place;

/// The routes of connectors.
pub(crate) fn routes() -> OpenApiRouter<Place> {
    row::routes().merge(relay::routes()).merge(outbox::routes())
}
