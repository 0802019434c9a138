//! The same messages over WebSockets: each connection of the figure is one who talks in several communities,
//! over a socket in each, and hears what is said there.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::client::Client;
use super::post::Asked;
use super::site::Site;
use crate::bench::machine::cpu_seconds;
use crate::bench::run::BenchError;
use crate::bench::stopwatch::Stopwatch;
use crate::bench::talk::Dice;

/// Sockets of all who talk together: so many that nobody says more in a minute than people may.
const SOCKETS: usize = 1_600;

/// A socket, and the channel that is talked in over it.
struct Line {
    client: Client,
    channel: String,
}

/// Somebody who talks over several sockets in turn.
struct Talker {
    lines: Vec<Line>,
    dice: Dice,
}

/// Those who talk, with their sockets open.
pub(super) struct Talkers(Vec<Talker>);

impl Talkers {
    /// Opens the sockets of some people.
    pub(super) fn open(site: &Site, people: Range<usize>) -> Result<Self, BenchError> {
        let each = (SOCKETS / people.len().max(1)).clamp(1, site.towns.len());
        site.host.runtime.block_on(async {
            let mut talkers = Vec::with_capacity(people.len());
            for number in people {
                let token = &site.people[number % site.people.len()].token;
                let mut lines = Vec::with_capacity(each);
                for town in (0..each).map(|step| &site.towns[(number * each + step) % site.towns.len()]) {
                    let mut client = Client::connect(site.address).await?;
                    client.upgrade(&format!("/api/v1/communities/{}/live", town.id), token).await?;
                    lines.push(Line { client, channel: town.channel.to_string() });
                }
                talkers.push(Talker { lines, dice: Dice::new(number as u64) });
            }
            Ok(Self(talkers))
        })
    }

    /// Lets them talk for a while; each waits for the answer before the next message.
    pub(super) fn talk(&mut self, site: &Site, time: Duration) -> Result<Asked, BenchError> {
        let talkers = std::mem::take(&mut self.0);
        site.host.runtime.block_on(async {
            let over = Arc::new(AtomicBool::new(false));
            let (watch, cpu_before) = (Stopwatch::start(), cpu_seconds());
            let talking: Vec<_> =
                talkers.into_iter().map(|talker| tokio::spawn(talker.talk(Arc::clone(&over)))).collect();
            tokio::time::sleep(time).await;
            over.store(true, Ordering::Release);
            let mut all = Asked::default();
            for one in talking {
                let (talker, latencies_us) =
                    one.await.map_err(|panic| BenchError::Child { what: panic.to_string() })??;
                all.answers += latencies_us.len() as u64;
                all.latencies_us.extend(latencies_us);
                self.0.push(talker);
            }
            (all.seconds, all.cpu_seconds) = (watch.seconds(), cpu_seconds() - cpu_before);
            Ok(all)
        })
    }
}

impl Talker {
    async fn talk(mut self, over: Arc<AtomicBool>) -> Result<(Self, Vec<f64>), BenchError> {
        let mut latencies_us = Vec::new();
        let mut turn = 0;
        while !over.load(Ordering::Acquire) {
            let line = turn % self.lines.len();
            let Line { client, channel } = &mut self.lines[line];
            let said = json!({
                "id": format!("{:016x}{:016x}", self.dice.next(), self.dice.next()),
                "channel": channel,
                "message": { "parts": [{ "type": "text", "text": self.dice.saying() }] },
            });
            let watch = Stopwatch::start();
            client.exchange(said.to_string().as_bytes(), b"\"posted\":").await?;
            latencies_us.push(watch.micros());
            turn += 1;
        }
        Ok((self, latencies_us))
    }
}
