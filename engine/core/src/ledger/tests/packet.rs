//! Red packets, edge by edge; and the whole of a storm.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::packet::{
    Audience, Command as Ask, End, OPEN_MAX, OVER_KEPT, Own, Packet, Split, Wish, verify_draw,
};
use super::super::*;
use super::desk::*;
use crate::body::Body;
use crate::hook::{Call, Extensions, Ran};
use crate::ids::{CommandId, CommunityId};
use crate::member;
use crate::message;
use crate::testing_talk::*;

/// Seeds that differ from command to command, and no scripts.
struct Dice;

impl Extensions for Dice {
    fn run(&self, call: &Call<'_>) -> Ran {
        crate::hook::NoExtensions.run(call)
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        crate::hook::NoExtensions.body(at_ms, owner, text)
    }

    fn seed(&self, _community: CommunityId, command: CommandId) -> [u8; 32] {
        let mut seed = [7; 32];
        seed[..16].copy_from_slice(&command.0.to_be_bytes());
        seed
    }
}

fn wish(total: i64, count: u32, split: Split) -> Wish {
    Wish {
        asset: Asset::Points,
        total: units(total),
        count,
        split,
        own: Own::Allowed,
        audience: Audience::Inside,
        password: None,
        greeting: None,
    }
}

fn fund(wish: Wish) -> Command {
    Command::Packet(Ask::Fund(wish))
}

fn open(packet: ObjectId) -> Command {
    Command::Packet(Ask::Claim { packet, password: None })
}

/// Ann has 1,000 points.
fn rich() -> Bench {
    let mut bench = bench();
    bench.extend(Dice);
    bench.ask(ADMIN, grant(&[ANN], 1_000)).unwrap();
    bench
}

fn funded(bench: &mut Bench, wish: Wish) -> ObjectId {
    bench.ask(ANN, fund(wish)).unwrap();
    ObjectId(bench.last().command.id.0)
}

fn row(bench: &Bench, packet: ObjectId) -> &Packet {
    bench.community().ledger.packets.get(packet).unwrap()
}

fn escrow(bench: &Bench, packet: ObjectId) -> i64 {
    let account = AccountId::Escrow(EscrowKind::Packet, packet);
    bench.community().ledger.book.balance(&account, Asset::Points).posted
}

fn sound(bench: &Bench) {
    assert_eq!(audit(&bench.community().ledger.book, bench.now_ms()), None);
    bench.check();
}

#[test]
fn an_equal_packet_gives_each_the_same_once() {
    let mut bench = rich();
    let packet = funded(&mut bench, wish(30, 3, Split::Equal));
    assert_eq!((points(bench.community(), ANN), escrow(&bench, packet)), (970, 30));
    bench.ask(BEN, open(packet)).unwrap();
    let before = bench.stream.hash();
    assert_eq!(bench.ask(BEN, open(packet)), Err(Refusal::PacketClaimed { share: 10 }));
    assert_eq!(bench.stream.hash(), before);
    bench.ask(ANN, open(packet)).unwrap();
    bench.ask(OWNER, open(packet)).unwrap();
    assert_eq!(bench.ask(ADMIN, open(packet)), Err(Refusal::PacketEmpty));
    assert_eq!(bench.ask(BEN, open(packet)), Err(Refusal::PacketClaimed { share: 10 }));
    assert_eq!((row(&bench, packet).end, escrow(&bench, packet)), (Some(End::Drained), 0));
    assert_eq!((points(bench.community(), BEN), points(bench.community(), ANN)), (10, 980));
    assert!(told(&bench, ANN).contains(&"packet.drained".to_owned()));
    sound(&bench);
}

#[test]
fn a_packet_that_cannot_be_is_refused() {
    let mut bench = rich();
    let invalid =
        |expected: &str| Refusal::ValueInvalid { name: "total".to_owned(), expected: expected.to_owned() };
    let many = Refusal::TooMany { what: "shares".to_owned(), max: u64::from(SHARES_MAX) };
    let share = Refusal::MoneyLimit { what: "share".to_owned(), max: 20_000 };
    for (total, count, split, refusal) in [
        (10, 0, Split::Lucky, many.clone()),
        (10, SHARES_MAX + 1, Split::Lucky, many),
        (9, 10, Split::Lucky, invalid("one_each")),
        (31, 3, Split::Equal, invalid("even")),
        (20_001, 1, Split::Lucky, share.clone()),
        (40_002, 2, Split::Equal, share),
        (1_001, 5, Split::Lucky, Refusal::InsufficientFunds { available: 1_000 }),
    ] {
        assert_eq!(bench.ask(ANN, fund(wish(total, count, split))), Err(refusal), "{total} {count}");
    }
    // As many units as shares: one each.
    let packet = funded(&mut bench, wish(10, 10, Split::Lucky));
    assert_eq!(row(&bench, packet).shares, [1; 10]);
}

