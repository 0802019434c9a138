//! Pieces that several commands show: times, names, sentences, tables.

use kith_core::body::{Bodies, BodyRef};
use kith_core::community::{Language, Zone};
use kith_core::ids::MemberId;
use kith_core::message::Part;
use kith_core::notice::{Arg, Text};
use kith_core::stream::Stream;
use kith_runtime::texts::Reader;

/// A moment in a community's zone.
pub(crate) fn moment(at_ms: u64, zone: &Zone) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|at_ms| jiff::Timestamp::from_millisecond(at_ms).ok());
    match at {
        Some(at) => at.to_zoned(zone.rules()).strftime("%Y-%m-%d %H:%M").to_string(),
        None => at_ms.to_string(),
    }
}

/// What somebody wrote, or that it is gone; without characters that move the cursor.
pub(crate) fn body(bodies: &Bodies, reference: &BodyRef) -> String {
    bodies.text(reference).map_or_else(|| "(erased)".to_owned(), printable)
}

/// A text without characters that would move the cursor; line ends become a mark.
pub(crate) fn printable(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' => '⏎',
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => '\u{fffd}',
        c => c,
    };
    text.chars().map(safe).collect()
}

/// A member's nickname, or their id where it is gone.
pub(crate) fn nickname(stream: &Stream, member: MemberId) -> String {
    let row = stream.community().and_then(|community| community.members.get(member));
    let text = row.and_then(|row| stream.bodies.text(&row.nickname));
    text.map_or_else(|| member.to_string(), printable)
}

/// The texts of a message's parts.
pub(crate) fn parts(bodies: &Bodies, parts: &[Part]) -> String {
    let shown = parts.iter().map(|part| match part {
        Part::Text { body: reference } | Part::Code { body: reference } | Part::Link { body: reference } => {
            body(bodies, reference)
        }
        Part::Card { .. } => "[card]".to_owned(),
        Part::Image { .. } => "[image]".to_owned(),
        Part::Voice { .. } => "[voice]".to_owned(),
        Part::File { name, .. } => format!("[{}]", body(bodies, name)),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The name of a serialized enum's case: `{"gate": {"open": …}}` is `gate.open`.
pub(crate) fn path_of(value: &serde_json::Value, depth: usize) -> String {
    match value {
        serde_json::Value::String(name) => name.clone(),
        serde_json::Value::Object(map) if map.len() == 1 && depth > 0 => {
            let Some((name, inner)) = map.iter().next() else { return String::new() };
            let rest = path_of(inner, depth - 1);
            if rest.is_empty() { name.clone() } else { format!("{name}.{rest}") }
        }
        _ => String::new(),
    }
}

/// A text of the message files with its arguments, each as it stands.
pub(crate) fn text(code: &str, args: &[(&str, &str)]) -> Text {
    args.iter().fold(Text::new(code), |text, (name, value)| text.with(name, Arg::Name((*value).to_owned())))
}

/// A text as a sentence that names nothing of a community.
pub(crate) fn sentence(language: Language, text: &Text) -> String {
    Reader { language, stream: None }.render(text)
}

/// Columns under each other; the last one is as long as it likes.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|it| columns_of(it)).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - columns_of(cell) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Columns of a terminal.
fn columns_of(text: &str) -> usize {
    text.chars().map(kith_runtime::blueprint::columns).sum()
}
