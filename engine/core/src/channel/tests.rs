//! Channels: a table of every command and refusal, and who may read and post where.

use super::*;
use crate::command::Actor;
use crate::ids::{CommandId, MessageId};
use crate::message::{self, Mentions, Sort};
use crate::refusal::Refusal;
use crate::stream::Community;
use crate::testing_talk::*;

fn config(name: &str) -> ChannelConfig {
    ChannelConfig::group(name)
}

fn roles(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn open(bench: &mut Bench, config: ChannelConfig) -> ChannelId {
    bench.ask(OWNER, Command::Open { channel: config }).unwrap();
    ChannelId(bench.newest().0)
}

fn feed(bench: &mut Bench, member: MemberId) -> ChannelId {
    bench.ask(member, Command::OpenFeed).unwrap();
    ChannelId(bench.newest().0)
}

fn try_post(bench: &mut Bench, member: MemberId, channel: ChannelId) -> Result<MessageId, Refusal> {
    let parts = bench.text("hello");
    let (sort, mentions) = (Sort::Talk, Mentions::default());
    let asked = message::Command::Post { channel, parts, reply_to: None, sort, mentions };
    bench.ask(member, asked).map(|_| bench.newest())
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "ok")
}

#[test]
fn a_founding_leaves_a_group_channel_whatever_the_blueprint_says() {
    let founded = |configs: &[ChannelConfig]| {
        let mut community = Community::default();
        configure(&mut community, configs, CommandId(5), default_name("zh-CN"));
        let kinds: Vec<_> = community.channels.common().map(|c| (c.id, c.name.clone(), c.kind)).collect();
        kinds
    };
    let hall = |index| (ChannelId::of(CommandId(5), index), "大厅".to_owned(), Kind::Group);
    assert_eq!(founded(&[]), [hall(0)]);
    let news = ChannelConfig { kind: ConfigKind::Broadcast, ..config("news") };
    let with_news = founded(std::slice::from_ref(&news));
    assert_eq!(with_news.len(), 2);
    assert!(with_news.contains(&hall(1)));
    assert_eq!(founded(&[news, config("talk")]).len(), 2, "the blueprint has a group of its own");
    assert_eq!(default_name("en"), "general");
}

#[test]
fn refuses_every_command_that_does_not_fit() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    let closed = open(&mut bench, config("closed"));
    bench.ask(OWNER, Command::Close { channel: closed }).unwrap();
    let ann = feed(&mut bench, ANN);
    let nowhere = ChannelId(1);
    let opened = |channel| Command::Open { channel };
    let change = |channel, to| Command::Change { channel, to };
    let long = ChannelConfig { topic: "x".repeat(601), ..config("long") };
    let lines = ChannelConfig { topic: "two\nlines".to_owned(), ..config("lines") };
    let unknown = ChannelConfig { read_roles: roles(&["wizard"]), ..config("x") };
    let unknown_post = ChannelConfig { post_roles: roles(&["wizard"]), ..config("x") };
    let same = bench.community().channels.get(hall).unwrap().config().unwrap();
    let rows: Vec<(MemberId, Command, &str)> = vec![
        (ANN, opened(config("x")), "permission_missing"),
        (MODERATOR, opened(config("x")), "permission_missing"),
        (GONE, opened(config("x")), "not_a_member"),
        (OWNER, opened(config("")), "name_invalid"),
        (OWNER, opened(config(" x")), "name_invalid"),
        (OWNER, opened(config("x\ny")), "name_invalid"),
        (OWNER, opened(long.clone()), "text_too_long"),
        (OWNER, opened(lines.clone()), "value_invalid"),
        (OWNER, opened(unknown.clone()), "not_found"),
        (OWNER, opened(unknown_post), "not_found"),
        (OWNER, opened(config("general")), "already_exists"),
        (OWNER, opened(config("closed")), "already_exists"),
        (GUEST, Command::OpenFeed, "permission_missing"),
        (ANN, Command::OpenFeed, "already_exists"),
        (ANN, change(hall, config("x")), "permission_missing"),
        (OWNER, change(hall, config("")), "name_invalid"),
        (OWNER, change(hall, long), "text_too_long"),
        (OWNER, change(hall, lines), "value_invalid"),
        (OWNER, change(nowhere, config("x")), "not_found"),
        (OWNER, change(hall, unknown), "not_found"),
        (OWNER, change(hall, config("closed")), "already_exists"),
        (OWNER, change(ann, config("x")), "wrong_state"),
        (OWNER, change(hall, same), "nothing_to_change"),
        (ANN, Command::Close { channel: hall }, "permission_missing"),
        (OWNER, Command::Close { channel: nowhere }, "not_found"),
        (OWNER, Command::Close { channel: closed }, "wrong_state"),
        (ANN, Command::Reopen { channel: closed }, "permission_missing"),
        (OWNER, Command::Reopen { channel: nowhere }, "not_found"),
        (OWNER, Command::Reopen { channel: hall }, "wrong_state"),
    ];
    for (member, command, expected) in rows {
        let before = bench.stream.clone();
        assert_eq!(code(bench.ask(member, command.clone())), expected, "{member} {command:?}");
        assert_eq!(bench.stream, before, "a refusal changes nothing");
    }
    assert_eq!(code(bench.ask_as(Actor::Host, Command::OpenFeed)), "not_a_member");
}

