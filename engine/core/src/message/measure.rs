//! Facts about a content, measured once when it is decided: they stay when the content is erased.

use serde::{Deserialize, Serialize};

/// Facts about a content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Characters of all its texts.
    pub chars: u32,
    /// Of its texts, normalised: equal for messages that say the same; 32 bits, so that it proves nothing.
    pub fingerprint: u32,
    /// Links in its texts.
    #[serde(default, skip_serializing_if = "super::header::is_zero")]
    pub links: u16,
}

impl Measure {
    /// Measures the texts of a message.
    pub fn of(texts: &[&str]) -> Self {
        let chars: usize = texts.iter().map(|text| text.chars().count()).sum();
        let links: usize = texts.iter().map(|text| text.matches("://").count()).sum();
        Self {
            chars: u32::try_from(chars).unwrap_or(u32::MAX),
            fingerprint: fingerprint(texts),
            links: u16::try_from(links).unwrap_or(u16::MAX),
        }
    }
}

/// FNV-1a over the letters and digits in lower case.
fn fingerprint(texts: &[&str]) -> u32 {
    let letters = texts.iter().flat_map(|text| text.chars()).filter(|c| c.is_alphanumeric());
    letters
        .flat_map(char::to_lowercase)
        .fold(0x811c_9dc5, |hash: u32, c| (hash ^ u32::from(c)).wrapping_mul(0x0100_0193))
}
