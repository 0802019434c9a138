//! The engine's own words in refusals: states, things, what was expected. Each has a text of its own, so that
//! no reader meets `edit_window_over`. Names that an operator gave, ids and figures are shown as they are.

use crate::notice::Arg;
use crate::role::Permission;

/// States in which something cannot be done.
const STATES: &[&str] = &[
    "active",
    "applicant",
    "archived",
    "banned",
    "bot",
    "built_in",
    "claimed",
    "closed",
    "comes_by_command",
    "comes_by_folder",
    "decided",
    "deleted",
    "edit_window_over",
    "erased",
    "erasing",
    "feed",
    "founding",
    "full",
    "hand_over_first",
    "handed_over_only",
    "held",
    "in_use",
    "lapsed",
    "left",
    "live",
    "moving",
    "not_a_question",
    "not_a_reply",
    "not_due",
    "not_pinned",
    "off",
    "offered",
    "open",
    "other_channel",
    "removed",
    "removing",
    "renaming",
    "resuming",
    "review",
    "suspended",
    "suspending",
    "too_late",
    "turned_away",
    "unclaimed",
    "used_by_rule",
    "waiting",
];

/// What a refusal is about.
const THINGS: &[&str] = &[
    "about",
    "account",
    "answer",
    "appeal",
    "application",
    "author",
    "card",
    "channel",
    "code",
    "condition",
    "connector",
    "day",
    "duration_ms",
    "emoji",
    "emoji_code",
    "expire_months",
    "expires",
    "external_id",
    "field",
    "file_name",
    "greeting",
    "host",
    "image",
    "invite",
    "join",
    "kinds",
    "label",
    "level",
    "levels",
    "link",
    "list",
    "member",
    "members",
    "memo",
    "mention",
    "mention_all",
    "mention_all_per_day",
    "message",
    "messages_per_second",
    "nickname",
    "note",
    "option",
    "owner",
    "ownership_offer",
    "packet",
    "packets",
    "part",
    "password",
    "per_day_max",
    "pin",
    "planned_topic",
    "points",
    "points_granted_per_day",
    "points_supply",
    "question",
    "questions",
    "reaction",
    "reason",
    "recall",
    "record",
    "role",
    "row",
    "rule",
    "rung",
    "secret",
    "sent_per_day",
    "session",
    "share",
    "share_max",
    "shares",
    "sign_in_link",
    "slow channel",
    "storage_bytes",
    "supply_max",
    "tag",
    "text",
    "title",
    "token",
    "topic",
    "total",
    "transaction",
    "transfer",
    "transfers",
    "url",
    "voice",
    "wait",
    "waiting_max",
    "webhook",
];

/// What would have been right.
const EXPECTED: &[&str] = &[
    "argon2id",
    "emoji",
    "even",
    "event_kind",
    "future",
    "http_or_https",
    "media_type",
    "name_without_path",
    "one_each",
    "one_line",
    "password_length",
    "public_address",
    "right_password",
    "rising",
    "secret_length",
    "somebody_else",
    "sooner",
    "template",
    "up_to_an_hour",
];

/// A word of the engine's as a code of its own; any other as it is.
pub(super) fn worded(field: &str, word: String) -> Arg {
    let known = |words: &[&str]| words.contains(&word.as_str());
    let prefix = match field {
        "state" if known(STATES) => "state",
        "what" | "field" | "quota" | "name" if known(THINGS) => "thing",
        "expected" if known(EXPECTED) => "expected",
        "permission" => "permission",
        _ => return Arg::Name(word),
    };
    Arg::Code(format!("{prefix}.{word}"))
}

/// The code of every word: each needs a text.
pub fn codes() -> impl Iterator<Item = String> {
    let of = |prefix: &'static str, words: &'static [&'static str]| {
        words.iter().map(move |word| format!("{prefix}.{word}"))
    };
    let permissions = Permission::ALL.iter().map(|permission| format!("permission.{}", permission.code()));
    of("state", STATES).chain(of("thing", THINGS)).chain(of("expected", EXPECTED)).chain(permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_engine_s_own_words_have_a_text() {
        for (field, word, expected) in [
            ("state", "deleted", Arg::Code("state.deleted".to_owned())),
            ("what", "card", Arg::Code("thing.card".to_owned())),
            ("what", "rule ads", Arg::Name("rule ads".to_owned())),
            ("permission", "ban", Arg::Code("permission.ban".to_owned())),
            ("expected", "1 to 5", Arg::Name("1 to 5".to_owned())),
        ] {
            assert_eq!(worded(field, word.to_owned()), expected, "{field} {word}");
        }
    }
}
