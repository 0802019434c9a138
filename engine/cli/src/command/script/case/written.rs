//! A case as it stands in a file, short enough to be read and to be kept.

use std::collections::BTreeMap;

use kith_core::hook::Hook;
use kith_core::text::normal::Exactness;
use kith_core::text::words::WordList;
use kith_scripts::cases;

/// A case in few lines: what differs from a quiet group, and of lists and settings what the source names.
pub(super) fn written(case: &cases::Case, source: Option<&str>) -> String {
    let quiet = cases::Case::default();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string().replace('\n', "\\n");
    let mut lines = vec!["[[case]]".to_owned(), format!("name = {}", quoted(&case.name))];
    lines.extend(asked_about(case));
    let names = |word: &str| source.is_none_or(|source| source.contains(word));
    let author = author(&case.author, (&quiet.author, &names));
    if !author.is_empty() {
        lines.push(format!("author = {{ {} }}", author.join(", ")));
    }
    for (name, list) in case.lists.iter().filter(|(name, _)| source.is_some() && names(name)) {
        let words: Vec<String> = wanted(list, &said(case)).iter().map(|word| one_line(word)).collect();
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

fn one_line(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// What the hook is asked about.
fn asked_about(case: &cases::Case) -> Vec<String> {
    let table = |name: &str, of: &BTreeMap<String, String>| -> Vec<String> {
        of.iter().map(|(key, text)| format!("{name}.{} = {}", one_line(key), one_line(text))).collect()
    };
    let mut lines = Vec::new();
    match case.asked() {
        Hook::Join => lines.push("hook = \"join\"".to_owned()),
        Hook::Card => {}
        _ => lines.push(format!("text = {}", one_line(&case.text))),
    }
    if case.edit {
        lines.push("edit = true".to_owned());
    }
    lines.extend(case.rename.iter().map(|name| format!("rename = {}", one_line(name))));
    lines.extend(table("change", &case.change));
    lines.extend(case.source.iter().map(|source| format!("source = {}", one_line(source))));
    lines.extend(case.inviter.iter().map(|inviter| {
        let parts = author(inviter, (&cases::Who::default(), &|_| false));
        format!("inviter = {{ {} }}", parts.join(", "))
    }));
    lines.extend(table("answers", &case.answers));
    lines
}

/// Everything that was said, for the lists that are looked for in it.
fn said(case: &cases::Case) -> String {
    let fields = case.change.values().chain(case.answers.values()).chain(case.author.card.values());
    let others = [&case.text, &case.author.name].into_iter().chain(&case.rename).chain(fields);
    others.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// How somebody differs from a quiet member; of their card what is named.
fn author(who: &cases::Who, (quiet, names): (&cases::Who, &dyn Fn(&str) -> bool)) -> Vec<String> {
    let mut parts = Vec::new();
    if !who.name.is_empty() {
        parts.push(format!("name = {}", one_line(&who.name)));
    }
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
    for (field, value) in who.card.iter().filter(|(field, _)| names(field)) {
        parts.push(format!("card.{} = {}", one_line(field), one_line(value)));
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
