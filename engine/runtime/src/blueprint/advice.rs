//! What to write instead: the TOML reader's messages turned into advice for somebody who does not program.
//!
//! The messages are matched by their beginnings; one that is not known here is shown as the reader put it.

use std::ops::Range;

/// Names listed when none is near the one that was written.
const NAMES_SHOWN_MAX: usize = 24;

/// A message of the reader, made useful.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) span: Range<usize>,
    pub(super) what: String,
    pub(super) advice: Option<String>,
}

/// What a message about a span of a text comes to.
pub(super) fn of(text: &str, span: Range<usize>, message: &str) -> Found {
    unknown_name(text, &span, message)
        .or_else(|| foreign_character(text, &span))
        .or_else(|| missing(text, &span, message))
        .or_else(|| wrong_type(&span, message))
        .or_else(|| number(text, &span, message))
        .unwrap_or_else(|| Found { advice: syntax(message), what: lowered(message), span })
}

/// `unknown field` and `unknown variant`, with the nearest known name.
fn unknown_name(text: &str, span: &Range<usize>, message: &str) -> Option<Found> {
    let (is_key, rest) = match message.strip_prefix("unknown field `") {
        Some(rest) => (true, rest),
        None => (false, message.strip_prefix("unknown variant `")?),
    };
    let (name, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let what = if is_key { format!("unknown key `{name}`") } else { format!("`{name}` is not known here") };
    let within = table_at(text, span);
    let inner = if is_key { key_in(within, name) } else { value_in(within, name) };
    let span = inner.map_or_else(|| span.clone(), |inner| span.start + inner.start..span.start + inner.end);
    Some(Found { span, what, advice: Some(nearest_or_all(name, &known)) })
}

/// A span, and the lines up to the next table: of a table the reader sometimes marks the head only.
fn table_at<'a>(text: &'a str, span: &Range<usize>) -> &'a str {
    let rest = text.get(span.end..).unwrap_or_default();
    let end = if text.get(span.start..).is_some_and(|at| at.starts_with('[')) {
        span.end + rest.find("\n[").unwrap_or(rest.len())
    } else {
        span.end
    };
    text.get(span.start..end).unwrap_or_default()
}

fn nearest_or_all(name: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|other| (distance(name, other), *other)).min();
    match nearest {
        Some((distance, other)) if distance <= 1 + name.chars().count() / 3 => {
            format!("did you mean `{other}`?")
        }
        Some(_) if known.len() <= NAMES_SHOWN_MAX => format!("write one of: {}", known.join(", ")),
        _ => "remove the line".to_owned(),
    }
}

/// How many characters have to be changed, added, dropped or swapped with their neighbour.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) =
        (left.chars().take(64).collect(), right.chars().take(64).collect());
    let mut before = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1; right.len() + 1];
        for (j, b) in right.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

/// Full-width punctuation where TOML wants plain: the commonest slip with a Chinese keyboard.
fn foreign_character(text: &str, span: &Range<usize>) -> Option<Found> {
    const PAIRS: &[(char, char)] = &[
        ('＝', '='),
        ('“', '"'),
        ('”', '"'),
        ('‘', '\''),
        ('’', '\''),
        ('，', ','),
        ('、', ','),
        ('［', '['),
        ('］', ']'),
        ('【', '['),
        ('】', ']'),
        ('｛', '{'),
        ('｝', '}'),
        ('＃', '#'),
        ('。', '.'),
        ('．', '.'),
        ('：', '='),
        ('\u{3000}', ' '),
        ('＂', '"'),
    ];
    let start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.split('\n').next()?;
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return None,
            c if !quoted => {
                if let Some((_, plain)) = PAIRS.iter().find(|(foreign, _)| *foreign == c) {
                    let shown = if *plain == ' ' { "a plain space".to_owned() } else { format!("`{plain}`") };
                    return Some(Found {
                        span: start + at..start + at + c.len_utf8(),
                        what: format!("`{c}` is full-width punctuation"),
                        advice: Some(format!(
                            "write {shown} instead (switch the keyboard to English for this)"
                        )),
                    });
                }
            }
            _ => {}
        }
    }
    None
}

/// A key that has to be there.
fn missing(text: &str, span: &Range<usize>, message: &str) -> Option<Found> {
    let name = message.strip_prefix("missing field `")?.split_once('`')?.0;
    let first = text.get(span.clone())?.split('\n').next()?.len();
    Some(Found {
        span: span.start..span.start + first,
        what: format!("`{name}` is missing here"),
        advice: Some(format!("add a line `{name} = …`")),
    })
}

/// `invalid type: string "60", expected u64`.
fn wrong_type(span: &Range<usize>, message: &str) -> Option<Found> {
    let rest = message.strip_prefix("invalid type: ")?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let advice = match expected {
        "a boolean" => "write true or false, without quotes".to_owned(),
        "a string" | "string" => "write it in quotes: \"…\"".to_owned(),
        "a sequence" => "write a list: [\"…\", \"…\"]".to_owned(),
        number if is_number(number) => "write a whole number without quotes, such as 60".to_owned(),
        "a map" => "write a table: { … }".to_owned(),
        other => format!("write {other}"),
    };
    Some(Found { span: span.clone(), what: format!("{found} does not fit here"), advice: Some(advice) })
}

/// A number out of its bounds.
fn number(text: &str, span: &Range<usize>, message: &str) -> Option<Found> {
    let rest = message.strip_prefix("invalid value: ")?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let advice = match expected {
        number if is_number(number) => {
            let negative = text.get(span.clone()).is_some_and(|value| value.starts_with('-'));
            if negative { "write a number that is not negative" } else { "write a smaller number" }.to_owned()
        }
        other => format!("write {other}"),
    };
    Some(Found { span: span.clone(), what: format!("{found} does not fit here"), advice: Some(advice) })
}

fn is_number(expected: &str) -> bool {
    ["u8", "u16", "u32", "u64", "i32", "i64", "usize"].contains(&expected)
}

fn syntax(message: &str) -> Option<String> {
    let message = message.to_lowercase();
    let advice = if message.contains("duplicate key") {
        "keep one of the two"
    } else if message.contains("string") || message.contains("quote") {
        "texts begin and end with a quote: name = \"value\""
    } else if message.contains("key") || message.contains('=') {
        "a line reads `name = value`; `#` begins a comment"
    } else {
        return None;
    };
    Some(advice.to_owned())
}

fn lowered(message: &str) -> String {
    let mut chars = message.trim_end().chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str().replace('\n', " "))
}

/// Where a name stands as a key: at a word's beginning and before `=`, `.` or `]`.
pub(super) fn key_in(text: &str, name: &str) -> Option<Range<usize>> {
    if name.is_empty() {
        return None;
    }
    text.match_indices(name).map(|(at, _)| at..at + name.len()).find(|span| {
        let before = text[..span.start].chars().next_back();
        let after = text[span.end..].trim_start_matches([' ', '"']).chars().next();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_') && matches!(after, Some('=' | '.' | ']'))
    })
}

/// Where a name stands as a value: in quotes.
fn value_in(text: &str, name: &str) -> Option<Range<usize>> {
    let quoted = format!("\"{name}\"");
    let at = text.find(&quoted).or_else(|| text.find(&format!("'{name}'")));
    at.map(|at| at..at + quoted.len()).or_else(|| key_in(text, name))
}
