//! One message object of a Telegram Desktop export, and what it says happened.
//!
//! Service messages name the people they are about by name only; such people have their name for a key, and
//! whoever imports may know them better. A service action without a meaning here is kept as a notice under
//! Telegram's name.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::jsonl::Word;
use super::moment;
use super::row::{Author, Manner, Message, RowKind};

/// The chat that a message is of.
#[derive(Clone, Debug, Default)]
pub(super) struct Chat {
    /// Its name, where it has one.
    pub(super) name: Option<Arc<str>>,
    /// Its number, unique within Telegram.
    pub(super) id: Option<String>,
}

impl Chat {
    /// A message's id, unique across chats: an export of everything holds many chats that all count from one.
    fn message_id(&self, id: &Word) -> String {
        match &self.id {
            Some(chat) => format!("{chat}/{}", id.0),
            None => id.0.clone(),
        }
    }
}

/// The fields that matter; all others are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TelegramMessage {
    id: Option<Word>,
    #[serde(rename = "type")]
    class: String,
    date: Option<String>,
    date_unixtime: Option<Word>,
    edited: Option<String>,
    edited_unixtime: Option<Word>,
    from: Option<String>,
    from_id: Option<Word>,
    actor: Option<String>,
    actor_id: Option<Word>,
    action: Option<String>,
    title: Option<String>,
    members: Vec<Option<String>>,
    inviter: Option<String>,
    message_id: Option<Word>,
    information_text: Option<String>,
    text: Text,
    reply_to_message_id: Option<Word>,
    forwarded_from: Option<String>,
    photo: Option<String>,
    file: Option<String>,
    file_name: Option<String>,
    contact_vcard: Option<String>,
    contact_information: Option<IgnoredAny>,
    location_information: Option<IgnoredAny>,
    poll: Option<Poll>,
}

#[derive(Debug, Deserialize)]
struct Poll {
    #[serde(default)]
    question: Text,
    #[serde(default)]
    answers: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    text: Text,
}

/// A text: a string, or a list of strings and formatted pieces.
#[derive(Debug, Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

#[derive(Deserialize)]
#[serde(untagged)]
enum Piece {
    Plain(String),
    Formatted { text: String },
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text: a string or a list of strings and objects with a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pieces: A) -> Result<Text, A::Error> {
        let mut text = String::new();
        while let Some(piece) = pieces.next_element::<Piece>()? {
            let (Piece::Plain(piece) | Piece::Formatted { text: piece }) = piece;
            text.push_str(&piece);
        }
        Ok(Text(text))
    }
}

impl TelegramMessage {
    /// When it was said, in Unix milliseconds; old exports have only a local time.
    pub(super) fn moment_ms(&self, zone: &TimeZone) -> Option<u64> {
        moment_ms(self.date_unixtime.as_ref(), self.date.as_deref(), zone)
    }

