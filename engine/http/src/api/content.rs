//! What is sent to be said: the parts of a new message, edit or announcement.

use kith_core::ids::MemberId;
use kith_core::message::{Blob, CardSubject, MediaType, Mentions, Part};
use kith_core::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::room::Ink;

/// A part of a new message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum SentPart {
    /// Plain text.
    Text {
        /// The text, at most 32 KiB.
        text: String,
    },
    /// Source code.
    Code {
        /// The code, at most 32 KiB.
        text: String,
    },
    /// A link.
    Link {
        /// Its address, `http://` or `https://`.
        url: String,
    },
    /// A member's card.
    Card {
        /// Whose.
        #[schema(value_type = String)]
        member: MemberId,
    },
    /// A picture that was put under `attachments` before.
    Image {
        /// Which.
        attachment: Attachment,
    },
    /// A voice message that was put under `attachments` before.
    Voice {
        /// Which.
        attachment: Attachment,
        /// Its length in milliseconds.
        duration_ms: u64,
    },
    /// Any other file that was put under `attachments` before.
    File {
        /// Which.
        attachment: Attachment,
        /// Its name.
        name: String,
    },
}

/// An attachment as a message names it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attachment {
    /// Its name, SHA-256 in hexadecimal digits.
    pub(crate) sha256: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// What it is, such as `image/png`.
    pub(crate) media_type: String,
}

/// A SHA-256 in hexadecimal digits.
pub(crate) fn sha256_of(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut sha256 = [0; 32];
    for (byte, digits) in sha256.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(sha256)
}

impl Attachment {
    fn blob(&self) -> Result<Blob, Problem> {
        let invalid = || Refusal::ValueInvalid {
            name: "sha256".to_owned(),
            expected: "64 hexadecimal digits".to_owned(),
        };
        let sha256 = sha256_of(&self.sha256).ok_or_else(invalid)?;
        Ok(Blob { sha256, bytes: self.bytes, media: MediaType(self.media_type.clone()) })
    }
}

/// Parts whose attachments have names of the right form.
pub(crate) struct Checked(Vec<(SentPart, Option<Blob>)>);

impl Checked {
    /// Refuses what names no attachment at all.
    pub(crate) fn of(parts: Vec<SentPart>) -> Result<Self, Problem> {
        let checked = parts.into_iter().map(|part| {
            let blob = match &part {
                SentPart::Image { attachment }
                | SentPart::Voice { attachment, .. }
                | SentPart::File { attachment, .. } => Some(attachment.blob()?),
                _ => None,
            };
            Ok((part, blob))
        });
        Ok(Self(checked.collect::<Result<_, Problem>>()?))
    }

    /// As the core takes them.
    pub(crate) fn write(self, ink: &mut Ink<'_>) -> Vec<Part> {
        self.0.into_iter().filter_map(|(part, blob)| written(part, blob, ink)).collect()
    }
}

/// One part; `check` has seen that those with an attachment have one.
fn written(part: SentPart, blob: Option<Blob>, ink: &mut Ink<'_>) -> Option<Part> {
    Some(match part {
        SentPart::Text { text } => Part::Text { body: ink.text(&text) },
        SentPart::Code { text } => Part::Code { body: ink.text(&text) },
        SentPart::Link { url } => Part::Link { body: ink.text(&url) },
        SentPart::Card { member } => Part::Card { subject: CardSubject::Member(member) },
        SentPart::Image { .. } => Part::Image { blob: blob? },
        SentPart::Voice { duration_ms, .. } => Part::Voice { blob: blob?, duration_ms },
        SentPart::File { name, .. } => Part::File { blob: blob?, name: ink.text(&name) },
    })
}

/// Who is to take note.
pub(crate) fn mentions(members: &[MemberId], all: Everybody) -> Mentions {
    Mentions { members: members.iter().copied().collect(), all: all.0 }
}

/// Whether everybody is to take note.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Everybody(bool);
