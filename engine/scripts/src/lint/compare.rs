//! Comparisons that can never hold.

use kith_core::notice::Text;

use crate::say::write;

/// What to write instead of comparing these two; `None` where they can be compared or are not known.
pub(super) fn never(left: &str, right: &str) -> Option<Text> {
    let pair = |a: &str, b: &str| (left == a && right == b) || (left == b && right == a);
    let hint = if pair("int", "text") || pair("decimal", "text") {
        write::number_text()
    } else if pair("bool", "text") {
        write::bool_text()
    } else if pair("bool", "int") {
        write::bool_int()
    } else if pair("Member", "text") {
        write::member_text()
    } else if pair("Channel", "text") {
        write::channel_text()
    } else if pair("Message", "text") {
        write::message_text()
    } else if pair("Span", "int") {
        write::span_int()
    } else if pair("Links", "int") || pair("Questions", "int") || pair("array", "int") || pair("List", "int")
    {
        write::len()
    } else {
        return None;
    };
    Some(hint)
}
