//! Invites: uses, reservations, races, who may invite.

use crate::gate::invite::{By, INVITES_PER_MEMBER_MAX, Terms};
use crate::gate::testing::{Asking, Bench, THE_OWNER};
use crate::gate::{Command, Condition, Decision, GateConfig, Invite, Mode};
use crate::ids::{InviteId, PersonId};
use crate::member;
use crate::moment::HOUR_MS;

fn gate(by: By, more: &[Condition]) -> Bench {
    let mut conditions = vec![Condition::Invite(Terms { by })];
    conditions.extend_from_slice(more);
    Bench::new(GateConfig { conditions, ..GateConfig::default() })
}

fn invite(code: &str, uses: u32) -> Command {
    Command::CreateInvite {
        code: code.to_owned(),
        uses,
        expires_at_ms: None,
        source: "qr-2026".to_owned(),
        for_person: None,
    }
}

fn with(code: &str) -> Asking<'_> {
    Asking { invite: Some(code), ..Asking::default() }
}

fn only(bench: &Bench) -> (InviteId, &Invite) {
    let (id, invite) = bench.community().gate.invites.iter().next().unwrap();
    (*id, invite)
}

#[test]
fn an_invite_with_three_uses_lets_in_three() {
    let mut bench = gate(By::Members, &[]);
    bench.owner(invite("zig-2026", 3)).unwrap();
    for person in 2..6 {
        bench.apply(person, &with("ZIG 2O26")).unwrap();
    }
    assert_eq!(
        ["active", "active", "active", "turned_away"],
        [2, 3, 4, 5].map(|person| bench.standing(person))
    );
    let denied = &bench.records.last().unwrap().0.decisions[0];
    assert_eq!(
        (denied.reason.code.as_str(), denied.ground.verdict()),
        ("gate.invite.used_up", denied.verdict)
    );
    assert_eq!(only(&bench).1.used, 3);
    bench.assert_folds_again();
}

#[test]
fn a_join_records_how_the_person_came_and_who_invited_them() {
    let mut bench = gate(By::Members, &[]);
    bench.owner(invite("poster", 5)).unwrap();
    bench.apply(2, &Asking { source: "link", ..with("poster") }).unwrap();
    let origin = &bench.row(2).origin;
    assert_eq!((origin.source.as_str(), origin.inviter), ("qr-2026", Some(THE_OWNER)));
    assert_eq!(origin.invite, Some(only(&bench).0));
}

#[test]
fn an_open_gate_takes_note_of_a_good_code_and_passes_over_a_bad_one() {
    let mut bench = Bench::new(GateConfig::default());
    bench.owner(invite("poster", 1)).unwrap();
    bench.apply(2, &with("poster")).unwrap();
    bench.apply(3, &Asking { source: "link", ..with("poster") }).unwrap();
    assert_eq!((bench.row(2).origin.source.as_str(), bench.standing(3)), ("qr-2026", "active"));
    assert_eq!((bench.row(3).origin.source.as_str(), bench.row(3).origin.invite), ("link", None));
    assert_eq!(only(&bench).1.used, 1);
}

#[test]
fn a_use_is_reserved_while_somebody_waits_and_free_again_when_they_go() {
    let mut bench = gate(By::Members, &[Condition::Approval]);
    bench.owner(invite("once", 1)).unwrap();
    bench.apply(2, &with("once")).unwrap();
    assert_eq!((only(&bench).1.used, only(&bench).1.taken()), (0, 1));
    bench.apply(3, &with("once")).unwrap();
    assert_eq!((bench.standing(2), bench.standing(3)), ("review", "turned_away"));
    bench.ask(2, Command::Withdraw).unwrap();
    assert_eq!(only(&bench).1.taken(), 0);
    bench.apply(3, &with("once")).unwrap();
    let member = bench.row(3).id;
    bench.owner(Command::Decide { member, decision: Decision::Admit, reason: None }).unwrap();
    assert_eq!((bench.standing(3), only(&bench).1.used, only(&bench).1.taken()), ("active", 1, 1));
    bench.assert_folds_again();
}

#[test]
fn who_waits_with_a_good_code_keeps_that_right_when_it_ends() {
    let mut bench = gate(By::Members, &[Condition::Approval]);
    bench.owner(invite("once", 2)).unwrap();
    bench.apply(2, &with("once")).unwrap();
    bench.owner(Command::RevokeInvite { invite: only(&bench).0 }).unwrap();
    bench.apply(3, &with("once")).unwrap();
    let member = bench.row(2).id;
    bench.owner(Command::Decide { member, decision: Decision::Admit, reason: None }).unwrap();
    assert_eq!((bench.standing(2), bench.standing(3)), ("active", "turned_away"));
}

