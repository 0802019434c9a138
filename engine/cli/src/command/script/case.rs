//! `kith script case`: a case of a real decision, short enough to be read and to be kept.

use std::ops::ControlFlow;

use clap::Args;
use jiff::Timestamp;
use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::ids::{CommunityId, MemberId, ReceiptId};
use kith_core::message::{self, Part};
use kith_core::queue::{Ground, Receipt};
use kith_core::record::Record;
use kith_core::script::RunOutcome;
use kith_core::stream::{Community, Stream};
use kith_core::text::normal::Exactness;
use kith_core::text::words::WordList;
use kith_runtime::recover;
use kith_scripts::cases;
use serde_json::json;

use super::super::{Stage, receipt};
use super::page::{Say, refused};
use super::run::describe;
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// Make a case of a real decision. Append it to NAME.cases.toml; the names of people are left out.
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
    frame_no: u64,
}

impl Case {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let found = find(session, id, self.from)?;
            let before = recover::from_log(id, session.engine.ports().records.as_ref(), found.frame_no - 1)?;
            let case = describe_case(&before, &found, say)?;
            let source = source_of(&before, &found.receipt);
            let text = written(&case, source.as_deref());
            let mut shown = text.clone();
            // A case that comes out otherwise rests on something it does not hold, such as memory.
            if let Some(source) = source.as_deref()
                && let Ok(result) = cases::run(session.opened.scripting().host(), source, &read_back(&text)?)
                && !result.passed
            {
                shown.insert_str(0, &format!("# {}\n", say.of("case.differs", &[("got", &result.got)])));
            }
            Ok(Report::new(&json!({ "case": shown, "receipt": self.from }), shown.clone()))
        })
    }
}

