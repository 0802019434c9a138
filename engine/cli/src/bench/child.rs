//! What is measured in a process of its own, because it is killed or because its memory is what counts.
//!
//! The same binary is started again as `kith bench NAME DATA`, with names that are not figures.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kith_core::ids::CommunityId;
use kith_core::ports::Clock;
use kith_runtime::mint::Mint;
use kith_store::Store;
use kith_store::derived::Phase;

use super::figure::per_mille;
use super::host::{Host, wait_until};
use super::idle::DUE_IN_MS;
use super::machine::resident_mb;
use super::run::BenchError;
use super::stopwatch::Stopwatch;
use super::talk::Dice;
use super::town::Town;
use super::web;
use crate::clock::SystemClock;
use crate::opened::Opened;

const TALKS: &str = "talk-until-killed";
const IDLES: &str = "be-idle";
/// Listens to live streams.
pub(super) const LISTENS: &str = "listen";
/// Communities that are made active again, one after another.
const ACTIVE: usize = 500;
/// How long timers are waited for; some that never fire must not stop the run.
const FIRED_S_MAX: f64 = 180.0;
/// Messages in flight of the process that is going to be killed.
const IN_FLIGHT: usize = 256;

/// Does what this process was started for by another; `None` if it was started by a person.
pub(super) fn run(asked: &[String], out: &mut dyn Write) -> Option<Result<(), BenchError>> {
    match asked {
        [name, data] if name == TALKS => Some(talk(Path::new(data), out)),
        [name, data] if name == IDLES => Some(idle(Path::new(data), out)),
        [name, place] if name == LISTENS => Some(web::listen(place, out)),
        _ => None,
    }
}

/// Lets another process talk until so many messages were acknowledged, and kills it in the middle of more.
pub(super) fn talk_and_kill(data: &Path, messages: u64) -> Result<(), BenchError> {
    let mut child = start(TALKS, data, Stdio::null())?;
    let mut said = 0;
    for line in lines(&mut child) {
        said = line.trim().parse::<u64>().map_err(|_| BenchError::Child { what: line })?;
        if said >= messages {
            break;
        }
    }
    let killed = child.kill().and_then(|()| child.wait());
    killed.map_err(|source| BenchError::Io { path: data.to_owned(), source })?;
    if said < messages {
        return Err(BenchError::Child { what: format!("{said} messages") });
    }
    Ok(())
}

/// Lets another process be idle, and reads what it saw: names and numbers.
pub(super) fn be_idle(data: &Path) -> Result<BTreeMap<String, f64>, BenchError> {
    let mut child = start(IDLES, data, Stdio::null())?;
    let mut seen = BTreeMap::new();
    for line in lines(&mut child) {
        let Some((name, value)) = line.split_once(' ') else { return Err(BenchError::Child { what: line }) };
        let value = value.parse().map_err(|_| BenchError::Child { what: line.clone() })?;
        seen.insert(name.to_owned(), value);
    }
    let ended = child.wait().map_err(|source| BenchError::Io { path: data.to_owned(), source })?;
    if ended.success() { Ok(seen) } else { Err(BenchError::Child { what: ended.to_string() }) }
}

/// Starts this program again, to be something else.
pub(super) fn start(name: &str, data: &Path, input: Stdio) -> Result<Child, BenchError> {
    let started = std::env::current_exe().and_then(|exe| {
        Command::new(exe).args(["bench", name]).arg(data).stdin(input).stdout(Stdio::piped()).spawn()
    });
    started.map_err(|source| BenchError::Io { path: "this program".into(), source })
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let out = child.stdout.take().map(BufReader::new);
    out.into_iter().flat_map(|out| out.lines().map_while(Result::ok))
}

/// Says a line to whoever started this process.
pub(super) fn tell(out: &mut dyn Write, line: &str) -> Result<(), BenchError> {
    let told = writeln!(out, "{line}").and_then(|()| out.flush());
    told.map_err(|source| BenchError::Io { path: "the output".into(), source })
}

