//! How a case's outcome is said in words, and compared with what was expected.

use kith_core::hook::{Effect, Ran, Ruling, Value};
use kith_core::moment::Duration;
use kith_core::notice::Text;

use super::case::{Case, CaseError};
use super::town::Town;
use crate::host::{Host, Usage};
use crate::say::case as say;

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The case's name.
    pub name: String,
    /// Whether it came out as expected.
    pub passed: bool,
    /// What came out, in the words of `expect`.
    pub got: String,
    /// The effects, in the words of `effects`.
    pub effects: Vec<String>,
    /// What the author reads, line by line; empty where it passed.
    pub differs: Vec<Text>,
    /// What the run came to.
    pub ran: Ran,
    /// What it used and logged.
    pub usage: Usage,
}

/// Plays one case.
pub fn run(host: &Host, source: &str, case: &Case) -> Result<CaseResult, CaseError> {
    let mut town = Town::found(case)?;
    let (ran, usage) = town.ask(host, source, case)?;
    let got = outcome(&ran);
    let effects: Vec<String> = match &ran.outcome {
        Ok((_, effects)) => effects.iter().map(|effect| effect_words(&town, effect)).collect(),
        Err(_) => Vec::new(),
    };
    let ruled = meets(&case.expect, &got);
    let done = case.effects.as_ref().is_none_or(|expected| *expected == effects);
    let passed = ruled && done;
    let mut differs = Vec::new();
    if !passed {
        if !ruled {
            differs.extend([say::expected(case.expect.as_str()), say::got(got.as_str())]);
        }
        if let Some(expected) = case.effects.as_ref().filter(|_| !done) {
            differs.extend(differences(expected, &effects));
        }
        differs.extend(ran.outcome.as_ref().err().map(|fault| match fault.place {
            Some(place) => say::at_line(place.line, fault.detail.clone()),
            None => fault.detail.clone(),
        }));
        differs.extend(usage.log.iter().map(|line| say::log(line.as_str())));
    }
    Ok(CaseResult { name: case.name.clone(), passed, got, effects, differs, ran, usage })
}

/// Without a code, any code is meant.
fn meets(expected: &str, got: &str) -> bool {
    let kind = got.split(' ').next().unwrap_or_default();
    expected.trim() == got || expected.trim() == kind
}

fn differences(expected: &[String], got: &[String]) -> Vec<Text> {
    let missing = expected.iter().filter(|effect| !got.contains(effect));
    let more = got.iter().filter(|effect| !expected.contains(effect));
    let missing = missing.map(|effect| say::missing(effect.as_str()));
    let mut told: Vec<Text> = missing.chain(more.map(|effect| say::more(effect.as_str()))).collect();
    if expected.len() == got.len() && expected.iter().all(|effect| got.contains(effect)) {
        told.push(say::order(got.join("; ")));
    }
    told
}

/// What a run came to, in the words of `expect`.
pub fn outcome(ran: &Ran) -> String {
    match &ran.outcome {
        Err(fault) => format!("fault {}", fault.kind.code()),
        Ok((Ruling::Allow, _)) => "allow".to_owned(),
        Ok((Ruling::Rewrite(text), _)) => format!("rewrite {text}"),
        Ok((Ruling::Hold(reason), _)) => format!("hold {}", reason.code),
        Ok((Ruling::Deny(reason), _)) => format!("deny {}", reason.code),
        Ok((Ruling::Violation(reason), _)) => format!("violation {}", reason.code),
        Ok((Ruling::Topics(topics), _)) => {
            let titles: Vec<&str> = topics.iter().map(|topic| topic.title.as_str()).collect();
            format!("topics {}", titles.join(" | ")).trim_end().to_owned()
        }
    }
}

fn value_words(value: &Value<String>) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Text(text) | Value::Json(text) => text.clone(),
    }
}

fn effect_words(town: &Town, effect: &Effect<String>) -> String {
    let who = |member: &kith_core::ids::MemberId| town.name(*member);
    match effect {
        Effect::Tag { member, tag } => format!("tag {} {tag}", who(member)),
        Effect::Untag { member, tag } => format!("untag {} {tag}", who(member)),
        Effect::GiveRole { member, role } => format!("give_role {} {role}", who(member)),
        Effect::TakeRole { member, role } => format!("take_role {} {role}", who(member)),
        Effect::Warn { member, text } => format!("warn {} {text}", who(member)),
        Effect::Mute { member, for_ms, text } => format!("mute {} {} {text}", who(member), Duration(*for_ms)),
        Effect::Remove { member, text } => format!("remove {} {text}", who(member)),
        Effect::Notify { member, text } => format!("notify {} {text}", who(member)),
        Effect::Post { channel, text, reply_to: None } => format!("post {} {text}", town.channel(*channel)),
        Effect::Post { text, reply_to: Some(_), .. } => format!("reply_to {text}"),
        Effect::Delete { text, .. } => format!("delete {text}"),
        Effect::React { emoji, .. } => format!("react {emoji}"),
        Effect::Pin { .. } => "pin".to_owned(),
        Effect::Put { key, value } => format!("put {key} {}", value_words(value)),
        Effect::Drop { key } => format!("forget {key}"),
        Effect::SetTimer { name, due_ms, note } => {
            let time = Duration(due_ms.saturating_sub(town.now_ms()));
            let note = note.as_ref().map(|note| format!(" {}", value_words(note))).unwrap_or_default();
            format!("set_timer {name} {time}{note}")
        }
        Effect::DropTimer { name } => format!("drop_timer {name}"),
    }
}

/// Does something with the call that a case is about: for what measures.
pub(crate) fn with_call<T>(
    host: &Host,
    (source, case): (&str, &Case),
    play: impl FnOnce(&kith_core::hook::Call<'_>, &dyn crate::Outside) -> T,
) -> Result<T, CaseError> {
    Town::found(case)?.with_call((host, source), case, play)
}