fn find(session: &Session, community: CommunityId, id: ReceiptId) -> Result<Found, Failure> {
    let (mut found, mut broken) = (None, None);
    session.engine.ports().records.read(community, 1, &mut |frame| {
        for stored in &frame.records {
            let record = match Record::decode(&stored.bytes) {
                Ok(record) => record,
                Err(error) => {
                    broken = Some(Failure::said(Exit::Problems, "cli.damaged", error.to_string()));
                    return ControlFlow::Break(());
                }
            };
            if let Some(receipt) = record.decisions.iter().find(|receipt| receipt.id == id).cloned() {
                let bodies = stored.bodies.iter().cloned().collect();
                found = Some(Found { receipt, record, bodies, frame_no: frame.head.frame_no });
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    match (broken, found) {
        (Some(broken), _) => Err(broken),
        (None, Some(found)) => Ok(found),
        (None, None) => Err(kith_core::refusal::Refusal::NotFound { what: id.to_string() }.into()),
    }
}

/// What was decided about, over the state of that moment.
fn describe_case(before: &Stream, found: &Found, say: Say) -> Result<cases::Case, Failure> {
    let Found { receipt, record, bodies, .. } = found;
    let CommandKind::Message(
        message::Command::Post { parts, .. }
        | message::Command::Announce { parts, .. }
        | message::Command::Edit { parts, .. },
    ) = &record.command.kind
    else {
        return Err(refused("case.no_message", &[("receipt", &receipt.id.to_string())]));
    };
    let community = before.community().ok_or(kith_core::refusal::Refusal::CommunityNotFound)?;
    let texts: Vec<&str> = parts.iter().filter_map(Part::text).filter_map(|body| bodies.text(body)).collect();
    let author = match record.command.actor {
        Actor::Member(member) => member,
        _ => receipt.member,
    };
    let zone = community.profile.zone.rules();
    let at = i64::try_from(record.command.at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let at = at.map(|at| at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string());
    Ok(cases::Case {
        name: say.of("case.name", &[("receipt", &receipt.id.to_string())]),
        text: texts.join("\n"),
        edit: matches!(record.command.kind, CommandKind::Message(message::Command::Edit { .. })),
        author: who(before, community, (author, record.command.at_ms)),
        lists: community.profile.lists.clone(),
        settings: community.profile.settings.own.clone(),
        zone: community.profile.zone.name().to_owned(),
        at: at.unwrap_or_else(|| cases::Case::default().at),
        expect: expected(receipt),
        ..cases::Case::default()
    })
}

/// The author without what says who it is.
fn who(before: &Stream, community: &Community, (id, at_ms): (MemberId, u64)) -> cases::Who {
    let Some(member) = community.members.get(id) else { return cases::Who::default() };
    cases::Who {
        name: String::new(),
        card: Default::default(),
        ..describe(before, community, (member, at_ms))
    }
}

fn expected(receipt: &Receipt) -> String {
    match &receipt.ground {
        Ground::Script(ground) => match ground.outcome {
            RunOutcome::Fault => {
                format!("fault {}", ground.fault.as_ref().map_or("runtime", |fault| fault.kind.code()))
            }
            RunOutcome::Capped | RunOutcome::Skipped => "hold".to_owned(),
            outcome => format!("{} {}", outcome.name(), ground.code).trim_end().to_owned(),
        },
        _ => receipt::verdict(receipt.verdict).to_owned(),
    }
}

/// The source of the version that decided.
fn source_of(before: &Stream, receipt: &Receipt) -> Option<String> {
    let Ground::Script(ground) = &receipt.ground else { return None };
    let script = before.community()?.scripts.numbered(ground.no)?;
    Some(script.version(ground.version)?.source.clone())
}

/// A case in few lines: what differs from a quiet group, and of lists and settings what the source names.
fn written(case: &cases::Case, source: Option<&str>) -> String {
    let quiet = cases::Case::default();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string().replace('\n', "\\n");
    let one_line = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
    let mut lines = vec!["[[case]]".to_owned(), format!("name = {}", quoted(&case.name))];
    lines.push(format!("text = {}", one_line(&case.text)));
    if case.edit {
        lines.push("edit = true".to_owned());
    }
    let author = author(&case.author, &quiet.author);
    if !author.is_empty() {
        lines.push(format!("author = {{ {} }}", author.join(", ")));
    }
    let names = |word: &str| source.is_none_or(|source| source.contains(word));
    for (name, list) in case.lists.iter().filter(|(name, _)| source.is_some() && names(name)) {
        let words: Vec<String> = wanted(list, &case.text).iter().map(|word| one_line(word)).collect();
        lines.push(format!("lists.{} = [{}]", one_line(name), words.join(", ")));
    }
    for (name, value) in case.settings.iter().filter(|(name, _)| source.is_some() && names(name)) {
        let value = toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default();
        lines.push(format!("settings.{} = {value}", one_line(name)));
    }
    if source.is_none_or(|source| ["today", "now"].iter().any(|word| source.contains(word))) {
        lines.push(format!("at = {}", quoted(&case.at)));
        if case.zone != quiet.zone {
            lines.push(format!("zone = {}", quoted(&case.zone)));
        }
    }
    lines.push(format!("expect = {}", quoted(&case.expect)));
    lines.join("\n") + "\n"
}

fn author(who: &cases::Who, quiet: &cases::Who) -> Vec<String> {
    let mut parts = Vec::new();
    if who.role != quiet.role && !who.role.is_empty() {
        parts.push(format!("role = {}", toml::Value::String(who.role.clone())));
    }
    if who.joined_days != quiet.joined_days {
        parts.push(format!("joined_days = {}", who.joined_days));
    }
    if who.strikes > 0 {
        parts.push(format!("strikes = {}", who.strikes));
    }
    if !who.tags.is_empty() {
        let tags: Vec<String> =
            who.tags.iter().map(|tag| toml::Value::String(tag.clone()).to_string()).collect();
        parts.push(format!("tags = [{}]", tags.join(", ")));
    }
    parts
}

/// Of a list, the lines that the text holds; else its first, so that the list is there.
fn wanted(list: &[String], text: &str) -> Vec<String> {
    let holds = |line: &&String| {
        let one = WordList::compile(std::slice::from_ref(*line), Exactness::Loose);
        one.is_ok_and(|one| !one.find(text).is_empty())
    };
    let found: Vec<String> = list.iter().filter(holds).cloned().collect();
    if found.is_empty() { list.iter().take(1).cloned().collect() } else { found }
}

fn read_back(text: &str) -> Result<cases::Case, Failure> {
    let read = cases::parse(text).ok().and_then(|cases| cases.into_iter().next());
    read.ok_or_else(|| Failure::said(Exit::Failed, "cli.failed", "a case cannot be read back".to_owned()))
}
