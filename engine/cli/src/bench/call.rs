//! One call of a script, decided and with its row, beside the bare call of its function.

use std::collections::BTreeMap;

use kith_scripts::cases::Case;
use kith_scripts::{Host, Limits, measure};

use super::figure::{Figure, Quantity, Reach};
use super::run::{Bench, BenchError};

/// A look at the member, a check of twenty words by the host, one effect.
const RULE: &str = r#"fn on_message(ctx, message) {
  if message.author.can("moderate") {
    return allow();
  }
  if message.text.has_any(list("words")) {
    return hold("words", "A moderator looks at it.");
  }
  kv.increment(message.author.id);
  allow()
}
"#;

const TEXT: &str = "hello everybody, this is a perfectly ordinary message of about two hundred bytes that \
    somebody could have written in a group on a quiet evening, with nothing to sell and nobody to annoy, really.";

const WORDS: [&str; 20] = [
    "casino",
    "viagra",
    "jackpot",
    "lottery",
    "bitcoin",
    "crypto",
    "forex",
    "loan",
    "payday",
    "escort",
    "xxx",
    "freegift",
    "nitro",
    "giveaway",
    "airdrop",
    "whatsapp",
    "telegram",
    "onlyfans",
    "clickhere",
    "discount",
];

fn case() -> Case {
    let words = WORDS.map(str::to_owned).to_vec();
    Case { text: TEXT.to_owned(), lists: BTreeMap::from([("words".to_owned(), words)]), ..Case::default() }
}

/// What the engine adds to a function of a script.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("call: calling a script");
    let host = Host::new(Limits::default());
    let cost = measure::on_message(&host, (RULE, &case()), bench.scale().pick(20_000, 50));
    let cost = cost.map_err(|error| BenchError::Child { what: error.to_string() })?;
    let unit = "µs";
    Ok(vec![Figure {
        name: "call",
        what: "a call of on_message: a member, 20 words, one effect; decided, its row included".to_owned(),
        ours: Quantity { value: cost.decided_ns / 1e3, unit },
        reference_what: "the bare call of the same function on the same AST",
        reference: Some(Quantity { value: cost.bare_ns / 1e3, unit }),
        reach: Reach::AtMostTimes(2.0),
        notes: vec![format!(
            "within limits, but without the row and the effect's event: {:.2} µs",
            cost.run_ns / 1e3
        )],
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_lets_the_message_through_and_counts_it() {
        let host = Host::new(Limits::default());
        let result = kith_scripts::cases::run(&host, RULE, &Case { expect: "allow".to_owned(), ..case() });
        assert!(result.is_ok_and(|result| result.passed));
    }
}
