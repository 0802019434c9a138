//! The hostile set in every hook, over and over: each call ends as its fault, and the process is as large
//! afterwards as it was before.
//!
//! It runs in a process of its own, since resident memory is the whole process's. `KITH_HOSTILE_CALLS` says
//! how many calls; the night makes a million, the usual run one turn of all of them.

use std::fs;
use std::process::Command;

use kith_core::hook::FaultKind;

use super::english::english;
use crate::cases::{self, Case};
use crate::{Host, Limits};

/// Set in the process that makes the calls.
const CALLS: &str = "KITH_HOSTILE_CALLS_HERE";
const SELF: &str = "tests::flat::hostile_calls_in_every_hook_leave_the_process_as_large_as_it_was";
/// Calls of one script before it is the next one's turn.
const TURN_CALLS: u64 = 10;
/// What the process may have grown by: eight bytes a call of a million.
const GROWN_KB_MAX: i64 = 8 << 10;

/// Each hook: how its function begins, and a case that calls for it.
const HOOKS: [(&str, &str); 7] = [
    ("on_message(ctx, message)", "text = \"hello\""),
    ("on_join(ctx, request)", "hook = \"join\""),
    ("on_card(ctx, change)", "rename = \"ann of the moon\""),
    ("on_command(ctx, call)", "command = \"/add 1\""),
    ("on_event(ctx, event)", "event = \"member.joined\""),
    ("on_timer(ctx, timer)", "timer = \"t\""),
    ("propose_topics(ctx, want)", "topics = 1"),
];

/// What a script does, and what it ends as.
const BOMBS: [(&str, FaultKind); 16] = [
    ("loop { }", FaultKind::Operations),
    ("loop { try { throw 1; } catch { } }", FaultKind::Operations),
    ("loop { log(\"on and on\"); }", FaultKind::Operations),
    ("deeper(0);", FaultKind::Size),
    ("let s = \"x\"; loop { s += s; }", FaultKind::Size),
    ("let s = \"x\"; s.pad(1000000000, \"y\");", FaultKind::Size),
    ("let t = \"x\"; loop { t = `${t}${t}`; }", FaultKind::Size),
    ("let a = [1]; loop { a += a; }", FaultKind::Size),
    ("let a = []; loop { a.push(a); }", FaultKind::Size),
    ("let m = #{}; loop { m = #{a: m, b: m}; }", FaultKind::Size),
    (
        "let m = #{}; let i = 0; let s = \"x\"; s.pad(20000, 'x'); loop { m[`k${i}`] = s + i; i += 1; }",
        FaultKind::Memory,
    ),
    ("let i = 0; loop { kv.put(`k${i}`, i); i += 1; }", FaultKind::Effects),
    ("let s = \"x\"; s.pad(30000, 'x'); kv.put(\"k\", s);", FaultKind::Effects),
    ("throw \"no\";", FaultKind::Runtime),
    ("let s = \"x\"; s.pad(30000, 'x'); throw s;", FaultKind::Runtime),
    ("return [#{a: 1}];", FaultKind::NoRuling),
];

/// The hooks that rule on nothing: what they return is a text or nobody's business.
const SILENT: [&str; 3] = ["on_command", "on_event", "on_timer"];

/// Every bomb in every hook, with what it ends as; `None` where it is no fault there.
fn set() -> Vec<(String, Case, Option<FaultKind>)> {
    let mut set = Vec::new();
    for (head, case) in HOOKS {
        for (bomb, kind) in BOMBS {
            let silent = SILENT.iter().any(|silent| head.starts_with(silent));
            let last = match head {
                _ if silent => "",
                _ if head.starts_with("propose_topics") => "[]",
                _ => "allow()",
            };
            let source = format!(
                "fn {head} {{ if ctx.now_ms > 0 {{ {bomb} }} {last} }}\nfn deeper(n) {{ 1 + deeper(n + 1) }}"
            );
            let ends = (!silent || kind != FaultKind::NoRuling).then_some(kind);
            set.push((source, toml::from_str(case).unwrap(), ends));
        }
    }
    set
}

/// Small operations and memory, so that a call costs little: that the usual limits bite is asked elsewhere.
fn small() -> Limits {
    let mut limits = Limits::default();
    for budget in [&mut limits.waited_for, &mut limits.aside] {
        (budget.operations_max, budget.memory_bytes_max, budget.wall_ms_max) = (10_000, 4 << 20, 20_000);
    }
    limits
}

/// Plays the set in turns until there were this many calls.
fn play(host: &Host, set: &[(String, Case, Option<FaultKind>)], calls: u64) {
    let mut left = calls;
    for (source, case, ends) in set.iter().cycle() {
        let turn = left.min(TURN_CALLS);
        let outcomes = cases::with_call(host, (source, case), |call, outside| {
            let runs = (0..turn).map(|_| host.run(call, outside).0.outcome);
            runs.map(|outcome| outcome.err()).collect::<Vec<_>>()
        });
        for fault in outcomes.unwrap() {
            let said = fault.as_ref().map(|fault| english(&fault.detail)).unwrap_or_default();
            assert_eq!(fault.map(|fault| fault.kind), *ends, "{source}: {said}");
        }
        left -= turn;
        if left == 0 {
            return;
        }
    }
}

fn resident_kb() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The calls themselves, after a turn of all in which the allocator finds its size.
fn call_and_measure(calls: u64) {
    let (set, host) = (set(), Host::new(small()));
    play(&host, &set, TURN_CALLS * set.len() as u64);
    let before = resident_kb();
    play(&host, &set, calls);
    let after = resident_kb();
    println!("{calls} hostile calls in {} hooks: {before} KB resident before, {after} KB after", HOOKS.len());
    assert!(after - before < GROWN_KB_MAX, "{} KB more after {calls} calls", after - before);
}

#[test]
fn hostile_calls_in_every_hook_leave_the_process_as_large_as_it_was() {
    if !fs::exists("/proc/self/status").unwrap() {
        eprintln!("not measured: this system has no /proc");
        return;
    }
    if let Ok(calls) = std::env::var(CALLS) {
        return call_and_measure(calls.parse().unwrap());
    }
    let night = std::env::var_os("KITH_NIGHT").is_some();
    let usual = if night { 1_000_000 } else { TURN_CALLS * (HOOKS.len() * BOMBS.len()) as u64 };
    let calls = std::env::var("KITH_HOSTILE_CALLS").unwrap_or_else(|_| usual.to_string());
    let program = std::env::current_exe().unwrap();
    let mut alone = Command::new(program);
    let output = alone.args(["--exact", SELF, "--nocapture"]).env(CALLS, calls).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    // A name that matches nothing passes too.
    assert!(output.status.success() && said.contains("KB after"), "{said}");
    println!("{said}");
}
