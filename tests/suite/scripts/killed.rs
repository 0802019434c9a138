//! kill -9 while scripts are put in and decide: after reopening, the last good version decides.
//!
//! As in `recovery::kill` the test starts itself again as the child that is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use kith::streams::Streams;

use super::{say, say_in};
use crate::cli::Desk;
use crate::world::{Dice, rounds};

/// Names DATA to the child; without it the child's test does nothing.
const CHILD: &str = "KITH_KILLED_SCRIPTS_DATA";
/// Names the version that the child begins with.
const FROM: &str = "KITH_KILLED_SCRIPTS_FROM";
const LIVE: &str = "live ";
const IN: &str = "--data @data --community garden";
/// A child lives no longer than this after its first version is live.
const LIFE_MS_MAX: u64 = 300;

fn source(version: u64) -> String {
    format!("fn on_message(ctx, message) {{ return deny(\"v{version}\", \"No.\"); }}\n")
}

#[test]
fn after_kill_9_the_last_good_version_decides() {
    let desk = Desk::new();
    desk.write("talk.txt", "1577836800\nann\nhello\n\n");
    desk.works("import --data @data --community garden --format irc-blocks @talk.txt");
    let (mut dice, mut from) = (Dice::new(7), 1);
    for _ in 0..rounds(3, 40) {
        let acknowledged = run_and_kill(&desk, from, Duration::from_millis(dice.roll(LIFE_MS_MAX)));
        let list = desk.json(&format!("script list {IN}"));
        let live = list["scripts"][0]["live"].as_u64().expect("a version is live");
        assert!((acknowledged..=acknowledged + 1).contains(&live), "{live} after {acknowledged}");
        say(&desk, "garden", ("ann", "is anybody there?"));
        let receipts = desk.json(&format!("receipt list {IN} --last 1"));
        let receipt = receipts["receipts"][0]["id"].as_str().expect("it was denied");
        let shown = desk.json(&format!("receipt show {IN} {receipt}"));
        let ground = &shown["receipt"]["ground"]["script"];
        assert_eq!(
            (&ground["version"], &ground["code"]),
            (&live.into(), &format!("v{live}").into()),
            "{shown}"
        );
        assert_eq!(desk.json("verify --data @data")["sound"], true);
        from = live + 1;
    }
    assert!(from > 3, "the children got something done");
}

/// Lets a child put versions in, one after another, and kills it. Returns the last that was acknowledged.
fn run_and_kill(desk: &Desk, from: u64, life: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scripts::killed::the_child_that_is_killed", "--nocapture"])
        .env(CHILD, desk.path("data"))
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (to, first) = channel();
    let reader = std::thread::spawn(move || {
        let mut last = None;
        for line in lines.map_while(Result::ok) {
            let Some(version) = line.strip_prefix(LIVE).and_then(|version| version.parse().ok()) else {
                continue;
            };
            if last.replace(version).is_none() {
                to.send(()).unwrap();
            }
        }
        last
    });
    first.recv_timeout(Duration::from_secs(60)).expect("the child puts a version in");
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap().expect("a version was acknowledged")
}

/// Runs `kith script put` and gives its exit code.
fn put(data: &Path, source: &str) -> u8 {
    let file = data.with_file_name("guard.rhai");
    std::fs::write(&file, source).unwrap();
    let words = ["kith", "script", "put", "--community", "garden", "guard"].map(Into::into).into_iter();
    let words = words.chain([file.into_os_string(), "--data".into(), data.as_os_str().to_owned()]);
    kith::run(words, &mut Streams::new(Vec::new(), Vec::new()))
}

#[test]
fn the_child_that_is_killed() {
    let Some(data) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let from: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    for version in from..from + 1_000 {
        assert_eq!(put(&data, &source(version)), 0);
        std::io::stdout().lock().write_all(format!("\n{LIVE}{version}\n").as_bytes()).unwrap();
        say_in(&data, "garden", ("ann", "hello"));
        assert_eq!(put(&data, "fn on_message(ctx, message) { alow() }\n"), 1, "what does not compile");
    }
}
