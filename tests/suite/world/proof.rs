//! Proof that nothing was lost: what was acknowledged against what the log says, and the log against the
//! engine.
//!
//! Reads every record from the beginning, without snapshots, index or engine, and folds it; what the engine
//! recovered by its own way must be the same state.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use kith_core::decide::apply_record;
use kith_core::ids::{CommandId, CommunityId};
use kith_core::ports::{Records, StoreError};
use kith_core::record::Record;
use kith_core::stream::Stream;
use kith_runtime::draft::Reply;

use super::World;

/// Commands that were acknowledged: by stream and record number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acks(BTreeMap<(CommunityId, u64), CommandId>);

impl Acks {
    /// Notes a reply.
    pub(crate) fn note(&mut self, community: CommunityId, reply: &Reply) {
        self.add(community, reply.seq, reply.command);
    }

    /// Notes what a reply of another process said.
    pub(crate) fn add(&mut self, community: CommunityId, seq: u64, command: CommandId) {
        let before = self.0.insert((community, seq), command);
        assert!(before.is_none_or(|before| before == command), "record {seq} of {community} twice");
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes in those of others.
    pub(crate) fn extend(&mut self, others: Self) {
        others.0.into_iter().for_each(|((community, seq), command)| self.add(community, seq, command));
    }
}

/// A stream folded from its first record through record `through_seq`, and the commands of all its records.
pub(crate) fn from_scratch(
    records: &dyn Records,
    community: CommunityId,
    through_seq: u64,
) -> Result<(Stream, Vec<CommandId>), StoreError> {
    let mut stream = Stream::new(community);
    let mut commands = Vec::new();
    records.read(community, 1, &mut |frame| {
        for stored in &frame.records {
            let record = Record::decode(&stored.bytes).expect("a record that was written can be read");
            assert_eq!((record.seq, stored.seq), (commands.len() as u64 + 1, record.seq), "no holes");
            assert_eq!(record.encode(), stored.bytes, "a record is written as it is read");
            commands.push(record.command.id);
            if record.seq <= through_seq {
                apply_record(&mut stream, &record, &stored.bodies.iter().cloned().collect());
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok((stream, commands))
}

/// Asserts that every acknowledged command is there, that every stream is whole, and that the engine serves
/// the state that a fold from the beginning gives.
pub(crate) fn assert_nothing_lost(world: &World, acks: &Acks) {
    let records = world.opened().ports().records;
    let mut commands_of = BTreeMap::new();
    for community in records.streams() {
        // The engine's own errands may go on meanwhile: what it serves now is compared.
        let served = world.look(community, |stream| (stream.seq, stream.hash())).expect("it is served");
        let folded = from_scratch(records.as_ref(), community, served.0);
        let (stream, commands) = folded.expect("the stream is whole");
        assert_eq!(served, (stream.seq, stream.hash()), "{community}: recovered is not what was recorded");
        commands_of.insert(community, commands);
    }
    for ((community, seq), command) in &acks.0 {
        let found = commands_of.get(community).and_then(|commands| commands.get(*seq as usize - 1));
        assert_eq!(found, Some(command), "record {seq} of {community} was acknowledged");
    }
    let report = world.verify();
    assert!(report.is_sound(), "{report:?}");
}
