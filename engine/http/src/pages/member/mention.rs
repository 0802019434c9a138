//! Mentions as people type them: `@` and what somebody goes by.

use std::collections::BTreeSet;

use kith_core::message::Mentions;

use crate::room::Sight;
use crate::talk::nickname;

/// What calls everybody, in both languages.
const EVERYBODY: &[&str] = &["everybody", "all", "所有人", "全体成员"];
/// Letters of a mention that are looked at.
const LETTERS_MAX: usize = 60;
/// Mentions of one message that are looked up.
const MENTIONS_MAX: usize = 20;

/// What stands behind each `@`.
pub(super) fn called(text: &str) -> Vec<String> {
    let behind = text.split('@').skip(1).take(MENTIONS_MAX);
    behind.map(|rest| rest.chars().take(LETTERS_MAX).collect::<String>().to_lowercase()).collect()
}

/// Whom a text mentions: the longest name that stands behind an `@` counts, so that `@Ann` is not Anna.
pub(super) fn mentions(sight: &Sight<'_>, called: &[String]) -> Mentions {
    let mut mentions = Mentions::default();
    if called.is_empty() {
        return mentions;
    }
    mentions.all = called.iter().any(|rest| EVERYBODY.iter().any(|word| rest.starts_with(word)));
    let mut best: Vec<(usize, Option<kith_core::ids::MemberId>)> = vec![(0, None); called.len()];
    for member in sight.community.members.active() {
        let name = nickname(sight, member.id).to_lowercase();
        for (rest, best) in called.iter().zip(&mut best) {
            if name.len() > best.0 && rest.starts_with(&name) {
                *best = (name.len(), Some(member.id));
            }
        }
    }
    mentions.members = best.into_iter().filter_map(|(_, member)| member).collect::<BTreeSet<_>>();
    mentions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_each_at_is_looked_at() {
        assert_eq!(called("hi @Ann, mail a@b.c"), ["ann, mail a", "b.c"]);
        assert!(called("nobody").is_empty());
        assert_eq!(called(&"@".repeat(500)).len(), MENTIONS_MAX);
    }
}
