//! A channel's newest fifty messages, as its page is asked for again and again.

use std::time::Duration;

use super::post::{requests, run, stop};
use super::site::{Site, bare};
use crate::bench::figure::{Figure, Quantity, Reach, median};
use crate::bench::run::{Bench, BenchError};

/// Messages of a page.
const MESSAGES: usize = 50;
/// Connections at once.
const CONNECTIONS: usize = 16;

/// Measures it.
pub(crate) fn page(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-page: talking");
    let site = Site::build(&bench.ground.path("http-page"), 1, CONNECTIONS)?;
    let path = |site: &Site, town: usize| {
        let town = &site.towns[town];
        format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel)
    };
    let posts = requests(&site, "POST", path);
    for _ in 0..MESSAGES.div_ceil(CONNECTIONS) {
        run(&site.host, (site.address, CONNECTIONS), &posts, Duration::ZERO)?;
    }
    let reads = requests(&site, "GET", path);
    let time = Duration::from_millis(bench.scale().pick(4_000, 200));
    let first = run(&site.host, (site.address, 1), &reads, Duration::from_millis(50))?;
    // The reference sends as many bytes; it lives as long as the process.
    let answer: &'static str = Box::leak("x".repeat(first.body_bytes).into_boxed_str());
    let (address, reference) = bare(&site.host, answer)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale().pick(3, 1) {
        theirs.push(run(&site.host, (address, CONNECTIONS), &reads, time)?.per_second());
        ours.push(run(&site.host, (site.address, CONNECTIONS), &reads, time)?.per_second());
    }
    let bytes = first.body_bytes;
    stop(site, reference);
    bench.ground.clear("http-page");
    let unit = "pages/s";
    Ok(vec![Figure {
        name: "http-page",
        what: format!("a channel's newest {MESSAGES} messages over the API, {CONNECTIONS} connections"),
        ours: Quantity { value: median(ours), unit },
        reference_what: "a bare handler answering as many bytes",
        reference: Some(Quantity { value: median(theirs), unit }),
        reach: Reach::AtLeastTimes(0.25),
        notes: vec![format!("{bytes} bytes a page")],
    }])
}
