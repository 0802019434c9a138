//! Scripts from outside: how they come in, how they are changed under load, and the documents for those who
//! write them.

mod documents;
mod killed;
mod letters;
mod lifecycle;
mod reload;
mod replay;
mod said;
mod tutorial;
mod words;

use std::path::Path;

use kith::opened::Opened;
use kith_core::body::{Bodies, BodyRef};
use kith_core::card;
use kith_core::command::{Actor, CommandKind};
use kith_core::ids::ChannelId;
use kith_core::message::{self, Mentions, Part, Sort};
use kith_runtime::draft::{AskError, Draft};
use kith_runtime::engine::Options;
use kith_runtime::mint::Mint;

use crate::cli::Desk;

/// Lets a member write, as the group's own client would; a refusal is one of the answers.
pub(crate) fn say(desk: &Desk, group: &str, said: (&str, &str)) {
    say_in(&desk.path("data"), group, said);
}

fn say_in(data: &Path, group: &str, said: (&str, &str)) {
    ask(data, group, said, |channel, body| {
        let (parts, mentions) = (vec![Part::Text { body }], Mentions::default());
        message::Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions }.into()
    });
}

/// Lets a member change what they go by.
fn rename(desk: &Desk, group: &str, named: (&str, &str)) {
    let data = desk.path("data");
    ask(&data, group, named, |_, nickname| card::Command::ChangeNickname { nickname }.into());
}

fn ask(
    data: &Path,
    group: &str,
    (who, text): (&str, &str),
    kind: impl FnOnce(ChannelId, BodyRef) -> CommandKind,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let opened = Opened::open(data, Box::new(|_| {})).unwrap();
        let engine = opened.engine(Options::default());
        let operator = kith_runtime::host::Operator::start(&engine, &Mint::System).await.unwrap();
        let community = operator.resolve(group).await.unwrap().unwrap().id;
        let name = who.to_owned();
        let found = engine.view(community, move |stream| {
            let seen = stream.community().unwrap();
            let named = |id: &kith_core::body::BodyRef| stream.bodies.text(id) == Some(name.as_str());
            let member = seen.members.iter().find(|member| named(&member.nickname)).unwrap().id;
            (member, seen.channels.common().next().unwrap().id)
        });
        let (member, channel) = found.await.unwrap();
        let (mut bodies, at_ms) = (Bodies::default(), engine.ports().clock.wall_ms());
        let body = Mint::System.text(&mut bodies, at_ms, member, text);
        let id = Mint::System.command(at_ms);
        let draft = Draft::new(id, community, Actor::Member(member), kind(channel, body)).with_bodies(bodies);
        match engine.ask(draft).await {
            Ok(_) | Err(AskError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
        engine.stop().await;
    });
}
