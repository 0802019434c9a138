//! An ear: one listener, whatever carries what they hear. Tells them each event once and in order, and
//! nothing that they may not know of at that moment.

use std::collections::VecDeque;
use std::sync::Arc;

use kith_core::refusal::Refusal;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::ending::Ending;
use super::event::{EventId, Happened};
use super::hub::{Batch, Listener};
use super::rights::Rights;
use crate::problem::Problem;
use crate::room::Room;

/// What an ear hears next.
pub(crate) enum Heard {
    /// Something happened.
    Event(Happened),
    /// More happened since the last known event than is told again: read pages instead.
    Gap,
    /// The server stops, or the listener was too slow, or may not listen any more: come back.
    Over,
}

/// One listener.
pub(crate) struct Ear {
    room: Room,
    rights: Rights,
    batches: broadcast::Receiver<Arc<Batch>>,
    ending: Ending,
    ready: VecDeque<Happened>,
    /// The last record by which the rights may have changed.
    rights_seq: u64,
    last: Option<EventId>,
    has_gap: bool,
}

impl Ear {
    /// Listens in a room from after an event, or from now on.
    pub(crate) async fn open(room: Room, after: Option<EventId>) -> Result<Self, Problem> {
        let ending = Ending::of(&room.caller).await?;
        let Listener { missed, batches } = room.caller.place.hub.listen(room.id, after).await?;
        let rights = rights_in(&room).await?;
        if !rights.may_listen() {
            return Err(Refusal::NotAMember.into());
        }
        let has_gap = missed.is_none();
        let ready = missed.unwrap_or_default();
        Ok(Self { room, rights, batches, ending, ready, rights_seq: 0, last: after, has_gap })
    }

    /// What happens next. Whoever waits no longer and asks again misses nothing.
    pub(crate) async fn next(&mut self) -> Heard {
        if std::mem::take(&mut self.has_gap) {
            return Heard::Gap;
        }
        loop {
            if self.rights_seq > self.rights.seq {
                match rights_in(&self.room).await {
                    Ok(rights) if rights.may_listen() => self.rights = rights,
                    _ => return Heard::Over,
                }
            }
            while let Some(happened) = self.ready.pop_front() {
                if self.last.is_none_or(|last| happened.id > last) && self.rights.include(happened.audience) {
                    self.last = Some(happened.id);
                    return Heard::Event(happened);
                }
            }
            let received = tokio::select! {
                received = self.batches.recv() => received,
                () = self.ending.comes() => return Heard::Over,
            };
            let batch = match received {
                Ok(batch) => batch,
                Err(RecvError::Lagged(_) | RecvError::Closed) => return Heard::Over,
            };
            self.rights_seq = batch.rights_seq;
            self.ready.extend(batch.events.iter().cloned());
        }
    }
}

async fn rights_in(room: &Room) -> Result<Rights, Problem> {
    room.look(|sight| Ok(Rights::of(&sight))).await
}
