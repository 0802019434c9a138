//! A member's export: everything that is theirs as one JSON document, written while the log is walked.
//!
//! What they wrote comes in full. Of what concerns them and was written by somebody else, the fact comes
//! without the text; other members and persons are not named. A text whose key is destroyed is shown as
//! withheld.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

use kith_core::command::Actor;
use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::{Records, StoreError, StoredFrame, StoredRecord};
use kith_core::privacy::{self, Sheet};
use kith_core::record::Record;
use serde_json::{Map, Value, json};

use crate::draft::AskError;
use crate::engine::Engine;

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Nobody of that id.
    #[error("no member {0} in this community")]
    Nobody(MemberId),
    /// The stream cannot be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record cannot be read.
    #[error("failed to export member {member}: {what}")]
    Unreadable {
        /// Whose export.
        member: MemberId,
        /// What was found.
        what: String,
    },
    /// The document cannot be written.
    #[error("failed to write the export")]
    Write(#[from] io::Error),
}

impl Engine {
    /// Writes the export of one member.
    pub async fn export_member(
        &self,
        community: CommunityId,
        member: MemberId,
        mut out: impl Write + Send + 'static,
    ) -> Result<(), ExportError> {
        let sheet = self.view(community, move |stream| privacy::export(stream, member)).await?;
        let sheet = sheet.ok_or(ExportError::Nobody(member))?;
        let records = std::sync::Arc::clone(&self.ports().records);
        let written =
            tokio::task::spawn_blocking(move || write(records.as_ref(), community, &sheet, &mut out)).await;
        written.unwrap_or_else(|panic| Err(ExportError::Unreadable { member, what: panic.to_string() }))
    }
}

/// Writes a sheet and everything of the member's in the log.
pub fn write(
    records: &dyn Records,
    community: CommunityId,
    sheet: &Sheet,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let member = sheet.member;
    let mut front = serde_json::to_value(sheet).map_err(io::Error::from)?;
    Scrub { member: &member.to_string(), own: &BTreeMap::new() }.value(&mut front);
    write!(out, "{{\"member\":{front},\"records\":[")?;
    let mut first = true;
    let mut ended = Ok(());
    records.read(community, 1, &mut |frame| {
        ended = frame_of(&frame, member, &mut first, out);
        if ended.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    ended?;
    writeln!(out, "]}}")?;
    Ok(out.flush()?)
}

fn frame_of(
    frame: &StoredFrame,
    member: MemberId,
    first: &mut bool,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let id = member.0.to_be_bytes();
    for stored in &frame.records {
        // An id is its 16 bytes in the log, so most records need not be decoded.
        if !stored.bytes.windows(id.len()).any(|window| window == id) {
            continue;
        }
        let record = Record::decode(&stored.bytes).map_err(|error| ExportError::Unreadable {
            member,
            what: format!("record {}: {error}", stored.seq),
        })?;
        if let Some(entry) = entry(&record, stored, member)? {
            write!(out, "{}{entry}", if *first { "\n" } else { ",\n" })?;
            *first = false;
        }
    }
    Ok(())
}

/// What of one record is the member's.
fn entry(record: &Record, stored: &StoredRecord, member: MemberId) -> Result<Option<Value>, io::Error> {
    let name = member.to_string();
    let own: BTreeMap<String, String> = stored
        .bodies
        .iter()
        .filter(|body| body.owner == member)
        .map(|body| (body.id.to_string(), String::from_utf8_lossy(&body.bytes).into_owned()))
        .collect();
    let asked = record.command.actor == Actor::Member(member);
    let mut events = Vec::new();
    for event in &record.events {
        let event = serde_json::to_value(event)?;
        if asked || mentions(&event, &name) {
            events.push(event);
        }
    }
    let mut receipts = Vec::new();
    for receipt in record.decisions.iter().filter(|receipt| receipt.member == member) {
        receipts.push(serde_json::to_value(receipt)?);
    }
    if events.is_empty() && receipts.is_empty() {
        return Ok(None);
    }
    let scrub = Scrub { member: &name, own: &own };
    events.iter_mut().chain(&mut receipts).for_each(|value| scrub.value(value));
    let at_ms = record.command.at_ms;
    Ok(Some(json!({"seq": record.seq, "at_ms": at_ms, "events": events, "receipts": receipts})))
}

fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text == name,
        Value::Array(values) => values.iter().any(|value| mentions(value, name)),
        Value::Object(fields) => fields.iter().any(|(key, value)| key == name || mentions(value, name)),
        _ => false,
    }
}

/// Puts the member's own texts in the place of references, and takes everybody else out.
struct Scrub<'a> {
    member: &'a str,
    own: &'a BTreeMap<String, String>,
}

impl Scrub<'_> {
    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.is_other(text) => *text = "another".to_owned(),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => match reference(fields) {
                Some(id) => {
                    let text = self.own.get(id);
                    *value = text.map_or(json!({"withheld": true}), |text| json!({ "text": text }));
                }
                None => self.fields(fields),
            },
            _ => {}
        }
    }

    fn fields(&self, fields: &mut Map<String, Value>) {
        fields.remove("seed");
        fields.retain(|key, _| !self.is_other(key));
        fields.values_mut().for_each(|value| self.value(value));
    }

    fn is_other(&self, text: &str) -> bool {
        (text.starts_with("mem_") || text.starts_with("per_")) && text != self.member
    }
}

/// The body's id, if this is a reference to one.
fn reference(fields: &Map<String, Value>) -> Option<&str> {
    let id = fields.get("id")?.as_str()?;
    (fields.len() == 3 && fields.contains_key("mac") && id.starts_with("bod_")).then_some(id)
}
