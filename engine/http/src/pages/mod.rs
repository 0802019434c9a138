//! Pages for members and operators: rendered here, whole without JavaScript, enhanced by a little of it.
//!
//! Reading order: `page` (who reads, how a handler ends), `layout` (what every page has), `parts` (what looks
//! the same everywhere), `form` (what was filled in), `assets` (one style sheet, one script), then a file for
//! each page. A handler takes a `Page`, or a `Filled` where a form is sent; asks and looks through a `Room`;
//! ends with `Page::show`, with `Page::done` after a form, or with a `Turn`.

mod account;
mod assets;
mod brake;
mod choose;
mod cookie;
mod desk;
mod form;
mod home;
mod layout;
mod member;
mod page;
mod parts;
mod sign_in;

use std::sync::Arc;

use axum::http::{HeaderMap, Method};
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};

use crate::place::Place;
use crate::problem::Problem;
use layout::{Around, Shape};
use page::Style;

/// The routes of pages.
pub(crate) fn router() -> Router<Place> {
    Router::new()
        .route("/assets/{name}", get(assets::serve))
        .merge(account::routes())
        .merge(home::routes())
        .merge(member::routes())
        .merge(choose::routes())
        .merge(desk::routes())
        .merge(sign_in::routes())
        .layer(Extension(Arc::new(brake::Brake::default())))
}

/// Where the style sheet is.
pub(crate) fn stylesheet() -> String {
    assets::address("kith.css")
}

/// A problem as a page.
pub(crate) fn problem(
    _place: &Place,
    headers: &HeaderMap,
    (method, path): (&Method, &str),
    problem: &Problem,
) -> Markup {
    let mut style = Style::of(headers, path);
    style.flash = None;
    let words = style.words;
    let title = problem.title(words);
    // Whoever sent a form finds what they typed by going back; whoever followed a link starts anew.
    let code = if *method == Method::GET { "page.home" } else { "page.problem.back" };
    let body = html! {
        section.card {
            h1 { (title) }
            @if let Some(hint) = problem.hint(words) { p { (hint) } }
            @if *method == Method::GET {
                p { (parts::link(parts::Look::Main, "/", words.say(code))) }
            } @else {
                p { (words.say(code)) }
            }
        }
    };
    layout::whole(&style, None, &Around::plain(&title, Shape::Small), body)
}
