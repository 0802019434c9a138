//! `kith script health` and `kith script limits`: what went wrong with a script, and what it may use.

use clap::Args;
use kith_core::community::Zone;
use kith_core::hook::{Class, Hook};
use kith_core::ids::CommunityId;
use kith_core::limits::{
    SCRIPT_BYTES_MAX, SCRIPT_KEYS_MAX, SCRIPT_TIMERS_MAX, SCRIPT_VALUE_BYTES_MAX, SCRIPTS_MAX,
};
use kith_core::rule::Tally;
use kith_core::script::{Health as Counted, Script};
use kith_runtime::scripting::{Doing, Fault};
use serde_json::json;

use super::super::shown::table;
use super::super::{Stage, shown};
use super::OfCommunity;
use super::page::{self, Say};
use crate::failure::Failure;
use crate::report::Report;
use crate::scripting::{Measured, Scripting};
use crate::session::{self, Folder, Session};

/// Rows of the side table that are looked at.
const MEASURED_MAX: usize = 2_000;

/// Show faults, breakers, quarantine and the cap of a script. Ends with 1 where something is wrong.
#[derive(Debug, Args)]
pub(crate) struct Health {
    #[command(flatten)]
    script: OfCommunity,
}

/// Show what a script may use.
#[derive(Debug, Args)]
pub(crate) struct Limits {}

impl Health {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let (say, name) = (Say(stage.language), &self.script.name);
        session::run(&self.script.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.script.target.community).await?;
            let (script, zone) = page::find(session, community, name).await?;
            let history = page::history(session, community, name)?;
            let newest = |doing: &&Doing| doing.last_fault.map(|fault| fault.at_ms);
            let failed =
                history.versions.iter().filter(|doing| doing.last_fault.is_some()).max_by_key(newest);
            let measured = measured(session, community, script.no);
            let page = Page {
                say,
                zone: &zone,
                script: &script,
                measured,
                judged: judged(session, community, &script).await?,
                now_ms: session.now_ms(),
            };
            Ok(page.report(failed.and_then(|doing| Some((doing, doing.last_fault?)))))
        })
    }
}

/// What the side table holds of a script, newest first; nothing while the index is being built.
fn measured(session: &Session, community: CommunityId, no: u32) -> Vec<Measured> {
    let rows = session.opened.index().measured(community, MEASURED_MAX).unwrap_or_default();
    rows.iter().filter_map(|row| Measured::read(row)).filter(|row| row.no == no).collect()
}

/// What people made of the decisions of the version that is live, or was last; `None` where none was.
async fn judged(
    session: &Session,
    community: CommunityId,
    script: &Script,
) -> Result<Option<(u32, Tally)>, Failure> {
    let version =
        script.live.or(script.health.quarantined).or_else(|| script.versions.last().map(|it| it.number));
    let Some(version) = version else { return Ok(None) };
    let name = script.name.clone();
    let seen = session.view(community, move |_, it| it.rules.tallies.of_script(&name, version));
    Ok(Some((version, seen.await?)))
}

/// The share of what it held or denied that was right, of what people looked at.
fn precision(tally: &Tally) -> Option<f64> {
    let (right, wrong) = tally.judged();
    let looked_at = right.saturating_add(wrong);
    (looked_at > 0).then(|| right as f64 / looked_at as f64)
}

struct Page<'a> {
    say: Say,
    zone: &'a Zone,
    script: &'a Script,
    measured: Vec<Measured>,
    judged: Option<(u32, Tally)>,
    now_ms: u64,
}

