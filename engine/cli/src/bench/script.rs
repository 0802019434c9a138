//! Scripts: what a rule in Rhai costs a message, a replay, and the neighbours of one that never ends.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::decide::apply_record;
use kith_core::hook::Hook;
use kith_core::record::Record;
use kith_core::script::{Binding, Command, OnFault, Origin, Stage};
use kith_core::stream::Stream;
use kith_runtime::draft::{AskError, Draft};
use kith_runtime::import::reenact;
use kith_runtime::mint::Mint;
use kith_runtime::replay::{self, Plan};

use super::durable::{self, Talked};
use super::figure::{Figure, Quantity, Reach, median, per_mille};
use super::host::{Host, settle};
use super::machine::resident_mb;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::town::{Town, found_many, stage};
use super::year::{Unwatched, Year};
use crate::opened::Opened;

/// A rule as an operator would write it: ten lines, a look at the member, a list of twenty words, one effect.
const RULE: &str = r#"// api: 1
fn on_message(ctx, message) {
  if message.author.has_tag("core") {
    return allow();
  }
  if message.text.has_any(list("ads")) {
    return hold("ads", "no ads here, please");
  }
  kv.increment("messages");
  allow()
}
"#;

/// A rule that never ends.
const LOOP: &str = "// api: 1\nfn on_message(ctx, message) {\n  loop {}\n}\n";

const MEMBERS: usize = 50;

fn put(source: &str) -> Command {
    Command::Put {
        name: "rule".to_owned(),
        source: source.to_owned(),
        hooks: BTreeSet::from([Hook::Message]),
        origin: Origin::Command,
        binding: Some(Binding { on_fault: OnFault::Open, ..Binding::default() }),
        stage: Stage::Live,
        cases: String::new(),
    }
}

fn put_in(host: &Host, towns: &[Town], source: impl Fn(usize) -> String) -> Result<(), BenchError> {
    let mint = Mint::System;
    host.runtime.block_on(async {
        for (number, town) in towns.iter().enumerate() {
            let now_ms = host.engine.ports().clock.wall_ms();
            let command = put(&source(number));
            host.engine.ask(Draft::new(mint.command(now_ms), town.id, Actor::Host, command)).await?;
        }
        Ok(())
    })
}

/// Puts the ten-line rule into every town.
pub(super) fn put_rule(host: &Host, towns: &[Town]) -> Result<(), BenchError> {
    put_in(host, towns, |_| RULE.to_owned())
}

/// Messages a second through a rule, beside the same without it; they take turns.
pub(super) fn durable(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let communities = bench.scale().pick(1_000, 20);
    // Not longer: nobody may ask more than so many times a minute.
    let time = Duration::from_millis(bench.scale().pick(4_000, 200));
    bench.tell("script: founding communities");
    let data = bench.ground.path("script");
    let host = Host::start(&data)?;
    let towns: Arc<[Town]> = found_many(host.opened.ports(), communities, MEMBERS)?.into();
    host.settle();
    durable::warm_up(&host, &towns)?;
    bench.tell("script: talking");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let speed = |talked: &Talked| talked.messages as f64 / talked.seconds;
    for round in 0..3 {
        theirs.push(speed(&durable::run(&host, &towns, time)?));
        // A number in a comment makes each round's source another one.
        put_in(&host, &towns, |_| format!("{RULE}// {round}\n"))?;
        ours.push(speed(&durable::run(&host, &towns, time)?));
        off(&host, &towns)?;
    }
    host.stop();
    bench.ground.clear("script");
    let unit = "messages/s";
    Ok(vec![Figure {
        name: "script",
        what: format!("durable messages through a ten-line rule, {communities} communities, 256 in flight"),
        ours: Quantity { value: median(ours), unit },
        reference_what: "the same without a script",
        reference: Some(Quantity { value: median(theirs), unit }),
        reach: Reach::AtLeastTimes(0.8),
        notes: Vec::new(),
    }])
}

fn off(host: &Host, towns: &[Town]) -> Result<(), BenchError> {
    let mint = Mint::System;
    host.runtime.block_on(async {
        for town in towns {
            let now_ms = host.engine.ports().clock.wall_ms();
            let command = Command::SwitchOff { name: "rule".to_owned() };
            host.engine.ask(Draft::new(mint.command(now_ms), town.id, Actor::Host, command)).await?;
        }
        Ok(())
    })
}

