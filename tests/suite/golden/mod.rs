//! Golden logs: streams that releases have written, and that every later release must read.
//!
//! `tests/golden/v<N>/` holds, for format N, a stream's records exactly as they were written with the bodies
//! beside them, the state's hash, the community as JSON, and the kinds of commands and events that occur. A
//! folder that was released is never changed; its README says how the next one is made.

mod recorded;
mod tape;

use std::collections::BTreeSet;
use std::path::PathBuf;

use kith_core::body::Bodies;
use kith_core::decide::apply_record;
use kith_core::ids::CommunityId;
use kith_core::record::{FORMAT, Record, RecordError};
use kith_core::stream::Stream;
use serde_json::Value;
use tape::Tape;

/// The formats that have a folder.
const FORMATS: &[u16] = &[1];

fn folder(format: u16) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("golden/v{format}"))
}

fn text(format: u16, file: &str) -> String {
    let path = folder(format).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The newest golden log: its records as written, and what people wrote in each.
pub(crate) fn newest() -> Vec<(Vec<u8>, Bodies)> {
    let tape = Tape::read(&text(FORMATS[FORMATS.len() - 1], "community.log-records"));
    tape.entries.into_iter().map(|entry| (entry.record, entry.bodies)).collect()
}

/// What a tape folds to.
fn fold(tape: &Tape) -> Stream {
    let mut stream: Option<Stream> = None;
    for entry in &tape.entries {
        let record = Record::decode(&entry.record).expect("a golden record can be read");
        let stream = stream.get_or_insert_with(|| Stream::new(record.command.community));
        apply_record(stream, &record, &entry.bodies);
    }
    stream.unwrap_or_else(|| Stream::new(CommunityId(0)))
}

/// The state as a person can compare it, one field of the community a line.
fn rendered(stream: &Stream) -> String {
    let community = stream.community().expect("the golden stream is a community's");
    let value = serde_json::to_value(community).expect("a community can be shown as JSON");
    let fields = value.as_object().expect("a community has fields");
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// `command gate.request_join`, `event member.joined` … of a tape.
fn kinds(tape: &Tape) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for entry in &tape.entries {
        let record = Record::decode(&entry.record).expect("a golden record can be read");
        let command = serde_json::to_value(&record.command.kind).expect("a command can be shown as JSON");
        kinds.insert(format!("command {}", kind(&command)));
        for event in &record.events {
            let event = serde_json::to_value(event).expect("an event can be shown as JSON");
            kinds.insert(format!("event {}", kind(&event)));
        }
    }
    kinds
}

/// The names of the two outer variants.
fn kind(value: &Value) -> String {
    let outer = |value: &Value| match value {
        Value::String(name) => (name.clone(), Value::Null),
        Value::Object(fields) => {
            let (name, inner) = fields.iter().next().expect("a variant has a name");
            (name.clone(), inner.clone())
        }
        other => panic!("{other} is no variant"),
    };
    let (noun, inner) = outer(value);
    format!("{noun}.{}", outer(&inner).0)
}

fn lines(kinds: &BTreeSet<String>) -> String {
    kinds.iter().map(|kind| format!("{kind}\n")).collect()
}

fn hash_of(stream: &Stream) -> String {
    stream.hash().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_release_s_log_folds_to_the_state_it_was_recorded_with() {
    for format in FORMATS {
        let tape = Tape::read(&text(*format, "community.log-records"));
        let stream = fold(&tape);
        assert_eq!(rendered(&stream), text(*format, "community.json"), "v{format}: the state as JSON");
        assert_eq!(hash_of(&stream), text(*format, "state-hash.txt").trim(), "v{format}: the state's hash");
        assert_eq!(lines(&kinds(&tape)), text(*format, "kinds.txt"), "v{format}: what occurs");
    }
}

#[test]
fn a_golden_log_without_what_people_wrote_folds_to_the_same_hash() {
    for format in FORMATS {
        let mut tape = Tape::read(&text(*format, "community.log-records"));
        tape.entries.iter_mut().for_each(|entry| entry.bodies = Bodies::default());
        assert_eq!(hash_of(&fold(&tape)), text(*format, "state-hash.txt").trim(), "v{format}");
    }
}

#[test]
fn today_s_format_has_a_golden_log() {
    assert_eq!(FORMATS.last(), Some(&FORMAT), "record one: see tests/golden/v1/README.md");
}

#[test]
fn a_record_of_a_later_format_is_named_as_such() {
    let tape = Tape::read(&text(1, "community.log-records"));
    let mut record = Record::decode(&tape.entries[0].record).expect("a golden record can be read");
    record.v = FORMAT + 1;
    let error = Record::decode(&record.encode()).expect_err("it is too new");
    assert!(matches!(error, RecordError::Newer { found } if found == FORMAT + 1));
    assert_eq!(
        error.to_string(),
        "record format 2 is newer than 1: open this data with the release that wrote it"
    );
}

#[test]
fn an_unknown_kind_of_event_is_an_error_and_not_a_panic() {
    let tape = Tape::read(&text(1, "community.log-records"));
    let today = tape::with_unknown_event(&tape.entries[1].record, FORMAT);
    assert!(
        matches!(Record::decode(&today), Err(RecordError::Malformed(_))),
        "in today's format it is damage"
    );
    let later = tape::with_unknown_event(&tape.entries[1].record, FORMAT + 1);
    assert!(matches!(Record::decode(&later), Err(RecordError::Newer { .. })), "in a later one it is news");
}
