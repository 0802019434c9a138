//! Points as members and operators meet them: granting, spending, ending, taking back; and the keys of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::*;
use super::desk::*;
use crate::decide::{self, Prepared};
use crate::moment::MINUTE_MS;
use crate::testing_talk::*;

#[test]
fn points_are_off_until_somebody_who_may_switches_them_on() {
    let mut bench = Bench::new();
    let off = Err(Refusal::WrongState { what: "points".to_owned(), state: "off".to_owned() });
    assert_eq!(bench.ask(ADMIN, grant(&[ANN], 10)), off);
    let missing = Refusal::PermissionMissing { permission: "manage_money".to_owned() };
    assert_eq!(bench.ask(ANN, Command::Configure { config: Box::new(points_on()) }), Err(missing));
    assert!(bench.community().ledger.is_empty());
    bench.ask(ADMIN, Command::Configure { config: Box::new(points_on()) }).unwrap();
    bench.ask(ADMIN, grant(&[ANN], 10)).unwrap();
    assert_eq!(points(bench.community(), ANN), 10);
    bench.check();
}

#[test]
fn only_who_may_grants_and_only_to_people_inside() {
    let mut bench = bench();
    let missing = Refusal::PermissionMissing { permission: "grant_points".to_owned() };
    assert_eq!(bench.ask(ANN, grant(&[ANN], 10)), Err(missing));
    let gone = Refusal::NotFound { what: GONE.to_string() };
    assert_eq!(bench.ask(ADMIN, grant(&[ANN, GONE], 10)), Err(gone));
    assert_eq!(points(bench.community(), ANN), 0);
    let nobody = Refusal::TooMany { what: "members".to_owned(), max: points::MEMBERS_AT_ONCE_MAX as u64 };
    assert_eq!(bench.ask(ADMIN, grant(&[], 10)), Err(nobody));
}

#[test]
fn there_are_never_more_points_than_the_caps_say() {
    let mut bench = Bench::new();
    let mut config = points_on();
    (config.points.supply_max, config.points.per_day_max) = (100, 60);
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    bench.ask(OWNER, grant(&[ANN, BEN], 30)).unwrap();
    let limit = |what: &str, max| Err(Refusal::MoneyLimit { what: what.to_owned(), max });
    assert_eq!(bench.ask(OWNER, grant(&[ANN], 1)), limit("points_granted_per_day", 60));
    bench.advance(DAY_MS);
    assert_eq!(bench.ask(OWNER, grant(&[ANN], 41)), limit("points_supply", 100));
    bench.ask(OWNER, grant(&[ANN], 40)).unwrap();
    bench.ask(OWNER, Command::Take { from: ANN, amount: units(5), reason: None }).unwrap();
    bench.ask(OWNER, grant(&[BEN], 5)).unwrap();
    assert_eq!(bench.ask(OWNER, grant(&[BEN], 1)), limit("points_supply", 100));
    assert_eq!(till(bench.community()).issued, 100);
}

#[test]
fn spending_and_taking_ask_for_what_is_there() {
    let mut bench = bench();
    bench.ask(ADMIN, grant(&[ANN], 10)).unwrap();
    let short = |available| Err(Refusal::InsufficientFunds { available });
    assert_eq!(bench.ask(ANN, Command::Spend { amount: units(11) }), short(10));
    bench.ask(ANN, Command::Spend { amount: units(4) }).unwrap();
    assert_eq!(bench.ask(ADMIN, Command::Take { from: ANN, amount: units(7), reason: None }), short(6));
    let reason = bench.body("spam");
    bench.ask(ADMIN, Command::Take { from: ANN, amount: units(6), reason: Some(reason) }).unwrap();
    assert_eq!(points(bench.community(), ANN), 0);
    assert_eq!(told(&bench, ANN), ["points.granted", "points.taken_because"]);
    bench.check();
}

