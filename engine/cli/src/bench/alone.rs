//! One message in flight: what an acknowledgement costs beyond the one `fdatasync` that it needs.

use kith_runtime::mint::Mint;

use super::figure::{Figure, Quantity, Reach, per_mille};
use super::host::Host;
use super::plain::Plain;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::talk::Dice;
use super::town::found_many;

/// Messages and references in one round; rounds take turns.
const PER_ROUND: usize = 50;
/// The community: so many members that nobody speaks too fast.
const MEMBERS: usize = 500;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.scale().pick(60, 6);
    bench.tell("alone: one message at a time");
    let data = bench.ground.path("alone");
    let host = Host::start(&data)?;
    let towns = found_many(host.opened.ports(), 1, MEMBERS)?;
    host.settle();
    let mut plain = Plain::create(&bench.ground.path("alone.plain"))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mint, mut dice) = (Mint::System, Dice::new(1));
    let mut bytes = 1_024;
    for round in 0..rounds {
        let before = host.log_bytes()?;
        for _ in 0..PER_ROUND {
            let now_ms = host.engine.ports().clock.wall_ms();
            let draft = towns[0].says(&mint, dice.below(MEMBERS), &dice.saying(), now_ms);
            let watch = Stopwatch::start();
            host.runtime.block_on(host.engine.ask(draft))?;
            ours.push(watch.micros());
        }
        if round == 0 {
            bytes = (host.log_bytes()? - before) as usize / PER_ROUND;
            ours.clear();
        }
        for _ in 0..PER_ROUND {
            theirs.push(plain.group(bytes)?);
        }
    }
    host.stop();
    bench.ground.clear("alone");
    let unit = "µs";
    let tail = |of: &[f64]| per_mille(of.to_vec(), 990);
    let notes = vec![format!("p99 {:.0} µs, of the reference {:.0} µs", tail(&ours), tail(&theirs))];
    Ok(vec![Figure {
        name: "alone",
        what: "the same with one in flight, p50".to_owned(),
        ours: Quantity { value: per_mille(ours, 500), unit },
        reference_what: "one write of the same bytes and one fdatasync, p50",
        reference: Some(Quantity { value: per_mille(theirs, 500), unit }),
        reach: Reach::AtMostTimes(1.5),
        notes,
    }])
}
