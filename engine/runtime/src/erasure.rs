//! Erasures: destroys the keys that a stream's durable state says have to go, then tells the stream.
//!
//! The order is what makes a crash harmless: the record is durable, then the keys go, then the snapshots,
//! then the stream records that it is finished and takes a fresh snapshot. Whatever did not get that far is
//! state still, and is done again when the stream is opened.

use kith_core::command::Actor;
use kith_core::ids::{CommandId, CommunityId, derive};
use kith_core::ports::StoreError;
use kith_core::privacy::{Command, Erasures};
use kith_core::refusal::Refusal;

use crate::draft::{AskError, Draft};
use crate::engine::{Engine, Ports};

/// Does what a stream's erasures ask for.
pub(crate) async fn work(engine: &Engine, community: CommunityId) -> Result<(), AskError> {
    // A view is answered only once the records it rests on are durable.
    let (todo, seq) = engine.view(community, |stream| (stream.erasures.clone(), stream.seq)).await?;
    if todo.is_empty() {
        return Ok(());
    }
    let (ports, done) = (engine.ports().clone(), todo.clone());
    let destroyed = tokio::task::spawn_blocking(move || destroy(&ports, community, &todo)).await;
    destroyed.map_err(|panic| AskError::Unreadable { community, what: panic.to_string() })??;
    let id = CommandId(derive(community.0 ^ u128::from(seq), "finish", 0));
    match engine.ask(Draft::new(id, community, Actor::Stream(community), Command::Finish { done })).await {
        Ok(_) | Err(AskError::Refused(Refusal::NothingToChange)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Destroys the keys, then what was sealed under them: attachments and snapshots.
pub(crate) fn destroy(ports: &Ports, community: CommunityId, todo: &Erasures) -> Result<(), StoreError> {
    if todo.is_everything() {
        ports.keys.destroy_all(community)?;
        ports.blobs.release(community, None)?;
    } else {
        todo.members().try_for_each(|member| ports.keys.destroy(community, member))?;
        ports.blobs.release(community, Some(&todo.members().collect()))?;
    }
    ports.snapshots.purge(community)
}
