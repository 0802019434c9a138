//! A saved script: how soon it is live, and whether anybody waits or fails meanwhile.

use std::sync::Arc;
use std::time::Duration;

use kith_runtime::mint::Mint;
use kith_runtime::scripting::{DEBOUNCE, Desk, Folder, Looking, Told, Watch, What};
use tokio::sync::mpsc;

use super::durable;
use super::figure::{Figure, Quantity, Reach, median, per_mille};
use super::host::Host;
use super::run::{Bench, BenchError};
use super::stopwatch::Stopwatch;
use super::town::{Town, found_many};

/// Communities that talk, of which one is saved for, and members of each: so many that nobody speaks too
/// fast.
const COMMUNITIES: usize = 1_000;
const MEMBERS: usize = 50;
/// How long a save may take before the figure is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let saves = bench.scale().pick(20, 3);
    bench.tell("script-live: saving scripts under load");
    let data = bench.ground.path("script-live");
    let folder = bench.ground.path("script-live.folder");
    std::fs::create_dir_all(&folder).map_err(|source| BenchError::Io { path: folder.clone(), source })?;
    let host = Host::start(&data)?;
    let towns: Arc<[Town]> = found_many(host.opened.ports(), COMMUNITIES, MEMBERS)?.into();
    host.settle();
    durable::warm_up(&host, &towns)?;
    let calm = durable::run(&host, &towns, Duration::from_secs(bench.scale().pick(5, 1)))?;
    let (engine, compiler) = (host.engine.clone(), host.opened.scripting().compiler());
    let desk = Desk { engine, mint: Arc::new(Mint::System), compiler };
    let (community, path) = (towns[0].id, folder.clone());
    let saving = host.runtime.spawn(async move {
        let (sender, mut told) = mpsc::unbounded_channel();
        let watched = Folder { community, path: path.clone(), looking: Looking::Told };
        let watch = Watch::start(desk, watched, move |what| drop(sender.send(what)));
        let watch = watch.map_err(|error| BenchError::Child { what: error.to_string() })?;
        let mut took = Vec::new();
        for number in 0..saves {
            let source = format!("fn on_message(ctx, message) {{ log(\"{number}\"); allow() }}\n");
            let file = path.join("rule.rhai");
            let saved = Stopwatch::start();
            std::fs::write(&file, source).map_err(|source| BenchError::Io { path: file, source })?;
            live(&mut told).await?;
            took.push(saved.seconds() * 1e3);
        }
        watch.stop().await;
        Ok::<_, BenchError>(took)
    });
    let under_load = durable::run(&host, &towns, Duration::from_secs(bench.scale().pick(10, 2)))?;
    let took =
        host.runtime.block_on(saving).map_err(|panic| BenchError::Child { what: panic.to_string() })??;
    host.stop();
    bench.ground.clear("script-live");
    bench.ground.clear("script-live.folder");
    let p99 = |latencies| per_mille(latencies, 990) / 1e3;
    let notes = vec![format!(
        "{saves} saves while {} messages went through and none failed: p99 {:.1} ms, without saves {:.1} ms",
        under_load.messages,
        p99(under_load.latencies_us),
        p99(calm.latencies_us)
    )];
    Ok(vec![Figure {
        name: "script-live",
        what: "a saved script is live, median".to_owned(),
        ours: Quantity { value: median(took), unit: "ms" },
        reference_what: "the time that a watcher waits for more changes",
        reference: Some(Quantity { value: DEBOUNCE.as_secs_f64() * 1e3, unit: "ms" }),
        reach: Reach::AtMostTimes(2.0),
        notes,
    }])
}

async fn live(told: &mut mpsc::UnboundedReceiver<Told>) -> Result<(), BenchError> {
    let next = async {
        while let Some(what) = told.recv().await {
            if matches!(&what, Told::Reload(reload) if matches!(reload.what, What::Live { .. })) {
                return true;
            }
        }
        false
    };
    match tokio::time::timeout(PATIENCE, next).await {
        Ok(true) => Ok(()),
        _ => Err(BenchError::Child { what: "a saved script never was live".to_owned() }),
    }
}
