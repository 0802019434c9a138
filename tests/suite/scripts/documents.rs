//! The reference and the table of events say what is registered, and nothing else.

use std::path::Path;

use crate::cli::Desk;

fn check(file: &str, command: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scripts").join(file);
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let generated = Desk::new().works(command);
    assert!(written == generated, "docs/scripts/{file} is not what `kith {command}` prints: print it anew");
}

#[test]
fn the_reference_is_what_the_engine_offers() {
    check("reference.md", "script reference");
}

#[test]
fn the_table_of_events_is_what_the_engine_tells() {
    check("events.md", "script reference --events");
}
