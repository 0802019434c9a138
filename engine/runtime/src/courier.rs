//! The courier: carries parcels from one stream's outbox to another stream, at least once, and runs the other
//! errands that a stream's durable state asks for (erasures).
//!
//! The delivering command's id is a hash of (sender, record, index), so the receiver knows a second delivery.
//! Only when the receiver's record is durable is the row taken off the sender's outbox.

use std::collections::BTreeSet;

use kith_core::body::{Bodies, Body};
use kith_core::command::Actor;
use kith_core::handoff::{self, Command, Outgoing, Row};
use kith_core::ids::{CommandId, CommunityId, MemberId, derive};
use kith_core::refusal::Refusal;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::draft::{AskError, Draft};
use crate::engine::Engine;
use crate::erasure;

/// Rows carried at once; the rest follow.
const ROWS_PER_TRIP_MAX: usize = 256;

/// A row with everything that its delivery needs.
struct Load {
    row: Row,
    at_ms: u64,
    outgoing: Outgoing,
    bodies: Vec<Body>,
}

/// Carries until the engine stops.
pub(crate) async fn run(engine: Engine, mut mail: UnboundedReceiver<CommunityId>) {
    while let Some(from) = mail.recv().await {
        if engine.is_over() {
            return;
        }
        if let Err(error) = erasure::work(&engine, from).await {
            tracing::warn!(%from, %error, "keys are not destroyed yet; that is tried again");
        }
        if let Err(error) = trip(&engine, from).await {
            tracing::warn!(%from, %error, "parcels stay in the outbox until the stream is opened again");
        }
    }
}

async fn trip(engine: &Engine, from: CommunityId) -> Result<(), AskError> {
    let loads = engine.view(from, collect).await?;
    let full = loads.len() == ROWS_PER_TRIP_MAX;
    let mut rows = BTreeSet::new();
    for load in loads {
        let row = load.row;
        match deliver(engine, from, load).await {
            Ok(()) | Err(AskError::Refused(Refusal::NothingToChange)) => {
                rows.insert(row);
            }
            Err(AskError::Refused(refusal)) => {
                tracing::warn!(%from, ?row, code = refusal.code(), "a parcel was refused by its receiver");
                rows.insert(row);
            }
            Err(error) => tracing::warn!(%from, ?row, %error, "a parcel was not delivered yet"),
        }
    }
    let Some(last) = rows.last().copied() else { return Ok(()) };
    let id = CommandId(derive(from.0 ^ u128::from(last.0), "delivered", last.1));
    engine.ask(Draft::new(id, from, Actor::Stream(from), Command::Delivered { rows })).await?;
    if full {
        // The engine holds the other end as long as it lives.
        let _ = engine.shared().courier.send(from);
    }
    Ok(())
}

fn collect(stream: &kith_core::stream::Stream) -> Vec<Load> {
    let load = |(row, at_ms, outgoing): (Row, u64, &Outgoing)| {
        let bodies = outgoing.bodies.iter().filter_map(|body| stream.bodies.get(body).cloned()).collect();
        Load { row, at_ms, outgoing: outgoing.clone(), bodies }
    };
    stream.handoffs.outbox().take(ROWS_PER_TRIP_MAX).map(load).collect()
}

async fn deliver(engine: &Engine, from: CommunityId, load: Load) -> Result<(), AskError> {
    let id = handoff::delivery_id(from, load.row, load.at_ms);
    let owner = MemberId::of(id, 0);
    let bodies: Bodies = load.bodies.into_iter().map(|body| Body { owner, ..body }).collect();
    let kind = Command::Receive { from, parcel: load.outgoing.parcel };
    let draft = Draft::new(id, load.outgoing.to, Actor::Stream(from), kind).with_bodies(bodies);
    engine.ask(draft).await.map(|_| ())
}
