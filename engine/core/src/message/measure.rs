//! Facts about a content, measured once when it is decided: they stay when the content is erased.

use serde::{Deserialize, Serialize};

use super::Part;
use crate::decide::Ctx;
use crate::text::links::LinkKind;
use crate::text::reading::Reading;

/// Facts about a content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Characters of all its texts, as a person counts them.
    pub chars: u32,
    /// Of its normalised texts: equal for messages that say the same; 32 bits, so that it proves nothing. 0
    /// where there is no text.
    pub fingerprint: u32,
    /// Links and invites in its texts, link parts included; contacts are not counted.
    #[serde(default, skip_serializing_if = "super::header::is_zero")]
    pub links: u16,
}

impl Measure {
    /// Measures the texts of a message.
    pub fn of(texts: &Reading<'_>) -> Self {
        use LinkKind::{Invite, Ip, Web};
        let links = texts.links().iter().filter(|(_, link)| matches!(link.kind, Web | Ip | Invite)).count();
        let links = u16::try_from(links).unwrap_or(u16::MAX);
        Self { chars: texts.chars(), fingerprint: texts.fingerprint(), links }
    }
}

/// The facts about parts whose texts are at hand; `None` where one is gone.
pub fn measure(ctx: &Ctx<'_>, parts: &[Part]) -> Option<Measure> {
    let texts: Option<Vec<&str>> = parts.iter().filter_map(Part::body).map(|body| ctx.text(body)).collect();
    Some(Measure::of(&Reading::of(&texts?)))
}
