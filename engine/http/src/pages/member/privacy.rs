//! Privacy: everything that is kept of somebody as one file, leaving, and being erased.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kith_core::member;
use kith_core::privacy::Command;
use maud::{Markup, html};

use super::visit::{Presence, Visit};
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Look, Tick, Tone, banner, card, check, link, submit};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/privacy", get(show))
        .route("/c/{community}/privacy/export", get(export))
        .route("/c/{community}/privacy/leave", post(leave))
        .route("/c/{community}/privacy/erase", post(erase))
}

async fn show(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let (visit, _) = Visit::known(page, &community).await?;
    Ok(shown(&visit, &Mistakes::none()))
}

fn shown(visit: &Visit, mistakes: &Mistakes) -> Response {
    let title = visit.say("page.privacy.title");
    let body = html! {
        h1 { (title) }
        (card(visit.say("page.privacy.export"), html! {
            p { (visit.say("page.privacy.export_what")) }
            p { (link(Look::Quiet, &visit.path("/privacy/export"), visit.say("page.privacy.download"))) }
        }))
        @if visit.presence == Presence::Inside { (leaving(visit)) }
        (erasing(visit, mistakes))
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.show_as(status, (title, "/privacy", Shape::Column), body)
}

fn leaving(visit: &Visit) -> Markup {
    card(
        visit.say("page.privacy.leave"),
        html! {
            p { (visit.say("page.privacy.leave_what")) }
            (form(&visit.page, &visit.path("/privacy/leave"), html! {
                (submit(Look::Danger, &visit.fill("page.privacy.leave_now", &[("community", &visit.name)])))
            }))
        },
    )
}

fn erasing(visit: &Visit, mistakes: &Mistakes) -> Markup {
    card(
        visit.say("page.privacy.erase"),
        html! {
            p { (visit.say("page.privacy.erase_what")) }
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&visit.page, &visit.path("/privacy/erase"), html! {
                (check(("consent", "yes"), visit.say("page.privacy.consent"), Tick::Off))
                (submit(Look::Danger, visit.say("page.privacy.erase_now")))
            }))
        },
    )
}

/// What an export is written to; it is whole once the writer is done.
#[derive(Clone, Default)]
struct Sheets(Arc<Mutex<Vec<u8>>>);

impl Write for Sheets {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn export(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let (visit, me) = Visit::known(page, &community).await?;
    let sheets = Sheets::default();
    let written = visit.page.caller.place.engine.export_member(visit.room.id, me, sheets.clone()).await;
    written.map_err(|error| {
        tracing::error!(%error, "an export was not written");
        Problem::failed()
    })?;
    let bytes = std::mem::take(&mut *sheets.0.lock().unwrap_or_else(PoisonError::into_inner));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let attached = HeaderValue::from_static("attachment; filename=\"kith-export.json\"");
    headers.insert(header::CONTENT_DISPOSITION, attached);
    Ok(response)
}

async fn leave(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let visit = Visit::inside(form.page.clone(), &community).await?;
    match visit.room.ask(&form.input, |_| member::Command::Leave).await {
        Ok(_) => Ok(visit.page.done("/", Some("page.done.left"))),
        Err(problem) => Ok(shown(&visit, &Mistakes::from_problem(problem, visit.page.words(), &[])?)),
    }
}

async fn erase(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let (visit, _) = Visit::known(form.page.clone(), &community).await?;
    if !form.has("consent") {
        return Ok(shown(&visit, &Mistakes::of_whole(visit.say("page.privacy.consent_missing"))));
    }
    match visit.room.ask(&form.input, |_| Command::EraseMyself).await {
        Ok(_) => Ok(visit.page.done("/", Some("page.done.erased"))),
        Err(problem) => Ok(shown(&visit, &Mistakes::from_problem(problem, visit.page.words(), &[])?)),
    }
}
