//! How a message looks: the same for every reader, so that it is rendered once for all who listen. Whose it
//! is and what the reader may do with it is said by classes around it.
//!
//! What can be done with it stands on a page of its own, and once in a template that the script shows beside
//! the message; each is a button of the one form of the page (`act`). So a page of fifty messages is small.

use std::collections::BTreeMap;

use kith_core::ids::MessageId;
use kith_core::message::{Ack, Header, Sort};
use maud::{Markup, html};

use crate::pages::parts::{Tone, Zoned, avatar, badge, time};
use crate::problem::Problem;
use crate::room::{Room, Sight};
use crate::talk::{Message, Reaction, Row, ShownPart};
use crate::words::Words;

/// Emoji that are offered at once; any other is the API's.
pub(super) const OFFERED: &[&str] = &["👍", "❤️", "😂", "🎉", "🙏", "👀"];
/// Messages of one author within this time stand together.
const TOGETHER_MS: u64 = 5 * 60 * 1_000;
/// Letters of a quoted message.
const QUOTE_CHARS: usize = 80;

/// A message and the one it replies to, before their words are read.
#[derive(Clone)]
pub(super) struct Found {
    row: Row,
    replied: Option<Row>,
    /// Whether it is the accepted answer to what it replies to.
    is_answer: bool,
}

impl Found {
    /// As the state has it.
    pub(super) fn of(sight: &Sight<'_>, id: MessageId) -> Option<Self> {
        let header = sight.community.messages.get(id)?;
        Some(Self::written(sight, header, &BTreeMap::new()))
    }

    /// With a header that the state may not have; `others` may be what it replies to.
    pub(super) fn written(sight: &Sight<'_>, header: &Header, others: &BTreeMap<MessageId, &Header>) -> Self {
        let find = |id| sight.community.messages.get(id).or_else(|| others.get(&id).copied());
        let replied = header.reply_to.and_then(find);
        let is_answer = replied.is_some_and(|question| question.accepted == Some(header.id));
        Self { row: Row::of(sight, header), replied: replied.map(|it| Row::of(sight, it)), is_answer }
    }
}

/// A message with its words.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) message: Message,
    pub(super) at_ms: u64,
    replied: Option<(String, String, String)>,
    is_answer: bool,
    /// Whose question it could answer.
    asker: Option<String>,
    is_question: bool,
    is_answered: bool,
    is_deleted: bool,
    is_edited: bool,
    pub(super) announcement: Option<Ack>,
    pub(super) confirmed_by_me: bool,
}

impl Told {
    /// How it begins, for a line about it.
    pub(super) fn begins(&self) -> String {
        self.message.text().chars().take(QUOTE_CHARS).collect()
    }
}

/// Reads the words of messages, those that they reply to included.
pub(super) async fn tell(room: &Room, found: Vec<Found>) -> Result<Vec<Told>, Problem> {
    let rows: Vec<Row> =
        found.iter().flat_map(|it| std::iter::once(&it.row).chain(&it.replied)).cloned().collect();
    let mut messages = room.messages(&rows).await?.into_iter();
    let mut told = Vec::with_capacity(found.len());
    for it in found {
        let Some(message) = messages.next() else { break };
        let question = it.replied.as_ref().filter(|replied| replied.header.sort == Sort::Question);
        let asker = question.filter(|_| !it.is_answer).map(|replied| replied.header.author.to_string());
        let replied = it.replied.and_then(|_| messages.next()).map(|replied| {
            let text: String = replied.text().chars().take(QUOTE_CHARS).collect();
            (replied.id, replied.author.nickname, text)
        });
        let header = &it.row.header;
        told.push(Told {
            at_ms: header.at_ms,
            replied,
            is_answer: it.is_answer,
            asker,
            is_question: header.sort == Sort::Question,
            is_answered: header.accepted.is_some(),
            is_deleted: header.deleted.is_some(),
            is_edited: header.edited_ms.is_some(),
            announcement: header.announcement,
            confirmed_by_me: it.row.confirmed.is_some_and(|(_, mine)| mine),
            message,
        });
    }
    Ok(told)
}

/// Whether a message follows one of the same author closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// It does: the author is not said again.
    Closely,
    /// It does not.
    Afresh,
}

