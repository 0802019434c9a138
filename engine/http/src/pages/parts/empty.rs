//! What stands where there is nothing yet: a sentence, and what to do about it.

use maud::{Markup, html};

/// An empty state.
pub(crate) fn empty(sentence: &str, what_to_do: Markup) -> Markup {
    html! { div.empty { p { (sentence) } (what_to_do) } }
}
