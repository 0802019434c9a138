//! The page of a channel with its newest fifty messages, asked for again and again, beside its template.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kith_http::pages;

use super::client::page_request;
use super::post::{requests, run};
use super::site::Site;
use crate::bench::figure::{Figure, Quantity, Reach, median};
use crate::bench::run::{Bench, BenchError};
use crate::bench::stopwatch::Stopwatch;

/// Messages of a page.
const MESSAGES: usize = 50;
/// Connections at once.
const CONNECTIONS: usize = 16;
/// Bytes of a page that are to be enough, its style and its script included.
const BYTES_MAX: usize = 60 * 1024;

/// Measures it.
pub(crate) fn page(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-page: talking");
    let site = Site::build(&bench.ground.path("http-page"), 1, CONNECTIONS)?;
    let town = &site.towns[0];
    let posts = requests(&site, "POST", |_, _| {
        format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel)
    });
    for _ in 0..MESSAGES.div_ceil(CONNECTIONS) {
        run(&site.host, (site.address, CONNECTIONS), &posts, Duration::ZERO)?;
    }
    let session = site.session(site.people[0].person)?;
    let path = format!("/c/{}/ch/{}", town.id, town.channel);
    let read = Arc::new(vec![vec![page_request(&path, &session)]]);
    let time = Duration::from_millis(bench.scale().pick(4_000, 200));
    let community = town.id.to_string();
    let alone = pages::channel_alone(&site.place, &session, (&community, town.channel));
    let alone = site.host.runtime.block_on(alone);
    let alone = Arc::new(alone.ok_or_else(|| BenchError::Child { what: "no page".to_owned() })?);
    let (mut ours, mut theirs, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..bench.scale().pick(3, 1) {
        theirs.push(write(&site, &alone, time)?);
        let asked = run(&site.host, (site.address, CONNECTIONS), &read, time)?;
        ours.push(asked.per_second());
        bytes = asked.body_bytes;
    }
    drop(alone);
    site.stop();
    bench.ground.clear("http-page");
    let us = |speed: f64| 1e6 / speed.max(1e-9);
    let unit = "µs";
    let share = bytes as f64 / BYTES_MAX as f64;
    Ok(vec![Figure {
        name: "http-page",
        what: format!("a channel's page of {MESSAGES} messages, {CONNECTIONS} connections"),
        ours: Quantity { value: us(median(ours)), unit },
        reference_what: "its template alone on as many cores",
        reference: Some(Quantity { value: us(median(theirs)), unit }),
        reach: Reach::AtMostTimes(2.0),
        notes: vec![format!("{bytes} bytes, uncompressed ({share:.2} of 60 KiB)")],
    }])
}

/// Writes the page on every core for a while; pages a second.
fn write(
    site: &Site,
    alone: &Arc<impl Fn() -> u64 + Send + Sync + 'static>,
    time: Duration,
) -> Result<f64, BenchError> {
    let (over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    site.host.runtime.block_on(async {
        let watch = Stopwatch::start();
        let writers: Vec<_> = (0..std::thread::available_parallelism().map_or(1, usize::from))
            .map(|_| {
                let (alone, over, written) = (Arc::clone(alone), Arc::clone(&over), Arc::clone(&written));
                tokio::task::spawn_blocking(move || {
                    while !over.load(Ordering::Acquire) {
                        std::hint::black_box(alone());
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        tokio::time::sleep(time).await;
        over.store(true, Ordering::Release);
        for writer in writers {
            writer.await.map_err(|panic| BenchError::Child { what: panic.to_string() })?;
        }
        Ok(written.load(Ordering::Acquire) as f64 / watch.seconds())
    })
}
