//! The table of refusals: every command about every kind of message it does not fit.

use super::*;

#[test]
fn refuses_every_command_that_does_not_fit() {
    let mut scene = scene();
    let Scene { ann, owner, deleted, hidden, question, answer, announcement, closed, .. } = scene;
    let bench = &mut scene.bench;
    let hall = bench.hall();
    let unknown = MessageId(1);
    let hello = bench.body("hello");
    let bodies = bench.take_bodies();
    let parts = || vec![Part::Text { body: hello }];
    let reply = |reply_to| Command::Post {
        channel: hall,
        parts: parts(),
        reply_to: Some(reply_to),
        sort: Sort::Talk,
        mentions: Mentions::default(),
    };
    let mention = |members: &[MemberId]| Command::Post {
        channel: hall,
        parts: parts(),
        reply_to: None,
        sort: Sort::Talk,
        mentions: Mentions { members: members.iter().copied().collect(), all: false },
    };
    let announce =
        |channel, mentions| Command::Announce { channel, parts: parts(), ack: Ack::Optional, mentions };
    let edit = |message| Command::Edit { message, parts: parts() };
    let crowd: Vec<MemberId> = (0..=limits::MENTIONS_MAX as u128).map(MemberId).collect();
    let accept = |question, answer| Command::AcceptAnswer { question, answer };
    let unaccept = |question| Command::UnacceptAnswer { question };
    let shout = Command::Post {
        channel: hall,
        parts: parts(),
        reply_to: None,
        sort: Sort::Talk,
        mentions: everybody(),
    };
    let no_reason = Some(BodyRef { id: BodyId(1), len: 1, mac: [0; 16] });
    let rows: Vec<(MemberId, Command, &str)> = vec![
        (GONE, post(hall, parts()), "not_a_member"),
        (ANN, reply(owner), "ok"),
        (ANN, reply(unknown), "not_found"),
        (ANN, reply(hidden), "not_found"),
        (MODERATOR, reply(hidden), "wrong_state"),
        (ANN, reply(deleted), "wrong_state"),
        (ANN, mention(&[BEN, GUEST]), "ok"),
        (ANN, mention(&[BEN, GONE]), "not_found"),
        (ANN, mention(&crowd), "too_many"),
        (ANN, shout.clone(), "permission_missing"),
        (MODERATOR, shout.clone(), "permission_missing"),
        (ADMIN, shout, "ok"),
        (ANN, edit(ann), "ok"),
        (BEN, edit(ann), "not_yours"),
        (OWNER, edit(ann), "not_yours"),
        (ANN, edit(unknown), "not_found"),
        (ANN, edit(hidden), "not_found"),
        (ANN, edit(deleted), "wrong_state"),
        (ANN, edit(closed), "wrong_state"),
        (ANN, Command::Edit { message: ann, parts: vec![] }, "text_empty"),
        (BEN, delete(ann), "permission_missing"),
        (MODERATOR, delete(owner), "rank_too_low"),
        (ANN, delete(unknown), "not_found"),
        (ANN, delete(hidden), "not_found"),
        (ANN, delete(deleted), "wrong_state"),
        (ANN, Command::Delete { message: ann, reason: no_reason }, "body_missing"),
        (GUEST, react(ann, "👍"), "permission_missing"),
        (BEN, react(ann, "加微"), "value_invalid"),
        (BEN, react(ann, "doge"), "value_invalid"),
        (BEN, react(unknown, "👍"), "not_found"),
        (BEN, react(hidden, "👍"), "not_found"),
        (BEN, react(deleted, "👍"), "wrong_state"),
        (BEN, react(closed, "👍"), "wrong_state"),
        (ANN, react(ann, "👍"), "nothing_to_change"),
        (BEN, unreact(ann, "👍"), "nothing_to_change"),
        (ANN, unreact(ann, "🎉"), "nothing_to_change"),
        (ANN, unreact(deleted, "👍"), "wrong_state"),
        (GUEST, unreact(ann, "👍"), "permission_missing"),
        (ANN, Command::Pin { message: owner }, "permission_missing"),
        (MODERATOR, Command::Pin { message: ann }, "nothing_to_change"),
        (MODERATOR, Command::Pin { message: unknown }, "not_found"),
        (MODERATOR, Command::Pin { message: deleted }, "wrong_state"),
        (ANN, Command::Unpin { message: ann }, "permission_missing"),
        (MODERATOR, Command::Unpin { message: owner }, "wrong_state"),
        (ANN, accept(question, answer), "permission_missing"),
        (BEN, accept(question, answer), "nothing_to_change"),
        (BEN, accept(question, owner), "wrong_state"),
        (BEN, accept(question, deleted), "wrong_state"),
        (BEN, accept(question, unknown), "not_found"),
        (BEN, accept(unknown, answer), "not_found"),
        (ANN, accept(ann, answer), "wrong_state"),
        (ANN, unaccept(question), "permission_missing"),
        (ANN, unaccept(ann), "nothing_to_change"),
        (ANN, announce(hall, Mentions::default()), "permission_missing"),
        (MODERATOR, announce(hall, everybody()), "permission_missing"),
        (MODERATOR, announce(ChannelId(1), Mentions::default()), "not_found"),
        (ANN, Command::Acknowledge { message: ann }, "not_found"),
        (ANN, Command::Acknowledge { message: unknown }, "not_found"),
        (ANN, Command::Acknowledge { message: deleted }, "wrong_state"),
        (ANN, Command::Acknowledge { message: announcement }, "ok"),
        (ANN, Command::Acknowledge { message: announcement }, "nothing_to_change"),
        (ANN, Command::Configure { config: MessageConfig::default() }, "permission_missing"),
        (ADMIN, Command::Configure { config: MessageConfig::default() }, "nothing_to_change"),
    ];
    for (member, command, expected) in rows {
        bench.put_bodies(&bodies);
        let before = bench.stream.clone();
        assert_eq!(code(bench.ask(member, command.clone())), expected, "{member} {command:?}");
        assert!(expected == "ok" || bench.stream == before, "a refusal changes nothing");
    }
    let hosts = bench.text("hello");
    assert_eq!(code(bench.ask_as(Actor::Host, post(hall, hosts))), "not_a_member");
    bench.check();
}

#[test]
fn refuses_settings_out_of_range() {
    let mut bench = Bench::new();
    let codes = |codes: &[&str]| MessageConfig {
        emoji_codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        ..MessageConfig::default()
    };
    let many = MessageConfig {
        emoji_codes: (0..=limits::EMOJI_CODES_MAX).map(|index| format!("e{index}")).collect(),
        ..MessageConfig::default()
    };
    let rows = [
        (codes(&["加微"]), "name_invalid"),
        (codes(&[""]), "name_invalid"),
        (many, "too_many"),
        (MessageConfig { mention_all_per_day: 101, ..MessageConfig::default() }, "too_many"),
        (codes(&["doge"]), "ok"),
    ];
    for (config, expected) in rows {
        assert_eq!(
            code(bench.ask(ADMIN, Command::Configure { config: config.clone() })),
            expected,
            "{config:?}"
        );
    }
    let id = bench.say(ANN, "much wow");
    bench.ask(BEN, react(id, "doge")).unwrap();
    bench.check();
}