#[test]
fn a_level_counts_what_was_earned_and_not_what_is_left() {
    let mut bench = Bench::new();
    let mut config = points_on();
    let level = |name: &str, points| Level { name: name.to_owned(), points };
    config.points.levels = vec![level("seed", 10), level("tree", 30)];
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    bench.ask(OWNER, grant(&[ANN], 25)).unwrap();
    bench.ask(ANN, Command::Spend { amount: units(20) }).unwrap();
    bench.ask(OWNER, grant(&[ANN], 5)).unwrap();
    let seen = holding(bench.community(), ANN);
    assert_eq!((seen.balance, seen.earned, seen.level.map(|it| it.name.as_str())), (10, 30, Some("tree")));
    assert!(seen.next.is_none());
    assert_eq!(
        told(&bench, ANN),
        ["points.granted", "points.level_reached", "points.granted", "points.level_reached"]
    );
    bench.ask(OWNER, Command::Take { from: ANN, amount: units(1), reason: None }).unwrap();
    assert_eq!(holding(bench.community(), ANN).level.map(|it| it.name.as_str()), Some("seed"));
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let mut bench = Bench::new();
    let level = |name: &str, points| Level { name: name.to_owned(), points };
    let changes: [fn(&mut Config); 8] = [
        |config| config.points.supply_max = 0,
        |config| config.points.supply_max = AMOUNT_MAX + 1,
        |config| config.points.per_day_max = -1,
        |config| config.points.expire_months = Some(0),
        |config| config.points.expire_months = Some(121),
        |config| config.transfers.wait.0 = MINUTE_MS - 1,
        |config| config.packets.wait.0 = 31 * DAY_MS,
        |config| config.packets.share_max = 0,
    ];
    for (row, change) in changes.into_iter().enumerate() {
        let mut config = points_on();
        change(&mut config);
        let said = bench.ask(OWNER, Command::Configure { config: Box::new(config) });
        assert!(matches!(said, Err(Refusal::ValueInvalid { .. })), "{row}: {said:?}");
    }
    for levels in [vec![level("a", 5), level("b", 5)], vec![level("a", 5), level("a", 9)]] {
        let mut config = points_on();
        config.points.levels = levels;
        assert!(bench.ask(OWNER, Command::Configure { config: Box::new(config) }).is_err());
    }
}

/// Points that end: 30 of January and 20 of February, each after one full month.
fn ending() -> Bench {
    let mut bench = Bench::new();
    let mut config = points_on();
    config.points.expire_months = Some(1);
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    bench.ask(OWNER, grant(&[ANN], 30)).unwrap();
    bench.advance(30 * DAY_MS);
    bench.fire_due();
    bench.ask(OWNER, grant(&[ANN], 20)).unwrap();
    bench
}

#[test]
fn the_oldest_points_are_spent_first_and_the_rest_of_them_ends() {
    let mut bench = ending();
    let ends: Vec<i64> = holding(bench.community(), ANN).ending.iter().map(|bucket| bucket.units).collect();
    assert_eq!(ends, [30, 20]);
    bench.ask(ANN, Command::Spend { amount: units(12) }).unwrap();
    bench.advance(30 * DAY_MS);
    bench.fire_due();
    assert_eq!(points(bench.community(), ANN), 20);
    bench.advance(31 * DAY_MS);
    bench.fire_due();
    assert_eq!((points(bench.community(), ANN), till(bench.community()).issued), (0, 0));
    assert_eq!(told(&bench, ANN).iter().filter(|code| *code == "points.ended").count(), 2);
    let expiries = posted(&bench, Template::PointsExpire);
    assert_eq!(expiries.iter().map(|it| it.moves[0].amount.units()).collect::<Vec<_>>(), [18, 20]);
    bench.check();
}

#[test]
fn t14_points_end_exactly_when_the_month_begins() {
    let bench = ending();
    let first = holding(bench.community(), ANN).ending[0].ends_ms;
    for (before_ms, left) in [(1, 50), (0, 20)] {
        let mut bench = bench.clone();
        let now = bench.now_ms();
        bench.advance(first - before_ms - now);
        bench.fire_due();
        assert_eq!(points(bench.community(), ANN), left, "{before_ms}");
    }
}

#[test]
fn a_sweep_of_many_goes_on_where_it_stopped() {
    let mut bench = Bench::new();
    let mut config = points_on();
    config.points.expire_months = Some(1);
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    let crowd: BTreeSet<MemberId> = bench.crowd(points::MEMBERS_AT_ONCE_MAX as u32 * 2 + 7);
    let many: Vec<MemberId> = crowd.into_iter().collect();
    for some in many.chunks(points::MEMBERS_AT_ONCE_MAX) {
        bench.ask(OWNER, grant(some, 2)).unwrap();
    }
    bench.advance(70 * DAY_MS);
    bench.fire_due();
    assert_eq!(till(bench.community()).issued, 0);
    let sizes: Vec<usize> = posted(&bench, Template::PointsExpire).iter().map(|it| it.moves.len()).collect();
    assert_eq!(sizes, [500, 500, 7]);
}

