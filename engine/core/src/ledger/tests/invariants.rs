//! What holds of every book, whatever happens to it: each rule by its name.

use proptest::prelude::*;

use super::super::*;
use super::auditor::{Pair, Step, step};
use crate::ids::{CommandId, ObjectId};
use crate::moment::DAY_MS;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..60)
}

fn sum(book: &Book, of: impl Fn(&AccountId) -> bool) -> i64 {
    book.accounts().filter(|(account, ..)| of(account)).map(|(_, _, balance)| balance.posted).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn i1_all_accounts_of_an_asset_sum_to_zero(steps in steps()) {
        let mut pair = Pair::new();
        for step in steps {
            let _ = pair.run(&step);
            prop_assert_eq!(sum(&pair.book, |_| true), 0);
        }
    }

    #[test]
    fn i2_no_account_is_below_zero_holds_counted(steps in steps()) {
        let mut pair = Pair::new();
        for step in steps {
            let _ = pair.run(&step);
            for (account, _, balance) in pair.book.accounts() {
                let is_plain = account.policy() == Policy::NonNegative;
                prop_assert!(!is_plain || (balance.posted >= 0 && balance.available() >= 0), "{account}");
            }
        }
    }

    #[test]
    fn i3_points_in_circulation_are_those_that_were_made(steps in steps()) {
        let mut pair = Pair::new();
        for step in steps {
            let _ = pair.run(&step);
            let others = sum(&pair.book, |account| !matches!(account, AccountId::Mint(_)));
            prop_assert_eq!(others, pair.book.issued());
        }
    }

    #[test]
    fn i4_a_hold_resolves_once_and_nothing_of_it_is_lost(
        part in 1..=30_i64, first in 0..3_u8, second in 0..3_u8, late in any::<bool>(),
    ) {
        let mut pair = Pair::new();
        pair.run(&Step::Grant(0, 40, None)).unwrap();
        pair.run(&Step::Hold(0, 1, 30, 5)).unwrap();
        if late {
            pair.run(&Step::Wait(5)).unwrap();
        }
        let end = |how: u8| match how {
            0 => Step::Accept(0, part),
            1 => Step::Void(0),
            _ => Step::Expire(0),
        };
        let resolved = pair.run(&end(first));
        prop_assert_eq!(resolved.is_ok(), first == 1 || (first == 0) != late);
        let again = pair.run(&end(second));
        prop_assert!(resolved.is_err() || again == Err(Failure::Gone));
        let resolved = [(first, resolved), (second, again)].into_iter().find(|(_, said)| said.is_ok());
        let posted = if resolved.is_some_and(|(how, _)| how == 0) { part } else { 0 };
        let purse = |id| AccountId::Member(MemberId(id), Purse::Points);
        prop_assert_eq!(pair.book.balance(&purse(1), Asset::Points).posted, posted);
        let rest = pair.book.balance(&purse(0), Asset::Points);
        let held = if resolved.is_some() { 0 } else { 30 };
        prop_assert_eq!((rest.posted, rest.available()), (40 - posted, 40 - posted - held));
    }

    #[test]
    fn i6_reversals_never_take_back_more_than_the_original(
        parts in proptest::collection::vec(1..40_i64, 1..12), spent in 0..=60_i64,
    ) {
        let mut pair = Pair::new();
        pair.run(&Step::Grant(0, 60, None)).unwrap();
        pair.run(&Step::Share(0, [(1, 25), (2, 35)])).unwrap();
        let (one, two) = (spent.min(25), (spent - 25).max(0));
        for (who, units) in [(1, one), (2, two)].into_iter().filter(|(_, units)| *units > 0) {
            pair.run(&Step::Take(who, units)).unwrap();
        }
        let mut back = 0;
        for part in parts {
            match pair.run(&Step::Reverse(1, Some(part))) {
                Ok(()) => back += part,
                Err(failure) => prop_assert_eq!(failure, Failure::Reversed { left: (60 - back) as u64 }),
            }
            let purse = AccountId::Member(MemberId(0), Purse::Points);
            prop_assert_eq!(pair.book.balance(&purse, Asset::Points).posted, back);
        }
        prop_assert!(back <= 60);
    }

    #[test]
    fn i11_any_prefix_of_the_log_replays_to_the_same_bytes(steps in steps()) {
        let mut pair = Pair::new();
        let mut states = vec![rmp_serde::to_vec_named(&pair.book).unwrap()];
        for step in steps.into_iter().filter(|step| !matches!(step, Step::Shut(..))) {
            if pair.run(&step).is_ok() && pair.folded.len() == states.len() {
                states.push(rmp_serde::to_vec_named(&pair.book).unwrap());
            }
        }
        let mut book = Pair::new().book;
        for (count, state) in states.iter().enumerate() {
            prop_assert_eq!(&rmp_serde::to_vec_named(&book).unwrap(), state);
            if let Some((transaction, at_ms)) = pair.folded.get(count) {
                let bytes = rmp_serde::to_vec_named(transaction).unwrap();
                let read: Transaction = rmp_serde::from_slice(&bytes).unwrap();
                prop_assert_eq!(&read, transaction);
                book.apply(&read, *at_ms);
            }
        }
        let read: Book = rmp_serde::from_slice(states.last().unwrap()).unwrap();
        prop_assert_eq!(read, book);
    }
}