/// How a message stands to the one before it.
pub(super) fn follows(before: Option<&Told>, it: &Told) -> Follows {
    let is_close = before.is_some_and(|before| {
        before.message.author.id == it.message.author.id
            && it.at_ms.saturating_sub(before.at_ms) < TOGETHER_MS
            && !before.is_deleted
            && it.announcement.is_none()
    });
    if is_close && it.replied.is_none() { Follows::Closely } else { Follows::Afresh }
}

/// The hand that writes messages down.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) words: Words,
    pub(super) zoned: Zoned,
    /// The community's address.
    pub(super) base: String,
}

impl Hand {
    /// A message of a day; `me` is whoever reads, where that is known.
    pub(super) fn message(&self, it: &Told, (follows, today): (Follows, &str), me: Option<&str>) -> Markup {
        let menu = html! {
            @let label = self.words.say("page.message.menu");
            a.menu href={ (self.base) "/m/" (it.message.id) } aria-label=(label) { "⋯" }
        };
        self.written(it, (&class_of(it, follows, me), today, me), menu)
    }

    /// A message with all that can be done with it.
    pub(super) fn opened(&self, it: &Told, me: Option<&str>) -> Markup {
        let menu = self.menu(&it.message.id);
        let today = self.zoned.day(it.at_ms);
        self.written(it, (&class_of(it, Follows::Afresh, me), &today, me), menu)
    }

    fn written(&self, it: &Told, (class, today, me): (&str, &str, Option<&str>), menu: Markup) -> Markup {
        let message = &it.message;
        html! {
            li class=(class) id=(message.id) data-author=(message.author.id) data-at=(it.at_ms)
                data-day=(today) data-asker=[it.asker.as_deref()] {
                (avatar(&message.author.id, &message.author.nickname))
                div.said {
                    (self.by(it))
                    @if let Some((id, author, text)) = &it.replied {
                        a.quote href={ "#" (id) } { b { (self.called(author)) } " " (text) }
                    }
                    @if it.is_deleted {
                        p.gone { (self.words.say("page.message.deleted")) }
                    } @else {
                        @for part in &message.parts { (self.part(part)) }
                    }
                    (self.reactions(message, me))
                }
                @if !it.is_deleted { (menu) }
            }
        }
    }

    fn called<'a>(&self, name: &'a str) -> &'a str {
        if name.is_empty() { self.words.say("page.members.gone") } else { name }
    }

    fn by(&self, it: &Told) -> Markup {
        html! {
            p.by {
                strong { (self.called(&it.message.author.nickname)) }
                " " (time(it.at_ms, &self.zoned.clock(it.at_ms)))
                @if it.is_edited && !it.is_deleted {
                    " " span.quiet { (self.words.say("page.message.edited")) }
                }
                @if it.message.pinned { " " (badge(Tone::Plain, self.words.say("page.message.pinned"))) }
                @if it.announcement.is_some() {
                    " " (badge(Tone::Warning, self.words.say("page.message.announcement")))
                }
                @if it.is_answer { " " (badge(Tone::Good, self.words.say("page.message.answer"))) }
                @if it.is_question {
                    @if it.is_answered {
                        " " (badge(Tone::Good, self.words.say("page.message.answered")))
                    } @else {
                        " " (badge(Tone::Plain, self.words.say("page.message.question")))
                    }
                }
            }
        }
    }

    fn part(&self, part: &ShownPart) -> Markup {
        let file = |code: &'static str, bytes: u64| self.words.fill(code, &[("size", &size(bytes))]);
        html! {
            @match part {
                ShownPart::Text { text } => p.words { (worded(text)) },
                ShownPart::Code { text } => pre { code { (text) } },
                ShownPart::Link { url } => p.words { (linked(url)) },
                ShownPart::Card { member: Some(member), .. } => p {
                    a href={ (self.base) "/members/" (member) } { (self.words.say("page.message.card")) }
                },
                ShownPart::Card { text, .. } => p.words { (text.as_deref().unwrap_or_default()) },
                ShownPart::Image { bytes, .. } => p.quiet { (file("page.message.image", *bytes)) },
                ShownPart::Voice { bytes, .. } => p.quiet { (file("page.message.voice", *bytes)) },
                ShownPart::File { name, bytes, .. } => p { (name) " " span.quiet { (size(*bytes)) } },
                ShownPart::Gone => p.gone { (self.words.say("page.message.gone")) },
            }
        }
    }

    fn reactions(&self, message: &Message, me: Option<&str>) -> Markup {
        html! {
            @if !message.reactions.is_empty() {
                div.chips { @for reaction in &message.reactions { (self.chip(&message.id, reaction, me)) } }
            }
        }
    }

    fn chip(&self, id: &str, reaction: &Reaction, me: Option<&str>) -> Markup {
        // What is rendered for everybody says nothing of who happened to ask first.
        let pressed = if reaction.mine && me.is_some() { "true" } else { "false" };
        html! {
            button.chip form="act" name="do" value={ "toggle " (id) " " (reaction.emoji) }
                aria-pressed=(pressed) {
                (reaction.emoji) " " span { (reaction.count) }
            }
        }
    }

    /// What can be done with a message; classes say by whom, and the style sheet shows what applies.
    pub(super) fn menu(&self, id: &str) -> Markup {
        let words = self.words;
        let does = |class: &str, what: &str, code: &'static str| {
            html! {
                button class=(class) form="act" name="do" value={ (what) " " (id) } { (words.say(code)) }
            }
        };
        html! {
            div.sheet {
                div.emoji {
                    @for emoji in OFFERED {
                        button form="act" name="do" value={ "toggle " (id) " " (emoji) } { (emoji) }
                    }
                }
                a.reply href={ (self.base) "/m/" (id) "/reply" } { (words.say("page.message.reply")) }
                (does("confirm", "confirm", "page.message.confirm"))
                (does("asker", "accept", "page.message.accept"))
                (does("mod pin", "pin", "page.message.pin"))
                (does("mod unpin", "unpin", "page.message.unpin"))
                a.own href={ (self.base) "/m/" (id) "/edit" } { (words.say("page.message.edit")) }
                (does("own mod bad", "delete", "page.message.delete"))
            }
        }
    }
}

