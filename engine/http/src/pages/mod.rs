//! Pages for members and operators: rendered here, whole without JavaScript, enhanced by a little of it.
//!
//! Reading order: `layout` (what every page has), `assets` (one style sheet, one script), then a file for
//! each page.

mod assets;
mod layout;

use axum::Router;
use axum::http::Method;
use axum::routing::get;
use maud::{Markup, html};

use crate::place::Place;
use crate::problem::Problem;
use crate::words::Words;

/// The routes of pages.
pub(crate) fn router() -> Router<Place> {
    Router::new().route("/assets/{name}", get(assets::serve))
}

/// A problem as a page.
pub(crate) fn problem(
    _place: &Place,
    words: Words,
    (_method, _path): (&Method, &str),
    problem: &Problem,
) -> Markup {
    let title = problem.title(words);
    layout::page(
        words,
        &title,
        html! {
            h1 { (title) }
            @if let Some(hint) = problem.hint(words) { p { (hint) } }
            p { a href="/" { (words.say("page.home")) } }
        },
    )
}
