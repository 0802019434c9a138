//! A badge: one word about the thing beside it.

use maud::{Markup, html};

/// What a badge or a banner means. The words say it too: colour never says anything alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neither good nor bad.
    Plain,
    /// Went well.
    Good,
    /// Wants attention.
    Warning,
    /// Went wrong, or cannot be taken back.
    Bad,
}

impl Tone {
    /// As the style sheet names it.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// A badge.
pub(crate) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}
