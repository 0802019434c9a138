//! Comparisons that can never hold.

/// What to write instead of comparing these two; `None` where they can be compared or are not known.
pub(super) fn never(left: &str, right: &str) -> Option<String> {
    let pair = |a: &str, b: &str| (left == a && right == b) || (left == b && right == a);
    let hint = if pair("int", "text") || pair("decimal", "text") {
        "a number stands without quotes; make a number of a text with parse_int(text)"
    } else if pair("bool", "text") {
        "`true` and `false` stand without quotes"
    } else if pair("bool", "int") {
        "write `true` or `false`"
    } else if pair("Member", "text") {
        "compare `.name` or `.id` of the member"
    } else if pair("Channel", "text") {
        "compare `.name` of the channel"
    } else if pair("Message", "text") {
        "compare `.text` of the message"
    } else if pair("Span", "int") {
        "a length of time needs a unit: `7.days`, `2.hours`"
    } else if pair("Links", "int") || pair("Questions", "int") || pair("array", "int") || pair("List", "int")
    {
        "compare its `.len`"
    } else {
        return None;
    };
    Some(hint.to_owned())
}
