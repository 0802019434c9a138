//! Hand-offs: what passes between two streams, where there is no transaction.
//!
//! The sender's record holds an outgoing parcel; it stays in the sender's state until its delivery is
//! recorded. The runtime brings it to the receiver as a command whose id is a hash of (sender, record,
//! index), so that a second delivery changes nothing. The receiver answers with a parcel of its own. Bodies
//! travel along: a reference stays valid in the other stream, only the owner changes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::{CommandId, CommunityId, mint};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::role::Need;
use crate::{gate, host, privacy};

/// How many received hand-offs are remembered; a sender redelivers only what it has not seen answered.
const SEEN_MAX: usize = 4_096;

/// What passes, by noun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// Applicants that overflow into another community, and the answer.
    Gate(gate::Parcel),
    /// What the host tells a community and the other way round.
    Host(host::Parcel),
    /// Erasing a person everywhere.
    Privacy(privacy::Parcel),
}

/// A parcel on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The receiver.
    pub to: CommunityId,
    /// What.
    pub parcel: Parcel,
    /// Bodies that the parcel refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<BodyRef>,
}

/// A row of the outbox: record number and index in it.
pub type Row = (u64, u32);

/// What waits to be delivered and what has been received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handoffs {
    outbox: BTreeMap<Row, (u64, Outgoing)>,
    seen: BTreeSet<CommandId>,
    seen_order: VecDeque<CommandId>,
}

impl Handoffs {
    /// What waits to be delivered, oldest first: row, time of its record in Unix milliseconds, parcel.
    pub fn outbox(&self) -> impl Iterator<Item = (Row, u64, &Outgoing)> {
        self.outbox.iter().map(|(row, (at_ms, outgoing))| (*row, *at_ms, outgoing))
    }

    /// Puts a record's parcels into the outbox.
    pub fn post(&mut self, record: &Record) {
        for (index, outgoing) in (0_u32..).zip(&record.outbox) {
            self.outbox.insert((record.seq, index), (record.command.at_ms, outgoing.clone()));
        }
    }
}

/// The id of the command that brings a row of `from`'s outbox to its receiver.
pub fn delivery_id(from: CommunityId, row: Row, at_ms: u64) -> CommandId {
    let mut hash = Sha256::new();
    hash.update(from.0.to_be_bytes());
    hash.update(row.0.to_be_bytes());
    hash.update(row.1.to_be_bytes());
    let digest = hash.finalize();
    let mut low = [0_u8; 16];
    low.copy_from_slice(&digest[..16]);
    CommandId(mint(at_ms, u128::from_be_bytes(low)))
}

/// What the runtime asks on behalf of streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Take a parcel from another stream.
    Receive {
        /// The sender.
        from: CommunityId,
        /// What.
        parcel: Parcel,
    },
    /// Take rows off the own outbox: their receivers have recorded them.
    Delivered {
        /// Which.
        rows: BTreeSet<Row>,
    },
}

impl Command {
    /// What the actor must be.
    pub fn needs(&self) -> Need {
        Need::Stream
    }
}

/// What happened to hand-offs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A parcel was taken.
    Received {
        /// The delivering command.
        delivery: CommandId,
        /// The sender.
        from: CommunityId,
    },
    /// Rows left the outbox.
    Delivered {
        /// Which.
        rows: BTreeSet<Row>,
    },
}

/// Whether a delivery was recorded before.
pub fn seen(handoffs: &Handoffs, delivery: CommandId) -> bool {
    handoffs.seen.contains(&delivery)
}

/// Decides a hand-off command of a community.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::Delivered { rows } => delivered(&ctx.stream.handoffs, rows, out),
        Command::Receive { from, parcel } => {
            if seen(&ctx.stream.handoffs, ctx.command.id) {
                return Err(Refusal::NothingToChange);
            }
            out.event(Event::Received { delivery: ctx.command.id, from: *from });
            match parcel {
                Parcel::Gate(parcel) => gate::receive(ctx, *from, parcel, out),
                Parcel::Host(parcel) => host::received_by_community(ctx, *from, parcel, out),
                Parcel::Privacy(parcel) => privacy::receive(ctx, *from, parcel, out),
            }
        }
    }
}

/// Decides that rows have been delivered.
pub fn delivered(handoffs: &Handoffs, rows: &BTreeSet<Row>, out: &mut Outcome) -> Result<(), Refusal> {
    let waiting: BTreeSet<Row> =
        rows.iter().filter(|row| handoffs.outbox.contains_key(row)).copied().collect();
    if waiting.is_empty() {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Delivered { rows: waiting });
    Ok(())
}

/// Applies what happened to hand-offs.
pub fn apply(handoffs: &mut Handoffs, event: &Event) {
    match event {
        Event::Received { delivery, .. } => {
            if handoffs.seen.insert(*delivery) {
                handoffs.seen_order.push_back(*delivery);
            }
            while handoffs.seen_order.len() > SEEN_MAX {
                if let Some(oldest) = handoffs.seen_order.pop_front() {
                    handoffs.seen.remove(&oldest);
                }
            }
        }
        Event::Delivered { rows } => handoffs.outbox.retain(|row, _| !rows.contains(row)),
    }
}
