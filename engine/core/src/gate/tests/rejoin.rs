//! Coming back: after leaving, removal, a ban, erasure.

use crate::gate::testing::{Asking, Bench};
use crate::gate::{Command, Condition, GateConfig, TagsOnReturn};
use crate::ids::PersonId;
use crate::member::{self, Standing};
use crate::moment::{DAY_MS, HOUR_MS};
use crate::notice::Arg;
use crate::stream::Kind;

fn open() -> Bench {
    Bench::new(GateConfig::default())
}

fn inside(config: GateConfig) -> Bench {
    let mut bench = Bench::new(config);
    bench.join(2).unwrap();
    let member = bench.row(2).id;
    bench.owner(member::Command::Tag { member, tag: "helper".to_owned() }).unwrap();
    bench
}

#[test]
fn who_left_comes_back_as_the_same_member_with_their_tags_if_the_gate_keeps_them() {
    for (tags_on_return, kept) in [(TagsOnReturn::Keep, 1), (TagsOnReturn::Clear, 0)] {
        let mut bench = inside(GateConfig { tags_on_return, ..GateConfig::default() });
        let (id, since_ms) = (bench.row(2).id, bench.row(2).since_ms);
        bench.ask(2, member::Command::Leave).unwrap();
        bench.advance(HOUR_MS);
        bench.apply(2, &Asking { nickname: "老王", ..Asking::default() }).unwrap();
        let row = bench.row(2);
        assert_eq!((row.id, row.since_ms, row.tags.len()), (id, since_ms, kept));
        assert_eq!((bench.standing(2), row.joined_ms), ("active", Some(bench.at_ms)));
        assert_eq!(bench.stream.bodies.text(&row.nickname), Some("老王"));
        assert!(bench.stream.bodies.iter().all(|body| body.text() != Some("小王")), "the old name is gone");
        bench.assert_folds_again();
    }
}

#[test]
fn who_was_removed_comes_back_after_their_pause() {
    let mut bench = inside(GateConfig::default());
    let member = bench.row(2).id;
    bench.owner(member::Command::Remove { member, reason: None }).unwrap();
    let again_ms = bench.at_ms + bench.community().profile.settings.rejoin_pause_ms;
    let refusal = bench.join(2).unwrap_err();
    assert_eq!((refusal.code(), &refusal.text().args["until"]), ("not_yet", &Arg::Time(again_ms)));
    bench.advance(again_ms - bench.at_ms);
    bench.join(2).unwrap();
    assert_eq!(bench.standing(2), "active");
}

#[test]
fn who_is_banned_cannot_apply_until_it_is_over() {
    let mut bench = inside(GateConfig::default());
    let member = bench.row(2).id;
    bench.owner(member::Command::Ban { member, for_ms: Some(DAY_MS), reason: None }).unwrap();
    let refusal = bench.join(2).unwrap_err();
    assert_eq!(
        (refusal.code(), &refusal.text().args["until"]),
        ("banned_until", &Arg::Time(bench.at_ms + DAY_MS))
    );
    bench.advance(DAY_MS);
    bench.join(2).unwrap();
    assert_eq!(bench.standing(2), "active");
    bench.owner(member::Command::Ban { member, for_ms: None, reason: None }).unwrap();
    bench.advance(1_000 * DAY_MS);
    assert_eq!(bench.join(2).unwrap_err().code(), "banned");
    bench.owner(member::Command::Unban { member }).unwrap();
    bench.join(2).unwrap();
}

#[test]
fn who_was_erased_comes_as_a_new_one() {
    let mut bench = inside(GateConfig::default());
    let old = bench.row(2).id;
    if let Kind::Community(community) = &mut bench.stream.kind {
        community.members.change(old, |row| {
            row.standing = Standing::Erased { at_ms: 1 };
            row.person = None;
        });
    }
    bench.join(2).unwrap();
    assert_ne!(bench.row(2).id, old);
    assert!(bench.row(2).tags.is_empty());
    assert!(bench.community().members.get(old).is_some(), "the old row stays, so that facts add up");
}

#[test]
fn a_former_member_who_is_turned_away_keeps_their_row() {
    let mut bench = inside(GateConfig::default());
    bench.ask(2, member::Command::Leave).unwrap();
    let conditions = vec![Condition::Invite(Default::default())];
    bench.owner(Command::SetGate { config: GateConfig { conditions, ..GateConfig::default() } }).unwrap();
    let before = bench.row(2).clone();
    bench.apply(2, &Asking { nickname: "老王", ..Asking::default() }).unwrap();
    assert_eq!((bench.standing(2), bench.row(2).nickname), ("turned_away", before.nickname));
    assert_eq!(bench.stream.bodies.text(&before.nickname), Some("小王"));
    bench.assert_folds_again();
}

#[test]
fn who_is_inside_cannot_apply() {
    let mut bench = open();
    bench.join(2).unwrap();
    assert_eq!(bench.join(2).unwrap_err().code(), "wrong_state");
    assert_eq!(
        bench.community().members.of_person(PersonId(2)).map(|row| row.standing),
        Some(Standing::Active)
    );
}

#[test]
fn who_was_banned_and_erased_does_not_come_back() {
    let mut bench = inside(GateConfig::default());
    let old = bench.row(2).id;
    bench.owner(member::Command::Ban { member: old, for_ms: None, reason: None }).unwrap();
    bench.owner(crate::privacy::Command::Erase { member: old }).unwrap();
    assert_eq!(bench.join(2).unwrap_err().code(), "banned");
}
