//! The courier: carries parcels from one stream's outbox to another stream, at least once, and runs the other
//! errands that a stream's durable state asks for (erasures).
//!
//! The delivering command's id is a hash of (sender, record, index), so the receiver knows a second delivery.
//! Only when the receiver's record is durable is the row taken off the sender's outbox. Streams are carried
//! for side by side.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use kith_core::body::{Bodies, Body};
use kith_core::command::Actor;
use kith_core::handoff::{self, Command, Outgoing, Row};
use kith_core::ids::{CommandId, CommunityId, MemberId, derive};
use kith_core::refusal::Refusal;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{Id, JoinSet};

use crate::draft::{AskError, Draft};
use crate::engine::{Engine, Pending};
use crate::erasure;

/// Rows carried at once; the rest follow.
const ROWS_PER_TRIP_MAX: usize = 256;
/// Streams that are carried for at once; one whose receiver is slow keeps none of the others waiting.
const TRIPS_MAX: usize = 32;

/// A row with everything that its delivery needs.
struct Load {
    row: Row,
    at_ms: u64,
    outgoing: Outgoing,
    bodies: Vec<Body>,
}

/// Which streams are carried for: each once at a time, in the order in which they asked.
#[derive(Default)]
struct Round {
    trips: JoinSet<()>,
    /// By the task that works for it, and whether it has asked again since that began.
    under_way: HashMap<CommunityId, (Id, Again)>,
    waiting: VecDeque<CommunityId>,
    /// The same as a set.
    is_waiting: HashSet<CommunityId>,
}

/// Whether a stream has asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    Yes,
}

/// Carries until the engine stops.
pub(crate) async fn run(engine: Engine, mut mail: UnboundedReceiver<CommunityId>) {
    let mut round = Round::default();
    loop {
        tokio::select! {
            from = mail.recv() => match from {
                Some(from) if !engine.is_over() => round.ask(from),
                _ => return,
            },
            Some(ended) = round.trips.join_next_with_id() => {
                round.ended(ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
        }
        round.begin(|from| work(engine.clone(), from));
    }
}

impl Round {
    fn ask(&mut self, from: CommunityId) {
        match self.under_way.get_mut(&from) {
            Some((_, again)) => *again = Again::Yes,
            None => self.wait(from),
        }
    }

    fn wait(&mut self, from: CommunityId) {
        if self.is_waiting.insert(from) {
            self.waiting.push_back(from);
        }
    }

    fn ended(&mut self, task: Id) {
        let found = self.under_way.iter().find(|(_, (id, _))| *id == task).map(|(from, _)| *from);
        let Some((from, (_, again))) = found.and_then(|from| self.under_way.remove_entry(&from)) else {
            return;
        };
        if again == Again::Yes {
            self.wait(from);
        }
    }

    fn begin<F: Future<Output = ()> + Send + 'static>(&mut self, carry: impl Fn(CommunityId) -> F) {
        while self.under_way.len() < TRIPS_MAX {
            let Some(from) = self.waiting.pop_front() else { return };
            self.is_waiting.remove(&from);
            let task = self.trips.spawn(carry(from)).id();
            self.under_way.insert(from, (task, Again::No));
        }
    }
}

async fn work(engine: Engine, from: CommunityId) {
    if let Err(error) = erasure::work(&engine, from).await {
        tracing::warn!(%from, %error, "keys are not destroyed yet; that is tried again");
    }
    if let Err(error) = trip(&engine, from).await {
        tracing::warn!(%from, %error, "parcels stay in the outbox until the stream is opened again");
    }
}

/// Posts all that waits, in its order, and then waits for all of it: what goes to one stream is one frame.
async fn trip(engine: &Engine, from: CommunityId) -> Result<(), AskError> {
    let loads = engine.view(from, collect).await?;
    let full = loads.len() == ROWS_PER_TRIP_MAX;
    let mut posted = Vec::with_capacity(loads.len());
    for load in loads {
        posted.push((load.row, post(engine, from, load).await));
    }
    let mut rows = BTreeSet::new();
    for (row, pending) in posted {
        let delivered = match pending {
            Ok(pending) => pending.reply().await.map(drop),
            Err(error) => Err(error),
        };
        match delivered {
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

async fn post(engine: &Engine, from: CommunityId, load: Load) -> Result<Pending, AskError> {
    let id = handoff::delivery_id(from, load.row, load.at_ms);
    let owner = MemberId::of(id, 0);
    let bodies: Bodies = load.bodies.into_iter().map(|body| Body { owner, ..body }).collect();
    let kind = Command::Receive { from, parcel: load.outgoing.parcel };
    let draft = Draft::new(id, load.outgoing.to, Actor::Stream(from), kind).with_bodies(bodies);
    engine.post(draft).await
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_stream_that_is_slow_keeps_no_other_waiting_and_is_carried_for_again_if_it_asks() {
        let (carried, slow_may) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let slow = CommunityId(0);
        let carry = |from: CommunityId| {
            let (carried, slow_may) = (Arc::clone(&carried), Arc::clone(&slow_may));
            async move {
                if from == slow {
                    slow_may.acquire().await.unwrap().forget();
                }
                carried.lock().unwrap().push(from);
            }
        };
        let mut round = Round::default();
        let others = (1..=3 * TRIPS_MAX as u128).map(CommunityId);
        [slow].into_iter().chain(others.clone()).for_each(|from| round.ask(from));
        round.begin(carry);
        assert_eq!(round.under_way.len(), TRIPS_MAX);
        round.ask(slow);
        while carried.lock().unwrap().len() < others.clone().count() {
            let (id, ()) = round.trips.join_next_with_id().await.unwrap().unwrap();
            round.ended(id);
            round.begin(carry);
        }
        assert_eq!(*carried.lock().unwrap(), others.collect::<Vec<_>>());
        carried.lock().unwrap().clear();
        slow_may.add_permits(2);
        while let Some(ended) = round.trips.join_next_with_id().await {
            round.ended(ended.unwrap().0);
            round.begin(carry);
        }
        assert_eq!(*carried.lock().unwrap(), [slow, slow]);
        assert!(round.under_way.is_empty() && round.waiting.is_empty() && round.is_waiting.is_empty());
    }
}