impl Page<'_> {
    fn report(&self, fault: Option<(&Doing, Fault)>) -> Report {
        let Self { say, script, .. } = self;
        let health = &script.health;
        let open: Vec<Hook> =
            health.breakers.keys().copied().filter(|hook| health.is_open(*hook, self.now_ms)).collect();
        let mut text = self.stands();
        text.push_str(&self.breakers(health));
        text.push_str(&say.line(
            "health.hour",
            &[
                ("asked", &health.asked.to_string()),
                ("denied", &health.denied.to_string()),
                ("sanctioned", &health.sanctioned.to_string()),
            ],
        ));
        if health.capped {
            text.push_str(&say.line("health.capped", &[]));
        }
        text.push_str(&self.precision());
        text.push_str(&self.used());
        match fault {
            None => text.push_str(&say.line("health.no_fault", &[])),
            Some((doing, fault)) => text.push_str(&self.fault(doing, &fault)),
        }
        let sick = health.quarantined.is_some() || health.capped || !open.is_empty();
        let value = json!({
            "script": script.name, "live": script.live, "quarantined": health.quarantined,
            "capped": health.capped, "open": open, "breakers": health.breakers,
            "metered": health.metered, "since_ms": health.since_ms,
            "hour": { "asked": health.asked, "denied": health.denied, "sanctioned": health.sanctioned },
            "measured": self.measured,
            "judged": self.judged.map(|(version, tally)| {
                json!({ "version": version, "tally": tally, "precision": precision(&tally) })
            }),
            "last_fault": fault.map(|(doing, fault)| json!({ "version": doing.version, "fault": fault })),
        });
        let report = Report::new(&value, text);
        if sick { report.of_problems() } else { report }
    }

    /// How often people agreed, where they looked at anything.
    fn precision(&self) -> String {
        let Some((version, tally)) = self.judged else { return String::new() };
        let Some(precision) = precision(&tally) else { return String::new() };
        let (right, wrong) = tally.judged();
        let args = [
            ("version", version.to_string()),
            ("right", right.to_string()),
            ("wrong", wrong.to_string()),
            ("percent", format!("{:.0}", precision * 100.0)),
        ];
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.say.line("health.judged", &args)
    }

    fn used(&self) -> String {
        let most = |of: fn(&Measured) -> u64| self.measured.iter().map(of).max().unwrap_or(0).to_string();
        if self.measured.is_empty() {
            return String::new();
        }
        let args = [
            ("n", self.measured.len().to_string()),
            ("slowest", most(|row| row.wall_us)),
            ("memory", most(|row| row.memory_peak_bytes >> 10)),
            ("operations", most(|row| row.operations)),
        ];
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.say.line("health.measured", &args)
    }

    fn stands(&self) -> String {
        let Self { say, script, zone, .. } = self;
        let name = ("name", script.name.as_str());
        let since = shown::moment(script.health.since_ms, zone);
        match (script.live, script.health.quarantined) {
            (Some(live), _) => {
                say.line("health.live", &[name, ("version", &live.to_string()), ("since", &since)])
            }
            (None, Some(version)) => {
                say.line("health.quarantined", &[name, ("version", &version.to_string()), ("since", &since)])
            }
            (None, None) => say.line("health.off", &[name]),
        }
    }

    fn breakers(&self, health: &Counted) -> String {
        let line = |(hook, breaker): (&Hook, &kith_core::script::Breaker)| {
            let faults = breaker.faults.len().to_string();
            let openings = breaker.openings.len().to_string();
            let args = [("hook", hook.function()), ("faults", &faults), ("openings", &openings)];
            match breaker.is_open(self.now_ms) {
                false => self.say.line("health.breaker", &args),
                true => {
                    let until = shown::moment(breaker.open_until_ms, self.zone);
                    self.say.line("health.breaker_open", &[args[0], args[1], args[2], ("until", &until)])
                }
            }
        };
        health.breakers.iter().map(line).collect()
    }

    fn fault(&self, doing: &Doing, fault: &Fault) -> String {
        let (version, line) = (doing.version.to_string(), fault.line.to_string());
        let at = shown::moment(fault.at_ms, self.zone);
        let kind = self.say.of(&format!("fault.{}", fault.kind), &[]);
        let args = [
            ("version", version.as_str()),
            ("line", &line),
            ("at", &at),
            ("what", &kind),
            ("hook", fault.hook.function()),
        ];
        let mut out = self.say.line("health.fault", &args);
        let number = fault.line as usize;
        if let Some(source) = number.checked_sub(1).and_then(|at| doing.source.lines().nth(at)) {
            out.push_str(&format!("  {number} | {}\n", shown::printable(source)));
        }
        out
    }
}

impl Limits {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        let scripting = Scripting::default();
        let limits = scripting.host().limits();
        let (waited, aside) = (limits.of(Class::Medium), limits.of(Class::Large));
        let of = |code: &str, one: String, other: String| vec![say.of(code, &[]), one, other];
        let rows = vec![
            vec![String::new(), say.of("limits.waited_for", &[]), say.of("limits.aside", &[])],
            of("limits.operations", waited.operations_max.to_string(), aside.operations_max.to_string()),
            of("limits.wall_ms", waited.wall_ms_max.to_string(), aside.wall_ms_max.to_string()),
            of("limits.memory", mebibytes(waited.memory_bytes_max), mebibytes(aside.memory_bytes_max)),
            of("limits.log", waited.log_bytes_max.to_string(), aside.log_bytes_max.to_string()),
        ];
        let args = [
            ("scripts", SCRIPTS_MAX.to_string()),
            ("bytes", SCRIPT_BYTES_MAX.to_string()),
            ("keys", SCRIPT_KEYS_MAX.to_string()),
            ("value", SCRIPT_VALUE_BYTES_MAX.to_string()),
            ("timers", SCRIPT_TIMERS_MAX.to_string()),
        ];
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = table(&rows) + "\n" + &*say.line("limits.sizes", &args);
        let of = |budget: &kith_scripts::Budget| {
            json!({
                "operations_max": budget.operations_max, "wall_ms_max": budget.wall_ms_max,
                "memory_bytes_max": budget.memory_bytes_max, "log_bytes_max": budget.log_bytes_max,
            })
        };
        let value = json!({
            "waited_for": of(waited), "aside": of(aside), "scripts_max": SCRIPTS_MAX,
            "source_bytes_max": SCRIPT_BYTES_MAX, "keys_max": SCRIPT_KEYS_MAX,
            "value_bytes_max": SCRIPT_VALUE_BYTES_MAX, "timers_max": SCRIPT_TIMERS_MAX,
            "memory_is_counted": kith_scripts::memory_is_counted(),
        });
        Ok(Report::new(&value, text))
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