/// Talks in the one community there is, and says how many messages are acknowledged.
fn talk(data: &Path, out: &mut dyn Write) -> Result<(), BenchError> {
    let host = Host::start(data)?;
    host.settle();
    let gone = || BenchError::Child { what: "the community is gone".to_owned() };
    let town = host.runtime.block_on(host.engine.view(Town::id(0), Town::of))?.ok_or_else(gone)?;
    let (mint, mut dice) = (Mint::System, Dice::new(2));
    let mut acknowledged = 0_u64;
    loop {
        let now_ms = host.engine.ports().clock.wall_ms();
        host.runtime.block_on(async {
            let mut pending = Vec::with_capacity(IN_FLIGHT);
            for _ in 0..IN_FLIGHT {
                let draft = town.says(&mint, acknowledged as usize + pending.len(), &dice.saying(), now_ms);
                pending.push(host.engine.post(draft).await?);
            }
            for one in pending {
                one.reply().await?;
            }
            Ok::<(), BenchError>(())
        })?;
        acknowledged += IN_FLIGHT as u64;
        tell(out, &acknowledged.to_string())?;
    }
}

/// The system's clock, which can be set forward so that what is due later is due now.
struct Ahead {
    clock: SystemClock,
    by_ms: Arc<AtomicU64>,
}

impl Clock for Ahead {
    fn wall_ms(&self) -> u64 {
        self.clock.wall_ms() + self.by_ms.load(Ordering::Acquire)
    }

    fn monotonic_ms(&self) -> u64 {
        self.clock.monotonic_ms()
    }
}

/// Opens many communities' DATA, is idle, makes some active, lets timers fire; says what it saw.
fn idle(data: &Path, out: &mut dyn Write) -> Result<(), BenchError> {
    let by_ms = Arc::new(AtomicU64::new(0));
    let clock = Arc::new(Ahead { clock: SystemClock::start(), by_ms: Arc::clone(&by_ms) });
    let store = Store::open(data)?;
    tell(out, &format!("opened_mb {:.1}", resident_mb()))?;
    let host = Host::over(Opened::over(store, clock, Box::new(|_| {}))?)?;
    wait_until(|| host.opened.index().phase() == Phase::Ready);
    // The due times are read within a tick of the timers.
    std::thread::sleep(std::time::Duration::from_millis(500));
    tell(out, &format!("idle_mb {:.1}", resident_mb()))?;

    let streams = host.opened.ports().records.streams();
    let millis = wake_some(&host, &streams)?;
    tell(out, &format!("active_p50_ms {:.3}", per_mille(millis.clone(), 500)))?;
    tell(out, &format!("active_p99_ms {:.3}", per_mille(millis, 990)))?;

    let records = || -> u64 {
        let seq = |stream| host.opened.ports().records.head(stream).map_or(0, |head| head.seq);
        streams.iter().copied().map(seq).sum()
    };
    let before = records();
    by_ms.store(DUE_IN_MS + 60_000, Ordering::Release);
    let watch = Stopwatch::start();
    let all_fired = before + streams.len() as u64;
    let fired_s = wait_until(|| records() >= all_fired || watch.seconds() > FIRED_S_MAX);
    tell(out, &format!("fired {}", records() - before))?;
    tell(out, &format!("fired_s {fired_s:.2}"))?;
    tell(out, &format!("all_open_mb {:.1}", resident_mb()))?;
    host.stop();
    Ok(())
}

/// Asks communities that rest for a message each: milliseconds until it is acknowledged.
fn wake_some(host: &Host, streams: &[CommunityId]) -> Result<Vec<f64>, BenchError> {
    let mut millis = Vec::new();
    let mut dice = Dice::new(3);
    let step = (streams.len() / ACTIVE).max(1);
    for stream in streams.iter().step_by(step) {
        let watch = Stopwatch::start();
        let town = host.runtime.block_on(host.engine.view(*stream, Town::of))?;
        millis.push(watch.micros() / 1e3);
        let Some(town) = town else { continue };
        let now_ms = host.engine.ports().clock.wall_ms();
        let draft = town.says(&Mint::System, 1, &dice.saying(), now_ms);
        host.runtime.block_on(host.engine.ask(draft))?;
    }
    Ok(millis)
}
