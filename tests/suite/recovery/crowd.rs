//! A crowd that keeps an engine busy: many communities, many commands in flight, until the engine is gone.
//!
//! Every newcomer joins a community and says something there; nobody asks often enough to meet the rate
//! limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::community::Blueprint;
use kith_core::gate;
use kith_core::ids::{ChannelId, CommunityId, MemberId, PersonId};
use kith_core::message::{Command, Mentions, Part, Sort};
use kith_core::ports::Records;
use kith_runtime::draft::{AskError, Draft, Reply};
use kith_runtime::engine::Engine;
use kith_runtime::mint::Mint;

use crate::world::World;

/// A community and the channel in which the crowd talks.
pub(super) type Room = (CommunityId, ChannelId);

/// Told of each acknowledged command.
pub(super) type OnAck = Arc<dyn Fn(CommunityId, &Reply) + Send + Sync>;

/// The rooms of a world, founded where it has none yet.
pub(super) fn rooms(world: &World, count: usize, on_ack: &OnAck) -> Vec<Room> {
    let streams = world.opened().store().log().streams();
    for number in streams.len()..count {
        let draft = world.founding(&format!("room {number}"), &Blueprint::default());
        let id = draft.community;
        on_ack(id, &world.ask(draft).expect("a community can be founded"));
    }
    let channel = |id| world.view(id, |community| community.channels.listed()[0].id);
    world.opened().store().log().streams().into_iter().map(|id| (id, channel(id))).collect()
}

/// Keeps `in_flight` newcomers busy until the engine gives no answers any more.
pub(super) async fn throng(engine: Engine, rooms: Vec<Room>, in_flight: usize, on_ack: OnAck) {
    let next = Arc::new(AtomicU64::new(0));
    let rooms = Arc::new(rooms);
    let visitors: Vec<_> = (0..in_flight)
        .map(|_| {
            let (engine, rooms, next, on_ack) =
                (engine.clone(), Arc::clone(&rooms), Arc::clone(&next), Arc::clone(&on_ack));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let room = rooms[number as usize * 7 % rooms.len()];
                    match visit(&engine, room, number, &on_ack).await {
                        Ok(()) | Err(AskError::Overloaded) => {}
                        Err(_) => return,
                    }
                }
            })
        })
        .collect();
    for visitor in visitors {
        visitor.await.expect("a visitor does not panic");
    }
}

async fn visit(engine: &Engine, room: Room, number: u64, on_ack: &OnAck) -> Result<(), AskError> {
    let (community, channel) = room;
    let at_ms = engine.ports().clock.wall_ms();
    let (mint, mut bodies) = (Mint::System, Bodies::default());
    let (id, person) = (mint.command(at_ms), PersonId(mint.bits(at_ms)));
    let member = MemberId::of(id, 0);
    let nickname = mint.text(&mut bodies, at_ms, member, &format!("visitor {number}"));
    let join = gate::Command::RequestJoin {
        nickname,
        card: Default::default(),
        answers: Default::default(),
        invite: None,
        source: String::new(),
    };
    let reply =
        engine.ask(Draft::new(id, community, Actor::Person(person), join).with_bodies(bodies)).await?;
    on_ack(community, &reply);
    let mut bodies = Bodies::default();
    let text = "words ".repeat(1 + number as usize % 200);
    let parts = vec![Part::Text { body: mint.text(&mut bodies, at_ms, member, &text) }];
    let post =
        Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions: Mentions::default() };
    let draft = Draft::new(mint.command(at_ms), community, Actor::Member(member), post);
    on_ack(community, &engine.ask(draft.with_bodies(bodies)).await?);
    Ok(())
}