fn purse(member: u128) -> AccountId {
    AccountId::Member(MemberId(member), Purse::Points)
}

fn posting(template: Template, moves: Vec<Move>) -> Transaction {
    Transaction {
        id: TransactionId(1),
        template,
        cause: CommandId(1),
        by: None,
        day: 0,
        kind: Kind::Post,
        moves,
        opens: None,
        ends_ms: None,
        meta: BTreeMap::new(),
    }
}

fn granted(member: u128, units: i64) -> Transaction {
    let (from, to) = (AccountId::Mint(Asset::Points), purse(member));
    let amount = Amount::new(units).unwrap();
    posting(Template::PointsGrant, vec![Move { from, to, asset: Asset::Points, amount }])
}

fn book(supply_max: i64) -> Book {
    Book { supply_max, ..Book::default() }
}

#[test]
fn t13_a_balance_stops_at_its_bound_and_nothing_wraps() {
    let mut book = book(i64::MAX);
    for _ in 0..1_000 {
        let grant = granted(1, AMOUNT_MAX);
        assert_eq!(check(&book, Profile::Points, &grant, 0), Ok(()));
        book.apply(&grant, 0);
    }
    assert_eq!(book.balance(&purse(1), Asset::Points).posted, BALANCE_MAX);
    assert_eq!(check(&book, Profile::Points, &granted(1, 1), 0), Err(Failure::Overflow));
    assert_eq!(audit(&book, 0), None);
    // A log that says otherwise is folded without a panic.
    (0..3).for_each(|_| book.apply(&granted(1, AMOUNT_MAX), 0));
    assert_eq!(book.balance(&purse(1), Asset::Points).posted, BALANCE_MAX);
}

#[test]
fn t13_a_transaction_has_so_many_moves_and_no_more() {
    let moves = |count: usize| -> Vec<Move> {
        (0..count).flat_map(|member| granted(member as u128, 1).moves).collect()
    };
    let full = posting(Template::PointsGrant, moves(MOVES_MAX));
    assert_eq!(check(&book(10_000), Profile::Points, &full, 0), Ok(()));
    for count in [0, MOVES_MAX + 1] {
        let wrong = posting(Template::PointsGrant, moves(count));
        assert_eq!(check(&book(10_000), Profile::Points, &wrong, 0), Err(Failure::Malformed), "{count}");
    }
    let mut talkative = granted(1, 1);
    talkative.meta.insert("a".repeat(META_BYTES_MAX), String::new());
    assert_eq!(check(&book(10), Profile::Points, &talkative, 0), Ok(()));
    talkative.meta.insert("b".to_owned(), String::new());
    assert_eq!(check(&book(10), Profile::Points, &talkative, 0), Err(Failure::Malformed));
}

#[test]
fn the_check_is_on_the_sum_per_account_after_all_moves() {
    let mut book = book(100);
    book.apply(&granted(1, 10), 0);
    let moved = |from, to, units| Move {
        from: purse(from),
        to: purse(to),
        asset: Asset::Points,
        amount: Amount::new(units).unwrap(),
    };
    // 2 passes on before it has got.
    let chain = posting(Template::TransferDirect, vec![moved(2, 3, 10), moved(1, 2, 10)]);
    assert_eq!(check(&book, Profile::Points, &chain, 0), Ok(()));
    let twice = posting(Template::TransferDirect, vec![moved(1, 2, 6), moved(1, 3, 6)]);
    let refused = Err(Failure::Insufficient { available: 10 });
    assert_eq!(check(&book, Profile::Points, &twice, 0), refused);
}

#[test]
fn a_template_s_moves_go_where_it_says() {
    let (mint, suspense) = (AccountId::Mint(Asset::Points), AccountId::Suspense);
    let packet = AccountId::Escrow(EscrowKind::Packet, ObjectId(1));
    let gate = AccountId::Escrow(EscrowKind::Gate, ObjectId(1));
    let debt = AccountId::Member(MemberId(1), Purse::Receivable);
    use Template as T;
    for (template, from, to, fits) in [
        (T::PointsGrant, mint.clone(), purse(1), true),
        (T::PointsGrant, mint.clone(), suspense.clone(), false),
        (T::PointsGrant, purse(1), debt.clone(), true),
        (T::PointsGrant, purse(2), debt.clone(), false),
        (T::PointsTake, purse(1), mint.clone(), true),
        (T::PointsTake, mint.clone(), purse(1), false),
        (T::PointsSpend, packet.clone(), mint.clone(), false),
        (T::TransferDirect, purse(1), purse(2), true),
        (T::TransferDirect, purse(1), debt.clone(), false),
        (T::TransferDirect, mint.clone(), purse(2), false),
        (T::TransferHold, packet.clone(), purse(2), false),
        (T::PacketFund, purse(1), packet.clone(), true),
        (T::PacketFund, purse(1), gate.clone(), false),
        (T::PacketClaim, packet.clone(), purse(1), true),
        (T::PacketClaim, packet.clone(), suspense.clone(), false),
        (T::PacketClaim, gate.clone(), purse(1), false),
        (T::PacketRefund, packet.clone(), suspense.clone(), true),
        (T::PacketRefund, packet.clone(), mint.clone(), false),
    ] {
        let moved = Move { from, to, asset: Asset::Points, amount: Amount::new(1).unwrap() };
        assert_eq!(template.fits(&moved), fits, "{} {} {}", template.code(), moved.from, moved.to);
    }
}

