//! Transfers between members, edge by edge.

use super::super::transfer::{Command as Ask, End, Event as Happened, Mode, WAITING_MAX};
use super::super::*;
use super::desk::*;
use crate::event::Event as AnyEvent;
use crate::member;
use crate::testing_talk::*;

fn send(to: MemberId, amount: i64) -> Command {
    by(to, amount, Mode::Held)
}

fn by(to: MemberId, amount: i64, mode: Mode) -> Command {
    Command::Transfer(Ask::Send { to, asset: Asset::Points, amount: units(amount), mode, memo: None })
}

/// Ann has sent Ben 30 of her 100.
fn sent() -> (Bench, TransactionId) {
    let mut bench = bench();
    bench.ask(ADMIN, grant(&[ANN], 100)).unwrap();
    bench.ask(ANN, send(BEN, 30)).unwrap();
    let id = bench.community().ledger.transfers.of(BEN).next().unwrap().0;
    (bench, id)
}

fn both(bench: &Bench) -> (u64, u64) {
    (points(bench.community(), ANN), points(bench.community(), BEN))
}

fn last_end(bench: &Bench) -> Option<End> {
    let events: Vec<&AnyEvent> = bench.records().flat_map(|record| &record.events).collect();
    events.iter().rev().find_map(|event| match event {
        AnyEvent::Ledger(Event::Transfer(Happened::Ended { end, .. })) => Some(*end),
        _ => None,
    })
}

/// What was held is nowhere any more, and the rest is whole.
fn settled(bench: &Bench, expected: (u64, u64), end: End) {
    assert_eq!(both(bench), expected);
    assert_eq!(last_end(bench), Some(end));
    assert_eq!(bench.community().ledger.transfers.of(ANN).count(), 0);
    assert_eq!(audit(&bench.community().ledger.book, bench.now_ms()), None);
    bench.check();
}

#[test]
fn what_is_sent_is_held_until_it_is_accepted() {
    let (mut bench, transfer) = sent();
    assert_eq!(both(&bench), (70, 0));
    assert_eq!(
        bench.ask(ANN, Command::Spend { amount: units(71) }),
        Err(Refusal::InsufficientFunds { available: 70 })
    );
    assert_eq!(told(&bench, BEN), ["transfer.sent"]);
    bench.ask(BEN, Command::Transfer(Ask::Accept { transfer })).unwrap();
    settled(&bench, (70, 30), End::Accepted);
    assert_eq!(told(&bench, ANN), ["points.granted", "transfer.accepted"]);
    let gone = Err(Refusal::NotFound { what: "transfer".to_owned() });
    for ask in [Ask::Accept { transfer }, Ask::Decline { transfer }] {
        assert_eq!(bench.ask(BEN, Command::Transfer(ask)), gone);
    }
    assert_eq!(bench.ask(ANN, Command::Transfer(Ask::Recall { transfer })), gone);
}

#[test]
fn what_is_declined_or_recalled_is_the_sender_s_again() {
    let (bench, transfer) = sent();
    for (who, ask, end) in
        [(BEN, Ask::Decline { transfer }, End::Declined), (ANN, Ask::Recall { transfer }, End::Recalled)]
    {
        let mut bench = bench.clone();
        bench.ask(who, Command::Transfer(ask)).unwrap();
        settled(&bench, (100, 0), end);
    }
}

#[test]
fn only_the_receiver_accepts_and_only_the_sender_recalls() {
    let (mut bench, transfer) = sent();
    let others = Err(Refusal::NotYours { what: "transfer".to_owned() });
    for (who, ask) in [
        (ANN, Ask::Accept { transfer }),
        (GUEST, Ask::Accept { transfer }),
        (ANN, Ask::Decline { transfer }),
        (BEN, Ask::Recall { transfer }),
        (OWNER, Ask::Recall { transfer }),
    ] {
        assert_eq!(bench.ask(who, Command::Transfer(ask)), others, "{who}");
    }
    assert_eq!(both(&bench), (70, 0));
}

#[test]
fn t14_at_the_moment_its_time_is_over_it_cannot_be_accepted() {
    let (bench, transfer) = sent();
    let until = bench.community().ledger.transfers.get(transfer).unwrap().until_ms;
    // Asking takes a second.
    for (before_ms, goes_through) in [(1_001, true), (1_000, false), (0, false)] {
        let mut bench = bench.clone();
        let now = bench.now_ms();
        bench.advance(until - before_ms - now);
        let said = bench.ask(BEN, Command::Transfer(Ask::Accept { transfer }));
        assert_eq!(said.is_ok(), goes_through, "{before_ms} {said:?}");
        bench.advance(2_000);
        bench.fire_due();
        let (expected, end) = if goes_through { ((70, 30), End::Accepted) } else { ((100, 0), End::Expired) };
        settled(&bench, expected, end);
    }
}

