//! Facts about a content, measured once when it is decided: they stay when the content is erased.

use serde::{Deserialize, Serialize};

use super::Part;
use crate::text::{links, measure};

/// Facts about a content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Characters of all its texts, as a person counts them.
    pub chars: u32,
    /// Of its normalised texts, or of its blobs where it has no text: equal for messages that say the same;
    /// 32 bits, so that it proves nothing.
    pub fingerprint: u32,
    /// Links and invites in its texts, link parts included; contacts are not counted.
    #[serde(default, skip_serializing_if = "super::header::is_zero")]
    pub links: u16,
}

impl Measure {
    /// Measures a message by its texts, and by its parts where there are none.
    pub fn of(texts: &[&str], parts: &[Part]) -> Self {
        let chars = texts.iter().fold(0_u32, |sum, text| sum.saturating_add(measure::measure(text).chars));
        let links: usize = texts.iter().map(|text| count_links(text)).sum();
        let fingerprint = match texts {
            [] => blobs_fingerprint(parts),
            [text] => measure::fingerprint(text),
            _ => measure::fingerprint(&texts.join("\n")),
        };
        Self { chars, fingerprint, links: u16::try_from(links).unwrap_or(u16::MAX) }
    }
}

fn count_links(text: &str) -> usize {
    use links::LinkKind::{Invite, Ip, Web};
    links::find(text).iter().filter(|link| matches!(link.kind, Web | Ip | Invite)).count()
}

/// The hashes of blobs are evenly spread already: their first bytes do.
fn blobs_fingerprint(parts: &[Part]) -> u32 {
    parts.iter().filter_map(Part::blob).fold(0, |sum, blob| {
        let [a, b, c, d, ..] = blob.sha256;
        sum.rotate_left(5) ^ u32::from_be_bytes([a, b, c, d])
    })
}
