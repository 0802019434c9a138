//! What somebody of another network said through a connector is replayed like any other post.

use kith_core::connector::{self, ExternalPerson, Speech};
use kith_core::ids::{CommandId, ConnectorId};

use super::*;

/// Somebody of the network, and a room there.
const LIN: u64 = 1;
const ROOM: u64 = 2;

/// A connector whose room is the hall, and somebody who was met.
fn connected(group: &mut Group) -> (ConnectorId, MemberId) {
    let (name, network) = ("bot".to_owned(), "qq".to_owned());
    let connect = connector::Command::Connect { name, network, can: BTreeSet::new() };
    let reply = group.ask(Actor::Host, connect, Bodies::default());
    let bot = ConnectorId(reply.command.0);
    let mut bodies = Bodies::default();
    let name = group.mint.text(&mut bodies, group.now_ms, connector::owner(bot), "room");
    let channel = group.hall();
    let map = connector::Command::MapChannel { connector: bot, external: ROOM, name, channel };
    group.ask(Actor::Host, map, bodies);
    let id: CommandId = group.mint.command(group.now_ms);
    let (lin, mut bodies) = (MemberId::of(id, 0), Bodies::default());
    let external = group.mint.text(&mut bodies, group.now_ms, lin, "user 1");
    let nickname = Some(group.mint.text(&mut bodies, group.now_ms, lin, "Lin"));
    let person = ExternalPerson { key: LIN, external, imported: BTreeSet::new() };
    let meet = connector::Command::Meet { connector: bot, person, nickname };
    group.ask_as(draft::Draft::new(id, GROUP, Actor::Host, meet).with_bodies(bodies));
    (bot, lin)
}

#[test]
fn what_was_said_through_a_connector_is_judged_again() {
    let mut group = Group::new();
    let (bot, lin) = connected(&mut group);
    for text in ["hello", "ad", "tea"] {
        let mut bodies = Bodies::default();
        let external_id = group.mint.text(&mut bodies, group.now_ms, lin, "an id");
        let parts = vec![Part::Text { body: group.mint.text(&mut bodies, group.now_ms, lin, text) }];
        let (person, channel) = (LIN, ROOM);
        let speech = Speech { connector: bot, person, channel, external_id, parts, reply_to: None };
        group.ask(Actor::Host, connector::Command::Speak(Box::new(speech)), bodies);
    }
    let report = group.replay(&Plan::new(GROUP, source("deny:ad hold:tea")));
    assert_eq!((report.messages, report.denied, report.held), (3, 1, 1), "{report:#?}");
}
