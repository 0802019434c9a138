//! `kith script run`: one question to a script, in a quiet group of its own or with a community's lists,
//! settings and one of its members.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use kith_core::stream::{Community, Stream};
use kith_runtime::scripting::Problem;
use kith_scripts::cases::{self, Case, CaseResult, Who};
use serde_json::json;

use super::super::{Stage, shown};
use super::file;
use super::page::{Say, refused};
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::scripting::Scripting;
use crate::session::{self, Folder};

/// Ask a script about one message, a join or a command, and show what it says. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// The script
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What somebody writes
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["command", "event", "answer"])]
    message: Option<String>,
    /// What somebody types: "/name argument"
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["event", "answer"])]
    command: Option<String>,
    /// What happened, such as member.joined
    #[arg(long, value_name = "KIND", conflicts_with = "answer")]
    event: Option<String>,
    /// An applicant's answer at the gate
    #[arg(long, value_name = "KEY=TEXT")]
    answer: Vec<String>,
    /// A field of their card
    #[arg(long, value_name = "FIELD=TEXT")]
    card: Vec<String>,
    /// Their role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// How many days they have been inside
    #[arg(long, value_name = "N")]
    joined_days: Option<u32>,
    /// A DATA folder to take lists, settings and a member from
    #[arg(long, env = "KITH_DATA", value_name = "DIR", requires = "community")]
    data: Option<PathBuf>,
    /// The community whose lists and settings it sees
    #[arg(long, value_name = "NAME")]
    community: Option<String>,
    /// The member of it who asks, by nickname or id
    #[arg(long, value_name = "NAME", requires = "community")]
    author: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  kith script run guard.rhai --message 'look: https://example.org' --joined-days 0
  kith script run gate.rhai --answer why=gardening --card region=Shanghai
  kith script run guard.rhai --message hello --data data --community zig --author ann";

impl Run {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        let written = file::read(&self.file)?;
        let scripting = Scripting::default();
        let compiled = scripting.compiler().compile(written.source()).map_err(Problem::Mistakes)?;
        let mut case = self.case()?;
        if let (Some(data), Some(community)) = (&self.data, &self.community) {
            self.take_from_community(data, community, &mut case)?;
        }
        let hook = case.asked();
        if !compiled.hooks.contains(&hook) {
            let answers: Vec<&str> = compiled.hooks.iter().map(|hook| hook.function()).collect();
            let args = [("hook", hook.function()), ("answers", &answers.join(", "))];
            return Err(refused("not_asked", &args));
        }
        let result = cases::run(scripting.host(), &written.source, &case)
            .map_err(|error| Failure::worded(Exit::BadInput, "cli.input", error.0))?;
        Ok(report(say, &written.file, &result))
    }

    fn case(&self) -> Result<Case, Failure> {
        let mut case = Case {
            text: self.message.clone().unwrap_or_default(),
            command: self.command.clone(),
            event: self.event.clone(),
            answers: pairs(&self.answer)?,
            ..Case::default()
        };
        case.author.card = pairs(&self.card)?;
        if let Some(role) = &self.role {
            case.author.role.clone_from(role);
        }
        if let Some(days) = self.joined_days {
            case.author.joined_days = days;
        }
        Ok(case)
    }

    /// Takes lists, settings, zone and one member from a community.
    fn take_from_community(&self, data: &Path, name: &str, case: &mut Case) -> Result<(), Failure> {
        let seen = session::run(data, Folder::Existing, async |session| {
            let id = session.community(name).await?;
            let (wanted, now_ms) = (self.author.clone(), session.now_ms());
            session
                .view(id, move |stream, community| {
                    let author = wanted.as_deref().map(|wanted| who_is(stream, community, (wanted, now_ms)));
                    let profile = &community.profile;
                    let settings = profile.settings.own.clone();
                    (profile.lists.clone(), settings, profile.zone.name().to_owned(), author)
                })
                .await
        })?;
        let author;
        (case.lists, case.settings, case.zone, author) = seen;
        match author {
            None => Ok(()),
            Some(Some(found)) => {
                case.author = found;
                Ok(())
            }
            Some(None) => Err(refused("no_member", &[("name", self.author.as_deref().unwrap_or_default())])),
        }
    }
}