    /// What happened, in order: one invitation brings many people. An error says what is missing.
    pub(super) fn happened(self, chat: &Chat, zone: &TimeZone) -> Result<Vec<RowKind>, &'static str> {
        match self.class.as_str() {
            "message" => Ok(vec![RowKind::Message(self.message(chat, zone)?)]),
            "service" => self.service(chat),
            "unsupported" => Ok(vec![RowKind::Notice { by: None, text: "unsupported".to_owned() }]),
            _ => Err("a type: message, service or unsupported"),
        }
    }

    fn message(self, chat: &Chat, zone: &TimeZone) -> Result<Message, &'static str> {
        let author =
            person(self.from.as_deref(), self.from_id.as_ref()).ok_or("from or from_id, up to 512 bytes")?;
        let attachments = self.attachments();
        let text = match self.poll {
            Some(poll) if self.text.0.is_empty() => poll.told(),
            _ => self.text.0,
        };
        Ok(Message {
            author,
            external_id: self.id.as_ref().map(|id| chat.message_id(id)),
            channel: chat.name.clone(),
            text,
            reply_to: self.reply_to_message_id.as_ref().map(|id| chat.message_id(id)),
            attachments,
            manner: Manner::Plain,
            label: None,
            forwarded_from: self.forwarded_from,
            edited_at_ms: moment_ms(self.edited_unixtime.as_ref(), self.edited.as_deref(), zone),
        })
    }

    fn attachments(&self) -> Vec<String> {
        // Where a file was left out of the export, a remark in brackets stands in place of its path.
        let path = |path: &Option<String>, otherwise: &str| {
            let path = path.as_deref()?;
            let is_remark = path.starts_with('(');
            Some(if is_remark { self.file_name.as_deref().unwrap_or(otherwise) } else { path }.to_owned())
        };
        let mut all = Vec::new();
        all.extend(path(&self.photo, "photo"));
        all.extend(path(&self.file, "file"));
        all.extend(path(&self.contact_vcard, "contact"));
        if self.contact_information.is_some() && self.contact_vcard.is_none() {
            all.push("contact".to_owned());
        }
        if self.location_information.is_some() {
            all.push("location".to_owned());
        }
        all
    }

    fn service(self, chat: &Chat) -> Result<Vec<RowKind>, &'static str> {
        let by = person(self.actor.as_deref(), self.actor_id.as_ref());
        let title = self.title.clone().unwrap_or_default();
        Ok(match self.action.as_deref().unwrap_or_default() {
            "create_group" => {
                let mut all = vec![RowKind::Topic { by: by.clone(), text: title }];
                all.extend(self.members().map(|who| joined(who, by.as_ref())));
                all
            }
            "create_channel" | "edit_group_title" => vec![RowKind::Topic { by, text: title }],
            "invite_members" => self.members().map(|who| joined(who, by.as_ref())).collect(),
            "remove_members" => self.members().map(|who| removed(who, by.as_ref())).collect(),
            "join_group_by_link" | "join_group_by_request" => {
                let invited_by = self.inviter.as_deref().and_then(Author::named);
                vec![RowKind::Joined { who: by.ok_or("an actor who joined")?, invited_by }]
            }
            "pin_message" => {
                let message = self.message_id.as_ref().ok_or("the message_id of what was pinned")?;
                vec![RowKind::Pinned { by, message: chat.message_id(message) }]
            }
            action => vec![RowKind::Notice { by, text: self.notice(action) }],
        })
    }

    /// The people a service message is about; a deleted account has no name any more.
    fn members(&self) -> impl Iterator<Item = Author> {
        self.members.iter().filter_map(|name| Author::named(name.as_deref().unwrap_or("Deleted Account")))
    }

    fn notice(&self, action: &str) -> String {
        let words = self.information_text.as_ref().or(self.title.as_ref());
        match words {
            Some(words) if action.is_empty() => words.clone(),
            Some(words) => format!("{action}: {words}"),
            None => action.to_owned(),
        }
    }
}

impl Poll {
    fn told(self) -> String {
        let answers = self.answers.iter().map(|answer| format!("\n- {}", answer.text.0));
        answers.fold(self.question.0, |told, answer| told + &answer)
    }
}

fn joined(who: Author, by: Option<&Author>) -> RowKind {
    // Who joins a public group by themselves is told as having invited themselves.
    let myself = by.filter(|by| by.shown == who.shown);
    match myself {
        Some(myself) => RowKind::Joined { who: myself.clone(), invited_by: None },
        None => RowKind::Joined { who, invited_by: by.cloned() },
    }
}

fn removed(who: Author, by: Option<&Author>) -> RowKind {
    match by.filter(|by| by.shown == who.shown) {
        Some(myself) => RowKind::Left { who: myself.clone(), why: String::new() },
        None => RowKind::Removed { who, by: by.cloned() },
    }
}

fn person(name: Option<&str>, id: Option<&Word>) -> Option<Author> {
    match id {
        Some(id) => Author::identified(&id.0, name.unwrap_or_default()),
        None => Author::named(name?),
    }
}

fn moment_ms(unix: Option<&Word>, local: Option<&str>, zone: &TimeZone) -> Option<u64> {
    match unix {
        Some(seconds) => moment::from_unix_seconds(&seconds.0),
        None => moment::from_local(local?, zone),
    }
}
