//! A community with a long past: a million messages, made once a run.

use std::path::PathBuf;

use kith_runtime::mint::Mint;

use super::host::{Host, settle};
use super::run::{Bench, BenchError};
use super::talk::Dice;
use super::town::{Builder, Town};
use crate::opened::Opened;

/// Members of it: so many that nobody speaks too fast.
const MEMBERS: usize = 1_000;
/// Time between two messages of its past.
const STEP_MS: u64 = 500;

/// How many messages it has.
pub(super) fn messages(bench: &Bench<'_>) -> u64 {
    bench.scale().pick(1_000_000, 20_000)
}

/// Its DATA folder; DATA was closed properly.
pub(super) fn data(bench: &Bench<'_>) -> Result<PathBuf, BenchError> {
    let data = bench.ground.path("million");
    if data.exists() {
        return Ok(data);
    }
    bench.tell("making a community with a long past");
    let opened = Opened::open(&data, Box::new(|_| {}))?;
    settle(&opened);
    let messages = messages(bench);
    let builder = Builder::new(opened.ports());
    let mut now_ms = opened.ports().clock.wall_ms() - (messages + 1) * STEP_MS;
    let mut site = builder.found(Town::id(0), MEMBERS, now_ms)?;
    let town = site.town()?;
    let (mint, mut dice) = (Mint::System, Dice::new(1));
    for _ in 0..messages {
        now_ms += STEP_MS;
        let draft = town.says(&mint, dice.below(MEMBERS), &dice.saying(), now_ms);
        site.step(draft, now_ms)?;
    }
    site.hand_over()?;
    builder.finish()?;
    drop((site, builder));
    settle(&opened);
    let host = Host::over(opened)?;
    let now_ms = host.engine.ports().clock.wall_ms();
    host.runtime.block_on(host.engine.ask(town.says(&mint, 0, "and so to bed", now_ms)))?;
    host.stop();
    Ok(data)
}
