//! The API under schemathesis, which makes requests up from the API's own document, right and wrong ones, and
//! holds the answers against it: in the name of the operator, an owner, a member, and nobody.
//!
//! Needs python3 with venv; the fuzzer is fetched from the package registry into the target folder, in the
//! versions of `fuzzed.txt`. Seeded and short here, long in the night.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;

use super::crowd::{Crowd, Ground, Pass};
use crate::world::{rounds, tool};

/// What is not asked: streams, which do not end.
const STREAMS: &str = "/(events|live|effects)$";
/// What a request that fits the document may be answered with. 422: what is refused depends on what is there,
/// and parts of a blueprint have a document of their own, which says more than a schema can. 400: a cursor is
/// what the page before gave, and any other text is none. 410: links and invites end.
const FITTING: &[&str] =
    &["2xx", "3xx", "400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429"];

/// The fuzzer; `None` on a machine that cannot fetch it.
fn fuzzer() -> Option<&'static Path> {
    static FUZZER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let fuzzer = FUZZER.get_or_init(|| {
        let python = tool(&["python3"])?;
        let target = std::env::current_exe().ok()?.ancestors().nth(3)?.to_owned();
        let folder = target.join("fuzzer");
        let program = folder.join("bin/schemathesis");
        let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/http/fuzzed.txt");
        let stamp = folder.join("fuzzed.txt");
        let known = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        if !program.is_file() || known(&stamp) != known(&wanted) {
            run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder));
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
            run(Command::new(folder.join("bin/python")).args(pip).arg(&wanted));
            std::fs::copy(&wanted, &stamp).expect("the target folder can be written");
        }
        Some(program)
    });
    fuzzer.as_deref()
}

fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What the fuzzer is told: ids of what is there, so that it comes further than "there is no such thing".
fn config(ground: &Ground) -> String {
    let mut config =
        format!("[checks]\npositive_data_acceptance.expected-statuses = {}\n[parameters]\n", json!(FITTING));
    for (name, value) in &ground.params {
        let value = if *name == "emoji" { "👍" } else { value };
        writeln!(config, "\"path.{name}\" = {}", json!(value)).expect("a string can be written to");
    }
    config
}

fn fuzz(who: &str) {
    let Some(program) = fuzzer() else { return };
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("schemathesis.toml");
    std::fs::write(&file, config(&ground)).expect("it can be written");
    let mut command = Command::new(program);
    command.current_dir(folder.path()).arg("--config-file").arg(&file).arg("run");
    command.arg(crowd.served.url("/api/v1/openapi.json"));
    command.args(["--checks", "all", "--seed", "20260101", "--workers", "2", "--request-timeout", "20"]);
    command.args(["--generation-database", "none", "--suppress-health-check", "all"]);
    command.args(["--exclude-path-regex", STREAMS, "--max-examples", &rounds(2, 200).to_string()]);
    if rounds(0, 1) == 0 {
        command.args(["--phases", "examples,fuzzing"]);
    }
    let token = match (&crowd.who(who).pass, crowd.who(who).person) {
        (Pass::Token(token), _) => Some(token.clone()),
        (Pass::Session { .. }, Some(person)) => Some(crowd.served.token(person, ground.id)),
        _ => None,
    };
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let done = command.output().expect("the fuzzer starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_api_keeps_its_document_s_word_to_whoever_runs_the_place() {
    fuzz("host");
}

#[test]
fn the_api_keeps_its_document_s_word_to_an_owner() {
    fuzz("owner");
}

#[test]
fn the_api_keeps_its_document_s_word_to_a_member() {
    fuzz("member");
}

#[test]
fn the_api_keeps_its_document_s_word_to_nobody() {
    fuzz("stranger");
}
