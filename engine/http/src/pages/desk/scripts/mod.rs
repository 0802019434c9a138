//! Scripts at the desk: the list and its order, one script's health, the editor, versions, replay, undo.
//!
//! In reading order: `list`, `state` (one script: how it does, how it is bound, what it gave up), `editor`
//! with `told` (what the checks say of a source), `versions`, `replay` with `report`, `undo`.

mod editor;
mod list;
mod replay;
mod report;
mod state;
mod told;
mod undo;
mod versions;

pub(super) use list::{figure, moved, precision};
pub(super) use report::verdict_badge;

use axum::Router;
use kith_core::role::Permission;
use maud::{Markup, html};

use super::seat::{Seat, segment};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Level, Tab, tabs};
use crate::place::Place;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .merge(list::routes())
        .merge(state::routes())
        .merge(editor::routes())
        .merge(versions::routes())
        .merge(replay::routes())
        .merge(undo::routes())
}

async fn take(page: Page, community: &str) -> Result<Seat, Turn> {
    Seat::take(page, community, &[Permission::ManageRules]).await
}

/// The address of a script's page: `""`, `"/edit"`.
fn path(seat: &Seat, name: &str, rest: &str) -> String {
    seat.path(&format!("/scripts/{}{rest}", segment(name)))
}

/// What stands above each page of a script: its name, and the ways to the others.
fn head(seat: &Seat, name: &str, here: &str) -> Markup {
    let pages: [(&str, &'static str); 5] = [
        ("", "desk.script.state"),
        ("/edit", "desk.script.edit"),
        ("/versions", "desk.script.versions"),
        ("/replay", "desk.script.replay"),
        ("/undo", "desk.script.undo"),
    ];
    let ways: Vec<Tab> = pages
        .iter()
        .map(|(rest, code)| Tab {
            href: path(seat, name, rest),
            label: seat.say(code).to_owned(),
            count: 0,
            level: Level::Page,
        })
        .collect();
    html! {
        div.heading {
            p.quiet { a href=(seat.path("/scripts")) { (seat.say("desk.scripts.title")) } }
            h1 { (name) }
            (tabs(name, &ways, &path(seat, name, here)))
        }
    }
}