#[test]
fn a_lucky_packet_is_what_its_commitment_said_and_anybody_can_check() {
    let mut bench = rich();
    let packet = funded(&mut bench, wish(100, 4, Split::Lucky));
    let committed = row(&bench, packet).commitment.unwrap();
    assert!(row(&bench, packet).revealed(packet).is_none());
    assert!(row(&bench, packet).luckiest().is_none());
    assert_eq!(bench.last().seed, row(&bench, packet).seed);
    for member in [BEN, ANN, OWNER] {
        bench.ask(member, open(packet)).unwrap();
    }
    assert!(row(&bench, packet).revealed(packet).is_none());
    bench.ask(ADMIN, open(packet)).unwrap();
    let shown = row(&bench, packet).revealed(packet).unwrap();
    assert_eq!(shown.commitment, committed);
    let drawn = verify_draw(&shown.draw, &shown.seed, &committed).unwrap();
    let found: Vec<u64> =
        [BEN, ANN, OWNER, ADMIN].map(|member| row(&bench, packet).share_of(member).unwrap() as u64).to_vec();
    assert_eq!(drawn, found);
    assert_eq!(drawn.iter().sum::<u64>(), 100);
    let most = found.iter().max().unwrap();
    let luckiest = row(&bench, packet).luckiest().unwrap();
    assert_eq!(row(&bench, packet).share_of(luckiest), Some(*most as i64));
    let mut other = shown.seed;
    other[0] ^= 1;
    assert_eq!(verify_draw(&shown.draw, &other, &committed), None);
    sound(&bench);
}

#[test]
fn what_nobody_opened_goes_back_to_the_unit_and_the_seed_is_shown() {
    let mut bench = rich();
    let packet = funded(&mut bench, wish(100, 4, Split::Lucky));
    bench.ask(BEN, open(packet)).unwrap();
    let share = row(&bench, packet).share_of(BEN).unwrap();
    bench.advance(DAY_MS);
    assert_eq!(bench.ask(OWNER, open(packet)), Err(Refusal::PacketEmpty));
    bench.fire_due();
    assert_eq!(row(&bench, packet).end, Some(End::Expired { refunded: 100 - share }));
    assert_eq!(points(bench.community(), ANN), 1_000 - share as u64);
    assert!(row(&bench, packet).revealed(packet).is_some());
    assert_eq!(bench.ask(BEN, open(packet)), Err(Refusal::PacketClaimed { share: share as u64 }));
    assert_eq!(escrow(&bench, packet), 0);
    sound(&bench);
}

#[test]
fn t14_at_the_moment_its_time_is_over_it_cannot_be_opened() {
    let mut bench = rich();
    let packet = funded(&mut bench, wish(100, 4, Split::Equal));
    let until = row(&bench, packet).until_ms;
    for (before_ms, opens) in [(1_001, true), (1_000, false)] {
        let mut bench = bench.clone();
        let now = bench.now_ms();
        bench.advance(until - before_ms - now);
        assert_eq!(bench.ask(BEN, open(packet)).is_ok(), opens, "{before_ms}");
    }
}

#[test]
fn who_came_after_it_was_sent_does_not_open_it() {
    let mut bench = rich();
    bench.ask(BEN, member::Command::Leave).unwrap();
    let packet = funded(&mut bench, wish(30, 3, Split::Equal));
    let not_yours = Err(Refusal::NotYours { what: "packet".to_owned() });
    let now = bench.now_ms();
    for (joined_ms, opens) in [(now, false), (now + 1, false), (now - 1, true)] {
        let mut bench = bench.clone();
        bench.meddle(|community| {
            community.members.change(BEN, |row| {
                (row.standing, row.joined_ms) = (member::Standing::Active, Some(joined_ms));
                row.roles.insert("member".to_owned());
            });
        });
        let said = bench.ask(BEN, open(packet));
        assert!(if opens { said.is_ok() } else { said == not_yours }, "{joined_ms} {said:?}");
    }
    assert_eq!(bench.ask(BEN, open(packet)), Err(Refusal::NotAMember));
}

