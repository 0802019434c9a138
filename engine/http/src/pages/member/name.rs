//! Names in communities whose names have a form: people say what they go by, and the rest of the name is
//! made of their card.

use std::collections::BTreeMap;

use kith_core::card::{Field, NICKNAME};
use kith_core::text::template::Template;

/// The name of somebody as the community's template has it, from the card they filled in. What they typed
/// stands where it fits already, where there is no template, or where the card lacks something: then the
/// core says what.
pub(super) fn formed(template: Option<&str>, typed: &str, card: &BTreeMap<String, String>) -> String {
    let Some(template) = template.and_then(|source| Template::parse(source).ok()) else {
        return typed.to_owned();
    };
    // A whole name has every part that the card gives.
    let says = |field: &str| card.get(field).is_none_or(|value| typed.contains(value.as_str()));
    if template.read(typed).is_ok() && template.fields().filter(|field| *field != NICKNAME).all(says) {
        return typed.to_owned();
    }
    let value_of = |field: &str| {
        if field == NICKNAME { Some(typed) } else { card.get(field).map(String::as_str) }
    };
    template.render(value_of).unwrap_or_else(|_| typed.to_owned())
}

/// A template as people read it: `{city}-{nickname}` is `city-Name`.
pub(super) fn told(template: &str, fields: &[Field], nickname: &str) -> String {
    let labelled = fields
        .iter()
        .fold(template.to_owned(), |told, field| told.replace(&format!("{{{}}}", field.name), &field.name));
    labelled.replace(&format!("{{{NICKNAME}}}"), nickname)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_the_card_unless_it_is_whole_already() {
        let card = BTreeMap::from([("city".to_owned(), "上海".to_owned())]);
        for (template, typed, expected) in [
            (Some("{city}-{nickname}"), "小雨", "上海-小雨"),
            (Some("{city}-{nickname}"), "上海-小雨", "上海-小雨"),
            (Some("{job}-{nickname}"), "小雨", "小雨"),
            (None, "小雨", "小雨"),
        ] {
            assert_eq!(formed(template, typed, &card), expected, "{typed}");
        }
    }
}
