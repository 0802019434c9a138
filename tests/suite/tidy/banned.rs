//! Words and attributes that no source may carry: silenced lints, skipped tests, unfinished work, machine
//! paths.
//!
//! Looks at comments, code and attributes of Rust files and at every line of manifests, scripts and settings.
//! Text inside Rust string literals is only searched for machine paths. Unwraps are clippy's.

use super::repository::{Source, assert_clean, sources};
use super::rust_source::{Kind, RustSource, Token};

/// Marks of unfinished work, put together so that this file does not carry them.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Macros for the writer's own desk.
const MACROS: &[&str] = &["dbg", "todo", "unimplemented"];

/// Where somebody's machine keeps things.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

fn check(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        if source.is_rust() {
            check_rust(source, &mut complaints);
        } else if matches!(source.extension(), "toml" | "rhai" | "wit") || source.is_script() {
            let marks = UNFINISHED.iter().map(|mark| (*mark, "unfinished work belongs in an issue"));
            check_lines(source, marks, &mut complaints);
        }
        let paths = MACHINE_PATHS.iter().map(|path| (*path, "a path of one machine"));
        check_lines(source, paths, &mut complaints);
    }
    complaints
}

fn check_lines<'a>(
    source: &Source,
    banned: impl Iterator<Item = (&'a str, &'a str)>,
    complaints: &mut Vec<String>,
) {
    for (word, reason) in banned {
        for (at, line) in source.text().lines().enumerate() {
            if has_word(line, word) {
                complaints.push(format!("{}:{}: {word}: {reason}", source.path, at + 1));
            }
        }
    }
}

/// Whether `word` stands in `line` with no letter or digit before it and, if it ends in a letter, none after.
fn has_word(line: &str, word: &str) -> bool {
    let is_open =
        |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '.');
    line.match_indices(word).any(|(at, _)| {
        let after = line[at + word.len()..].chars().next();
        is_open(line[..at].chars().next_back())
            && (word.ends_with('/') || after.is_none_or(|x| !x.is_alphanumeric()))
    })
}

fn check_rust(source: &Source, complaints: &mut Vec<String>) {
    let rust = RustSource::scan(source.text());
    let mut complain = |line: usize, text: &str| complaints.push(format!("{}:{line}: {text}", source.path));
    for token in rust.tokens.iter().filter(|token| token.kind == Kind::Comment) {
        if UNFINISHED.iter().any(|mark| has_word(token.text, mark)) {
            complain(token.line, "unfinished work belongs in an issue");
        }
        if token.text.starts_with("//") && token.text.contains("```ignore") {
            complain(token.line, "an example that is not compiled; use `text`, `no_run` or make it run");
        }
    }
    for words in rust.attributes() {
        if has_call(words, "allow") {
            complain(words[0].line, "`allow` outlives its reason; write `#[expect(lint, reason = \"…\")]`");
        }
        if words.iter().any(|token| token.text == "ignore") && !has_call(words, "serde") {
            complain(words[0].line, "a test that never runs; delete it or make it run");
        }
    }
    for pair in rust.code.windows(2).filter(|pair| pair[1].text == "!" && MACROS.contains(&pair[0].text)) {
        complain(pair[0].line, &format!("`{}!` is for the writer's own desk", pair[0].text));
    }
    for function in rust.functions().iter().filter(|function| function.name.starts_with("test_")) {
        complain(function.line, &format!("`{}`: a test is a sentence without `test_`", function.name));
    }
}

/// Whether `name(` is among the words.
fn has_call(words: &[Token], name: &str) -> bool {
    words.windows(2).any(|pair| pair[0].text == name && pair[1].text == "(")
}

#[test]
fn no_source_carries_a_banned_word() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::{UNFINISHED, check};
    use crate::tidy::repository::Source;

    fn complaints_on(path: &str, text: &str) -> usize {
        check(&[Source::made_up(path, text)]).len()
    }

    #[test]
    fn complains_of_each_banned_thing() {
        let rows = [
            ("a.rs", "#[allow(dead_code)]\nfn a() {}".to_owned()),
            ("a.rs", "#![allow(dead_code)]".to_owned()),
            ("a.rs", "#[cfg_attr(test, allow(dead_code))]\nfn a() {}".to_owned()),
            ("a.rs", "#[test]\n#[ignore]\nfn a() {}".to_owned()),
            ("a.rs", "#[ignore = \"slow\"]\nfn a() {}".to_owned()),
            ("a.rs", "/// ```ignore\n/// a\nfn a() {}".to_owned()),
            ("a.rs", format!("// {}: later", UNFINISHED[0])),
            ("a.rs", "fn a() { dbg!(1); }".to_owned()),
            ("a.rs", "fn a() { todo!() }".to_owned()),
            ("a.rs", "fn a() { unimplemented!() }".to_owned()),
            ("a.rs", "#[test]\nfn test_a() {}".to_owned()),
            ("a.toml", format!("# {}", UNFINISHED[1])),
            ("run", format!("#!/bin/sh\n# {}", UNFINISHED[1])),
            ("a.md", format!("see {}x", super::MACHINE_PATHS[0])),
            ("a.rs", format!("const A: &str = \"{}x\";", super::MACHINE_PATHS[2])),
        ];
        for (path, text) in &rows {
            assert_eq!(complaints_on(path, text), 1, "{text}");
        }
    }

    #[test]
    fn leaves_innocent_neighbours_alone() {
        let rows = [
            ("a.rs", "const A: &str = \"#[allow(x)] todo!() #[ignore]\";".to_owned()),
            ("a.rs", "// an `allow` list, #[allow] and dbg!".to_owned()),
            ("a.rs", "#[expect(dead_code, reason = \"x\")]\nfn allow(ignore: u8) { allow(1) }".to_owned()),
            ("a.rs", "fn tests_a() {}\nfn todo() { todo() }".to_owned()),
            ("a.md", format!("network{}x and .{}y", super::MACHINE_PATHS[0], super::MACHINE_PATHS[0])),
            ("a.txt", UNFINISHED[0].to_owned()),
        ];
        for (path, text) in &rows {
            assert_eq!(complaints_on(path, text), 0, "{text}");
        }
    }
}