#[test]
fn a_packet_for_a_tag_or_for_some_is_for_those_who_were_meant_then() {
    let mut bench = rich();
    let not_yours = Err(Refusal::NotYours { what: "packet".to_owned() });
    let tag = |member| member::Command::Tag { member, tag: "tea".to_owned() };
    let nobody = Audience::Tag("tea".to_owned());
    let refused = bench.ask(ANN, fund(Wish { audience: nobody.clone(), ..wish(30, 3, Split::Equal) }));
    assert_eq!(refused, Err(Refusal::NotFound { what: "member".to_owned() }));
    bench.ask(ADMIN, tag(BEN)).unwrap();
    let packet = funded(&mut bench, Wish { audience: nobody, ..wish(30, 3, Split::Equal) });
    bench.ask(ADMIN, tag(GUEST)).unwrap();
    bench.ask(ADMIN, member::Command::Untag { member: BEN, tag: "tea".to_owned() }).unwrap();
    assert_eq!(bench.ask(GUEST, open(packet)), not_yours);
    bench.ask(BEN, open(packet)).unwrap();
    let only = |members: &[MemberId]| Audience::Members(members.iter().copied().collect());
    let packet = funded(&mut bench, Wish { audience: only(&[BEN]), ..wish(5, 1, Split::Equal) });
    assert_eq!(bench.ask(ANN, open(packet)), not_yours);
    bench.ask(BEN, open(packet)).unwrap();
    let gone = Wish { audience: only(&[GONE]), ..wish(5, 1, Split::Equal) };
    assert_eq!(bench.ask(ANN, fund(gone)), Err(Refusal::NotFound { what: GONE.to_string() }));
    sound(&bench);
}

#[test]
fn a_sender_who_stays_out_opens_nothing() {
    let mut bench = rich();
    let packet = funded(&mut bench, Wish { own: Own::Excluded, ..wish(30, 3, Split::Equal) });
    assert_eq!(bench.ask(ANN, open(packet)), Err(Refusal::NotYours { what: "packet".to_owned() }));
    bench.ask(BEN, open(packet)).unwrap();
}

#[test]
fn a_password_opens_it_and_is_forgotten_when_it_is_over() {
    let mut bench = rich();
    let (password, greeting) = (bench.body("芝麻开门"), bench.body("good luck"));
    let wish = Wish { password: Some(password), greeting: Some(greeting), ..wish(10, 1, Split::Equal) };
    let packet = funded(&mut bench, wish);
    let wrong = Refusal::ValueInvalid { name: "password".to_owned(), expected: "right_password".to_owned() };
    assert_eq!(bench.ask(BEN, open(packet)), Err(wrong.clone()));
    for (said, opens) in [("芝麻", false), (" 芝麻开门 ", true)] {
        let said = bench.body(said);
        let asked = bench.ask(BEN, Command::Packet(Ask::Claim { packet, password: Some(said) }));
        assert!(if opens { asked.is_ok() } else { asked == Err(wrong.clone()) }, "{asked:?}");
    }
    assert_eq!(bench.stream.bodies.text(&password), None);
    assert_eq!(bench.stream.bodies.text(&greeting), Some("good luck"));
    let empty = bench.body("  ");
    let nothing = Wish { password: Some(empty), ..self::wish(10, 1, Split::Equal) };
    assert_eq!(bench.ask(ANN, fund(nothing)), Err(Refusal::TextEmpty { field: "password".to_owned() }));
    sound(&bench);
}

#[test]
fn who_leaves_after_opening_keeps_the_share_and_who_sent_it_may_go() {
    let mut bench = rich();
    let packet = funded(&mut bench, wish(30, 3, Split::Equal));
    bench.ask(BEN, open(packet)).unwrap();
    bench.ask(BEN, member::Command::Leave).unwrap();
    assert_eq!(points(bench.community(), BEN), 10);
    bench.ask(OWNER, member::Command::Ban { member: ANN, for_ms: None, reason: None }).unwrap();
    bench.ask(OWNER, open(packet)).unwrap();
    bench.advance(DAY_MS);
    bench.fire_due();
    assert_eq!(points(bench.community(), ANN), 980);
    sound(&bench);
}

#[test]
fn a_deleted_message_is_not_a_cancelled_packet() {
    let mut bench = rich();
    let packet = funded(&mut bench, wish(30, 3, Split::Equal));
    let message = bench.say(ANN, "a packet for all");
    bench.ask(ANN, message::Command::Delete { message, reason: None }).unwrap();
    bench.ask(BEN, open(packet)).unwrap();
    assert_eq!(escrow(&bench, packet), 20);
}

