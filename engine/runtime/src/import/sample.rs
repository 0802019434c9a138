//! What the tests of all formats share: a file name, and rows as short sentences that a table can hold.

use std::sync::Arc;

use jiff::Timestamp;

use super::lines::Origin;
use super::row::{BadLine, Label, Manner, Message, Row, RowKind};

/// The file that samples pretend to be.
pub(super) fn origin() -> Origin {
    Origin { index: 0, name: Arc::from("sample") }
}

/// Every row and bad line as `line moment what`, or as the message a person would see.
pub(super) fn told(rows: impl Iterator<Item = Result<Row, BadLine>>) -> Vec<String> {
    rows.map(|row| row.map_or_else(|bad| bad.to_string(), |row| sentence(&row))).collect()
}

fn sentence(row: &Row) -> String {
    let moment = i64::try_from(row.said_at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let moment = moment.map_or_else(|| row.said_at_ms.to_string(), |moment| moment.to_string());
    format!("{} {moment} {}", row.place.line, deed(&row.kind))
}

fn deed(kind: &RowKind) -> String {
    let name = |author: &super::row::Author| match author.key == author.shown {
        true => author.shown.to_string(),
        false => format!("{}[{}]", author.shown, author.key),
    };
    let by = |author: &Option<super::row::Author>| {
        author.as_ref().map_or_else(String::new, |author| format!(" by {}", name(author)))
    };
    match kind {
        RowKind::Message(message) => format!("{}{}", name(&message.author), words(message)),
        RowKind::Joined { who, invited_by } => format!("{} joined{}", name(who), by(invited_by)),
        RowKind::Left { who, why } => format!("{} left ({why})", name(who)),
        RowKind::Renamed { from, to } => format!("{} renamed {}", name(from), name(to)),
        RowKind::Removed { who, by: remover } => format!("{} removed{}", name(who), by(remover)),
        RowKind::Topic { by: author, text } => format!("topic{}: {text}", by(author)),
        RowKind::Pinned { by: author, message } => format!("pinned{}: {message}", by(author)),
        RowKind::Notice { by: author, text } => format!("notice{}: {text}", by(author)),
    }
}

fn words(message: &Message) -> String {
    let mut words = String::new();
    let mut note = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            words.push_str(&format!(" {name}={value}"));
        }
    };
    note("id", message.external_id.as_deref());
    note("in", message.channel.as_deref());
    note("re", message.reply_to.as_deref());
    note("from", message.forwarded_from.as_deref());
    note("edited", message.edited_at_ms.map(|ms| ms.to_string()).as_deref());
    message.attachments.iter().for_each(|file| note("file", Some(file)));
    note("label", message.label.map(|label| if label == Label::Spam { "spam" } else { "ham" }));
    let sign = if message.manner == Manner::Action { '*' } else { ':' };
    format!("{words}{sign} {}", message.text.replace('\n', "⏎"))
}
