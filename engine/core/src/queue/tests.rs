//! Tables of the queue: deadlines, resolutions, limits, appeals and what they leave in a rule's tally.

mod review;

use super::*;
use crate::moment::{DAY_MS, HOUR_MS};
use crate::rule::{self, Step, Tally};
use crate::testing_talk::{ANN, BEN, Bench, GONE, MODERATOR, OWNER};
use AtDeadline::{Deny, Keep, Release};

/// A bench whose rule `ads` objects to "casino" with a step.
fn bench(step: Step) -> Bench {
    let mut bench = Bench::new();
    bench.set_list("ads", &["casino"]);
    bench.set_rule("ads", r#"{"words":{"lists":["ads"]}}"#, step);
    bench
}

fn configure(bench: &mut Bench, change: impl FnOnce(&mut QueueConfig)) {
    let mut config = bench.community().queue.config.clone();
    change(&mut config);
    bench.ask(OWNER, Command::Configure { config }).unwrap();
}

fn tally(bench: &Bench) -> Tally {
    bench.community().rules.tallies.get("ads", 1)
}

fn posted(bench: &Bench) -> usize {
    crate::message::channel_page(bench.community(), bench.hall(), None, 100).len()
}

#[test]
fn a_human_releases_denies_or_keeps() {
    for (outcome, shown, waiting, told) in [
        (Release, 1, 0, "queue.released_message"),
        (Deny, 0, 0, "queue.denied_message"),
        (Keep, 0, 1, "queue.held_message"),
    ] {
        let mut bench = bench(Step::Hold);
        assert_eq!(bench.try_say(ANN, "casino"), Verdict::Hold);
        assert_eq!(bench.stream.bodies.len(), 1, "a held message is kept");
        bench.resolve(outcome).unwrap();
        assert_eq!((posted(&bench), bench.community().queue.holds.len()), (shown, waiting), "{outcome:?}");
        assert_eq!(bench.told(ANN).last(), Some(&told), "{outcome:?}");
        let kept = usize::from(outcome != Release);
        assert_eq!(bench.stream.bodies.len(), kept, "{outcome:?}");
        bench.check();
    }
}

#[test]
fn the_deadline_does_what_the_settings_said_at_the_hold() {
    for (outcome, shown, waiting) in [(Release, 1, 0), (Deny, 0, 0), (Keep, 0, 1)] {
        let mut bench = bench(Step::Hold);
        configure(&mut bench, |config| (config.hold_hours, config.at_deadline) = (2, outcome));
        bench.try_say(ANN, "casino");
        configure(&mut bench, |config| config.hold_hours = 3);
        bench.pass(HOUR_MS);
        assert_eq!(bench.community().queue.holds.len(), 1);
        bench.pass(HOUR_MS);
        assert_eq!((posted(&bench), bench.community().queue.holds.len()), (shown, waiting), "{outcome:?}");
        assert_eq!(bench.strikes(ANN), 0, "nobody judged it");
        assert_eq!((tally(&bench).released, tally(&bench).denied), (0, 0), "nor labelled the rule");
        bench.check();
    }
}

#[test]
fn commands_are_refused() {
    let mut bench = bench(Step::Hold);
    bench.try_say(ANN, "casino");
    let (hold, receipt) = (bench.hold(), bench.receipt().id);
    let resolve = |hold, outcome| Command::Resolve { hold, outcome, note: None };
    let decide = |appeal| Command::DecideAppeal { appeal, decision: Decision::Upheld, note: None };
    for (actor, command, code) in [
        (ANN, resolve(hold, Release), "permission_missing"),
        (MODERATOR, resolve(HoldId(1), Release), "not_found"),
        (MODERATOR, decide(AppealId(1)), "not_found"),
        (MODERATOR, Command::Configure { config: QueueConfig::default() }, "permission_missing"),
        (OWNER, Command::Configure { config: QueueConfig::default() }, "nothing_to_change"),
        (
            OWNER,
            Command::Configure { config: QueueConfig { hold_hours: 0, ..Default::default() } },
            "value_invalid",
        ),
    ] {
        assert_eq!(bench.ask(actor, command.clone()).unwrap_err().code(), code, "{command:?}");
    }
    assert_eq!(bench.appeal(BEN, receipt).unwrap_err().code(), "not_found", "somebody else's");
    let text = bench.body("  ");
    let empty = bench.ask(ANN, Command::Appeal { receipt, text });
    assert_eq!(empty.unwrap_err().code(), "text_empty");
    bench.appeal(ANN, receipt).unwrap();
    assert_eq!(bench.appeal(ANN, receipt).unwrap_err().code(), "already_exists");
    bench.decide_appeal(Decision::Upheld).unwrap();
    assert_eq!(bench.decide_appeal(Decision::Upheld).unwrap_err().code(), "wrong_state");
    bench.resolve(Keep).unwrap();
    assert_eq!(bench.resolve(Keep), Err(Refusal::NothingToChange));
}

#[test]
fn an_appeal_comes_in_time_or_not_at_all() {
    let mut bench = bench(Step::Warn);
    bench.try_say(ANN, "casino");
    let receipt = bench.receipt().id;
    bench.pass(14 * DAY_MS);
    assert_eq!(bench.appeal(ANN, receipt).unwrap_err().code(), "wrong_state");
}

#[test]
fn nobody_resolves_their_own() {
    let mut bench = bench(Step::Hold);
    let config = bench.community().rules.get("ads").unwrap().config.clone();
    bench.set_config(rule::RuleConfig { binds_moderators: true, ..config });
    bench.try_say(MODERATOR, "casino");
    assert_eq!(bench.resolve(Release), Err(Refusal::OwnCase));
    let receipt = bench.receipt().id;
    bench.appeal(MODERATOR, receipt).unwrap();
    assert_eq!(bench.decide_appeal(Decision::Overturned), Err(Refusal::OwnCase));
    let hold = bench.hold();
    bench.ask(OWNER, Command::Resolve { hold, outcome: Release, note: None }).unwrap();
}

/// How many receipts give a reason.
fn because(bench: &Bench, code: &str) -> usize {
    bench.community().queue.receipts.values().filter(|receipt| receipt.reason.code == code).count()
}

#[test]
fn where_the_queue_is_full_a_hold_is_a_denial() {
    let mut bench = bench(Step::Hold);
    configure(&mut bench, |config| (config.holds_per_member, config.holds_max) = (2, 3));
    let said = |bench: &mut Bench, member| bench.try_say(member, "casino");
    assert_eq!([said(&mut bench, ANN), said(&mut bench, ANN)], [Verdict::Hold; 2]);
    assert_eq!(said(&mut bench, ANN), Verdict::Deny);
    assert_eq!(because(&bench, "rule.queue_full_own"), 1);
    assert_eq!([said(&mut bench, BEN), said(&mut bench, BEN)], [Verdict::Hold, Verdict::Deny]);
    assert_eq!(because(&bench, "rule.queue_full"), 1);
    assert_eq!((bench.strikes(ANN), bench.strikes(BEN)), (0, 0));
    bench.check();
}

#[test]
fn an_overturned_denial_restores_everything() {
    let mut bench = bench(Step::Mute);
    assert_eq!(bench.try_say(ANN, "casino"), Verdict::Deny);
    let receipt = bench.receipt().id;
    bench.set_list("ads", &["lottery"]);
    bench.appeal(ANN, receipt).unwrap();
    let review = bench.community().queue.appeals.values().next().unwrap().review.clone();
    let expected = Review { version: Some(1), on_facts: Some(Verdict::Deny), on_text: Some(Verdict::Allow) };
    assert_eq!(review, expected);
    bench.decide_appeal(Decision::Overturned).unwrap();
    assert_eq!((posted(&bench), bench.strikes(ANN)), (1, 0));
    assert_eq!(bench.try_say(ANN, "hello"), Verdict::Allow, "the mute is lifted");
    assert_eq!(tally(&bench), Tally { hits: 1, appealed: 1, overturned: 1, ..Tally::default() });
    assert!(bench.community().queue.denied.is_empty() && bench.stream.bodies.is_empty());
    assert_eq!(bench.told(ANN).last(), Some(&"appeal.overturned"));
    bench.check();
}

#[test]
fn an_overturned_ban_opens_the_door_again() {
    let mut bench = bench(Step::Ban);
    bench.try_say(ANN, "casino");
    let receipt = bench.receipt().id;
    bench.appeal(ANN, receipt).unwrap();
    bench.decide_appeal(Decision::Overturned).unwrap();
    assert_eq!(bench.community().members.get(ANN).unwrap().standing.name(), "left");
    assert_eq!(bench.strikes(ANN), 0);
}

#[test]
fn an_upheld_appeal_changes_nothing_but_the_count() {
    let mut bench = bench(Step::Warn);
    bench.try_say(ANN, "casino");
    let receipt = bench.receipt().id;
    bench.appeal(ANN, receipt).unwrap();
    bench.decide_appeal(Decision::Upheld).unwrap();
    assert_eq!((posted(&bench), bench.strikes(ANN)), (0, 1));
    assert_eq!(tally(&bench), Tally { hits: 1, appealed: 1, ..Tally::default() });
}

#[test]
fn a_denied_hold_is_restored_and_its_strike_taken_back() {
    let mut bench = bench(Step::Hold);
    bench.try_say(ANN, "casino");
    let by_rule = bench.receipt().id;
    bench.resolve(Deny).unwrap();
    assert_eq!((bench.strikes(ANN), tally(&bench).denied), (1, 1));
    let by_person = bench.receipt().id;
    for receipt in [by_rule, by_person] {
        let mut bench = bench.clone();
        bench.appeal(ANN, receipt).unwrap();
        bench.decide_appeal(Decision::Overturned).unwrap();
        assert_eq!((posted(&bench), bench.strikes(ANN), tally(&bench).overturned), (1, 0, 1));
        bench.check();
    }
}

#[test]
fn an_appeal_of_what_still_waits_releases_it() {
    let mut bench = bench(Step::Hold);
    bench.try_say(ANN, "casino");
    let receipt = bench.receipt().id;
    bench.appeal(ANN, receipt).unwrap();
    bench.decide_appeal(Decision::Overturned).unwrap();
    assert_eq!((posted(&bench), bench.community().queue.holds.len()), (1, 0));
    bench.pass(DAY_MS);
    assert_eq!(posted(&bench), 1, "the deadline finds nothing to do");
    assert_eq!(tally(&bench).released, 0);
}

#[test]
fn what_was_denied_is_kept_no_longer_than_it_can_be_appealed() {
    let mut bench = bench(Step::Warn);
    bench.try_say(ANN, "casino");
    assert_eq!((bench.community().queue.denied.len(), bench.stream.bodies.len()), (1, 1));
    bench.pass(14 * DAY_MS);
    bench.try_say(BEN, "casino");
    assert_eq!((bench.community().queue.denied.len(), bench.stream.bodies.len()), (1, 1));
    assert_eq!(bench.community().queue.denied[0].held.header.author, BEN);
    bench.check();
}

#[test]
fn receipts_are_kept_up_to_their_limit() {
    let mut bench = Bench::new();
    let receipt = Receipt {
        id: ReceiptId(0),
        member: GONE,
        at_ms: 0,
        verdict: Verdict::Hold,
        ground: Ground::Deadline { outcome: Keep },
        reason: crate::notice::Text::new("rule.ask_again"),
        remedy: None,
    };
    bench.by_hand(ANN, |_, out| {
        let many = 0..crate::limits::RECEIPTS_MAX as u128 + 5;
        out.decisions.extend(many.map(|id| Receipt { id: ReceiptId(id), ..receipt.clone() }));
    });
    let receipts = &bench.community().queue.receipts;
    assert_eq!(receipts.len(), crate::limits::RECEIPTS_MAX);
    assert_eq!(receipts.keys().next(), Some(&ReceiptId(5)));
}
