//! Joins through an open gate over HTTP, into many communities and into one, beside messages.

use std::time::Duration;

use serde_json::json;

use super::client::{Client, request};
use super::post::{requests, run};
use super::site::Site;
use crate::bench::figure::{Figure, Quantity, Reach};
use crate::bench::run::{Bench, BenchError};
use crate::bench::stopwatch::Stopwatch;

/// Connections at once.
const CONNECTIONS: usize = 16;
/// Communities.
const COMMUNITIES: usize = 50;

/// Measures it.
pub(crate) fn join(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    bench.tell("http-join: founding communities");
    let people = bench.scale().pick(2_000, 64);
    let communities = bench.scale().pick(COMMUNITIES, 2);
    let mut site = Site::build(&bench.ground.path("http-join"), communities, CONNECTIONS)?;
    let path = |site: &Site, town: usize| {
        let town = &site.towns[town];
        format!("/api/v1/communities/{}/channels/{}/messages", town.id, town.channel)
    };
    let posts = requests(&site, "POST", path);
    let time = Duration::from_millis(bench.scale().pick(3_000, 200));
    let messages = run(&site.host, (site.address, CONNECTIONS), &posts, time)?.per_second();
    bench.tell("http-join: joining");
    let mut figures = Vec::new();
    for (name, towns) in [("many communities", communities), ("one community", 1)] {
        let newcomers = site.newcomers(people)?;
        let joins = newcomers.iter().enumerate().map(|(number, token)| {
            let town = &site.towns[number % towns];
            let body = json!({ "nickname": format!("newcomer {number}") }).to_string();
            request("POST", &format!("/api/v1/communities/{}/application", town.id), token, &body)
        });
        let seconds = all(&site, joins.collect())?;
        figures.push(Figure {
            name: "http-join",
            what: format!("joins over HTTP, {CONNECTIONS} connections, {name}"),
            ours: Quantity { value: people as f64 / seconds, unit: "joins/s" },
            reference_what: "messages over HTTP",
            reference: Some(Quantity { value: messages, unit: "messages/s" }),
            reach: Reach::AtLeastTimes(0.5),
            notes: Vec::new(),
        });
    }
    site.stop();
    bench.ground.clear("http-join");
    Ok(figures)
}

/// Sends each request once, over `CONNECTIONS`; how long that took.
fn all(site: &Site, requests: Vec<Vec<u8>>) -> Result<f64, BenchError> {
    let watch = Stopwatch::start();
    site.host.runtime.block_on(async {
        let share = requests.len().div_ceil(CONNECTIONS);
        let sending: Vec<_> = requests
            .chunks(share)
            .map(|own| {
                let (own, address) = (own.to_vec(), site.address);
                tokio::spawn(async move {
                    let mut client = Client::connect(address).await?;
                    for request in &own {
                        let answer = client.ask(request).await?;
                        if !(200..300).contains(&answer.status) {
                            let what = String::from_utf8_lossy(&answer.body).into_owned();
                            return Err(BenchError::Child { what });
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for one in sending {
            one.await.map_err(|panic| BenchError::Child { what: panic.to_string() })??;
        }
        Ok(watch.seconds())
    })
}
