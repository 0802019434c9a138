//! A banner: a sentence about the page as a whole, such as what came of the form that was just sent.

use maud::{Markup, html};

use super::Tone;

/// A banner. A bad one interrupts whoever listens to the page, others wait.
pub(crate) fn banner(tone: Tone, body: Markup) -> Markup {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    html! { div class={ "banner " (tone.class()) } role=(role) { (body) } }
}
