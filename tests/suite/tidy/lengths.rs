//! Lines, functions and files stay short enough to be read.
//!
//! A line has at most 110 letters, a Chinese one counted once; a function 70 lines; a file 500 lines outside
//! its tests. Lines inside a literal of several lines are data and free. Test code is free in the last two.

use super::repository::{Source, assert_clean, sources};
use super::rust_source::{Kind, RustSource};

/// rustfmt's `max_width` says the same.
const LINE_LETTERS_MAX: usize = 110;
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;

/// Long pure tables, each with its reason: a table cut in two is harder to read than a long one.
const LONG_TABLES: &[(&str, &str)] = &[];

fn check(sources: &[Source], long_tables: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| is_measured(source)) {
        if source.is_rust() {
            check_rust(source, long_tables, &mut complaints);
        } else {
            check_lines(source, |_| false, &mut complaints);
        }
    }
    for (path, _) in long_tables.iter().filter(|row| !sources.iter().any(|source| source.path == row.0)) {
        complaints.push(format!("{path}: exempt from the length of a file, but not there"));
    }
    complaints
}

/// Message files are texts, one a line whatever its length: broken ones would read worse.
fn is_measured(source: &Source) -> bool {
    let is_texts = source.path.split('/').any(|part| part == "messages");
    !is_texts && (source.is_script() || matches!(source.extension(), "rs" | "rhai" | "toml" | "wit"))
}

fn check_lines(source: &Source, is_free: impl Fn(usize) -> bool, complaints: &mut Vec<String>) {
    for (at, line) in source.text().lines().enumerate() {
        let letters = line.chars().count();
        if letters > LINE_LETTERS_MAX && !is_free(at + 1) {
            complaints.push(format!("{}:{}: {letters} letters, of {LINE_LETTERS_MAX}", source.path, at + 1));
        }
    }
}

fn check_rust(source: &Source, long_tables: &[(&str, &str)], complaints: &mut Vec<String>) {
    let rust = RustSource::scan(source.text());
    let texts: Vec<_> = rust.code.iter().filter(|token| token.kind == Kind::Text).collect();
    let is_data = |line: usize| texts.iter().any(|text| text.line < line && line <= text.line_last);
    check_lines(source, is_data, complaints);
    if source.is_test() {
        return;
    }
    for function in rust.functions() {
        if function.lines > FUNCTION_LINES_MAX && !rust.is_test_line(function.line) {
            let (name, line, lines) = (function.name, function.line, function.lines);
            complaints
                .push(format!("{}:{line}: `{name}` has {lines} lines, of {FUNCTION_LINES_MAX}", source.path));
        }
    }
    let lines = (1..=source.text().lines().count()).filter(|line| !rust.is_test_line(*line)).count();
    let is_exempt = long_tables.iter().any(|row| row.0 == source.path);
    if lines > FILE_LINES_MAX && !is_exempt {
        complaints.push(format!(
            "{}: {lines} lines outside tests, of {FILE_LINES_MAX}; split by noun",
            source.path
        ));
    }
    if lines <= FILE_LINES_MAX && is_exempt {
        complaints.push(format!("{}: exempt from the length of a file without need", source.path));
    }
}

#[test]
fn lines_functions_and_files_are_short() {
    assert_clean(&check(&sources(), LONG_TABLES));
}

#[cfg(test)]
mod tests {
    use super::{FILE_LINES_MAX, FUNCTION_LINES_MAX, LINE_LETTERS_MAX, check};
    use crate::tidy::repository::Source;

    fn complaints_on(path: &str, text: &str) -> usize {
        check(&[Source::made_up(path, text)], &[]).len()
    }

    fn function_of(lines: usize) -> String {
        format!("fn a() {{{}}}", "\n".repeat(lines - 1))
    }

    #[test]
    fn complains_of_long_lines_and_counts_a_chinese_letter_once() {
        for letter in ["x", "群"] {
            let fits = format!("//{}", letter.repeat(LINE_LETTERS_MAX - 2));
            assert_eq!(complaints_on("a.rs", &fits), 0);
            assert_eq!(complaints_on("a.rs", &format!("{fits}{letter}")), 1);
            assert_eq!(complaints_on("a.toml", &format!("{fits}{letter}")), 1);
            assert_eq!(complaints_on("a.md", &format!("{fits}{letter}")), 0);
        }
        let data = format!("const A: &str = \"\n{}\n\";", "x".repeat(LINE_LETTERS_MAX + 1));
        assert_eq!(complaints_on("a.rs", &data), 0);
    }

    #[test]
    fn complains_of_long_functions_outside_tests() {
        let long = function_of(FUNCTION_LINES_MAX + 1);
        assert_eq!(complaints_on("engine/a.rs", &function_of(FUNCTION_LINES_MAX)), 0);
        assert_eq!(complaints_on("engine/a.rs", &long), 1);
        assert_eq!(complaints_on("engine/a.rs", &format!("#[test]\n{long}")), 0);
        assert_eq!(complaints_on("engine/a/tests.rs", &long), 0);
    }

    #[test]
    fn complains_of_long_files_and_of_exemptions_without_need() {
        let (fits, long) = ("//\n".repeat(FILE_LINES_MAX), "//\n".repeat(FILE_LINES_MAX + 1));
        let with_tests = format!("{fits}#[cfg(test)]\nmod tests {{\n}}\n");
        assert_eq!(complaints_on("a.rs", &with_tests), 0);
        assert_eq!(complaints_on("a.rs", &long), 1);
        let table = [("a.rs", "one row a code")];
        assert!(check(&[Source::made_up("a.rs", &long)], &table).is_empty());
        assert_eq!(check(&[Source::made_up("a.rs", &fits)], &table).len(), 1);
        assert_eq!(check(&[], &table).len(), 1);
    }
}
