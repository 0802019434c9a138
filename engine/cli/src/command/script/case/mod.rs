//! `kith script case`: a case of a real decision, short enough to be read and to be kept.

mod described;
mod written;

use std::ops::ControlFlow;

use clap::Args;
use kith_core::body::Bodies;
use kith_core::decide::apply_record;
use kith_core::ids::{CommunityId, ReceiptId};
use kith_core::queue::{Ground, Receipt};
use kith_core::record::Record;
use kith_core::stream::Stream;
use kith_runtime::recover;
use kith_scripts::cases;
use serde_json::json;

use self::described::{Named, describe};
use self::written::written;
use super::super::{Stage, receipt};
use super::page::{Say, refused};
use super::run::describe as describe_member;
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// Make a case of a real decision about a message, a join or a card. Append it to NAME.cases.toml; the names
/// of people are left out, unless the decision rests on one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Case {
    #[command(flatten)]
    target: InCommunity,
    /// The receipt of the decision, as a notice or `kith receipt list` shows it
    #[arg(long, value_name = "RECEIPT")]
    from: ReceiptId,
}

const EXAMPLE: &str = "\
Example:
  kith script case --data data --community zig --from rcp_… >> ads.cases.toml";

/// A decision as the log has it.
struct Found {
    receipt: Receipt,
    record: Record,
    bodies: Bodies,
    /// The state before it.
    before: Stream,
}

impl Case {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let found = find(session, id, self.from)?;
            let source = source_of(&found);
            let host = session.opened.scripting().host();
            let tried = |named: Named| -> Result<(String, Option<cases::CaseResult>), Failure> {
                let text = written(&describe(&found, named, say)?, source.as_deref());
                let case = read_back(&text)?;
                let result = source.as_deref().and_then(|source| cases::run(host, source, &case).ok());
                Ok((text, result))
            };
            let passes = |result: &Option<cases::CaseResult>| result.as_ref().is_none_or(|it| it.passed);
            let (mut shown, mut result) = tried(Named::Not)?;
            if !passes(&result) {
                let (named, with_name) = tried(Named::ByTheirName)?;
                if passes(&with_name) {
                    (shown, result) = (named, with_name);
                }
            }
            // A case that comes out otherwise rests on something it does not hold, such as memory.
            if let Some(result) = result.filter(|result| !result.passed) {
                shown.insert_str(0, &format!("# {}\n", say.of("case.differs", &[("got", &result.got)])));
            }
            Ok(Report::new(&json!({ "case": shown, "receipt": self.from }), shown.clone()))
        })
    }
}

fn find(session: &Session, community: CommunityId, id: ReceiptId) -> Result<Found, Failure> {
    let records = session.engine.ports().records.as_ref();
    let (mut found, mut broken) = (None, None);
    records.read(community, 1, &mut |frame| {
        // A frame holds what was decided within one sync: the state before it is not the one before each.
        let mut earlier = Vec::new();
        for stored in frame.records {
            let record = match Record::decode(&stored.bytes) {
                Ok(record) => record,
                Err(error) => {
                    broken = Some(Failure::said(Exit::Problems, "cli.damaged", error.to_string()));
                    return ControlFlow::Break(());
                }
            };
            let bodies: Bodies = stored.bodies.into_iter().collect();
            if let Some(receipt) = record.decisions.iter().find(|receipt| receipt.id == id).cloned() {
                found = Some((receipt, record, bodies, frame.head.frame_no, earlier));
                return ControlFlow::Break(());
            }
            earlier.push((record, bodies));
        }
        ControlFlow::Continue(())
    })?;
    if let Some(broken) = broken {
        return Err(broken);
    }
    let missing = || kith_core::refusal::Refusal::NotFound { what: id.to_string() };
    let (receipt, record, bodies, frame_no, earlier) = found.ok_or_else(missing)?;
    let mut before = recover::from_log(community, records, frame_no - 1)?;
    for (record, bodies) in &earlier {
        apply_record(&mut before, record, bodies);
    }
    Ok(Found { receipt, record, bodies, before })
}

/// The source of the version that decided.
fn source_of(found: &Found) -> Option<String> {
    let Ground::Script(ground) = &found.receipt.ground else { return None };
    let script = found.before.community()?.scripts.numbered(ground.no)?;
    Some(script.version(ground.version)?.source.clone())
}

fn read_back(text: &str) -> Result<cases::Case, Failure> {
    let read = cases::parse(text).ok().and_then(|cases| cases.into_iter().next());
    read.ok_or_else(|| Failure::said(Exit::Failed, "cli.failed", "a case cannot be read back".to_owned()))
}
