//! The reader's choices of language and theme: kept in their browser, for those without an account too.

use axum::Router;
use axum::response::Response;
use axum::routing::post;

use super::cookie::{self, CHOICE_S, Keep};
use super::form::Filled;
use super::layout::{LANGUAGE_COOKIE, THEME_COOKIE, Theme};
use super::page::{own_path, see_other};
use crate::place::Place;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/choose", post(choose))
}

async fn choose(form: Filled) -> Response {
    let mut response = see_other(own_path(form.text("next")));
    let (place, headers) = (&form.page.caller.place, response.headers_mut());
    if let Some(language) = ["en", "zh-CN"].into_iter().find(|tag| *tag == form.text("language")) {
        cookie::set(place, headers, LANGUAGE_COOKIE, &Keep::For(CHOICE_S, language));
    }
    if form.has("theme") {
        let theme = Theme::of(form.text("theme")).name();
        cookie::set(place, headers, THEME_COOKIE, &Keep::For(CHOICE_S, theme));
    }
    response
}
