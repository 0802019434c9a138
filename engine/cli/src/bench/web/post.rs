//! Durable messages over HTTP through one script, beside a handler that answers the same bytes at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::client::{Client, request};
use super::site::{Running, Site, bare};
use crate::bench::figure::{Figure, Quantity, Reach, median, per_mille};
use crate::bench::host::Host;
use crate::bench::machine::cpu_seconds;
use crate::bench::run::{Bench, BenchError};
use crate::bench::script::put_rule;
use crate::bench::stopwatch::Stopwatch;
use crate::bench::talk::Dice;

/// Connections at once; the last is the one that is promised.
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// What a message's answer looks like.
const ANSWER: &str = r#"{"id":"msg_01JD0000000000000000000000","state":"posted","seq":1234}"#;
/// Communities that are talked in: so many that nobody speaks faster than people do.
const COMMUNITIES: usize = 100;

/// Requests that each connection sends in turn.
type Requests = Arc<Vec<Vec<Vec<u8>>>>;

/// Measures it.
pub(crate) fn post(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-post: founding communities");
    let communities = bench.scale().pick(COMMUNITIES, 4);
    let people = CONNECTIONS[CONNECTIONS.len() - 1];
    let site = Site::build(&bench.ground.path("http-post"), communities, people)?;
    put_rule(&site.host, &site.towns)?;
    let requests = requests(&site, "POST", |site, town| {
        let town = &site.towns[town];
        format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel)
    });
    let (address, reference) = bare(&site.host, ANSWER)?;
    bench.tell("http-post: talking");
    let time = Duration::from_millis(bench.scale().pick(4_000, 200));
    let mut notes = Vec::new();
    let (mut ours, mut theirs) = (0.0, 0.0);
    for connections in CONNECTIONS {
        let (mut with, mut without, mut cpu_us, mut p99) = (Vec::new(), Vec::new(), 0.0, 0.0);
        for _ in 0..bench.scale().pick(3, 1) {
            without.push(run(&site.host, (address, connections), &requests, time)?.per_second());
            let talked = run(&site.host, (site.address, connections), &requests, time)?;
            with.push(talked.per_second());
            cpu_us = talked.cpu_seconds * 1e6 / talked.answers.max(1) as f64;
            p99 = per_mille(talked.latencies_us, 990) / 1e3;
        }
        (ours, theirs) = (median(with), median(without));
        notes.push(format!(
            "{connections} connections: {ours:.0}/s, bare {theirs:.0}/s ({:.2} ×), {cpu_us:.0} µs of \
             processor time a message, client included, p99 {p99:.1} ms",
            ours / theirs.max(1.0)
        ));
    }
    stop(site, reference);
    bench.ground.clear("http-post");
    let unit = "messages/s";
    Ok(vec![Figure {
        name: "http-post",
        what: format!("messages over HTTP, durable, one script, {communities} communities, 64 connections"),
        ours: Quantity { value: ours, unit },
        reference_what: "a bare handler answering the same bytes",
        reference: Some(Quantity { value: theirs, unit }),
        reach: Reach::AtLeastTimes(0.25),
        notes,
    }])
}

pub(super) fn stop(site: Site, reference: Running) {
    reference.stop(&site.host);
    site.stop();
}

/// What each connection asks, each as another person, in one community after another.
pub(super) fn requests(site: &Site, method: &str, path: impl Fn(&Site, usize) -> String) -> Requests {
    let mut dice = Dice::new(7);
    let of_somebody = site.people.iter().map(|somebody| {
        let of_town = (0..site.towns.len()).map(|town| {
            let text = dice.saying();
            let body = serde_json::json!({ "parts": [{ "type": "text", "text": text }] }).to_string();
            request(method, &path(site, town), &somebody.token, if method == "GET" { "" } else { &body })
        });
        of_town.collect()
    });
    Arc::new(of_somebody.collect())
}

/// What came of asking for a while.
pub(super) struct Asked {
    pub(super) answers: u64,
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) latencies_us: Vec<f64>,
    pub(super) body_bytes: usize,
}

impl Asked {
    pub(super) fn per_second(&self) -> f64 {
        self.answers as f64 / self.seconds
    }
}

/// Asks over so many connections for a while; each waits for its answer before it asks again.
pub(super) fn run(
    host: &Host,
    (address, connections): (SocketAddr, usize),
    requests: &Requests,
    time: Duration,
) -> Result<Asked, BenchError> {
    host.runtime.block_on(async {
        let mut clients = Vec::with_capacity(connections);
        for _ in 0..connections {
            clients.push(Client::connect(address).await?);
        }
        let over = Arc::new(AtomicBool::new(false));
        let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
        let asking: Vec<_> = (clients.into_iter().enumerate())
            .map(|(number, client)| {
                tokio::spawn(ask(client, number, Arc::clone(requests), Arc::clone(&over)))
            })
            .collect();
        tokio::time::sleep(time).await;
        over.store(true, Ordering::Release);
        let mut all =
            Asked { answers: 0, seconds: 0.0, cpu_seconds: 0.0, latencies_us: Vec::new(), body_bytes: 0 };
        for one in asking {
            let one = one.await.map_err(|panic| BenchError::Child { what: panic.to_string() })??;
            all.answers += one.answers;
            all.body_bytes = all.body_bytes.max(one.body_bytes);
            all.latencies_us.extend(one.latencies_us);
        }
        (all.seconds, all.cpu_seconds) = (watch.seconds(), cpu_seconds() - cpu_before);
        Ok(all)
    })
}

async fn ask(
    mut client: Client,
    number: usize,
    requests: Requests,
    over: Arc<AtomicBool>,
) -> Result<Asked, BenchError> {
    let own = &requests[number % requests.len()];
    let mut asked =
        Asked { answers: 0, seconds: 0.0, cpu_seconds: 0.0, latencies_us: Vec::new(), body_bytes: 0 };
    for request in own.iter().cycle() {
        if over.load(Ordering::Acquire) {
            break;
        }
        let watch = Stopwatch::start();
        let answer = client.ask(request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(BenchError::Child { what: String::from_utf8_lossy(&answer.body).into_owned() });
        }
        asked.latencies_us.push(watch.micros());
        asked.answers += 1;
        asked.body_bytes = asked.body_bytes.max(answer.body.len());
    }
    Ok(asked)
}
