//! Tabs: the pages that belong together, as links.

use maud::{Markup, html};

/// One tab.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    /// Where it leads.
    pub(crate) href: String,
    /// What it is called.
    pub(crate) label: String,
    /// How much is new there; none shows nothing.
    pub(crate) count: usize,
}

/// Tabs, the one whose address is `here` marked. `label` names the group for whoever cannot see it.
pub(crate) fn tabs(label: &str, tabs: &[Tab], here: &str) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for tab in tabs {
                a href=(tab.href) aria-current=[(tab.href == here).then_some("page")] {
                    span { (tab.label) }
                    @if tab.count > 0 { span.count { (tab.count) } }
                }
            }
        }
    }
}
