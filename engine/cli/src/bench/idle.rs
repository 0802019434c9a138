//! Ten thousand idle communities: the memory that they take, how soon one is active again, and how soon all
//! of them have fired a timer that came due for all at once.

use std::collections::BTreeMap;
use std::path::Path;

use kith_core::command::Actor;
use kith_core::moment::HOUR_MS;
use kith_core::rule;
use kith_runtime::draft::Draft;
use kith_runtime::mint::Mint;

use super::child;
use super::figure::{Figure, Quantity, Reach};
use super::host::settle;
use super::run::{Bench, BenchError};
use super::town::{Builder, Town};
use crate::opened::Opened;

/// Members of each.
const MEMBERS: usize = 100;
/// When a timer of each is due, after the present.
pub(super) const DUE_IN_MS: u64 = HOUR_MS / 2;

/// Measures it.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, BenchError> {
    let communities = bench.scale().pick(10_000, 200);
    bench.tell("idle: founding communities");
    let data = bench.ground.path("idle");
    build(&data, communities)?;
    bench.tell("idle: being idle");
    let seen = child::be_idle(&data)?;
    bench.ground.clear("idle");
    Ok(figures(communities, &seen))
}

/// Founds them, each with one member who is muted for half an hour, and leaves each as a snapshot.
fn build(data: &Path, communities: usize) -> Result<(), BenchError> {
    let opened = Opened::open(data, Box::new(|_| {}))?;
    settle(&opened);
    let ports = opened.ports();
    let builder = Builder::new(opened.ports());
    let mint = Mint::System;
    let mut sites = Vec::new();
    for number in 0..communities {
        let now_ms = ports.clock.wall_ms();
        let mut site = builder.found(Town::id(number as u128), MEMBERS, now_ms)?;
        let town = site.town()?;
        let mute = rule::Command::Mute { member: town.members[0], for_ms: DUE_IN_MS, reason: None };
        site.step(Draft::new(mint.command(now_ms), town.id, Actor::Host, mute), now_ms)?;
        site.hand_over()?;
        sites.push(site);
        if sites.len() == 256 || number + 1 == communities {
            builder.finish()?;
            for site in sites.drain(..) {
                let stream = site.writer.stream();
                let due_ms = stream.timers.next().map(|(due_ms, _)| due_ms);
                ports.due.set(stream.id, due_ms)?;
                if let Some(head) = ports.records.head(stream.id) {
                    ports.snapshots.put(stream.id, site.writer.snapshot(head))?;
                }
            }
        }
    }
    settle(&opened);
    Ok(())
}

fn figures(communities: usize, seen: &BTreeMap<String, f64>) -> Vec<Figure> {
    let value = |name: &str| seen.get(name).copied().unwrap_or(f64::NAN);
    let figure = |what: String, name: &str, (unit, reach): (&'static str, f64), notes| Figure {
        name: "idle",
        what,
        ours: Quantity { value: value(name), unit },
        reference_what: "–",
        reference: None,
        reach: Reach::AtMost(reach),
        notes,
    };
    let opened = format!("{:.1} MB before the index was open", value("opened_mb"));
    let active =
        format!("p50 {:.2} ms; with all open {:.0} MB", value("active_p50_ms"), value("all_open_mb"));
    let fired = vec![format!("{:.0} of {communities} fired", value("fired"))];
    vec![
        figure(
            format!("{communities} idle communities of {MEMBERS} members: resident memory"),
            "idle_mb",
            ("MB", 150.0),
            vec![opened],
        ),
        figure("one of them active again, p99".to_owned(), "active_p99_ms", ("ms", 5.0), vec![active]),
        figure(format!("{communities} due timers fired"), "fired_s", ("s", 120.0), fired),
    ]
}
