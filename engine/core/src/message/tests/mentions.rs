//! Mentions: the budget of telling everybody, who is told, and what their notices push out.

use super::*;

#[test]
fn everybody_can_be_mentioned_as_often_as_the_budget_of_a_day_allows() {
    let mut bench = Bench::new();
    let channel = bench.hall();
    let shout = |bench: &mut Bench| {
        let parts = bench.text("all hands");
        let mentions = everybody();
        code(bench.ask(OWNER, Command::Announce { channel, parts, ack: Ack::Optional, mentions }))
    };
    let answers: Vec<_> = (0..4).map(|_| shout(&mut bench)).collect();
    assert_eq!(answers, ["ok", "ok", "ok", "too_many"]);
    bench.advance(DAY_MS - 4_000);
    assert_eq!(shout(&mut bench), "ok", "the first is a day old");
    assert_eq!(shout(&mut bench), "ok", "the second is");
    bench.check();
}

#[test]
fn mentions_push_out_mentions_and_nothing_that_matters() {
    let mut bench = Bench::new();
    let mut tell = |code: &str| {
        bench.by_hand(MODERATOR, |_, out| out.notify(BEN, Text::new(code)));
        let notices = &bench.community().members.get(BEN).unwrap().notices;
        (notices.len(), notices.iter().any(|notice| notice.text.code == "queue.held_message"))
    };
    tell("queue.held_message");
    for _ in 0..2 * limits::NOTICES_MAX {
        assert!(tell(MENTIONED).1);
    }
    assert_eq!(tell(MENTIONED), (limits::NOTICES_MAX, true));
    for _ in 1..limits::NOTICES_MAX {
        assert!(tell("rule.warned").1, "mentions go first");
    }
    assert!(!tell("rule.warned").1, "then the oldest");
}

#[test]
fn who_is_mentioned_is_told_once_if_they_may_read_it() {
    let mut bench = Bench::new();
    let staff = channel::ChannelConfig {
        read_roles: ["moderator".to_owned()].into(),
        ..channel::ChannelConfig::group("staff")
    };
    bench.ask(OWNER, channel::Command::Open { channel: staff }).unwrap();
    let staff = bench.community().channels.of_name("staff").unwrap().id;
    let told = |events: &[AnyEvent]| -> Vec<MemberId> {
        let mentioned = |event: &AnyEvent| match event {
            AnyEvent::Member(crate::member::Event::Notified { member, text }) => {
                (text.code == "message.mentioned").then_some(*member)
            }
            _ => None,
        };
        events.iter().filter_map(mentioned).collect()
    };
    let mut held = Held {
        header: Box::new(Header::new(MessageId(9), staff, MODERATOR, START_MS)),
        parts: Vec::new(),
        mentions: Mentions { members: [MODERATOR, ANN, BEN, OWNER, GONE].into(), all: true },
        edits: None,
        original: Vec::new(),
    };
    let release = |bench: &mut Bench, held: &Held| {
        told(&bench.by_hand(MODERATOR, |ctx, out| post::release(ctx, held, out)))
    };
    assert_eq!(release(&mut bench, &held), [OWNER], "who may not read the channel learns nothing of it");
    *held.header = Header::new(MessageId(10), bench.hall(), MODERATOR, START_MS);
    assert_eq!(release(&mut bench, &held), [OWNER, ANN, BEN], "not the author, not who has left");
    assert_eq!(release(&mut bench, &held), [], "and not again");
    let parts = bench.text("look, Ben");
    let mentions = Mentions { members: [BEN].into(), all: false };
    let (channel, sort) = (bench.hall(), Sort::Talk);
    let post = Command::Post { channel, parts, reply_to: None, sort, mentions };
    assert_eq!(told(&bench.ask(ANN, post).unwrap()), [BEN]);
}
