//! Links between the Markdown files of this repository lead somewhere.
//!
//! Checks `[text](path)` against the files and folders that exist and `#heading` against the headings of its
//! file. Addresses of the web are not followed: a test needs no network. Fenced code is not looked at.

use super::repository::{Source, assert_clean, sources};

fn check(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.extension() == "md") {
        for (line, target) in targets(source.text()) {
            if !leads_somewhere(sources, source, target) {
                complaints.push(format!("{}:{line}: `{target}` leads nowhere", source.path));
            }
        }
    }
    complaints
}

/// The lines of a document outside fenced code, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((at + 1, line))
    })
}

fn targets(text: &str) -> Vec<(usize, &str)> {
    let after_bracket =
        prose(text).flat_map(|(at, line)| line.split("](").skip(1).map(move |rest| (at, rest)));
    after_bracket.filter_map(|(at, rest)| Some((at, rest.split(')').next()?))).collect()
}

fn leads_somewhere(sources: &[Source], from: &Source, target: &str) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = resolve(&from.path, path) else { return false };
    let folder = format!("{path}/");
    match sources.iter().find(|source| source.path == path) {
        Some(found) => heading.is_empty() || headings(found.text()).iter().any(|one| one == heading),
        None => {
            heading.is_empty()
                && (path.is_empty() || sources.iter().any(|source| source.path.starts_with(&folder)))
        }
    }
}

/// The path from the root of the repository, or nothing where it leaves it.
fn resolve(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of a document: lower case, spaces as hyphens, signs dropped.
fn headings(text: &str) -> Vec<String> {
    let lines = prose(text).filter(|(_, line)| line.starts_with('#'));
    lines.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).flat_map(char::to_lowercase).collect()
}

#[test]
fn every_link_leads_somewhere() {
    assert_clean(&check(&sources()));
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::repository::Source;

    fn check_link(target: &str, expected: usize) {
        let text = format!("See [this]({target}), not `x`.\n");
        let sources = [
            Source::made_up("docs/a.md", &text),
            Source::made_up("docs/b.md", "# The `log`, now\n"),
            Source::made_up("LICENSE", ""),
        ];
        assert_eq!(check(&sources).len(), expected, "{target}");
    }

    #[test]
    fn complains_only_of_links_that_lead_nowhere() {
        for target in
            ["b.md", "./b.md#the-log-now", "../LICENSE", "../docs", "../docs/", "https://example.org/x", ".."]
        {
            check_link(target, 0);
        }
        for target in ["c.md", "b.md#the-end", "../../LICENSE", "/LICENSE/x", "#nothing", "../doc"] {
            check_link(target, 1);
        }
    }

    #[test]
    fn does_not_read_fenced_code() {
        let text = "```\n[a](nowhere)\n```\n[b](nowhere) [c](nowhere)\n";
        assert_eq!(check(&[Source::made_up("a.md", text)]).len(), 2);
    }
}
