//! Every code that the engine can emit has a text in every language, and the message files stay in order.
//!
//! Codes are read from the sources: whatever looks like a text's code there has to be in the files. Refusals
//! and their words come from the core's own lists. Whether a sentence is a good one the snapshots of the
//! examples show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kith_core::refusal::{Refusal, word_codes};

const LANGUAGES: &[&str] = &["en", "zh-CN"];

/// The first word of a text's code.
const NOUNS: &[&str] = &[
    "appeal",
    "card",
    "channel",
    "community",
    "connector",
    "gate",
    "host",
    "import",
    "ledger",
    "member",
    "message",
    "outcome",
    "packet",
    "points",
    "privacy",
    "queue",
    "rule",
    "sanction",
    "script",
    "text",
    "transfer",
    "webhook",
];

/// Looks like a code and is the name of a setting.
const SETTINGS: &[&str] =
    &["queue.appeal_days", "queue.hold_hours", "queue.holds_max", "queue.holds_per_member"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(language: &str) -> String {
    let path = root().join(format!("engine/runtime/messages/{language}.toml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn templates(language: &str) -> BTreeMap<String, String> {
    toml::from_str(&file(language)).unwrap_or_else(|error| panic!("{language}: {error}"))
}

/// The production sources below a folder, without the tests that stand at the end of a file.
fn sources(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, into);
            }
        } else if name.ends_with(".rs") && !name.starts_with("test") {
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            let production = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            into.push((path, production));
        }
    }
}

fn core_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&root().join("engine/core/src"), &mut found);
    assert!(found.len() > 50, "the core's sources were not found");
    found
}

fn runtime_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&root().join("engine/runtime/src"), &mut found);
    found
}

/// The string literals of a source that have no escapes in them, comments left out.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split('"').skip(1).step_by(2))
}

fn is_code(literal: &str) -> bool {
    let Some((noun, rest)) = literal.split_once('.') else { return false };
    let words = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    NOUNS.contains(&noun) && !rest.is_empty() && rest.chars().all(words) && !SETTINGS.contains(&literal)
}

#[test]
fn every_code_that_the_core_emits_has_a_text() {
    let mut missing = BTreeSet::new();
    for language in LANGUAGES {
        let templates = templates(language);
        for (path, source) in core_sources() {
            for code in literals(&source).filter(|literal| is_code(literal)) {
                if !templates.contains_key(code) {
                    missing.insert(format!("{language}: {code}, from {}", path.display()));
                }
            }
        }
        let listed = Refusal::CODES.iter().map(|code| (*code).to_owned()).chain(word_codes());
        missing.extend(
            listed.filter(|code| !templates.contains_key(code)).map(|code| format!("{language}: {code}")),
        );
    }
    assert!(missing.is_empty(), "add to engine/runtime/messages:\n{missing:#?}");
}

/// The `{names}` of a template; what merely stands in braces is none.
fn arguments(template: &str) -> BTreeSet<&str> {
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let braced = template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    braced.map(|(name, _)| name).filter(is_name).collect()
}

#[test]
fn everything_that_is_said_of_scripts_has_a_text_with_its_arguments() {
    let said = kith_scripts::codes();
    assert!(said.len() > 200, "{}", said.len());
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let templates = templates(language);
        for (code, names) in said {
            let shown = templates.get(*code).map(|template| arguments(template));
            let given: BTreeSet<&str> = names.iter().copied().collect();
            if shown.as_ref() != Some(&given) {
                wrong.push(format!("{language}: {code} has {given:?}, its text {shown:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "mend engine/runtime/messages:\n{wrong:#?}");
}

#[test]
fn what_the_runtime_says_of_scripts_has_a_text() {
    let sources = runtime_sources();
    let literals = sources.iter().flat_map(|(_, source)| literals(source));
    let said: BTreeSet<&str> = literals.filter(|it| it.starts_with("script.") && is_code(it)).collect();
    assert!(said.contains("script.check.name"), "{said:?}");
    // Severities are named by their enum.
    for code in said.into_iter().chain(["script.check.error", "script.check.warning"]) {
        for language in LANGUAGES {
            assert!(templates(language).contains_key(code), "{language}: {code}");
        }
    }
}

#[test]
fn every_text_of_a_script_is_one_that_something_says() {
    let said: BTreeSet<&str> = kith_scripts::codes().iter().map(|(code, _)| *code).collect();
    let groups: BTreeSet<&str> = said.iter().filter_map(|code| Some(code.rsplit_once('.')?.0)).collect();
    let (core, runtime) = (core_sources(), runtime_sources());
    let is_said = |code: &str| {
        let literal = format!("\"{code}\"");
        core.iter().chain(&runtime).any(|(_, source)| source.contains(&literal))
    };
    for code in templates("en").keys() {
        let group = code.rsplit_once('.').map_or("", |(group, _)| group);
        let is_ours = group != "script" && groups.contains(group);
        assert!(!is_ours || said.contains(code.as_str()) || is_said(code), "nothing says {code}");
    }
}

#[test]
fn every_state_that_a_refusal_names_is_a_word_with_a_text() {
    let known: BTreeSet<String> = word_codes().collect();
    let mut missing = BTreeSet::new();
    for (path, source) in core_sources() {
        for (before, prefix) in
            [("state: \"", "state"), ("wrong(id, \"", "state"), ("wrong(channel.id, \"", "state")]
        {
            for rest in source.split(before).skip(1) {
                let word = rest.split('"').next().unwrap_or_default();
                if !known.contains(&format!("{prefix}.{word}")) {
                    missing.insert(format!("{word}, from {}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "add to engine/core/src/refusal/words.rs:\n{missing:#?}");
}

#[test]
fn the_message_files_are_grouped_by_noun_and_sorted() {
    for language in LANGUAGES {
        let (mut section, mut sections, mut codes) = (String::new(), Vec::new(), Vec::new());
        for line in file(language).lines().skip_while(|line| !line.is_empty()) {
            if let Some(title) = line.strip_prefix("# ") {
                section = title.split([':', '：']).next().unwrap_or_default().to_owned();
                sections.push(section.clone());
            } else if let Some(code) = line.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                let base = code.strip_suffix(".hint").unwrap_or(code);
                let noun = base.split_once('.').map_or("refusals", |(noun, _)| noun);
                assert_eq!(noun, section, "{language}: {code} stands in the wrong section");
                codes.push((sections.len(), code.to_owned()));
            } else {
                assert!(line.is_empty(), "{language}: not a text: {line}");
            }
        }
        assert!(codes.is_sorted(), "{language}: codes are not in order");
        let nouns = sections.split_first().map(|(first, rest)| (first.as_str(), rest));
        assert!(nouns.is_some_and(|(first, rest)| first == "refusals" && rest.is_sorted()), "{sections:?}");
    }
}

#[test]
fn no_text_is_empty_or_talks_like_a_machine() {
    for language in LANGUAGES {
        for (code, template) in templates(language) {
            assert!(!template.trim().is_empty(), "{language}: {code} is empty");
            assert_eq!(template.trim(), template, "{language}: {code} has space around it");
            for word in ["TODO", "null", "None", "error:", "Error:", "  "] {
                assert!(!template.contains(word), "{language}: {code} says {word:?}");
            }
        }
    }
}
