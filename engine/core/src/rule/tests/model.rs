//! Random drafts under several rules, judged as a naive reader would.

use proptest::prelude::*;

use super::*;

/// The parts of random drafts, and what a naive reader counts in them.
const PIECES: [(&str, [u32; 3]); 6] = [
    ("hello", [0, 0, 0]),
    ("good morning", [0, 0, 0]),
    ("casino", [1, 0, 0]),
    ("https://shop.example.com/x", [0, 1, 0]),
    ("ann@example.net", [0, 0, 1]),
    ("今天很好", [0, 0, 0]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A naive re-implementation agrees, and every receipt derives its verdict again.
    #[test]
    fn random_drafts_are_judged_as_a_naive_reader_would(
        drafts in prop::collection::vec((prop::collection::vec(0..PIECES.len(), 1..5), 0_u64..40), 1..25),
        max_links in 0_u32..3,
        flood in 1_u32..4,
    ) {
        let mut bench = Bench::new();
        bench.set_list("ads", &["casino"]);
        let ladder = LadderConfig { rungs: vec![Rung::Hold, Rung::Warn], forget_days: 0 };
        bench.ask(OWNER, Command::SetLadder { ladder }).unwrap();
        bench.set_rule("ads", r#"{"words":{"lists":["ads"]}}"#, Step::Warn);
        bench.set_rule("links", &format!(r#"{{"links":{{"max":{max_links}}}}}"#), Step::Hold);
        bench.set_rule("contacts", r#"{"contacts":{}}"#, Step::Warn);
        bench.set_rule("flood", &format!(r#"{{"flood":{{"messages":{flood},"within":"60s"}}}}"#), Step::Hold);
        let (mut posted, mut held, mut struck) = (Vec::new(), 0, 0_u32);
        for (pieces, wait_s) in drafts {
            bench.advance(wait_s * 1_000);
            let text = pieces.iter().map(|piece| PIECES[*piece].0).collect::<Vec<_>>().join(" ");
            let sum = |place: usize| pieces.iter().map(|piece| PIECES[*piece].1[place]).sum::<u32>();
            let now_ms = bench.now_ms() + 1_000;
            let recent = posted.iter().filter(|at_ms| now_ms - **at_ms < 60_000).count() as u32;
            let soft = sum(1) > max_links || recent >= flood;
            let hard = sum(0) > 0 || sum(2) > 0;
            let expected = match (hard, soft) {
                (true, _) => Deny,
                (false, true) if struck > 0 => Deny,
                (false, true) if held >= 5 => Deny,
                (false, true) => Hold,
                (false, false) => Allow,
            };
            prop_assert_eq!(bench.try_say(ANN, &text), expected, "{}", text);
            match expected {
                Allow => posted.push(now_ms),
                Hold => held += 1,
                Deny if hard || struck > 0 => struck += 1,
                Deny => {}
            }
            prop_assert_eq!(bench.strikes(ANN), struck.min(32));
        }
        for receipt in bench.community().queue.receipts.values() {
            prop_assert_eq!(receipt.ground.verdict(), receipt.verdict);
        }
        bench.check();
    }
}
