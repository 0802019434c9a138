//! What every page has: head, language, style and script by their hashes.

use maud::{DOCTYPE, Markup, html};

use super::assets;
use crate::words::Words;

/// A whole page.
pub(super) fn page(words: Words, title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Kith" }
                link rel="stylesheet" href=(assets::address("kith.css"));
                link rel="icon" href=(assets::address("kith.svg")) type="image/svg+xml";
                script src=(assets::address("kith.js")) defer {}
            }
            body { main { (body) } }
        }
    }
}
