//! Live streams: one message to many listeners, and what a listener costs to whom nothing is told.

use std::time::Duration;

use super::client::{Client, request};
use super::site::Site;
use crate::bench::figure::{Figure, Quantity, Reach, per_mille};
use crate::bench::machine::{cpu_seconds, resident_mb};
use crate::bench::run::{Bench, BenchError};
use crate::bench::stopwatch::Stopwatch;

/// What every event of a message begins with.
const MARK: &[u8] = b"event: message.posted";
/// Messages that are told.
const MESSAGES: usize = 50;
/// The longest that a listener waits for a message.
const PATIENCE: Duration = Duration::from_secs(20);

fn broken(what: impl ToString) -> BenchError {
    BenchError::Child { what: what.to_string() }
}

/// Measures how long a message takes to its last listener.
pub(crate) fn live(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-live: opening streams");
    let site = Site::build(&bench.ground.path("http-live"), 1, 2)?;
    let mut figures = Vec::new();
    for (listeners, reach_ms) in [(100, 10.0), (1_000, 50.0)] {
        let listeners = bench.scale().pick(listeners, listeners / 10);
        let heard = tell(&site, listeners, bench.scale().pick(MESSAGES, 5))?;
        figures.push(Figure {
            name: "http-live",
            what: format!("one message to {listeners} live listeners, p99 of all deliveries"),
            ours: Quantity { value: per_mille(heard.latencies_us, 990) / 1e3, unit: "ms" },
            reference_what: "–",
            reference: None,
            reach: Reach::AtMost(reach_ms),
            notes: vec![format!("{:.1} µs of processor time a delivery, client included", heard.cpu_us)],
        });
    }
    site.stop();
    bench.ground.clear("http-live");
    Ok(figures)
}

struct Heard {
    latencies_us: Vec<f64>,
    cpu_us: f64,
}

fn tell(site: &Site, listeners: usize, messages: usize) -> Result<Heard, BenchError> {
    let town = &site.towns[0];
    let events =
        request("GET", &format!("/api/v1/communities/{}/events", town.id), &site.people[1].token, "");
    let path = format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel);
    let body = r#"{"parts":[{"type":"text","text":"to everybody who listens"}]}"#;
    let post = request("POST", &path, &site.people[0].token, body);
    site.host.runtime.block_on(async {
        let mut ears = Vec::with_capacity(listeners);
        for _ in 0..listeners {
            let mut ear = Client::connect(site.address).await?;
            ear.open(&events).await?;
            ears.push(ear);
        }
        let mut talker = Client::connect(site.address).await?;
        let (mut latencies_us, mut cpu) = (Vec::with_capacity(listeners * messages), 0.0);
        for _ in 0..messages {
            let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
            let hearing: Vec<_> = ears
                .into_iter()
                .map(|mut ear| {
                    tokio::spawn(async move {
                        let heard = tokio::time::timeout(PATIENCE, ear.hear(MARK, 1)).await;
                        heard.map_err(broken)??;
                        Ok::<_, BenchError>((ear, watch.micros()))
                    })
                })
                .collect();
            talker.ask(&post).await?;
            ears = Vec::with_capacity(listeners);
            for one in hearing {
                let (ear, micros) = one.await.map_err(broken)??;
                latencies_us.push(micros);
                ears.push(ear);
            }
            cpu += cpu_seconds() - cpu_before;
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        Ok(Heard { cpu_us: cpu * 1e6 / latencies_us.len().max(1) as f64, latencies_us })
    })
}

/// Measures what a stream costs that says nothing. Both ends are in this process: the client's is counted
/// too.
pub(crate) fn idle(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-idle: opening streams");
    let site = Site::build(&bench.ground.path("http-idle"), 1, 1)?;
    // Two descriptors each, and a system gives a process a thousand or many.
    let streams = bench.scale().pick(10_000, 50);
    let town = &site.towns[0];
    let events =
        request("GET", &format!("/api/v1/communities/{}/events", town.id), &site.people[0].token, "");
    let before_mb = resident_mb();
    let open = site.host.runtime.block_on(async {
        let mut open = Vec::with_capacity(streams);
        for _ in 0..streams {
            let mut client = Client::connect(site.address).await?;
            client.open(&events).await?;
            open.push(client.idle());
        }
        Ok::<_, BenchError>(open)
    })?;
    let kb = (resident_mb() - before_mb) * 1024.0 / open.len().max(1) as f64;
    drop(open);
    site.stop();
    bench.ground.clear("http-idle");
    Ok(vec![Figure {
        name: "http-idle",
        what: format!("memory of a live stream that says nothing, {streams} of them, client's end included"),
        ours: Quantity { value: kb, unit: "KiB" },
        reference_what: "–",
        reference: None,
        reach: Reach::AtMost(20.0),
        notes: Vec::new(),
    }])
}
