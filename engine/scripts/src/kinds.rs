//! What values are, in a sentence: types by the names that Rhai and the table of functions have for them.

use kith_core::notice::Text;

use crate::say::kind;

/// A type, by any of its names; one that is not known is shown as it is.
pub(crate) fn of(name: &str) -> Text {
    match name.trim_start_matches("&mut ").trim_start_matches('&').trim() {
        "int" | "i64" | "decimal" => kind::number(),
        "text" | "str" | "ImmutableString" | "string" | "String" => kind::text(),
        "bool" => kind::bool(),
        "()" => kind::nothing(),
        "array" | "Array" => kind::array(),
        "map" | "Map" => kind::map(),
        "Fn" => kind::function(),
        "range" | "range=" => kind::range(),
        "kv" | "Store" => kind::store(),
        "Call" => kind::call(),
        "Card" => kind::card(),
        "Change" => kind::change(),
        "Channel" => kind::channel(),
        "Context" => kind::context(),
        "Event" => kind::event(),
        "Links" => kind::links(),
        "List" => kind::list(),
        "Member" => kind::member(),
        "Message" => kind::message(),
        "Questions" => kind::questions(),
        "Random" => kind::random(),
        "Request" => kind::request(),
        "Settings" => kind::settings(),
        "Span" => kind::span(),
        "Timer" => kind::timer(),
        "Today" => kind::today(),
        "Topic" => kind::topic(),
        "Verdict" => kind::verdict(),
        "Want" => kind::want(),
        other => kind::other(other.to_lowercase()),
    }
}

/// Several types, such as those of the values that a function got.
pub(crate) fn all(names: &str) -> Text {
    let kinds = names.split(", ").filter(|name| !name.is_empty()).map(of);
    kinds.reduce(kind::two).unwrap_or_else(kind::none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_people_say_them() {
        for (names, expected) in [
            ("", kind::none()),
            ("()", kind::nothing()),
            ("&mut Member", kind::member()),
            ("i64, &str", kind::two(kind::number(), kind::text())),
            ("Instant", kind::other("instant")),
        ] {
            assert_eq!(all(names), expected, "{names}");
        }
    }
}
