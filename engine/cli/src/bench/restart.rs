//! Serving a community with a long past again: after a clean stop, and after kill -9 in the middle of talk.
//!
//! Serving means that a message that was posted after the start is acknowledged. The file cache is warm.

use std::path::Path;

use kith_runtime::mint::Mint;
use kith_store::derived::Phase;

use super::child;
use super::figure::{Figure, Quantity, Reach};
use super::host::{Host, wait_until};
use super::million;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::town::Town;

/// Messages acknowledged before the kill: nearly as many as lie between two snapshots.
const BEFORE_KILL: u64 = 18_000;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let data = million::data(bench)?;
    bench.tell("restart: after a clean stop");
    let clean = serve_again(&data)?;
    bench.tell("restart: after kill -9");
    let before_kill = bench.scale().pick(BEFORE_KILL, 1_000);
    child::talk_and_kill(&data, before_kill)?;
    let killed = serve_again(&data)?;
    let messages = million::messages(bench);
    let after = |how: &str| format!("serving again a community of {messages} messages after {how}");
    Ok(vec![
        figure(after("a clean stop"), &clean, 1.0),
        figure(after(&format!("kill -9, {before_kill} messages after the last snapshot")), &killed, 3.0),
    ])
}

fn figure(what: String, served: &Served, reach_s: f64) -> Figure {
    Figure {
        name: "restart",
        what,
        ours: Quantity { value: served.seconds, unit: "s" },
        reference_what: "–",
        reference: None,
        reach: Reach::AtMost(reach_s),
        notes: vec![format!(
            "log open after {:.2} s; the index was {:?} then and answered {:.2} s later",
            served.open_seconds, served.phase, served.index_seconds
        )],
    }
}

struct Served {
    open_seconds: f64,
    seconds: f64,
    phase: Phase,
    index_seconds: f64,
}

fn serve_again(data: &Path) -> Result<Served, BenchError> {
    let watch = Stopwatch::start();
    let host = Host::start(data)?;
    let open_seconds = watch.seconds();
    let town = host.runtime.block_on(host.engine.view(Town::id(0), Town::of))?;
    let town = town.ok_or_else(|| BenchError::Child { what: "the community is gone".to_owned() })?;
    let now_ms = host.engine.ports().clock.wall_ms();
    host.runtime.block_on(host.engine.ask(town.says(&Mint::System, 0, "good morning", now_ms)))?;
    let (seconds, phase) = (watch.seconds(), host.opened.index().phase());
    let index_seconds = wait_until(|| host.opened.index().phase() == Phase::Ready);
    host.stop();
    Ok(Served { open_seconds, seconds, phase, index_seconds })
}