fn pairs(words: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |word: &String| match word.split_once('=') {
        Some((key, text)) => Ok((key.to_owned(), text.to_owned())),
        None => Err(refused("no_pair", &[("word", word)])),
    };
    words.iter().map(pair).collect()
}

/// A member as a case describes one.
pub(super) fn describe(
    stream: &Stream,
    community: &Community,
    (member, now_ms): (&kith_core::member::Member, u64),
) -> Who {
    let text = |body| stream.bodies.text(body).unwrap_or_default().to_owned();
    let card = member.card.iter().map(|(field, value)| (field.clone(), text(value))).collect();
    let forget_ms = community.rules.ladder.forget_ms();
    let inside_ms = member.joined_ms.map_or(0, |joined_ms| now_ms.saturating_sub(joined_ms));
    let highest = |role: &&String| community.roles.0.get(*role).map(|role| role.rank);
    Who {
        name: text(&member.nickname),
        role: member.roles.iter().max_by_key(highest).cloned().unwrap_or_default(),
        tags: member.tags.iter().cloned().collect(),
        joined_days: u32::try_from(inside_ms / kith_core::moment::DAY_MS).unwrap_or(u32::MAX),
        strikes: community.rules.record.live(member.id, now_ms, forget_ms),
        card,
    }
}

fn who_is(stream: &Stream, community: &Community, (wanted, now_ms): (&str, u64)) -> Option<Who> {
    let id = wanted.parse().ok();
    let named = |member: &&kith_core::member::Member| {
        Some(member.id) == id || stream.bodies.text(&member.nickname) == Some(wanted)
    };
    let found = community.members.iter().find(named)?;
    Some(describe(stream, community, (found, now_ms)))
}

/// A line of what a script said, below the command.
fn indented(say: Say, code: &str, args: &[(&str, &str)]) -> String {
    format!("  {}\n", say.of(code, args))
}

fn report(say: Say, file: &str, result: &CaseResult) -> Report {
    let mut text = indented(say, "says", &[("got", &shown::printable(&result.got))]);
    if let Ok((ruling, _)) = &result.ran.outcome
        && let kith_core::hook::Ruling::Hold(reason)
        | kith_core::hook::Ruling::Deny(reason)
        | kith_core::hook::Ruling::Violation(reason) = ruling
    {
        text.push_str(&indented(say, "reason", &[("text", &shown::printable(&reason.text))]));
    }
    for effect in &result.effects {
        text.push_str(&indented(say, "effect", &[("effect", &shown::printable(effect))]));
    }
    for line in &result.usage.log {
        text.push_str(&indented(say, "logged", &[("line", &shown::printable(line))]));
    }
    let fault = result.ran.outcome.as_ref().err();
    if let Some(fault) = fault {
        let place =
            fault.place.map_or(String::new(), |place| format!("{file}:{}:{}: ", place.line, place.column));
        text.push_str(&format!("{place}{}\n", say.reader().render(&fault.detail)));
    }
    let operations = result.usage.operations.to_string();
    text.push_str(&indented(say, "used", &[("n", &operations)]));
    let value = json!({
        "says": result.got, "effects": result.effects, "log": result.usage.log,
        "operations": result.usage.operations,
        "fault": fault.map(|it| {
            let detail = say.reader().render(&it.detail);
            json!({
                "kind": it.kind, "place": it.place, "detail": detail, "code": it.detail.code,
                "args": it.detail.args,
            })
        }),
    });
    let report = Report::new(&value, text);
    if fault.is_some() { report.of_problems() } else { report }
}