#[test]
fn to_oneself_or_to_nobody_nothing_is_sent() {
    let (mut bench, _) = sent();
    let oneself = Refusal::ValueInvalid { name: "member".to_owned(), expected: "somebody_else".to_owned() };
    assert_eq!(bench.ask(ANN, send(ANN, 1)), Err(oneself));
    assert_eq!(bench.ask(ANN, send(GONE, 1)), Err(Refusal::NotFound { what: GONE.to_string() }));
    assert_eq!(bench.ask(GONE, send(ANN, 1)), Err(Refusal::NotAMember));
    assert_eq!(bench.ask(ANN, send(BEN, 71)), Err(Refusal::InsufficientFunds { available: 70 }));
}

#[test]
fn when_the_receiver_leaves_or_is_sent_out_it_goes_back() {
    let (bench, _) = sent();
    let remove = member::Command::Remove { member: BEN, reason: None };
    let ban = member::Command::Ban { member: BEN, for_ms: None, reason: None };
    for (who, what) in [(BEN, member::Command::Leave), (OWNER, remove), (OWNER, ban)] {
        let mut bench = bench.clone();
        bench.ask(who, what).unwrap();
        settled(&bench, (100, 0), End::ReceiverGone);
    }
}

#[test]
fn when_the_sender_is_banned_after_it_was_sent_it_stays() {
    let (mut bench, transfer) = sent();
    bench.ask(OWNER, member::Command::Ban { member: ANN, for_ms: None, reason: None }).unwrap();
    assert_eq!(both(&bench), (70, 0));
    bench.ask(BEN, Command::Transfer(Ask::Accept { transfer })).unwrap();
    settled(&bench, (70, 30), End::Accepted);
}

#[test]
fn a_frozen_sender_sends_nothing_and_still_gets_refunds() {
    let (mut bench, transfer) = sent();
    let account = AccountId::Member(ANN, Purse::Points);
    bench.ask(OWNER, Command::Shut { account, shut: Shut::Out }).unwrap();
    assert_eq!(bench.ask(ANN, send(BEN, 1)), Err(Refusal::AccountFrozen));
    assert_eq!(bench.ask(BEN, Command::Transfer(Ask::Accept { transfer })), Err(Refusal::AccountFrozen));
    bench.ask(BEN, Command::Transfer(Ask::Decline { transfer })).unwrap();
    settled(&bench, (100, 0), End::Declined);
}

#[test]
fn given_directly_it_is_theirs_at_once_and_can_be_taken_back_by_who_may() {
    let (mut bench, transfer) = sent();
    bench.ask(ANN, Command::Transfer(Ask::Recall { transfer })).unwrap();
    bench.ask(ANN, by(BEN, 40, Mode::Direct)).unwrap();
    assert_eq!(both(&bench), (60, 40));
    assert_eq!(told(&bench, BEN).last().map(String::as_str), Some("transfer.given"));
    bench.ask(BEN, Command::Spend { amount: units(25) }).unwrap();
    let of = posted(&bench, Template::TransferDirect)[0].id;
    let missing = Refusal::PermissionMissing { permission: "manage_money".to_owned() };
    assert_eq!(bench.ask(ANN, Command::Reverse { of, amount: None }), Err(missing));
    bench.ask(ADMIN, Command::Reverse { of, amount: None }).unwrap();
    assert_eq!(both(&bench), (100, 0));
    assert_eq!(holding(bench.community(), BEN).owed, 25);
    // What he owes he cannot give away.
    bench
        .ask(
            ADMIN,
            Command::Transfer(Ask::Send {
                to: BEN,
                asset: Asset::Points,
                amount: units(1),
                mode: Mode::Direct,
                memo: None,
            }),
        )
        .unwrap_err();
    bench.ask(ANN, by(BEN, 30, Mode::Direct)).unwrap();
    assert_eq!(bench.ask(BEN, by(ANN, 6, Mode::Direct)), Err(Refusal::InsufficientFunds { available: 5 }));
    bench.ask(BEN, by(ANN, 5, Mode::Direct)).unwrap();
    bench.check();
}

