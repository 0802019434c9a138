//! Buttons, and links that look like them.

use maud::{Markup, html};

/// How much a button asks to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one that the page is about.
    Main,
    /// Any other.
    Quiet,
    /// Takes away what does not come back.
    Danger,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Main => "button main",
            Self::Quiet => "button",
            Self::Danger => "button danger",
        }
    }
}

/// Sends the form it stands in.
pub(crate) fn submit(look: Look, label: &str) -> Markup {
    html! { button type="submit" class=(look.class()) { (label) } }
}

/// Leads somewhere.
pub(crate) fn link(look: Look, href: &str, label: &str) -> Markup {
    html! { a class=(look.class()) href=(href) { (label) } }
}

/// Sends the form it stands in with a field of its own: which of several things to do.
pub(crate) fn press(look: Look, (name, value): (&str, &str), label: &str) -> Markup {
    html! { button type="submit" name=(name) value=(value) class=(look.class()) { (label) } }
}
