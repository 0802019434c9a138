//! The table in the forms that others read: definitions for editors, a reference for authors, rows for tools.

use std::fmt::Write;

use crate::api::{API, EVENT_KINDS, Entry, Shape};

/// Every function, method and property, in the order of the reference.
pub fn entries() -> &'static [Entry] {
    &API.entries
}

/// A type as Rhai writes it.
fn rhai_type(kind: &str) -> &str {
    match kind {
        "text" => "String",
        "array" => "Array",
        "any" => "?",
        "decimal" => "Decimal",
        "kv" => "Store",
        other => other,
    }
}

/// The text of a `.d.rhai` file, for editors.
pub fn definitions() -> String {
    let mut out = String::from("module static;\n");
    for entry in entries() {
        let lines = entry.example.replace('\n', "\n/// ");
        let _ = write!(out, "\n/// {}\n///\n/// ```rhai\n/// {lines}\n/// ```\n", entry.doc);
        let own = (!entry.on.is_empty()).then(|| format!("self: {}", rhai_type(entry.on)));
        let rest = entry.parameters.iter().map(|one| format!("{}: {}", one.name, rhai_type(one.kind)));
        let parameters: Vec<String> = own.into_iter().chain(rest).collect();
        let head = if entry.call == Shape::Property { "fn get " } else { "fn " };
        let _ =
            writeln!(out, "{head}{}({}) -> {};", entry.name, parameters.join(", "), rhai_type(entry.returns));
    }
    out
}

/// The reference for authors, as Markdown: everything that can be said, by what it belongs to, and every kind
/// of event with its fields.
pub fn reference() -> String {
    let mut out = String::from("# What scripts can say\n");
    let mut groups: Vec<&str> = Vec::new();
    for entry in entries() {
        if !groups.contains(&entry.on) {
            groups.push(entry.on);
        }
    }
    groups.sort_by_key(|on| !on.is_empty());
    for group in groups {
        let title = if group.is_empty() { "Functions" } else { group };
        let _ = write!(out, "\n## {title}\n");
        for entry in entries().iter().filter(|entry| entry.on == group) {
            let (hook, code) = example(entry);
            let _ = write!(
                out,
                "\n### `{}`\n\n{}\n\n```rhai\n// {hook}\n{code}\n```\n",
                entry.signature(),
                entry.doc
            );
        }
    }
    out.push_str("\n# Events\n\n| `event.kind` | fields |\n|---|---|\n");
    for kind in EVENT_KINDS {
        let fields: Vec<String> =
            kind.fields.iter().map(|(name, kind)| format!("`event.{name}`: {kind}")).collect();
        let _ = writeln!(out, "| `{}` | {} |", kind.kind, fields.join(", "));
    }
    out
}

/// An entry's example: the head of its hook's function, and its lines.
pub(crate) fn example(entry: &Entry) -> (&'static str, &'static str) {
    const HEADS: [(&str, &str); 6] = [
        ("join: ", "on_join(ctx, request)"),
        ("card: ", "on_card(ctx, change)"),
        ("command: ", "on_command(ctx, call)"),
        ("event: ", "on_event(ctx, event)"),
        ("timer: ", "on_timer(ctx, timer)"),
        ("topic: ", "propose_topics(ctx, want)"),
    ];
    let found = HEADS.iter().find_map(|(prefix, head)| Some((*head, entry.example.strip_prefix(prefix)?)));
    found.unwrap_or(("on_message(ctx, message)", entry.example))
}