#[test]
fn a_frozen_sender_gets_the_rest_and_a_closed_one_s_waits_in_suspense() {
    for (shut, back, suspense) in [(Shut::Out, 1_000, 0), (Shut::In, 970, 30), (Shut::Both, 970, 30)] {
        let mut bench = rich();
        funded(&mut bench, wish(30, 3, Split::Equal));
        let account = AccountId::Member(ANN, Purse::Points);
        bench.ask(OWNER, Command::Shut { account: account.clone(), shut }).unwrap();
        bench.advance(DAY_MS);
        bench.fire_due();
        let book = &bench.community().ledger.book;
        assert_eq!(book.balance(&account, Asset::Points).posted, back, "{shut:?}");
        assert_eq!(book.balance(&AccountId::Suspense, Asset::Points).posted, suspense, "{shut:?}");
        sound(&bench);
    }
}

#[test]
fn a_packet_counts_as_sent_and_points_that_end_still_end() {
    let mut bench = Bench::new();
    bench.extend(Dice);
    let mut config = points_on();
    (config.transfers.per_day_max, config.points.expire_months) = (100, Some(1));
    bench.ask(OWNER, Command::Configure { config: Box::new(config) }).unwrap();
    bench.ask(ADMIN, grant(&[ANN], 500)).unwrap();
    let ends = holding(bench.community(), ANN).ending;
    let packet = funded(&mut bench, wish(100, 2, Split::Equal));
    let limit = Err(Refusal::MoneyLimit { what: "sent_per_day".to_owned(), max: 100 });
    assert_eq!(bench.ask(ANN, fund(wish(2, 2, Split::Equal))), limit);
    bench.ask(BEN, open(packet)).unwrap();
    assert_eq!(holding(bench.community(), BEN).ending, [Bucket { units: 50, ..ends[0] }]);
}

#[test]
fn nobody_has_more_than_so_many_open_and_old_ones_are_forgotten() {
    let mut bench = rich();
    for _ in 0..OPEN_MAX {
        funded(&mut bench, wish(1, 1, Split::Lucky));
    }
    let many = Refusal::TooMany { what: "packets".to_owned(), max: OPEN_MAX as u64 };
    assert_eq!(bench.ask(ANN, fund(wish(1, 1, Split::Lucky))), Err(many));
    let mut bench = rich();
    for _ in 0..OVER_KEPT + 3 {
        let packet = funded(&mut bench, wish(1, 1, Split::Lucky));
        bench.ask(BEN, open(packet)).unwrap();
    }
    assert_eq!(bench.community().ledger.packets.iter().count(), OVER_KEPT);
    sound(&bench);
}

#[test]
fn t12_five_hundred_tap_three_times_and_a_hundred_find_a_share() {
    let mut bench = rich();
    let crowd: BTreeSet<MemberId> = bench.crowd(500);
    let packet = funded(&mut bench, wish(900, 100, Split::Lucky));
    let (mut found, mut again, mut empty) = (0, 0, 0);
    for _ in 0..3 {
        for member in &crowd {
            match bench.ask(*member, open(packet)) {
                Ok(_) => found += 1,
                Err(Refusal::PacketClaimed { .. }) => again += 1,
                Err(Refusal::PacketEmpty) => empty += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((found, again, empty), (100, 200, 1_200));
    let sum: u64 = crowd.iter().map(|member| points(bench.community(), *member)).sum();
    assert_eq!((sum, escrow(&bench, packet)), (900, 0));
    sound(&bench);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn i10_what_went_in_came_out_to_those_who_opened_it_or_went_back(
        total in 10..300_i64, count in 1..10_u32, opened in 0..8_usize, lucky in any::<bool>(),
    ) {
        let mut bench = rich();
        let split = if lucky { Split::Lucky } else { Split::Equal };
        let total = if lucky { total } else { total / i64::from(count) * i64::from(count) };
        let packet = funded(&mut bench, wish(total, count, split));
        let crowd: Vec<MemberId> = bench.crowd(8).into_iter().collect();
        // The crowd has been there before.
        for member in &crowd[..opened] {
            let _ = bench.ask(*member, open(packet));
        }
        bench.advance(2 * DAY_MS);
        bench.fire_due();
        let found: u64 = crowd.iter().map(|member| points(bench.community(), *member)).sum();
        prop_assert_eq!(found + points(bench.community(), ANN), 1_000);
        prop_assert_eq!(row(&bench, packet).claimed.len(), opened.min(count as usize));
        prop_assert!(opened < count as usize || found == total as u64);
        sound(&bench);
    }
}
