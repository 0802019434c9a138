//! The frame of a chart: a heading, the picture, and the same as a table for whoever cannot see it.

use maud::{Markup, html};

/// A chart in its frame. `summary` is what opens the table of its figures.
pub(crate) fn frame(heading: &str, picture: Markup, (summary, table): (&str, Markup)) -> Markup {
    html! {
        figure.chart {
            figcaption { (heading) }
            div.picture aria-hidden="true" { (picture) }
            details { summary { (summary) } (table) }
        }
    }
}