#[test]
fn a_grant_that_is_taken_back_leaves_a_debt_that_the_next_grant_pays() {
    let mut bench = bench();
    bench.ask(ADMIN, grant(&[ANN], 50)).unwrap();
    let first = posted(&bench, Template::PointsGrant)[0].id;
    bench.ask(ANN, Command::Spend { amount: units(40) }).unwrap();
    bench.ask(ADMIN, Command::Reverse { of: first, amount: Some(units(30)) }).unwrap();
    let seen = holding(bench.community(), ANN);
    assert_eq!((seen.balance, seen.owed, seen.available, seen.earned), (0, 20, 0, 20));
    let left = Err(Refusal::ReversalTooLarge { left: 20 });
    assert_eq!(bench.ask(ADMIN, Command::Reverse { of: first, amount: Some(units(21)) }), left);
    bench.ask(ADMIN, grant(&[ANN], 25)).unwrap();
    let seen = holding(bench.community(), ANN);
    assert_eq!((seen.balance, seen.owed), (5, 0));
    let reversal = posted(&bench, Template::Reverse)[0].id;
    let gone = Err(Refusal::NotFound { what: "transaction".to_owned() });
    assert_eq!(bench.ask(ADMIN, Command::Reverse { of: reversal, amount: None }), gone);
    assert_eq!(audit(&bench.community().ledger.book, 0), None);
    bench.check();
}

#[test]
fn a_frozen_account_gives_nothing_and_a_closed_one_was_empty() {
    let mut bench = bench();
    bench.ask(ADMIN, grant(&[ANN], 10)).unwrap();
    let account = AccountId::Member(ANN, Purse::Points);
    let shut = |shut| Command::Shut { account: account.clone(), shut };
    let state = |state: &str| Refusal::WrongState { what: "account".to_owned(), state: state.to_owned() };
    bench.ask(ADMIN, shut(Shut::Out)).unwrap();
    assert_eq!(bench.ask(ANN, Command::Spend { amount: units(1) }), Err(Refusal::AccountFrozen));
    bench.ask(ADMIN, grant(&[ANN], 1)).unwrap();
    bench.ask(ADMIN, shut(Shut::In)).unwrap();
    assert_eq!(bench.ask(ADMIN, grant(&[ANN], 1)), Err(Refusal::AccountFrozen));
    assert_eq!(bench.ask(ADMIN, shut(Shut::Closed)), Err(state("in_use")));
    bench.ask(ANN, Command::Spend { amount: units(11) }).unwrap();
    bench.ask(ADMIN, shut(Shut::Closed)).unwrap();
    assert_eq!(bench.ask(ADMIN, shut(Shut::Open)), Err(state("closed")));
    bench.check();
}

#[test]
fn t20_a_breach_stops_all_money_until_the_host_looks() {
    let mut bench = bench();
    bench.ask(ADMIN, grant(&[ANN], 10)).unwrap();
    assert_eq!(bench.ask(ADMIN, Command::Audit), Err(Refusal::NothingToChange));
    let damage = |bench: &mut Bench, units: i64| {
        bench.meddle(|community| community.ledger.book.issued += units);
    };
    damage(&mut bench, 1);
    bench.advance(DAY_MS);
    bench.fire_due();
    assert_eq!(bench.community().ledger.halted, Some(Breach::Circulation));
    assert_eq!(bench.ask(ADMIN, grant(&[ANN], 1)), Err(Refusal::MoneyHalted));
    assert_eq!(bench.ask(ANN, Command::Spend { amount: units(1) }), Err(Refusal::MoneyHalted));
    assert_eq!(bench.ask(OWNER, Command::Resume), Err(Refusal::HostOnly));
    damage(&mut bench, -1);
    bench.ask_as(crate::command::Actor::Host, Command::Resume).unwrap();
    bench.ask(ANN, Command::Spend { amount: units(1) }).unwrap();
    bench.check();
}

#[test]
fn t20_an_account_that_is_broken_moves_nothing_before_any_audit() {
    let mut bench = bench();
    bench.ask(ADMIN, grant(&[ANN], 10)).unwrap();
    bench.meddle(|community| {
        let key = (AccountId::Member(ANN, Purse::Points), Asset::Points);
        community.ledger.book.accounts.get_mut(&key).unwrap().posted = -5;
    });
    assert_eq!(bench.ask(ADMIN, grant(&[ANN], 100)), Err(Refusal::MoneyHalted));
    bench.ask(ADMIN, grant(&[BEN], 1)).unwrap();
    bench.ask(ADMIN, Command::Audit).unwrap();
    assert!(bench.community().ledger.halted.is_some());
}

