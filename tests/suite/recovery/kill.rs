//! kill -9 under load: what was acknowledged is there, whatever was in flight.
//!
//! The test starts itself again as a child that serves a crowd and prints each acknowledgement; it kills the
//! child at a random moment, opens the same DATA and holds it against what was printed. The system keeps what
//! the child wrote: for power cuts see `power`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kith_core::ids::{CommandId, CommunityId};
use kith_runtime::engine::Options;

use super::crowd;
use crate::world::{Acks, Dice, Ground, assert_nothing_lost, rounds};

/// Names DATA to the child; without it the child's test does nothing.
const CHILD: &str = "KITH_KILLED_CHILD_DATA";
const READY: &str = "ready";
const ACK: &str = "ack ";
const ROOMS: usize = 24;
const IN_FLIGHT: usize = 64;
/// A child lives no longer than this after it is ready.
pub(super) const LIFE_MS_MAX: u64 = 400;

/// Streams rest soon, so that the kill also meets snapshots being written.
fn restless() -> Options {
    Options { idle_after: Duration::from_millis(30), sweep_every: Duration::from_millis(10) }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    for seed in 0..rounds(1, 20) {
        kill_again_and_again(seed, rounds(8, 12));
    }
}

fn kill_again_and_again(seed: u64, times: u64) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut dice = Dice::new(seed);
    let mut acks = Acks::default();
    for round in 0..times {
        let life = Duration::from_millis(1 + dice.roll(LIFE_MS_MAX));
        acks.extend(run_and_kill(&data, life, || {}).at_death);
        let mut world = Ground::at(&data).open();
        assert_nothing_lost(&world, &acks);
        // Half of the time the next child finds what a clean stop leaves.
        if round % 2 == 0 { world.stop() } else { world.close() }
    }
    assert!(acks.len() > ROOMS * 4, "the children got something done: {}", acks.len());
}

/// What a child had acknowledged.
pub(super) struct Printed {
    /// Before the cut began.
    pub(super) at_cut: Acks,
    /// When it was dead.
    pub(super) at_death: Acks,
}

/// Lets a child serve a crowd for a while, does `cut`, and kills it.
pub(super) fn run_and_kill(data: &Path, life: Duration, cut: impl FnOnce()) -> Printed {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "recovery::kill::the_child_that_is_killed", "--nocapture"])
        .env(CHILD, data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (ready_to, ready) = channel();
    let printed = Arc::new(Mutex::new(Acks::default()));
    let acks = Arc::clone(&printed);
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line == READY {
                ready_to.send(()).unwrap();
            } else if let Some(ack) = line.strip_prefix(ACK) {
                let (community, seq, command) = parse(ack).expect("a whole line was printed");
                acks.lock().unwrap().add(community, seq, command);
            }
        }
    });
    ready.recv_timeout(Duration::from_secs(60)).expect("the child starts");
    std::thread::sleep(life);
    let at_cut = printed.lock().unwrap().clone();
    cut();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    let at_death = printed.lock().unwrap().clone();
    Printed { at_cut, at_death }
}

fn parse(ack: &str) -> Option<(CommunityId, u64, CommandId)> {
    let mut words = ack.split(' ');
    let community = words.next()?.parse().ok()?;
    Some((community, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

#[test]
fn the_child_that_is_killed() {
    let Some(data) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let world = Ground::at(&data).options(restless()).open();
    let on_ack: crowd::OnAck = Arc::new(|community, reply| {
        // One write a line: what is in the pipe was acknowledged, and a killed child leaves no half line.
        let line = format!("\n{ACK}{community} {} {}\n", reply.seq, reply.command);
        std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent listens");
    });
    let rooms = crowd::rooms(&world, ROOMS, &on_ack);
    println!("\n{READY}");
    world.wait(crowd::throng(world.engine().clone(), rooms, IN_FLIGHT, on_ack));
}
