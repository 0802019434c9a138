//! Durable messages under three rules in many communities, 256 in flight, for a minute without a pause; the
//! index lag is watched all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kith_runtime::draft::AskError;
use kith_runtime::engine::Engine;
use kith_runtime::mint::Mint;

use super::figure::{Figure, Quantity, Reach, median, per_mille};
use super::host::Host;
use super::machine::cpu_seconds;
use super::plain::{Load, Plain};
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::talk::Dice;
use super::town::{Town, found_many};

/// Commands that wait for the disk at any time.
const IN_FLIGHT: usize = 256;
/// Members of each community: so many that nobody speaks faster than people do.
const MEMBERS: usize = 50;
/// Bursts of the reference, half of them before and half after.
const BURSTS: usize = 10;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let communities = bench.scale().pick(1_000, 50);
    let seconds = bench.scale().pick(60, 2);
    bench.tell("durable: founding communities");
    let data = bench.ground.path("durable");
    let host = Host::start(&data)?;
    let towns: Arc<[Town]> = found_many(host.opened.ports(), communities, MEMBERS)?.into();
    host.settle();
    warm_up(&host, &towns)?;
    let mut plain = Plain::create(&bench.ground.path("durable.plain"))?;
    let guess = Load { item_bytes: 1_024, in_flight: IN_FLIGHT };
    let burst = Duration::from_millis(bench.scale().pick(2_000, 100));
    plain.groups_for(burst, guess)?;

    let before = host.log_bytes()?;
    let probe = run(&host, &towns, Duration::from_secs(1))?;
    let item_bytes = (host.log_bytes()? - before) / probe.messages.max(1);
    let load = Load { item_bytes: usize::try_from(item_bytes).unwrap_or(1_024), in_flight: IN_FLIGHT };
    let mut bursts = Vec::new();
    for _ in 0..BURSTS / 2 {
        bursts.push(plain.groups_for(burst, load)?);
    }
    bench.tell("durable: talking");
    let talked = run(&host, &towns, Duration::from_secs(seconds))?;
    for _ in 0..BURSTS / 2 {
        bursts.push(plain.groups_for(burst, load)?);
    }
    let caught_up = Stopwatch::start();
    host.settle();
    let mut notes = talked.notes();
    notes.push(format!("{item_bytes} bytes a message in the log"));
    notes.push(format!("index caught up {:.1} s after the last message", caught_up.seconds()));
    host.stop();
    bench.ground.clear("durable");
    bench.ground.clear("durable.plain");
    let unit = "messages/s";
    Ok(vec![Figure {
        name: "durable",
        what: format!(
            "durable messages under three rules, {communities} communities, {IN_FLIGHT} in flight, \
             {seconds} s"
        ),
        ours: Quantity { value: talked.messages as f64 / talked.seconds, unit },
        reference_what: "plain file, one write and one fdatasync a group of 256",
        reference: Some(Quantity { value: median(bursts), unit }),
        reach: Reach::AtLeastTimes(0.5),
        notes,
    }])
}

/// Every writer is open and every rule compiled before anything is measured.
pub(super) fn warm_up(host: &Host, towns: &[Town]) -> Result<(), BenchError> {
    let mint = Mint::System;
    let now_ms = host.engine.ports().clock.wall_ms();
    host.runtime.block_on(async {
        for group in towns.chunks(IN_FLIGHT) {
            let mut pending = Vec::new();
            for town in group {
                pending.push(host.engine.post(town.says(&mint, 0, "hello", now_ms)).await?);
            }
            for one in pending {
                one.reply().await?;
            }
        }
        Ok(())
    })
}

/// What came of talking for a while.
pub(super) struct Talked {
    pub(super) messages: u64,
    pub(super) seconds: f64,
    pub(super) latencies_us: Vec<f64>,
    lags: Vec<u64>,
    cpu_seconds: f64,
}

impl Talked {
    fn notes(&self) -> Vec<String> {
        let latency = |share| per_mille(self.latencies_us.clone(), share) / 1e3;
        let lags: Vec<String> = self.lags.iter().map(u64::to_string).collect();
        let max = self.lags.iter().max().copied().unwrap_or(0);
        let cpu_us = self.cpu_seconds * 1e6 / self.messages.max(1) as f64;
        vec![
            format!("{cpu_us:.1} µs of processor time a message, talkers included"),
            format!("acknowledged after p50 {:.1} ms, p99 {:.1} ms", latency(500), latency(990)),
            format!("index lag, records, each second: {} (at most {max})", lags.join(" ")),
        ]
    }
}

/// What the talkers share.
struct Talk {
    engine: Engine,
    towns: Arc<[Town]>,
    over: AtomicBool,
    messages: AtomicU64,
}

pub(super) fn run(host: &Host, towns: &Arc<[Town]>, time: Duration) -> Result<Talked, BenchError> {
    let talk = Arc::new(Talk {
        engine: host.engine.clone(),
        towns: Arc::clone(towns),
        over: AtomicBool::new(false),
        messages: AtomicU64::new(0),
    });
    host.runtime.block_on(async {
        let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
        let talkers: Vec<_> =
            (0..IN_FLIGHT).map(|number| tokio::spawn(talker(Arc::clone(&talk), number as u64))).collect();
        let mut lags = Vec::new();
        while watch.elapsed() < time {
            tokio::time::sleep(Duration::from_secs(1).min(time.saturating_sub(watch.elapsed()))).await;
            lags.push(host.opened.index().lag_records());
        }
        talk.over.store(true, Ordering::Release);
        let mut latencies_us = Vec::new();
        for talker in talkers {
            let said = talker.await.map_err(|panic| BenchError::Child { what: panic.to_string() })?;
            latencies_us.append(&mut said?);
        }
        let (messages, seconds) = (talk.messages.load(Ordering::Acquire), watch.seconds());
        let cpu_seconds = cpu_seconds() - cpu_before;
        Ok(Talked { messages, seconds, latencies_us, lags, cpu_seconds })
    })
}

/// One of those who always wait for one answer. Every tenth latency is kept.
async fn talker(talk: Arc<Talk>, number: u64) -> Result<Vec<f64>, AskError> {
    let mint = Mint::System;
    let mut dice = Dice::new(number);
    let mut latencies_us = Vec::new();
    while !talk.over.load(Ordering::Acquire) {
        let town = &talk.towns[dice.below(talk.towns.len())];
        let now_ms = talk.engine.ports().clock.wall_ms();
        let draft = town.says(&mint, dice.below(MEMBERS), &dice.saying(), now_ms);
        let watch = Stopwatch::start();
        talk.engine.ask(draft).await?;
        if talk.messages.fetch_add(1, Ordering::Relaxed).is_multiple_of(10) {
            latencies_us.push(watch.micros());
        }
    }
    Ok(latencies_us)
}