#[test]
fn a_day_s_cap_counts_all_that_is_sent_and_begins_anew_the_next_day() {
    let mut bench = Bench::new();
    let mut config = points_on();
    config.transfers.per_day_max = 50;
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    bench.ask(ADMIN, grant(&[ANN, BEN], 200)).unwrap();
    bench.ask(ANN, by(BEN, 30, Mode::Direct)).unwrap();
    bench.ask(ANN, send(BEN, 20)).unwrap();
    let limit = Err(Refusal::MoneyLimit { what: "sent_per_day".to_owned(), max: 50 });
    assert_eq!(bench.ask(ANN, send(BEN, 1)), limit);
    bench.ask(BEN, send(ANN, 50)).unwrap();
    bench.advance(DAY_MS);
    bench.ask(ANN, send(BEN, 50)).unwrap();
    assert_eq!(bench.ask(ANN, send(BEN, 1)), limit);
}

#[test]
fn a_switch_turns_sending_off_and_another_recalling() {
    let (mut bench, transfer) = sent();
    let mut config = points_on();
    (config.transfers.state, config.transfers.recall) = (Switch::Off, Switch::Off);
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    let off = |what: &str| Err(Refusal::WrongState { what: what.to_owned(), state: "off".to_owned() });
    assert_eq!(bench.ask(ANN, send(BEN, 1)), off("transfers"));
    assert_eq!(bench.ask(ANN, Command::Transfer(Ask::Recall { transfer })), off("recall"));
    bench.ask(BEN, Command::Transfer(Ask::Accept { transfer })).unwrap();
    settled(&bench, (70, 30), End::Accepted);
}

#[test]
fn nobody_has_more_than_so_many_waiting() {
    let (mut bench, _) = sent();
    for _ in 1..WAITING_MAX {
        bench.ask(ANN, send(BEN, 1)).unwrap();
    }
    let many = Refusal::TooMany { what: "transfers".to_owned(), max: WAITING_MAX as u64 };
    assert_eq!(bench.ask(ANN, send(BEN, 1)), Err(many));
}

#[test]
fn the_note_is_kept_while_the_transfer_waits() {
    let (mut bench, _) = sent();
    let memo = bench.body("for the tea");
    let asset = Asset::Points;
    let ask = Ask::Send { to: BEN, asset, amount: units(2), mode: Mode::Held, memo: Some(memo) };
    bench.ask(ANN, Command::Transfer(ask)).unwrap();
    assert_eq!(bench.stream.bodies.text(&memo), Some("for the tea"));
    let transfer = bench.community().ledger.transfers.of(ANN).last().unwrap().0;
    bench.ask(BEN, Command::Transfer(Ask::Accept { transfer })).unwrap();
    assert_eq!(bench.stream.bodies.text(&memo), None);
    bench.check();
}

#[test]
fn currency_is_sent_only_under_a_licence() {
    let mut bench = bench();
    let asset = Asset::Currency(Currency::CNY);
    bench.meddle(|community| {
        let wallet = AccountId::Member(ANN, Purse::Wallet);
        let suspense = (AccountId::Suspense, asset);
        let balance = |posted| Balance { posted, ..Balance::default() };
        community.ledger.book.accounts.insert((wallet, asset), balance(900));
        community.ledger.book.accounts.insert(suspense, balance(100));
    });
    let ask = || {
        Command::Transfer(Ask::Send { to: BEN, asset, amount: units(300), mode: Mode::Direct, memo: None })
    };
    for profile in [Profile::Points, Profile::Merchant, Profile::Licensed] {
        if profile != Profile::Points {
            let set = Command::SetProfile { profile };
            assert_eq!(bench.ask(OWNER, set.clone()), Err(Refusal::HostOnly));
            bench.ask_as(crate::command::Actor::Host, set).unwrap();
        }
        let said = bench.ask(ANN, ask());
        let licensed = profile == Profile::Licensed;
        assert_eq!(said.is_ok(), licensed, "{profile:?}");
        assert!(licensed || said == Err(Refusal::ProfileForbids));
    }
    let wallet = AccountId::Member(BEN, Purse::Wallet);
    assert_eq!(bench.community().ledger.book.balance(&wallet, asset).posted, 300);
}

#[test]
fn what_was_sent_before_a_halt_ends_after_it() {
    let (mut bench, _) = sent();
    bench.meddle(|community| community.ledger.book.issued += 1);
    bench.ask(ADMIN, Command::Audit).unwrap();
    bench.advance(30 * HOUR_MS);
    bench.fire_due();
    assert_eq!(bench.community().ledger.transfers.of(ANN).count(), 1);
    bench.meddle(|community| community.ledger.book.issued -= 1);
    bench.ask_as(crate::command::Actor::Host, Command::Resume).unwrap();
    bench.advance(2 * HOUR_MS);
    bench.fire_due();
    settled(&bench, (100, 0), End::Expired);
}
