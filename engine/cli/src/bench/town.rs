//! Communities to measure with: founded, peopled and talked in through the writer itself, with a clock of
//! their own.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{self, Blueprint};
use kith_core::gate;
use kith_core::ids::{ChannelId, CommunityId, MemberId, PersonId};
use kith_core::member::Standing;
use kith_core::message::{self, Part};
use kith_core::ports::{Head, StoreError};
use kith_core::stream::Stream;
use kith_runtime::draft::{AskError, Draft};
use kith_runtime::engine::Ports;
use kith_runtime::import::reenact::{Stage, first_group};
use kith_runtime::mint::Mint;
use kith_runtime::writer::Writer;

use super::run::BenchError;

/// Records in one frame.
const RECORDS_PER_FRAME: u64 = 256;

/// A community that can be talked in.
#[derive(Debug, Clone)]
pub(super) struct Town {
    pub(super) id: CommunityId,
    pub(super) channel: ChannelId,
    pub(super) members: Vec<MemberId>,
}

impl Town {
    /// A town as it stands in a stream.
    pub(super) fn of(stream: &Stream) -> Option<Self> {
        let community = stream.community()?;
        let inside = community.members.iter().filter(|member| member.standing == Standing::Active);
        let members = inside.map(|member| member.id).collect();
        Some(Self { id: stream.id, channel: first_group(community)?, members })
    }

    /// The `number`-th town's id.
    pub(super) fn id(number: u128) -> CommunityId {
        CommunityId((1_700_000_000_000 << 80) | (number + 1))
    }

    /// Something that a member says.
    pub(super) fn says(&self, mint: &Mint, member: usize, text: &str, now_ms: u64) -> Draft {
        let member = self.members[member % self.members.len()];
        let mut bodies = Bodies::default();
        let body = mint.text(&mut bodies, now_ms, member, text);
        let post = message::Command::Post {
            channel: self.channel,
            parts: vec![Part::Text { body }],
            reply_to: None,
            sort: message::Sort::Talk,
            mentions: message::Mentions::default(),
        };
        Draft::new(mint.command(now_ms), self.id, Actor::Member(member), post).with_bodies(bodies)
    }
}

/// The blueprint of every community here: three rules, an open gate.
pub(super) fn blueprint() -> Blueprint {
    toml::from_str(include_str!("rules.toml")).expect("a test reads the blueprint")
}

/// Where a year of talk is re-enacted: the first town, called after it.
pub(super) fn stage(ports: &Ports) -> Stage {
    Stage {
        records: Arc::clone(&ports.records),
        snapshots: Arc::clone(&ports.snapshots),
        extensions: Arc::clone(&ports.extensions),
        community: Town::id(0),
        name: "year".to_owned(),
        blueprint: blueprint(),
        scripts: Vec::new(),
    }
}

/// Frames handed over and not yet durable, and the first failure.
#[derive(Default)]
pub(super) struct Flight {
    state: Mutex<(u64, Option<StoreError>)>,
    landed: Condvar,
}

impl Flight {
    fn state(&self) -> std::sync::MutexGuard<'_, (u64, Option<StoreError>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to call when a frame is durable.
    pub(super) fn begin(self: &Arc<Self>) -> kith_core::ports::Appended {
        self.state().0 += 1;
        let flight = Arc::clone(self);
        Box::new(move |result: Result<Head, StoreError>| {
            let mut state = flight.state();
            state.0 -= 1;
            if let Err(error) = result {
                state.1.get_or_insert(error);
            }
            flight.landed.notify_all();
        })
    }

    /// Waits until fewer than so many are under way.
    pub(super) fn wait_below(&self, frames: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        while state.0 >= frames && state.1.is_none() {
            state = self.landed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.1.take().map_or(Ok(()), Err)
    }
}

/// Builds one community after another.
pub(super) struct Builder {
    ports: Ports,
    mint: Mint,
    flight: Arc<Flight>,
}

/// One community that is being built.
pub(super) struct Site {
    pub(super) writer: Writer,
    pending: u64,
    flight: Arc<Flight>,
}

impl Builder {
    pub(super) fn new(ports: Ports) -> Self {
        Self { ports, mint: Mint::System, flight: Arc::default() }
    }

    /// Founds a community of so many members at a time.
    pub(super) fn found(&self, id: CommunityId, members: usize, now_ms: u64) -> Result<Site, BenchError> {
        let writer = {
            let ports = &self.ports;
            let (records, extensions) = (Arc::clone(&ports.records), Arc::clone(&ports.extensions));
            Writer::open(id, records, ports.snapshots.as_ref(), extensions)?
        };
        let mut site = Site { writer, pending: 0, flight: Arc::clone(&self.flight) };
        let create = community::Command::Create {
            name: format!("town-{}", id.0 & u128::from(u32::MAX)),
            blueprint: Box::new(blueprint()),
            founder: None,
        };
        let create: CommandKind = create.into();
        site.step(Draft::new(self.mint.command(now_ms), id, Actor::Host, create), now_ms)?;
        for number in 0..members {
            let draft = self.knock(&site, number, now_ms);
            site.step(draft, now_ms)?;
        }
        Ok(site)
    }

    fn knock(&self, site: &Site, number: usize, now_ms: u64) -> Draft {
        let stream = site.writer.stream();
        let person = PersonId(self.mint.bits(now_ms));
        let command = self.mint.command(now_ms);
        let owner = gate::applicant_id(stream, person, command);
        let mut bodies = Bodies::default();
        let nickname = self.mint.text(&mut bodies, now_ms, owner, &format!("member {number}"));
        let request = gate::Command::RequestJoin {
            nickname,
            card: BTreeMap::new(),
            answers: BTreeMap::new(),
            invite: None,
            source: "bench".to_owned(),
        };
        Draft::new(command, stream.id, Actor::Person(person), request).with_bodies(bodies)
    }

    /// Waits until everything built so far is durable.
    pub(super) fn finish(&self) -> Result<(), BenchError> {
        Ok(self.flight.wait_below(1)?)
    }
}

impl Site {
    /// Does one thing and hands full frames over.
    pub(super) fn step(&mut self, draft: Draft, now_ms: u64) -> Result<(), BenchError> {
        let step = self.writer.step(draft, now_ms);
        step.reply?;
        self.pending += 1;
        if self.pending >= RECORDS_PER_FRAME { self.hand_over() } else { Ok(()) }
    }

    /// Hands what is pending to the log.
    pub(super) fn hand_over(&mut self) -> Result<(), BenchError> {
        self.pending = 0;
        self.flight.wait_below(64)?;
        Ok(self.writer.flush(self.flight.begin())?)
    }

    /// The town, with everything handed over.
    pub(super) fn town(&mut self) -> Result<Town, BenchError> {
        self.hand_over()?;
        Town::of(self.writer.stream()).ok_or(BenchError::Ask(AskError::Stopping))
    }
}

/// Founds many communities of so many members and waits until they are durable.
pub(super) fn found_many(ports: Ports, count: usize, members: usize) -> Result<Vec<Town>, BenchError> {
    let now_ms = ports.clock.wall_ms();
    let builder = Builder::new(ports);
    let towns = (0..count).map(|number| builder.found(Town::id(number as u128), members, now_ms)?.town());
    let towns: Vec<Town> = towns.collect::<Result<_, _>>()?;
    builder.finish()?;
    Ok(towns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blueprint_is_sound_and_has_three_rules() {
        assert_eq!(blueprint().check(), Ok(()));
        assert_eq!(blueprint().rules.len(), 3);
    }
}
