//! Reading what messages say, for people: the state knows headers only, the words are in the log.
//!
//! Promises what stands now: the newest edit, and what was released with the record that had withheld it.
//! Keeps what was read lately, since the same page is asked for again and again. Does not know who may read
//! what, nor whether a message was deleted or its author erased: the state does, and whoever asks has looked
//! there before. `forget` drops what is kept of a stream, for an erasure.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::body::{Bodies, BodyRef};
use kith_core::ids::{CommunityId, MessageId};
use kith_core::message::{self, Part};
use kith_core::ports::{Records, StoredRecord};

use crate::draft::AskError;
use crate::recover;

/// Messages whose words are kept: some pages of some hundred channels.
const KEPT_MAX: usize = 20_000;

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Its parts.
    pub parts: Vec<Part>,
    /// What is written in them, as far as it is still there.
    pub bodies: Bodies,
}

/// Which words of which message: those since an edit, or the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The message.
    pub message: MessageId,
    /// When it was edited last, as its header says.
    pub edited_ms: Option<u64>,
}

type Place = (CommunityId, Wanted);

#[derive(Default)]
struct Kept {
    rows: HashMap<Place, Arc<Said>>,
    order: VecDeque<Place>,
}

/// Reads messages of every stream.
pub struct Reading {
    records: Arc<dyn Records>,
    kept: Mutex<Kept>,
}

impl Reading {
    /// A reader of a log.
    pub fn new(records: Arc<dyn Records>) -> Self {
        Self { records, kept: Mutex::default() }
    }

    /// What messages say, in the order asked; `None` where the log has no such record any more. Reads the
    /// disk for what is not kept: not for a thread that must not wait.
    pub fn read(
        &self,
        community: CommunityId,
        wanted: &[Wanted],
    ) -> Result<Vec<Option<Arc<Said>>>, AskError> {
        let mut found: Vec<Option<Arc<Said>>> = {
            let kept = self.kept();
            wanted.iter().map(|wanted| kept.rows.get(&(community, *wanted)).cloned()).collect()
        };
        for (place, wanted) in found.iter_mut().zip(wanted).filter(|(place, _)| place.is_none()) {
            let Some(said) = self.load(community, *wanted)? else { continue };
            let said = Arc::new(said);
            self.keep(community, *wanted, Arc::clone(&said));
            *place = Some(said);
        }
        Ok(found)
    }

    /// What messages say if all of it is kept: never reads the disk.
    pub fn kept_only(&self, community: CommunityId, wanted: &[Wanted]) -> Option<Vec<Arc<Said>>> {
        let kept = self.kept();
        wanted.iter().map(|wanted| kept.rows.get(&(community, *wanted)).cloned()).collect()
    }

    /// Keeps what a record that has just become durable says, so that nobody has to look for it.
    pub fn keep(&self, community: CommunityId, wanted: Wanted, said: Arc<Said>) {
        let mut kept = self.kept();
        if kept.rows.insert((community, wanted), said).is_some() {
            return;
        }
        kept.order.push_back((community, wanted));
        if kept.order.len() > KEPT_MAX
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.rows.remove(&oldest);
        }
    }

    /// A text that came beside a message, such as the network's own id of it, as far as it is still there.
    /// Reads the disk: not for a thread that must not wait.
    pub fn beside(
        &self,
        community: CommunityId,
        message: MessageId,
        reference: &BodyRef,
    ) -> Result<Option<String>, AskError> {
        let Some(stored) = self.records.locate(community, message.0)? else { return Ok(None) };
        let text = |stored: &StoredRecord| {
            let mut found = stored.bodies.iter().filter(|body| body.matches(reference));
            found.find_map(|body| body.text().map(str::to_owned))
        };
        if let Some(found) = text(&stored) {
            return Ok(Some(found));
        }
        let said = said_in(community, &stored, message)?.unwrap_or_default();
        for part in said.parts.iter().filter_map(Part::body) {
            // It was released: what came with it lies with the record that held it.
            let withheld = self.records.locate(community, message::withheld_id(part.id))?;
            if let Some(found) = withheld.as_ref().and_then(&text) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Lets go of everything of one stream.
    pub fn forget(&self, community: CommunityId) {
        let mut kept = self.kept();
        kept.rows.retain(|(of, _), _| *of != community);
        kept.order.retain(|(of, _)| *of != community);
    }

    fn load(&self, community: CommunityId, wanted: Wanted) -> Result<Option<Said>, AskError> {
        let Wanted { message, edited_ms } = wanted;
        let by = edited_ms.map_or(message.0, |edited_ms| message::edit_id(message, edited_ms));
        let Some(stored) = self.records.locate(community, by)? else { return Ok(None) };
        let Some(mut said) = said_in(community, &stored, message)? else { return Ok(None) };
        let named: Vec<BodyRef> = said.parts.iter().filter_map(Part::body).copied().collect();
        for reference in &named {
            // It was released: its words lie with the record that held it.
            if said.bodies.get(reference).is_none()
                && let Some(withheld) = self.records.locate(community, message::withheld_id(reference.id))?
            {
                said.bodies.extend(withheld.bodies.into_iter().collect());
            }
        }
        let own =
            named.iter().filter_map(|body| said.bodies.get(body).filter(|it| it.matches(body)).cloned());
        said.bodies = own.collect();
        Ok(Some(said))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a record says of one message last.
fn said_in(
    community: CommunityId,
    stored: &StoredRecord,
    message: MessageId,
) -> Result<Option<Said>, AskError> {
    let record =
        recover::decode(community, stored).map_err(|what| AskError::Unreadable { community, what })?;
    let parts = record.events.iter().filter_map(message::said).rfind(|(said, _)| *said == message);
    Ok(parts
        .map(|(_, parts)| Said { parts: parts.to_vec(), bodies: stored.bodies.iter().cloned().collect() }))
}
