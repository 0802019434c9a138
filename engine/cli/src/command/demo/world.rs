//! The demo's world in one language: its blueprint, its people, what they say, and the words of the demo.
//!
//! Everything that anybody reads is in `en/` and `zh-CN/`, never in the code; a test holds both to the same
//! story.

use std::collections::BTreeMap;

use kith_core::community::{Blueprint, Language};
use kith_core::gate;
use kith_runtime::blueprint::{self, Source};
use serde::Deserialize;

use super::dice::Dice;
use crate::failure::Failure;

/// A world.
pub(super) struct World {
    /// The demo's own words, by name.
    words: BTreeMap<String, String>,
    pub(super) blueprint: Blueprint,
    pub(super) people: People,
    pub(super) talk: Talk,
    pub(super) trouble: Trouble,
    /// Sources of scripts by name and version.
    scripts: [(&'static str, u32, &'static str); 5],
}

/// Who there is.
#[derive(Deserialize)]
pub(super) struct People {
    names: String,
    spammers: String,
    pub(super) good_answers: Vec<String>,
    pub(super) bad_answers: Vec<String>,
}

/// What people talk about.
#[derive(Deserialize)]
pub(super) struct Talk {
    pub(super) hellos: Vec<String>,
    pub(super) farewells: Vec<String>,
    pub(super) emoji: Vec<String>,
    pub(super) agreeing: Vec<String>,
    pub(super) topic_replies: Vec<String>,
    slots: BTreeMap<String, Vec<String>>,
    #[serde(rename = "thread")]
    pub(super) threads: Vec<Thread>,
    #[serde(rename = "question")]
    pub(super) questions: Vec<Thread>,
}

/// A few lines of several people.
#[derive(Deserialize)]
pub(super) struct Thread {
    lines: Vec<String>,
}

/// What goes wrong.
#[derive(Deserialize)]
pub(super) struct Trouble {
    pub(super) ads: Vec<String>,
    pub(super) false_alarms: Vec<String>,
    pub(super) newcomer_false_alarms: Vec<String>,
    pub(super) flood: Vec<String>,
    pub(super) appeals: Vec<String>,
    pub(super) bold_appeals: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) notices: Vec<String>,
}

/// What a line answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// Nothing.
    Nothing,
    /// The line before.
    Before,
    /// The first line, and it is accepted.
    Question,
}

/// One line of a thread.
pub(super) struct Line<'a> {
    /// The speaker's place among those who take part.
    pub(super) speaker: usize,
    pub(super) answers: Answers,
    pub(super) text: &'a str,
}

impl Thread {
    /// Its lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().filter_map(|line| {
            let (mut signs, text) = (line.chars(), line.get(2..)?);
            let speaker = usize::try_from(u32::from(signs.next()?).checked_sub(u32::from('a'))?).ok()?;
            let answers = match signs.next()? {
                '*' => Answers::Question,
                '>' => Answers::Before,
                _ => Answers::Nothing,
            };
            Some(Line { speaker, answers, text: text.trim() })
        })
    }
}

impl People {
    /// Those who live here: the owner, three moderators, everybody else.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = &str> {
        self.names.split_whitespace()
    }

    /// Those who come to sell.
    pub(super) fn spammers(&self) -> impl Iterator<Item = &str> {
        self.spammers.split_whitespace()
    }
}

impl Talk {
    /// One of a slot's words.
    pub(super) fn slot(&self, name: &str, place: usize) -> &str {
        self.slots.get(name).and_then(|words| words.get(place)).map_or("", String::as_str)
    }

    /// What the slots stand for in one thread.
    pub(super) fn fill(&self, dice: &mut Dice) -> BTreeMap<String, String> {
        self.slots.iter().map(|(slot, words)| (slot.clone(), dice.word(words).to_owned())).collect()
    }
}

/// A text with its slots filled; one without a meaning stays and a test sees it. A sentence that begins with
/// a filled word begins with a capital.
pub(super) fn filled(text: &str, slots: &BTreeMap<String, String>) -> String {
    let mut out = text.to_owned();
    for (slot, word) in slots {
        out = out.replace(&format!("{{{slot}}}"), word);
    }
    let mut signs = out.chars();
    match signs.next() {
        Some(first) if text.starts_with('{') => first.to_uppercase().chain(signs).collect(),
        _ => out,
    }
}