#[test]
fn a_change_keeps_the_old_value_and_whether_it_is_closed() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    bench.ask(ADMIN, Command::Close { channel: hall }).unwrap();
    let old = config("general");
    let to = ChannelConfig {
        kind: ConfigKind::Broadcast,
        topic: "what is new".to_owned(),
        order: 3,
        read_roles: roles(&["member"]),
        post_roles: roles(&["admin"]),
        ..config("news")
    };
    let events = bench.ask(ADMIN, Command::Change { channel: hall, to: to.clone() }).unwrap();
    assert_eq!(events, [Event::Changed { channel: hall, config: to.clone(), old }.into()]);
    let channel = bench.community().channels.get(hall).unwrap();
    assert_eq!(channel.config(), Some(to));
    assert_ne!(channel.status, Status::Open);
    bench.ask(ADMIN, Command::Reopen { channel: hall }).unwrap();
    assert_eq!(bench.community().channels.get(hall).unwrap().status, Status::Open);
    bench.check();
}

#[test]
fn channels_are_listed_in_the_operators_order() {
    let mut bench = Bench::new();
    open(&mut bench, ChannelConfig { order: 2, ..config("second") });
    open(&mut bench, ChannelConfig { order: 1, ..config("first") });
    feed(&mut bench, ANN);
    let names: Vec<_> = bench.community().channels.listed().iter().map(|c| c.name.clone()).collect();
    assert_eq!(names, ["general", "first", "second"]);
}

#[test]
fn too_many_channels_are_refused_and_feeds_do_not_count() {
    let mut bench = Bench::new();
    feed(&mut bench, ANN);
    for index in 1..crate::limits::CHANNELS_MAX {
        open(&mut bench, config(&format!("c{index}")));
    }
    assert_eq!(code(bench.ask(OWNER, Command::Open { channel: config("one more") })), "too_many");
    feed(&mut bench, BEN);
}

#[test]
fn who_may_post_where() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    let news = open(&mut bench, ChannelConfig { kind: ConfigKind::Broadcast, ..config("news") });
    let staff = roles(&["moderator", "admin"]);
    let hidden = open(&mut bench, ChannelConfig { read_roles: staff.clone(), ..config("hidden") });
    let stage = open(&mut bench, ChannelConfig { post_roles: staff, ..config("stage") });
    let closed = open(&mut bench, config("closed"));
    bench.ask(OWNER, Command::Close { channel: closed }).unwrap();
    let ann = feed(&mut bench, ANN);
    let rows = [
        (ANN, hall, "ok"),
        (GUEST, hall, "permission_missing"),
        (GONE, hall, "not_a_member"),
        (ANN, news, "permission_missing"),
        (MODERATOR, news, "permission_missing"),
        (ADMIN, news, "ok"),
        (ANN, hidden, "not_found"),
        (MODERATOR, hidden, "ok"),
        (OWNER, hidden, "ok"),
        (ANN, stage, "permission_missing"),
        (MODERATOR, stage, "ok"),
        (OWNER, stage, "permission_missing"),
        (ANN, closed, "wrong_state"),
        (OWNER, closed, "wrong_state"),
        (GUEST, closed, "permission_missing"),
        (ANN, ann, "ok"),
        (BEN, ann, "not_yours"),
        (OWNER, ann, "not_yours"),
        (ANN, ChannelId(1), "not_found"),
    ];
    for (member, channel, expected) in rows {
        assert_eq!(code(try_post(&mut bench, member, channel)), expected, "{member} in {channel}");
    }
    bench.check();
}

#[test]
fn a_token_without_the_channels_permission_cannot_post() {
    let mut bench = Bench::new();
    let hall = bench.hall();
    bench.scope(&[crate::role::Permission::Read]);
    assert_eq!(code(try_post(&mut bench, OWNER, hall)), "scope_too_narrow");
}
