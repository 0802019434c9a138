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
    /// Where it stands.
    pub(crate) level: Level,
}

/// Where a tab stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Among the others.
    Page,
    /// Below the one before it, where there is room.
    Below,
}

/// Tabs, the one whose address is `here` marked. `label` names the group for whoever cannot see it.
pub(crate) fn tabs(label: &str, tabs: &[Tab], here: &str) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (place, tab) in tabs.iter().enumerate() {
                a class=[class_of(tabs, place, here)] href=(tab.href)
                    aria-current=[(tab.href == here).then_some("page")] {
                    span { (tab.label) }
                    @if tab.count > 0 { span.count { (tab.count) } }
                }
            }
        }
    }
}

/// One below another, or one that stands for the present one below it where there is no room for that.
fn class_of(tabs: &[Tab], place: usize, here: &str) -> Option<&'static str> {
    if tabs[place].level == Level::Below {
        return Some("below");
    }
    let mut below = tabs[place + 1..].iter().take_while(|tab| tab.level == Level::Below);
    below.any(|tab| tab.href == here).then_some("holds")
}
