//! The way to older and newer pages of a list.

use maud::{Markup, html};

/// Links to the neighbours of a page, where there are any: address and label.
pub(crate) fn pager(older: Option<(&str, &str)>, newer: Option<(&str, &str)>) -> Markup {
    html! {
        @if older.is_some() || newer.is_some() {
            nav.pager {
                @if let Some((href, label)) = older { a.button rel="prev" href=(href) { (label) } }
                @if let Some((href, label)) = newer { a.button rel="next" href=(href) { (label) } }
            }
        }
    }
}
