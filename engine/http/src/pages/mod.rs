//! Pages for members and operators: rendered here, whole without JavaScript, enhanced by a little of it.
//!
//! Reading order: `page` (who reads, how a handler ends), `layout` (what every page has), `parts` (what looks
//! the same everywhere), `form` (what was filled in), `assets` (one style sheet, one script), then a file for
//! each page. A handler takes a `Page`, or a `Filled` where a form is sent; asks and looks through a `Room`;
//! ends with `Page::show`, with `Page::done` after a form, or with a `Turn`.

mod account;
mod assets;
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

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::FromRequestParts as _;
use axum::http::{HeaderMap, Method, Request, header};
use axum::routing::get;
use kith_core::ids::ChannelId;
use maud::{Markup, html};

use crate::caller::SESSION_COOKIE;
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
}

/// Where the style sheet is.
pub(crate) fn stylesheet() -> String {
    assets::address("kith.css")
}

/// The page of a channel, read once for the bearer of a session and written down at each call, which tells
/// its bytes: what the template alone costs, for benchmarks to measure against. `None` where there is none.
pub async fn channel_alone(
    place: &Place,
    session: &str,
    (community, channel): (&str, ChannelId),
) -> Option<impl Fn() -> u64 + Send + Sync + use<>> {
    let cookie = format!("{SESSION_COOKIE}={session}");
    let asked = Request::get("/").header(header::COOKIE, cookie).body(()).ok()?;
    let page = page::Page::from_request_parts(&mut asked.into_parts().0, place).await.ok()?;
    let write = member::channel_alone(page, (community, channel)).await.ok()?;
    Some(move || write().body().size_hint().lower())
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