/// A replay of a year through the rule, beside decoding and folding the same records and running the script
/// alone.
pub(super) fn replay(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let year = Year::of(bench)?;
    bench.tell("replay: playing a year of talk");
    let data = bench.ground.path("replay");
    let opened = Opened::open(&data, Box::new(|_| {}))?;
    settle(&opened);
    let ports = opened.ports();
    reenact::run(stage(&ports), year.reader()?, &mut Unwatched)?;
    bench.tell("replay: replaying it");
    let draft = replay::Draft {
        name: "rule".to_owned(),
        source: RULE.to_owned(),
        hooks: BTreeSet::from([Hook::Message]),
        binding: Binding::default(),
    };
    let plan = Plan::new(Town::id(0), draft);
    let (mut ours, mut theirs, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.scale().pick(5, 1) {
        let stage = replay::Stage {
            records: ports.records.as_ref(),
            keys: Arc::clone(&ports.keys),
            runner: opened.scripting().runner(),
        };
        let watch = Stopwatch::start();
        let report = replay::run(&stage, &plan, &mut |_| ControlFlow::Continue(()))?;
        ours.push(watch.seconds());
        let watch = Stopwatch::start();
        fold(&ports)?;
        let folded = watch.seconds();
        let script = report.script_us as f64 / 1e6;
        theirs.push(folded + script);
        notes = vec![format!(
            "{} messages asked about; folding {folded:.2} s, the script alone {script:.2} s",
            report.messages
        )];
    }
    drop(ports);
    drop(opened);
    bench.ground.clear("replay");
    let unit = "s";
    Ok(vec![Figure {
        name: "replay",
        what: format!("replay of {} through a ten-line rule, one core", year.what),
        ours: Quantity { value: median(ours), unit },
        reference_what: "decoding and folding the same records, and the script alone",
        reference: Some(Quantity { value: median(theirs), unit }),
        reach: Reach::AtMostTimes(1.5),
        notes,
    }])
}

fn fold(ports: &kith_runtime::engine::Ports) -> Result<(), BenchError> {
    let mut stream = Stream::new(Town::id(0));
    ports.records.read(Town::id(0), 1, &mut |frame| {
        for stored in frame.records {
            if let Ok(record) = Record::decode(&stored.bytes) {
                let bodies: Bodies = stored.bodies.into_iter().collect();
                apply_record(&mut stream, &record, &bodies);
            }
        }
        ControlFlow::Continue(())
    })?;
    std::hint::black_box(stream.seq);
    Ok(())
}

/// What scripts take in memory: the same in every community, then one of its own in each.
pub(super) fn memory(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let communities = bench.scale().pick(10_000, 200);
    bench.tell("script-memory: founding communities");
    let data = bench.ground.path("script-memory");
    let host = Host::start(&data)?;
    let towns = found_many(host.opened.ports(), communities, 2)?;
    host.settle();
    // Talked in more than once, so that what talk itself takes is not counted.
    for _ in 0..4 {
        durable::warm_up(&host, &towns)?;
    }
    host.settle();
    let each = |before: f64| (resident_mb() - before).max(0.0) * 1_000.0 / 1.024 / communities as f64;
    let before = resident_mb();
    put_in(&host, &towns, |_| RULE.to_owned())?;
    durable::warm_up(&host, &towns)?;
    let same = each(before);
    off(&host, &towns)?;
    let before = resident_mb();
    put_in(&host, &towns, |number| format!("{RULE}// of community {number}\n"))?;
    durable::warm_up(&host, &towns)?;
    let own = each(before);
    host.stop();
    bench.ground.clear("script-memory");
    let figure = |what: &str, value: f64, reach: f64| Figure {
        name: "script-memory",
        what: format!("{communities} open communities, {what}: resident memory each"),
        ours: Quantity { value, unit: "KiB" },
        reference_what: "–",
        reference: None,
        reach: Reach::AtMost(reach),
        notes: Vec::new(),
    };
    Ok(vec![figure("the same script in each", same, 2.0), figure("a script of its own in each", own, 40.0)])
}

/// Somebody who posts without a pause where the script never ends.
struct Nuisance {
    over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Result<(), AskError>>,
}

impl Nuisance {
    fn start(host: &Host, town: &Town) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (engine, town, theirs) = (host.engine.clone(), town.clone(), Arc::clone(&over));
        let task = host.runtime.spawn(async move {
            let mint = Mint::System;
            let mut member = 0;
            while !theirs.load(Ordering::Acquire) {
                let now_ms = engine.ports().clock.wall_ms();
                member += 1;
                match engine.ask(town.says(&mint, member, "hello", now_ms)).await {
                    Ok(_) | Err(AskError::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
        Self { over, task }
    }

    async fn stop(self) -> Result<(), BenchError> {
        self.over.store(true, Ordering::Release);
        let ended = self.task.await.map_err(|panic| BenchError::Child { what: panic.to_string() })?;
        Ok(ended?)
    }
}

/// How long 99 communities wait while the script of the hundredth never ends.
pub(super) fn neighbours(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let time = Duration::from_millis(bench.scale().pick(700, 300));
    bench.tell("script-loop: founding communities");
    let data = bench.ground.path("script-loop");
    let host = Host::start(&data)?;
    let towns = found_many(host.opened.ports(), 100, MEMBERS)?;
    host.settle();
    durable::warm_up(&host, &towns)?;
    let (bad, good) = towns.split_at(1);
    let good: Arc<[Town]> = good.to_vec().into();
    let p99_ms = |talked: Talked| per_mille(talked.latencies_us, 990) / 1e3;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..3 {
        theirs.push(p99_ms(durable::run(&host, &good, time)?));
        put_in(&host, bad, |_| format!("{LOOP}// {round}\n"))?;
        let nuisance = Nuisance::start(&host, &bad[0]);
        ours.push(p99_ms(durable::run(&host, &good, time)?));
        host.runtime.block_on(nuisance.stop())?;
        off(&host, bad)?;
    }
    host.stop();
    bench.ground.clear("script-loop");
    let unit = "ms";
    Ok(vec![Figure {
        name: "script-loop",
        what: "p99 of 99 communities, 256 in flight, while the script of the hundredth never ends".to_owned(),
        ours: Quantity { value: median(ours), unit },
        reference_what: "the same without it",
        reference: Some(Quantity { value: median(theirs), unit }),
        reach: Reach::AtMostTimes(1.5),
        notes: Vec::new(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_compiles() {
        for source in [RULE, LOOP] {
            let compiled = crate::scripting::Scripting::default().host().compile(source);
            assert!(compiled.is_ok(), "{source}");
        }
    }
}
