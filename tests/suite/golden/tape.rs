//! A stream on paper: records and bodies in hexadecimal, one a line, so that a golden log is a text file.
//!
//! ```text
//! record <bytes as written>
//! body <id> <owner> <key> <bytes>      what came with the record above
//! ```

use std::fmt::Write as _;

use kith_core::body::{BODY_KEY_BYTES, Bodies, Body};
use kith_core::ids::{BodyId, CommunityId, MemberId};
use serde_json::Value;

use crate::world::World;

/// One record as it was written, and what people wrote in it.
pub(super) struct Entry {
    pub(super) record: Vec<u8>,
    pub(super) bodies: Bodies,
}

/// A whole stream.
pub(super) struct Tape {
    pub(super) entries: Vec<Entry>,
}

impl Tape {
    /// The durable records of a stream.
    pub(super) fn of(world: &World, id: CommunityId) -> Self {
        use kith_core::ports::Records as _;
        let mut entries = Vec::new();
        let read =
            world.opened().store().log().read(id, 1, &mut |frame| {
                entries.extend(frame.records.into_iter().map(|stored| Entry {
                    record: stored.bytes,
                    bodies: stored.bodies.into_iter().collect(),
                }));
                std::ops::ControlFlow::Continue(())
            });
        read.expect("the log can be read");
        Self { entries }
    }

    /// A tape from its text.
    pub(super) fn read(text: &str) -> Self {
        let mut tape = Self { entries: Vec::new() };
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["record", record] => {
                    tape.entries.push(Entry { record: bytes(record), bodies: Bodies::default() });
                }
                ["body", id, owner, key, content] => {
                    let entry = tape.entries.last_mut().expect("a body comes after its record");
                    let key: [u8; BODY_KEY_BYTES] = bytes(key).try_into().expect("a key has 16 bytes");
                    let (id, owner) = (BodyId(number(id)), MemberId(number(owner)));
                    entry.bodies.insert(Body { id, owner, key, bytes: bytes(content).into() });
                }
                _ => panic!("not a line of a tape: {line}"),
            }
        }
        tape
    }

    /// The text of the tape.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            let _ = writeln!(text, "record {}", hex(&entry.record));
            for body in entry.bodies.iter() {
                let (id, owner) = (body.id.0, body.owner.0);
                let _ = writeln!(text, "body {id:032x} {owner:032x} {} {}", hex(&body.key), hex(&body.bytes));
            }
        }
        text
    }
}

/// A record with an event of a kind that this release does not know, in a format of choice.
pub(super) fn with_unknown_event(record: &[u8], format: u16) -> Vec<u8> {
    let known = kith_core::record::Record::decode(record).expect("a golden record can be read");
    // Any shape with the version under its name: what the rest looks like is the later release's business.
    let unknown = serde_json::json!({
        "v": format,
        "seq": known.seq,
        "command": Value::Null,
        "events": [{ "festival": { "held": {} } }],
    });
    rmp_serde::to_vec_named(&unknown).expect("JSON can be written as MessagePack")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect::<Option<_>>()
        .expect("hexadecimal digits")
}

fn number(text: &str) -> u128 {
    u128::from_str_radix(text, 16).expect("hexadecimal digits")
}
