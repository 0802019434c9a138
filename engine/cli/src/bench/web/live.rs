//! Live streams: one message to many listeners, and what a listener costs to whom nothing is told. The
//! listeners are in a process of their own.

use std::time::Duration;

use super::client::{Client, request};
use super::listen::{Listeners, Shouter};
use super::site::Site;
use crate::bench::figure::{Figure, Quantity, Reach, per_mille};
use crate::bench::machine::{cpu_seconds, resident_mb};
use crate::bench::run::{Bench, BenchError};
use crate::bench::stopwatch::now_us;

/// Messages that are told.
const MESSAGES: usize = 50;
/// Bytes of an event of a message as it goes over the wire.
const EVENT_BYTES: usize = 420;
/// How long the server has its rest between two messages.
const REST: Duration = Duration::from_millis(600);

/// Measures how long a message takes to its listeners, and what a delivery costs.
pub(crate) fn live(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-live: opening streams");
    let site = Site::build(&bench.ground.path("http-live"), 1, 2)?;
    let mut figures = Vec::new();
    for (listeners, reach_ms) in [(100, 10.0), (1_000, 50.0)] {
        let listeners = bench.scale().pick(listeners, listeners / 10);
        let messages = bench.scale().pick(MESSAGES, 5);
        let ours = tell(&site, listeners, messages)?;
        let bare = shout(&site, listeners, messages)?;
        figures.push(Figure {
            name: "http-live",
            what: format!("one message to {listeners} live listeners, p99 of all deliveries"),
            ours: Quantity { value: ours.p99_ms, unit: "ms" },
            reference_what: "–",
            reference: None,
            reach: Reach::AtMost(reach_ms),
            notes: vec![
                format!("{:.1} µs of the server's processor time a delivery", ours.cpu_us),
                format!("sockets alone: p99 {:.1} ms, {:.1} µs a delivery", bare.p99_ms, bare.cpu_us),
            ],
        });
    }
    site.stop();
    bench.ground.clear("http-live");
    Ok(figures)
}

/// What came of telling.
struct Heard {
    p99_ms: f64,
    /// Of this process, for each delivery.
    cpu_us: f64,
}

/// Tells a message several times and waits each time until all have heard it.
fn rounds(
    listeners: &mut Listeners,
    messages: usize,
    mut tell: impl FnMut() -> Result<(), BenchError>,
) -> Result<Heard, BenchError> {
    let (mut latencies_us, mut cpu) = (Vec::new(), 0.0);
    for _ in 0..messages {
        let (told_us, cpu_before) = (now_us(), cpu_seconds());
        tell()?;
        latencies_us.extend(listeners.heard_us()?.into_iter().map(|heard_us| heard_us - told_us));
        cpu += cpu_seconds() - cpu_before;
        std::thread::sleep(REST);
    }
    let deliveries = latencies_us.len().max(1) as f64;
    Ok(Heard { p99_ms: per_mille(latencies_us, 990) / 1e3, cpu_us: cpu * 1e6 / deliveries })
}

fn tell(site: &Site, listeners: usize, messages: usize) -> Result<Heard, BenchError> {
    let town = &site.towns[0];
    let mut listeners = Listeners::open(site.address, &listen_request(site), listeners)?;
    let path = format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel);
    let body = r#"{"parts":[{"type":"text","text":"to everybody who listens"}]}"#;
    let post = request("POST", &path, &site.people[0].token, body);
    let runtime = &site.host.runtime;
    let mut talker = runtime.block_on(Client::connect(site.address))?;
    rounds(&mut listeners, messages, || runtime.block_on(talker.ask(&post)).map(drop))
}

fn shout(site: &Site, listeners: usize, messages: usize) -> Result<Heard, BenchError> {
    let shouter = Shouter::start(&site.host)?;
    let mut listeners = Listeners::open(shouter.address, &listen_request(site), listeners)?;
    rounds(&mut listeners, messages, || {
        shouter.shout(EVENT_BYTES);
        Ok(())
    })
}

fn listen_request(site: &Site) -> Vec<u8> {
    let (town, last) = (&site.towns[0], site.people.len() - 1);
    request("GET", &format!("/api/v1/communities/{}/events", town.id), &site.people[last].token, "")
}

/// Measures what a stream costs that says nothing: memory of this process only.
pub(crate) fn idle(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-idle: opening streams");
    let site = Site::build(&bench.ground.path("http-idle"), 1, 1)?;
    let streams = bench.scale().pick(10_000, 50);
    let before_mb = resident_mb();
    let listeners = Listeners::open(site.address, &listen_request(&site), streams)?;
    let kb = (resident_mb() - before_mb) * 1024.0 / streams as f64;
    drop(listeners);
    site.stop();
    bench.ground.clear("http-idle");
    Ok(vec![Figure {
        name: "http-idle",
        what: format!("memory of a live stream that says nothing, {streams} of them"),
        ours: Quantity { value: kb, unit: "KiB" },
        reference_what: "–",
        reference: None,
        reach: Reach::AtMost(20.0),
        notes: Vec::new(),
    }])
}