/// What a key came to: whether it was refused, and the record that says so.
type Said = Result<u64, Refusal>;

/// Asks under a key as the writer does: a refusal is recorded.
fn keyed(bench: &mut Bench, key: (&str, u8), kind: Command) -> Said {
    let command = bench.keyed(ADMIN, key, kind.into());
    match decide::prepare(&bench.stream, &command) {
        Ok(Prepared::Known(answer)) => answer.refusal.map_or(Ok(answer.seq), Err),
        Ok(Prepared::Ready(_)) => bench.record(command),
        Err(refusal) => Err(refusal),
    }
}

#[test]
fn i5_a_key_answers_for_ever_as_it_did_the_first_time() {
    let mut bench = bench();
    let take = || Command::Take { from: ANN, amount: units(5), reason: None };
    let refused = keyed(&mut bench, ("take", 1), take());
    assert_eq!(refused, Err(Refusal::InsufficientFunds { available: 0 }));
    let granted = keyed(&mut bench, ("grant", 1), grant(&[ANN], 10));
    let turned_off = keyed(&mut bench, ("odd", 1), Command::Spend { amount: units(90) });
    for wait_ms in [0, MINUTE_MS, 3 * DAY_MS, 400 * DAY_MS] {
        bench.advance(wait_ms);
        let before = bench.community().ledger.book.clone();
        assert_eq!(keyed(&mut bench, ("take", 1), take()), refused, "{wait_ms}");
        assert_eq!(keyed(&mut bench, ("grant", 1), grant(&[ANN], 10)), granted, "{wait_ms}");
        assert_eq!(keyed(&mut bench, ("odd", 1), Command::Spend { amount: units(90) }), turned_off);
        assert_eq!(keyed(&mut bench, ("grant", 2), grant(&[ANN], 11)), Err(Refusal::KeyReused), "{wait_ms}");
        assert_eq!(bench.community().ledger.book, before);
        // Something else passes, so that short-lived answers are forgotten.
        bench.say(BEN, "hello");
    }
    assert_eq!(points(bench.community(), ANN), 10);
    bench.check();
}

#[test]
fn a_refusal_from_outside_the_ledger_burns_its_key_too() {
    let mut bench = Bench::new();
    let off = Err(Refusal::WrongState { what: "points".to_owned(), state: "off".to_owned() });
    assert_eq!(keyed(&mut bench, ("grant", 1), grant(&[ANN], 10)), off);
    bench.ask(ADMIN, Command::Configure { config: Box::new(points_on()) }).unwrap();
    assert_eq!(keyed(&mut bench, ("grant", 1), grant(&[ANN], 10)), off);
    bench.advance(3 * DAY_MS);
    bench.say(BEN, "hello");
    assert_eq!(keyed(&mut bench, ("grant", 1), grant(&[ANN], 10)), Err(Refusal::KeyBurned));
    assert_eq!(points(bench.community(), ANN), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn t7_no_key_ever_has_two_effects(
        asked in proptest::collection::vec((0..4_usize, 0..2_u8, any::<bool>(), 1..30_i64), 1..40),
    ) {
        let mut bench = bench();
        let mut first: BTreeMap<usize, (u8, Said, i64)> = BTreeMap::new();
        let mut expected = 0;
        for (key, input, takes, wait_hours) in asked {
            // The input is what is asked: the same number asks for the same.
            let amount = units(i64::from(input) + 3);
            let kind = match key % 2 == 0 {
                true => grant(&[ANN], amount.units()),
                false => Command::Take { from: ANN, amount, reason: None },
            };
            if takes {
                bench.advance(wait_hours as u64 * HOUR_MS);
                bench.say(BEN, "hello");
            }
            let said = keyed(&mut bench, (["a", "b", "c", "d"][key], input), kind);
            match first.get(&key) {
                Some((before, answer, _)) if *before == input => prop_assert_eq!(&said, answer),
                Some(_) => prop_assert_eq!(said, Err(Refusal::KeyReused)),
                None => {
                    let change = if key % 2 == 0 { amount.units() } else { -amount.units() };
                    expected += if said.is_ok() { change } else { 0 };
                    first.insert(key, (input, said, change));
                }
            }
            prop_assert_eq!(points(bench.community(), ANN) as i64, expected);
        }
        bench.check();
    }
}