#[test]
fn i9_an_escrow_that_outlives_its_time_is_a_breach_and_so_is_a_hold() {
    let mut pair = Pair::new();
    pair.run(&Step::Grant(0, 40, None)).unwrap();
    pair.run(&Step::Fund(0, 0, 10, 5)).unwrap();
    let until = pair.now + 5;
    assert_eq!(audit(&pair.book, until), None);
    assert!(matches!(audit(&pair.book, until + 1), Some(Breach::Escrow { .. })));
    pair.run(&Step::Refund(0)).unwrap();
    assert_eq!(audit(&pair.book, until + 1), None);
    pair.run(&Step::Hold(0, 1, 10, 5)).unwrap();
    assert!(matches!(audit(&pair.book, until + 1), Some(Breach::Hold { .. })));
}

#[test]
fn each_rule_finds_a_book_that_breaks_it() {
    let sound = || {
        let mut pair = Pair::new();
        pair.run(&Step::Grant(0, 40, Some(3))).unwrap();
        pair.run(&Step::Hold(0, 1, 10, 5)).unwrap();
        pair.book
    };
    let at = || (purse(0), Asset::Points);
    type Damage = fn(&mut Balance);
    let breaks: [(&str, Damage); 4] = [
        ("I1", |balance| balance.posted += 1),
        ("I2", |balance| (balance.posted, balance.buckets) = (5, Vec::new())),
        ("I4", |balance| balance.pending_out -= 1),
        ("ends", |balance| balance.buckets[0].units += 1),
    ];
    for (rule, damage) in breaks {
        let mut book = sound();
        damage(book.accounts.get_mut(&at()).unwrap());
        assert_eq!(audit(&book, 0).map(|breach| breach.rule()), Some(rule));
    }
    let mut book = sound();
    book.issued += 1;
    assert_eq!(audit(&book, 0).map(|breach| breach.rule()), Some("I3"));
    assert_eq!(audit(&sound(), 0), None);
}

#[test]
fn currency_goes_from_member_to_member_only_under_a_licence() {
    let wallet = |id| AccountId::Member(MemberId(id), Purse::Wallet);
    let asset = Asset::Currency(Currency::CNY);
    let mut book = book(0);
    book.accounts.insert((wallet(1), asset), Balance { posted: 500, ..Balance::default() });
    let moved = Move { from: wallet(1), to: wallet(2), asset, amount: Amount::new(500).unwrap() };
    let sent = posting(Template::TransferDirect, vec![moved]);
    for (profile, expected) in [
        (Profile::Points, Err(Failure::Profile)),
        (Profile::Merchant, Err(Failure::Profile)),
        (Profile::Licensed, Ok(())),
    ] {
        assert_eq!(check(&book, profile, &sent, 0), expected, "{profile:?}");
    }
}

#[test]
fn what_is_older_than_half_a_year_is_not_taken_back() {
    let mut book = book(1_000);
    let old = granted(1, 10);
    book.apply(&old, DAY_MS);
    let next = |at_ms: u64| (Transaction { id: TransactionId(at_ms.into()), ..granted(1, 1) }, at_ms);
    let (still, at_ms) = next(DAY_MS + REVERSIBLE_MS);
    book.apply(&still, at_ms);
    assert!(book.original(old.id).is_some());
    let (gone, at_ms) = next(DAY_MS + REVERSIBLE_MS + 1);
    book.apply(&gone, at_ms);
    assert!(book.original(old.id).is_none());
    assert_eq!(reverse::units(&book, old.id, None), Err(Failure::Gone));
}

#[test]
fn a_hundred_thousand_accounts_fit_into_thirty_megabytes() {
    let row = size_of::<((AccountId, Asset), Balance)>();
    // A B-tree's nodes are two thirds full and have little else in them; one list of what ends a month.
    let bytes = 100_000 * (row * 3 / 2 + 16 + 4 * size_of::<Bucket>());
    assert!(bytes <= 30_000_000, "{bytes} bytes, {row} a row");
}
