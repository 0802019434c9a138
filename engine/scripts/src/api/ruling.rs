//! Rulings and topics. A ruling that is made is counted: one that is not returned is a fault.

use std::sync::Arc;

use kith_core::hook::{FaultKind, Reason, Ruling, Topic as Proposed};
use kith_core::limits::{NAME_BYTES_MAX, REASON_BYTES_MAX, TEXT_BYTES_MAX};
use rhai::NativeCallContext;

use super::table::Table;
use super::value::{Topic, Verdict};
use crate::frame::{self, Answer, stop, wrong};
use crate::say;

pub(super) fn add(table: &mut Table) {
    table.add(
        ("allow() -> Verdict", "Lets it through.", "return allow();"),
        |context: NativeCallContext<'_>| make(&context, Ruling::Allow),
    );
    table.add(
        (
            "deny(code: text, text: text) -> Verdict",
            "Does not let it through. The code groups like cases; the member reads the text.",
            "if message.text.len > 500 { return deny(\"long\", \"Please keep it below 500 signs.\"); }",
        ),
        |context: NativeCallContext<'_>, code: &str, text: &str| {
            make(&context, Ruling::Deny(reason(code, text)?))
        },
    );
    table.add(
        (
            "hold(code: text, text: text) -> Verdict",
            "Lets a human look first.",
            "if message.links.len > 3 { return hold(\"links\", \"A moderator looks at it.\"); }",
        ),
        |context: NativeCallContext<'_>, code: &str, text: &str| {
            make(&context, Ruling::Hold(reason(code, text)?))
        },
    );
    table.add(
        (
            "violation(code: text, text: text) -> Verdict",
            "Reports a breach: the community's ladder decides what follows.",
            "if message.text.has_any(list(\"ad-words\")) { return violation(\"ads\", \"No ads here.\"); }",
        ),
        |context: NativeCallContext<'_>, code: &str, text: &str| {
            make(&context, Ruling::Violation(reason(code, text)?))
        },
    );
    table.add(
        (
            "rewrite(text: text) -> Verdict",
            "Lets the message through with another text; the original stays for moderators.",
            "if message.text.contains(\"teh\") { return rewrite(message.text.replaced(\"teh\", \"the\")); }",
        ),
        |context: NativeCallContext<'_>, text: &str| {
            if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
                return Err(stop(FaultKind::Effects, say::run::long_rewrite()));
            }
            make(&context, Ruling::Rewrite(text.to_owned()))
        },
    );
    table.add(
        (
            "topic(title: text, text: text) -> Topic",
            "Something to talk about; the text may be empty.",
            "topic: return [topic(\"Friday\", \"Show what you made this week.\")];",
        ),
        |title: &str, text: &str| -> Answer<Topic> {
            if title.trim().is_empty() {
                return Err(wrong(say::run::topic_title()));
            }
            Ok(Topic(Arc::new(Proposed { title: title.to_owned(), text: text.to_owned() })))
        },
    );
}

fn make(context: &NativeCallContext<'_>, ruling: Ruling) -> Answer<Verdict> {
    frame::with(|frame| {
        frame.journal.borrow_mut().rulings.push(context.call_position());
        Ok(Verdict(Arc::new(ruling)))
    })
}

fn reason(code: &str, text: &str) -> Answer<Reason> {
    let fits = !code.is_empty() && code.len() <= NAME_BYTES_MAX && !code.contains(char::is_control);
    if !fits {
        return Err(wrong(say::run::ruling_reason()));
    }
    if text.len() > REASON_BYTES_MAX {
        return Err(stop(FaultKind::Effects, say::run::long_reason(REASON_BYTES_MAX)));
    }
    Ok(Reason { code: code.to_owned(), text: text.to_owned() })
}
