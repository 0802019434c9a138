//! “Your first rule in ten minutes”, read and done as it stands: files are saved, commands run, and each line
//! of what it says they print has to be printed.
//!
//! A fence `rhai file=NAME` is a file. In a fence `sh` each line is a command; `# ends with N` is its exit
//! code, else 0. A fence `text` holds lines that the commands before it print, in this order. A comment
//! `said: NAME: TEXT` is a message of a member, refused or not.

use kith::opened::Opened;
use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::message::{self, Mentions, Part, Sort};
use kith_runtime::draft::{AskError, Draft};
use kith_runtime::engine::Options;
use kith_runtime::mint::Mint;

use crate::cli::Desk;

const TUTORIAL: &str = include_str!("../../../docs/scripts/first-rule.md");

/// What the tutorial asks for, in its order.
enum Step {
    Save { file: String, text: String },
    Run { line: String, code: u8 },
    Prints(Vec<String>),
    Said { who: String, text: String },
}

fn steps(document: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(said) = line.strip_prefix("<!-- said: ") {
            let said = said.trim_end_matches(" -->");
            let (who, text) = said.split_once(": ").expect("who, then what");
            steps.push(Step::Said { who: who.to_owned(), text: text.to_owned() });
        }
        let Some(fence) = line.strip_prefix("```") else { continue };
        let inner: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match fence.split_once(" file=") {
            Some((_, file)) => {
                steps.push(Step::Save { file: file.to_owned(), text: inner.join("\n") + "\n" });
            }
            None if fence == "sh" => steps.extend(inner.iter().map(|line| command(line))),
            None if fence == "text" => {
                steps.push(Step::Prints(inner.iter().map(|line| line.trim().to_owned()).collect()));
            }
            None => panic!("a fence that means nothing: {fence}"),
        }
    }
    steps
}

fn command(line: &str) -> Step {
    let (line, code) = match line.split_once(" # ends with ") {
        Some((line, code)) => (line, code.parse().expect("an exit code")),
        None => (line, 0),
    };
    Step::Run { line: line.to_owned(), code }
}

/// Lets a member write, as the group's own client would.
fn say(desk: &Desk, who: &str, text: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let opened = Opened::open(&desk.path("data"), Box::new(|_| {})).unwrap();
        let engine = opened.engine(Options::default());
        let operator = kith_runtime::host::Operator::start(&engine, &Mint::System).await.unwrap();
        let group = operator.resolve("tea").await.unwrap().unwrap().id;
        let name = who.to_owned();
        let found = engine.view(group, move |stream| {
            let community = stream.community().unwrap();
            let named = |id: &kith_core::body::BodyRef| stream.bodies.text(id) == Some(name.as_str());
            let member = community.members.iter().find(|member| named(&member.nickname)).unwrap().id;
            (member, community.channels.common().next().unwrap().id)
        });
        let (member, channel) = found.await.unwrap();
        let (mut bodies, at_ms) = (Bodies::default(), engine.ports().clock.wall_ms());
        let body = Mint::System.text(&mut bodies, at_ms, member, text);
        let (parts, mentions) = (vec![Part::Text { body }], Mentions::default());
        let post = message::Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions };
        let id = Mint::System.command(at_ms);
        let draft = Draft::new(id, group, Actor::Member(member), post).with_bodies(bodies);
        match engine.ask(draft).await {
            Ok(_) | Err(AskError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
        engine.stop().await;
    });
}

/// A command line with its files in the desk's folder.
fn here(line: &str) -> String {
    let is_file = |word: &str| word == "data" || word.ends_with(".rhai") || word.ends_with(".csv");
    let words = line.split(' ').skip(1);
    let words = words.map(|word| if is_file(word) { format!("@{word}") } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_tutorial_does_what_it_says() {
    let desk = Desk::new();
    let mut printed = String::new();
    let mut is_told = false;
    for step in steps(TUTORIAL) {
        match step {
            Step::Save { file, text } => {
                desk.write(&file, &text);
            }
            Step::Said { who, text } => say(&desk, &who, &text),
            Step::Run { line, code } => {
                if std::mem::take(&mut is_told) {
                    printed.clear();
                }
                let ended = desk.run(&format!("--language en {}", here(&line)));
                assert_eq!(ended.code, code, "{line}: {}{}", ended.out, ended.err);
                let folder = format!("{}/", desk.path("").display());
                printed
                    .push_str(&format!("{}{}", ended.out, ended.err).replace(&folder.replace("//", "/"), ""));
            }
            Step::Prints(lines) => {
                is_told = true;
                let mut rest = printed.as_str();
                for line in lines {
                    let at = rest.find(line.as_str());
                    let at = at.unwrap_or_else(|| panic!("not printed, or not here: {line}\n{printed}"));
                    rest = &rest[at + line.len()..];
                }
            }
        }
    }
}
