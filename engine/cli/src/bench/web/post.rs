//! Durable messages over HTTP and over WebSockets through one script, beside a handler that answers the same
//! bytes at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::client::{Client, request};
use super::site::{Running, Site, bare};
use super::socket::Talkers;
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
const COMMUNITIES: usize = 400;

/// Requests that each connection sends in turn.
type Requests = Arc<Vec<Vec<Vec<u8>>>>;

/// Measures it.
pub(crate) fn post(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-post: founding communities");
    let communities = bench.scale().pick(COMMUNITIES, 16);
    // Others for each number of connections: nobody says more in a minute than people may.
    let people = CONNECTIONS.iter().sum();
    let site = Site::build(&bench.ground.path("http-post"), communities, people)?;
    put_rule(&site.host, &site.towns)?;
    let requests = requests(&site, "POST", |site, town| {
        let town = &site.towns[town];
        format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel)
    });
    let (address, reference) = bare(&site.host, ANSWER)?;
    bench.tell("http-post: talking");
    let time = Duration::from_millis(bench.scale().pick(1_500, 200));
    let mut notes = Vec::new();
    let (mut ours, mut by_socket, mut theirs) = (0.0, 0.0, 0.0);
    let mut first = 0;
    for connections in CONNECTIONS {
        let requests = Arc::new(requests[first..first + connections].to_vec());
        let (mut bare, mut http, mut live) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..bench.scale().pick(3, 1) {
            bare.push(run(&site.host, (address, connections), &requests, time)?);
            http.push(run(&site.host, (site.address, connections), &requests, time)?);
        }
        // Opened only now: whoever holds a socket is told of every message.
        let mut talkers = Talkers::open(&site, first..first + connections)?;
        for _ in 0..bench.scale().pick(3, 1) {
            live.push(talkers.talk(&site, time)?);
        }
        first += connections;
        let speed = |asked: &[Asked]| median(asked.iter().map(Asked::per_second).collect());
        (ours, by_socket, theirs) = (speed(&http), speed(&live), speed(&bare));
        for (name, asked) in [("bare", bare), ("HTTP", http), ("WebSocket", live)] {
            notes.push(format!("{connections} connections, {name}: {}", told(&asked, theirs)));
        }
    }
    stop(site, reference);
    bench.ground.clear("http-post");
    let figure = |over: &str, ours| Figure {
        name: "http-post",
        what: format!("messages over {over}, durable, one script, {communities} communities, 64 connections"),
        ours: Quantity { value: ours, unit: "messages/s" },
        reference_what: "a bare handler answering the same bytes",
        reference: Some(Quantity { value: theirs, unit: "messages/s" }),
        reach: Reach::AtLeastTimes(0.25),
        notes: Vec::new(),
    };
    Ok(vec![Figure { notes, ..figure("HTTP", ours) }, figure("WebSockets", by_socket)])
}

/// Speed, processor time and waiting of one who was asked several times.
fn told(asked: &[Asked], bare: f64) -> String {
    let of = |what: fn(&Asked) -> f64| median(asked.iter().map(what).collect());
    let speed = of(Asked::per_second);
    let cpu_us = of(|asked| asked.cpu_seconds * 1e6 / asked.answers.max(1) as f64);
    let p99_ms = of(|asked| per_mille(asked.latencies_us.clone(), 990) / 1e3);
    format!(
        "{speed:.0}/s ({:.2} ×), {cpu_us:.0} µs of processor time, client included, p99 {p99_ms:.1} ms",
        speed / bare.max(1.0)
    )
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
#[derive(Default)]
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
        let mut all = Asked::default();
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
    let mut asked = Asked::default();
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