#[test]
fn only_the_owner_invites_where_the_gate_says_so() {
    let mut bench = gate(By::Members, &[]);
    bench.owner(invite("owners", 9)).unwrap();
    bench.apply(2, &with("owners")).unwrap();
    bench.ask(2, invite("members", 9)).unwrap();
    bench.apply(3, &with("members")).unwrap();
    assert_eq!(bench.standing(3), "active");
    let conditions = vec![Condition::Invite(Terms { by: By::Owner })];
    bench.owner(Command::SetGate { config: GateConfig { conditions, ..GateConfig::default() } }).unwrap();
    assert_eq!(bench.ask(2, invite("another", 9)).unwrap_err().code(), "owner_only");
    bench.apply(4, &with("members")).unwrap();
    bench.apply(5, &with("owners")).unwrap();
    assert_eq!((bench.standing(4), bench.standing(5)), ("turned_away", "active"));
}

#[test]
fn the_invites_of_somebody_who_was_sent_out_let_nobody_in() {
    let mut bench = gate(By::Members, &[]);
    bench.owner(invite("owners", 9)).unwrap();
    bench.apply(2, &with("owners")).unwrap();
    bench.ask(2, invite("members", 9)).unwrap();
    let member = bench.row(2).id;
    bench.owner(member::Command::Remove { member, reason: None }).unwrap();
    let outcome = bench.apply(3, &with("members")).unwrap();
    assert_eq!(outcome.decisions[0].reason.code, "gate.invite.maker_gone");
}

#[test]
fn an_invite_may_end_and_may_be_for_one_person() {
    let mut bench = gate(By::Members, &[]);
    let (code, source) = ("only-you".to_owned(), String::new());
    let (expires_at_ms, for_person) = (Some(bench.at_ms + HOUR_MS), Some(PersonId(2)));
    bench.owner(Command::CreateInvite { code, uses: 9, expires_at_ms, source, for_person }).unwrap();
    bench.apply(3, &with("only-you")).unwrap();
    bench.apply(2, &with("only-you")).unwrap();
    assert_eq!((bench.standing(2), bench.standing(3)), ("active", "turned_away"));
    bench.ask(2, member::Command::Leave).unwrap();
    bench.advance(HOUR_MS);
    let outcome = bench.apply(2, &with("only-you")).unwrap();
    assert_eq!(outcome.decisions[0].reason.code, "gate.invite.expired");
}

#[test]
fn invites_that_cannot_be_are_refused() {
    let mut bench = gate(By::Members, &[]);
    bench.owner(invite("hello", 1)).unwrap();
    let at_ms = bench.at_ms;
    let changed = |change: fn(&mut u32, &mut Option<u64>, &mut String)| {
        let (mut uses, mut expires_at_ms, mut source) = (1, Some(at_ms + 1), String::new());
        change(&mut uses, &mut expires_at_ms, &mut source);
        Command::CreateInvite { code: "fresh".to_owned(), uses, expires_at_ms, source, for_person: None }
    };
    let rows = [
        (invite("HE11O", 1), "already_exists"),
        (invite("abc", 1), "value_invalid"),
        (invite("加群加群", 1), "value_invalid"),
        (changed(|uses, _, _| *uses = 0), "value_invalid"),
        (changed(|uses, _, _| *uses = 100_001), "value_invalid"),
        (changed(|_, end, _| *end = Some(1)), "value_invalid"),
        (changed(|_, _, source| source.push(' ')), "name_invalid"),
        (Command::RevokeInvite { invite: InviteId(1) }, "not_found"),
    ];
    for (command, expected) in rows {
        assert_eq!(bench.owner(command.clone()).unwrap_err().code(), expected, "{command:?}");
    }
    let (id, _) = only(&bench);
    bench.apply(2, &with("hello")).unwrap();
    assert_eq!(bench.ask(2, Command::RevokeInvite { invite: id }).unwrap_err().code(), "permission_missing");
    bench.owner(Command::RevokeInvite { invite: id }).unwrap();
    assert_eq!(bench.owner(Command::RevokeInvite { invite: id }).unwrap_err().code(), "nothing_to_change");
}

#[test]
fn a_member_has_so_many_living_invites_at_most() {
    let mut bench = Bench::new(GateConfig { mode: Mode::Any, ..GateConfig::default() });
    bench.join(2).unwrap();
    for number in 0..INVITES_PER_MEMBER_MAX {
        bench.ask(2, invite(&format!("code{number:04}"), 1)).unwrap();
    }
    assert_eq!(bench.ask(2, invite("one-more", 1)).unwrap_err().code(), "too_many");
    bench.apply(3, &with("code0000")).unwrap();
    bench.ask(2, invite("one-more", 1)).unwrap();
}
