//! What a message is made of, and which shapes of it are refused.
//!
//! Texts and names that people wrote are bodies. Files are blobs: the record names them by hash, length and
//! type; the store has them before the record is written. A type is what the sender says it is: who shows a
//! blob must not trust it further than that.

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::Ctx;
use crate::ids::MemberId;
use crate::limits;
use crate::refusal::Refusal;

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text {
        /// The text.
        body: BodyRef,
    },
    /// Source code, shown as written.
    Code {
        /// The code.
        body: BodyRef,
    },
    /// A link that is shown as such.
    Link {
        /// Its address, `http://` or `https://`.
        body: BodyRef,
    },
    /// Somebody's card.
    Card {
        /// Whose.
        subject: CardSubject,
    },
    /// A picture.
    Image {
        /// The picture; its type is `image/…`.
        blob: Blob,
    },
    /// A voice message.
    Voice {
        /// The sound; its type is `audio/…`.
        blob: Blob,
        /// Its length.
        duration_ms: u64,
    },
    /// Any other file.
    File {
        /// Its content.
        blob: Blob,
        /// Its name as the sender has it.
        name: BodyRef,
    },
}

impl Part {
    /// The body of a text or code part.
    pub fn text(&self) -> Option<&BodyRef> {
        match self {
            Self::Text { body } | Self::Code { body } => Some(body),
            _ => None,
        }
    }

    /// What somebody wrote in it.
    pub fn body(&self) -> Option<&BodyRef> {
        match self {
            Self::Text { body } | Self::Code { body } | Self::Link { body } => Some(body),
            Self::Card { subject: CardSubject::Written(body) } => Some(body),
            Self::File { name, .. } => Some(name),
            Self::Card { .. } | Self::Image { .. } | Self::Voice { .. } => None,
        }
    }
}

/// Whose card a part shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardSubject {
    /// A member's of this community.
    Member(MemberId),
    /// Somebody's from elsewhere, as the sender wrote it.
    Written(BodyRef),
}

/// A file in the blob store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// SHA-256 that names it in the store.
    #[serde(with = "serde_bytes")]
    pub sha256: [u8; 32],
    /// Its length.
    pub bytes: u64,
    /// What the sender says it is.
    pub media: MediaType,
}

/// A media type without parameters, such as `image/png`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(pub String);

impl MediaType {
    /// Whether it has the form `type/subtype` in lower case (RFC 6838, section 4.2) and is no longer than
    /// allowed.
    pub fn is_valid(&self) -> bool {
        let name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b))
        };
        self.0.len() <= limits::MEDIA_TYPE_BYTES_MAX
            && self.0.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
    }
}

/// A message's texts in the order of its parts: what rules read and measures count.
///
/// Refuses a shape that no message can have, in the order of the parts.
pub(super) fn check<'a>(ctx: &Ctx<'a>, parts: &[Part]) -> Result<Vec<&'a str>, Refusal> {
    if parts.is_empty() {
        return Err(Refusal::TextEmpty { field: "message".to_owned() });
    }
    if parts.len() > limits::PARTS_MAX {
        return Err(Refusal::TooMany { what: "part".to_owned(), max: limits::PARTS_MAX as u64 });
    }
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        texts.extend(check_part(ctx, part)?);
    }
    if texts.iter().map(|text| text.len()).sum::<usize>() > limits::MESSAGE_BYTES_MAX {
        return Err(too_long("message", limits::MESSAGE_BYTES_MAX));
    }
    Ok(texts)
}

fn check_part<'a>(ctx: &Ctx<'a>, part: &Part) -> Result<Option<&'a str>, Refusal> {
    match part {
        Part::Text { body } => written(ctx, "text", body, limits::TEXT_BYTES_MAX).map(Some),
        Part::Code { body } => written(ctx, "code", body, limits::TEXT_BYTES_MAX).map(Some),
        Part::Link { body } => {
            let address = written(ctx, "link", body, limits::LINK_BYTES_MAX)?;
            let known = address.starts_with("https://") || address.starts_with("http://");
            if !known || address.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(invalid("link", "http_or_https"));
            }
            Ok(Some(address))
        }
        Part::Card { subject: CardSubject::Written(body) } => {
            written(ctx, "card", body, limits::TEXT_BYTES_MAX).map(Some)
        }
        Part::Card { subject: CardSubject::Member(_) } => Ok(None),
        Part::Image { blob } => {
            // A vector picture is a document with scripts in it: sent as a file, not shown in place.
            if !blob.media.0.starts_with("image/") || blob.media.0.starts_with("image/svg") {
                return Err(invalid("image", "media_type"));
            }
            check_blob(blob, "image", limits::IMAGE_BYTES_MAX).map(|()| None)
        }
        Part::Voice { blob, duration_ms } => {
            if !blob.media.0.starts_with("audio/") {
                return Err(invalid("voice", "media_type"));
            }
            if *duration_ms == 0 || *duration_ms > limits::VOICE_MS_MAX {
                return Err(invalid("duration_ms", "up_to_an_hour"));
            }
            check_blob(blob, "voice", limits::VOICE_BYTES_MAX).map(|()| None)
        }
        Part::File { blob, name } => {
            check_blob(blob, "file", limits::FILE_BYTES_MAX)?;
            let name = written(ctx, "file_name", name, limits::FILE_NAME_BYTES_MAX)?;
            if name.contains(|c: char| c.is_control() || c == '/' || c == '\\') {
                return Err(invalid("file_name", "name_without_path"));
            }
            Ok(Some(name))
        }
    }
}

fn check_blob(blob: &Blob, field: &str, bytes_max: u64) -> Result<(), Refusal> {
    if !blob.media.is_valid() {
        return Err(invalid(field, "media_type"));
    }
    match blob.bytes {
        0 => Err(Refusal::TextEmpty { field: field.to_owned() }),
        bytes if bytes > bytes_max => Err(Refusal::TextTooLong { field: field.to_owned(), max: bytes_max }),
        _ => Ok(()),
    }
}

fn written<'a>(ctx: &Ctx<'a>, field: &str, body: &BodyRef, max: usize) -> Result<&'a str, Refusal> {
    let text = ctx.fresh_text(field, body, max)?;
    if text.trim().is_empty() {
        return Err(Refusal::TextEmpty { field: field.to_owned() });
    }
    Ok(text)
}

fn too_long(field: &str, max: usize) -> Refusal {
    Refusal::TextTooLong { field: field.to_owned(), max: max as u64 }
}

fn invalid(name: &str, expected: &str) -> Refusal {
    Refusal::ValueInvalid { name: name.to_owned(), expected: expected.to_owned() }
}

/// The members whose cards a message shows.
pub(super) fn shown_members(parts: &[Part]) -> impl Iterator<Item = MemberId> {
    parts.iter().filter_map(|part| match part {
        Part::Card { subject: CardSubject::Member(member) } => Some(*member),
        _ => None,
    })
}
