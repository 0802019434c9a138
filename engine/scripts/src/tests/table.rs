//! The table is true: every example in it compiles and runs, and every name it registers is documented.

use std::collections::BTreeMap;

use super::play;
use crate::cases::Case;
use crate::definitions::example;
use crate::{EVENT_KINDS, Host, Limits, definitions, entries, reference};

#[test]
fn every_example_compiles_and_runs() {
    let host = Host::new(Limits::default());
    let mut wrong = Vec::new();
    for entry in entries() {
        let (head, code) = example(entry);
        let end = match head.split('(').next().unwrap() {
            "on_message" | "on_join" | "on_card" if !code.starts_with("return") => " allow()",
            _ => "",
        };
        let source = format!("fn {head} {{ {code}{end} }}");
        if let Err(said) = host.compile(&source) {
            wrong.push(format!("{source}\n{}", said.iter().map(super::complaint).collect::<String>()));
            continue;
        }
        let about = match head.split('(').next().unwrap() {
            "on_join" => "hook = \"join\"\nsource = \"qr\"\nanswers.why = \"gardens\"\n",
            "on_card" => "change.region = \"north\"\nrename = \"anna\"\n",
            "on_command" => "command = \"/dice one two\"\n",
            "on_event" => "event = \"member.joined\"\n",
            "on_timer" => "timer = \"remind\"\nnote = 7\n",
            "propose_topics" => "topics = 3\nquestions = [\"how?\"]\n",
            _ => "text = \"hello\"\n",
        };
        let lists =
            "lists.ad-words = [\"casino\"]\nlists.topics = [\"one\", \"two\"]\nlists.friends = [\"ben\"]\n";
        let case = format!("{about}{lists}settings.max_links = 2\nauthor.card.region = \"south\"\n");
        let ran = play(&source, &case).ran;
        if let Err(fault) = ran.outcome {
            wrong.push(format!("{source}\n{:?}: {}", fault.kind, super::english(&fault.detail)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn signatures_read_back_and_are_told_once() {
    let mut seen = BTreeMap::new();
    for entry in entries() {
        let before = seen.insert(entry.signature(), ());
        assert!(before.is_none(), "{} stands there twice", entry.signature());
        assert!(entry.doc.ends_with('.') || entry.doc.ends_with('`'), "{}", entry.doc);
    }
    assert!(entries().len() > 90, "{}", entries().len());
}

#[test]
fn definitions_and_reference_hold_everything() {
    let (definitions, reference) = (definitions(), reference());
    for entry in entries() {
        assert!(definitions.contains(entry.name) && reference.contains(&entry.signature()), "{}", entry.name);
    }
    for kind in EVENT_KINDS {
        assert!(reference.contains(&format!("| `{}` |", kind.kind)), "{}", kind.kind);
    }
    assert!(definitions.contains("fn get author(self: Message) -> Member;"));
    assert!(serde_json::to_string(entries()).unwrap().contains("\"on\":\"Member\""));
}

#[test]
fn a_case_without_a_hook_asks_the_one_it_is_about() {
    let asked = |text: &str| toml::from_str::<Case>(text).unwrap().asked().name();
    assert_eq!(asked("text = \"x\""), "message");
    assert_eq!(asked("answers.why = \"x\""), "join");
    assert_eq!(asked("command = \"/x\""), "command");
    assert_eq!(asked("event = \"member.joined\""), "event");
}
