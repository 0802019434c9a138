//! Cards, and the rows of lists.

use maud::{Markup, html};

/// A section with a heading on a surface of its own.
pub(crate) fn card(heading: &str, body: Markup) -> Markup {
    html! {
        section.card {
            @if !heading.is_empty() { h2 { (heading) } }
            (body)
        }
    }
}

/// A row of a list: what stands before it, what it says, what can be done with it.
pub(crate) fn row(before: Markup, body: Markup, after: Markup) -> Markup {
    html! {
        li.row {
            (before)
            div.body { (body) }
            div.after { (after) }
        }
    }
}

/// A name and what it is, in a `dl`.
pub(crate) fn fact(name: &str, value: Markup) -> Markup {
    html! { div.fact { dt { (name) } dd { (value) } } }
}
