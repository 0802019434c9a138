//! The name that somebody probably meant.

/// The nearest of some names: at most a third of its signs differ, and the first of equals is taken.
pub(crate) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    let far = (written.chars().count() / 3).max(1);
    let distances = names.into_iter().filter_map(|name| {
        let distance = strsim::osa_distance(&lower, &name.to_lowercase());
        let same_head = name.chars().next() == written.chars().next();
        (distance <= far && name != written).then_some((distance, !same_head, name))
    });
    distances.min_by_key(|(distance, other_head, _)| (*distance, *other_head)).map(|(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_far_off() {
        let names = ["author", "allow", "deny", "has_any", "has_tag", "地区"];
        for (written, meant) in [
            ("autor", Some("author")),
            ("alow", Some("allow")),
            ("hasany", Some("has_any")),
            ("has_tags", Some("has_tag")),
            ("Deny", Some("deny")),
            ("地域", Some("地区")),
            ("banana", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }
}