/// What a message is, and to whom.
fn class_of(it: &Told, follows: Follows, me: Option<&str>) -> String {
    let mut class = "msg".to_owned();
    for (is_so, name) in [
        (me == Some(it.message.author.id.as_str()), " mine"),
        (follows == Follows::Closely, " again"),
        (it.is_question, " question"),
        (it.is_answer, " answer"),
        (it.asker.is_some() && it.asker.as_deref() == me, " asked"),
        (it.announcement.is_some(), " announced"),
        (it.message.pinned, " pinned"),
    ] {
        if is_so {
            class.push_str(name);
        }
    }
    class
}

/// A size in bytes as people read it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// A text with its links and mentions; everything else as it was written.
fn worded(text: &str) -> Markup {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let is_link = bare.starts_with("https://") || bare.starts_with("http://");
        let is_mention = bare.len() > 1 && bare.starts_with('@');
        if !is_link && !is_mention {
            plain.push_str(word);
            continue;
        }
        pieces.push(html! { (std::mem::take(&mut plain)) });
        let space = &word[bare.len()..];
        pieces.push(if is_link {
            // A full stop or a bracket ends the sentence, not the address.
            let url = bare.trim_end_matches(['.', ',', ';', ')', '。', '，', '；', '）', '！', '？', '!']);
            html! { (linked(url)) (bare[url.len()..]) (space) }
        } else {
            html! { span.mention { (bare) } (space) }
        });
    }
    html! { @for piece in pieces { (piece) } (plain) }
}

fn linked(url: &str) -> Markup {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    html! {
        @if is_web { a href=(url) rel="nofollow noopener noreferrer ugc" { (url) } } @else { (url) }
    }
}

/// What separates days.
pub(super) fn day(text: &str) -> Markup {
    html! { li.day { span { (text) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_only_web_addresses_become_links() {
        for (text, expected) in [
            ("a <b> &", "a &lt;b&gt; &amp;"),
            ("hi @Bo you", "hi <span class=\"mention\">@Bo</span> you"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            (
                "看 https://a.example/x。",
                "看 <a href=\"https://a.example/x\" rel=\"nofollow noopener noreferrer ugc\">\
                 https://a.example/x</a>。",
            ),
            ("a\nb", "a\nb"),
        ] {
            assert_eq!(worded(text).into_string(), expected, "{text}");
        }
    }

    #[test]
    fn sizes_are_told_as_people_read_them() {
        for (bytes, expected) in [(9, "9 B"), (4_096, "4 KiB"), (1_600_000, "1.5 MiB")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
