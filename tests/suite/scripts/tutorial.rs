//! “Your first rule in ten minutes”, read and done as it stands: files are saved, commands run, and each line
//! of what it says they print has to be printed.
//!
//! A fence `rhai file=NAME` is a file. In a fence `sh` each line is a command; `# ends with N` is its exit
//! code, else 0. A fence `text` holds lines that the commands before it print, in this order. A comment
//! `said: NAME: TEXT` is a message of a member, refused or not.

use super::say;
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
            Step::Said { who, text } => say(&desk, "tea", (&who, &text)),
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

#[test]
fn the_two_mistakes_are_told_in_chinese() {
    let desk = Desk::new();
    let mut sources = steps(TUTORIAL).into_iter().filter_map(|step| match step {
        Step::Save { file, text } if file == "loans.rhai" => Some(text),
        _ => None,
    });
    desk.write("loans.rhai", &sources.next().expect("the source with two mistakes"));
    let ended = desk.run("--language zh-CN script check @loans.rhai");
    assert_eq!(ended.code, 1, "{}", ended.err);
    let folder = format!("{}/", desk.path("").display()).replace("//", "/");
    insta::assert_snapshot!(ended.out.replace(&folder, ""));
    desk.write("loans.rhai", &sources.next().expect("the source without them"));
    assert_eq!(desk.run("--language zh-CN script check @loans.rhai").code, 0);
}
