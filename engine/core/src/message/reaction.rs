//! Reactions: an emoji under a message, once per member and emoji.
//!
//! An emoji is Unicode's, or a code that the community's settings name: free text would be a way around the
//! rules and, since it is not a body, around erasure.

use super::post::wrong;
use super::{Event, evidence};
use crate::channel;
use crate::decide::{Ctx, Outcome};
use crate::ids::MessageId;
use crate::limits;
use crate::refusal::Refusal;

/// Puts the actor's emoji under a message.
pub(super) fn react(ctx: &Ctx<'_>, id: MessageId, emoji: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.acting()?.id;
    if !is_emoji(emoji) && !ctx.community.messages.config.emoji_codes.contains(emoji) {
        return Err(Refusal::ValueInvalid { name: "emoji".to_owned(), expected: "emoji".to_owned() });
    }
    let found = evidence::find(ctx, id)?;
    let reactions = &found.header.reactions;
    if reactions.get(emoji).is_some_and(|members| members.contains(&member)) {
        return Err(Refusal::NothingToChange);
    }
    if !reactions.contains_key(emoji) && reactions.len() >= limits::EMOJIS_MAX {
        return Err(Refusal::TooMany { what: "emoji".to_owned(), max: limits::EMOJIS_MAX as u64 });
    }
    if found.header.reaction_count() >= limits::REACTIONS_MAX {
        return Err(Refusal::TooMany { what: "reaction".to_owned(), max: limits::REACTIONS_MAX as u64 });
    }
    let channel = channel::find_readable(ctx, found.header.channel)?;
    if channel.status != channel::Status::Open {
        return Err(wrong(channel.id, "closed"));
    }
    let recalled = found.recalled();
    out.event(Event::Reacted { message: id, member, emoji: emoji.to_owned(), recalled });
    Ok(())
}

/// Takes the actor's emoji back.
pub(super) fn unreact(ctx: &Ctx<'_>, id: MessageId, emoji: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let member = ctx.acting()?.id;
    let reactions = &evidence::find(ctx, id)?.header.reactions;
    if !reactions.get(emoji).is_some_and(|members| members.contains(&member)) {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Unreacted { message: id, member, emoji: emoji.to_owned() });
    Ok(())
}

/// Whether a text can be an emoji code of a community's own: lower-case ASCII letters, digits, `_`, `+`, `-`.
pub(super) fn is_code(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_+-".contains(&b))
}

/// Whether a text is one Unicode emoji, roughly: it begins with a pictograph, a flag letter or a keycap, and
/// what follows only joins or colours it. A full check needs Unicode's tables and would gain nothing.
fn is_emoji(text: &str) -> bool {
    if text.is_empty() || text.len() > limits::EMOJI_BYTES_MAX {
        return false;
    }
    let mut chars = text.chars();
    match chars.next() {
        // Keycaps: a digit, perhaps a variation selector, and the enclosing key.
        Some('0'..='9' | '#' | '*') => matches!(chars.as_str(), "\u{fe0f}\u{20e3}" | "\u{20e3}"),
        // Flags: exactly two letters, since more would spell words.
        Some('\u{1f1e6}'..='\u{1f1ff}') => {
            matches!(chars.next(), Some('\u{1f1e6}'..='\u{1f1ff}')) && chars.next().is_none()
        }
        Some(first) if is_pictograph(first) => is_tail(chars),
        _ => false,
    }
}

/// What may follow a first pictograph: selectors, skin tones, and further pictographs behind a joiner.
fn is_tail(mut chars: std::str::Chars<'_>) -> bool {
    while let Some(c) = chars.next() {
        let fits = match c {
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => true,
            '\u{200d}' => chars.next().is_some_and(is_pictograph),
            _ => false,
        };
        if !fits {
            return false;
        }
    }
    true
}

fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{00a9}' | '\u{00ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2934}'..='\u{2935}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f004}' | '\u{1f0cf}' | '\u{1f170}'..='\u{1f171}' | '\u{1f17e}'..='\u{1f17f}' | '\u{1f18e}'
        | '\u{1f191}'..='\u{1f19a}' | '\u{1f201}'..='\u{1f202}' | '\u{1f21a}' | '\u{1f22f}'
        | '\u{1f232}'..='\u{1f23a}' | '\u{1f250}'..='\u{1f251}' | '\u{1f300}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_emojis_from_writing() {
        let emojis = ["👍", "❤️", "👨‍👩‍👧‍👦", "👍🏽", "🇨🇳", "1️⃣", "#⃣", "㊗️", "🏳️‍🌈", "☺", "→", "🫡"];
        for emoji in emojis {
            assert!(is_emoji(emoji), "{emoji}");
        }
        let writing = [
            "",
            "a",
            "ok",
            "1",
            "12",
            "加",
            "加微",
            "👍👍",
            "👍 ",
            " 👍",
            "🇨🇳🇨🇳",
            "🇨",
            "\u{200d}",
            "👍a",
            "1️⃣2",
            "👍\u{200d}",
            "👍\u{200d}加",
            "\u{fe0f}",
            "é",
            "🅰x",
            "①",
        ];
        for text in writing {
            assert!(!is_emoji(text), "{text}");
        }
        let endless = format!("👍{}", "\u{200d}👍".repeat(50));
        assert!(!is_emoji(&endless));
    }

    #[test]
    fn codes_are_short_and_plain() {
        for code in ["a", "thumbs_up", "+1", "doge-2"] {
            assert!(is_code(code), "{code}");
        }
        for text in ["", "A", "two words", "加微", "x".repeat(33).as_str()] {
            assert!(!is_code(text), "{text}");
        }
    }
}