macro_rules! world {
    ($folder:literal) => {{
        let sources = [
            Source { path: "community.toml", text: include_str!(concat!($folder, "/community.toml")) },
            Source { path: "lists/ads.txt", text: include_str!(concat!($folder, "/ads.txt")) },
            Source { path: "lists/topics.txt", text: include_str!(concat!($folder, "/topics.txt")) },
        ];
        let written = "the demo's files are TOML: a test reads them";
        Self {
            words: toml::from_str(include_str!(concat!($folder, "/words.toml"))).expect(written),
            people: toml::from_str(include_str!(concat!($folder, "/people.toml"))).expect(written),
            talk: toml::from_str(include_str!(concat!($folder, "/talk.toml"))).expect(written),
            trouble: toml::from_str(include_str!(concat!($folder, "/trouble.toml"))).expect(written),
            blueprint: blueprint::parse(&sources)?,
            scripts: [
                ("guard", 1, include_str!(concat!($folder, "/guard-1.rhai"))),
                ("guard", 2, include_str!(concat!($folder, "/guard-2.rhai"))),
                ("guard", 3, include_str!(concat!($folder, "/guard-3.rhai"))),
                ("hello", 1, include_str!(concat!($folder, "/hello-1.rhai"))),
                ("hello", 2, include_str!(concat!($folder, "/hello-2.rhai"))),
            ],
        }
    }};
}

impl World {
    /// The world of a language.
    pub(super) fn of(language: Language) -> Result<Self, Failure> {
        Ok(match language {
            Language::English => world!("en"),
            Language::Chinese => world!("zh-CN"),
        })
    }

    /// One of the demo's words.
    pub(super) fn word(&self, name: &str) -> &str {
        self.words.get(name).map_or("", String::as_str)
    }

    /// The same with its `{arguments}`.
    pub(super) fn told(&self, name: &str, arguments: &[(&str, &str)]) -> String {
        let fill = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
        arguments.iter().fold(self.word(name).to_owned(), fill)
    }

    /// The source of a script.
    pub(super) fn script(&self, name: &str, version: u32) -> &'static str {
        let found = self.scripts.iter().find(|script| script.0 == name && script.1 == version);
        found.map_or("", |script| script.2)
    }

    /// The name of the question at the gate.
    pub(super) fn question(&self) -> String {
        let name = self.blueprint.gate.conditions.iter().find_map(|condition| match condition {
            gate::Condition::Questions(terms) => {
                terms.questions.first().map(|question| question.name.clone())
            }
            _ => None,
        });
        name.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> [World; 2] {
        [Language::English, Language::Chinese].map(|language| World::of(language).expect("it loads"))
    }

    #[test]
    fn both_languages_tell_the_same_story() {
        let [english, chinese] = both();
        assert!(english.words.keys().eq(chinese.words.keys()));
        let shape = |world: &World| {
            let lines = |threads: &[Thread]| threads.iter().map(|it| it.lines().count()).collect::<Vec<_>>();
            (lines(&world.talk.threads), lines(&world.talk.questions), world.trouble.ads.len())
        };
        assert_eq!(shape(&english), shape(&chinese));
    }

    #[test]
    fn every_slot_has_words_and_every_name_its_own_person() {
        for world in both() {
            let slots = world.talk.fill(&mut Dice::of(1));
            let threads = world.talk.threads.iter().chain(&world.talk.questions);
            let lines = threads.flat_map(|thread| thread.lines().map(|line| line.text));
            for text in lines.chain(world.talk.topic_replies.iter().map(String::as_str)) {
                let text = filled(text, &slots).replace("{A}", "").replace("{B}", "").replace("{C}", "");
                assert!(!text.is_empty() && !text.contains('{'), "{text}");
            }
            let names: Vec<&str> = world.people.neighbours().chain(world.people.spammers()).collect();
            let different: std::collections::BTreeSet<&&str> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "two people of one name");
            assert!(names.len() > 130, "{}", names.len());
        }
    }
}
