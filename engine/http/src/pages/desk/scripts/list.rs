//! The scripts of a community, in the order in which they are asked: where each stands and how it does.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::hook::Hook;
use kith_core::rule::Tally;
use kith_core::script::{Command, Script};
use maud::{Markup, html};

use super::super::seat::{Seat, grouped, percent};
use super::{path, take};
use crate::pages::form::{Filled, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Look, Tone, badge, empty, link, press};
use crate::place::Place;
use crate::sent::Path;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/scripts", get(list))
        .route("/c/{community}/desk/script-order", post(order))
}

async fn list(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let now_ms = seat.page.caller.place.now_ms();
    let rows = seat.room.look(|sight| {
        let community = sight.community;
        let tally = |script: &Script| {
            let version = script.live.or(script.health.quarantined).unwrap_or(script.newest);
            community.rules.tallies.of_script(&script.name, version)
        };
        Ok(community.scripts.rows.iter().map(|script| (script.clone(), tally(script))).collect::<Vec<_>>())
    });
    let rows = rows.await?;
    let title = seat.say("desk.scripts.title");
    let new = link(Look::Main, &seat.path("/new-script"), seat.say("desk.scripts.new"));
    let body = html! {
        div.heading.line { h1.grow { (title) } @if !rows.is_empty() { (new) } }
        @if rows.is_empty() {
            (empty(seat.say("desk.scripts.none"), new))
        } @else {
            p.quiet { (seat.say("desk.scripts.order")) }
            ol.stack {
                @for (place, row) in rows.iter().enumerate() {
                    (shown(&seat, (place, rows.len()), row, now_ms))
                }
            }
        }
    };
    Ok(seat.show((title, "/scripts"), body))
}

fn shown(seat: &Seat, (place, of): (usize, usize), (script, tally): &(Script, Tally), now_ms: u64) -> Markup {
    let hooks =
        script.live().or(script.versions.last()).map(|version| version.hooks.clone()).unwrap_or_default();
    let metered = &script.health.metered;
    html! {
        li.card.script {
            div.line {
                h2.grow { a href=(path(seat, &script.name, "")) { (script.name) } }
                (badges(seat, script, now_ms))
            }
            p.quiet { (said(seat, &hooks.iter().copied().collect::<Vec<_>>())) }
            div.figures {
                (figure(seat.say("desk.script.runs"), &grouped(metered.runs)))
                (figure(seat.say("desk.script.held"), &grouped(metered.held)))
                (figure(seat.say("desk.script.denied"), &grouped(metered.denied)))
                (figure(seat.say("desk.script.faults"), &grouped(metered.faults)))
                @if let Some(share) = precision(tally) { (figure(seat.say("desk.precision"), &share)) }
            }
            div.line {
                (link(Look::Quiet, &path(seat, &script.name, "/edit"), seat.say("desk.script.edit")))
                (link(Look::Quiet, &path(seat, &script.name, "/replay"), seat.say("desk.script.replay")))
                span.grow {}
                @if of > 1 { (mover(seat, &script.name, (place, of))) }
            }
        }
    }
}

/// A figure and what it is of.
pub(in crate::pages::desk) fn figure(name: &str, value: &str) -> Markup {
    html! { div.figure { span.quiet.small { (name) } strong { (value) } } }
}

/// The share of what a version held or denied that was right, of what people looked at.
pub(in crate::pages::desk) fn precision(tally: &Tally) -> Option<String> {
    let (right, wrong) = tally.judged();
    percent(right, right.saturating_add(wrong))
}

/// Which hooks it answers, in words.
pub(super) fn said(seat: &Seat, hooks: &[Hook]) -> String {
    let words: Vec<String> =
        hooks.iter().map(|hook| seat.word(&format!("desk.hook.{}", hook.name()))).collect();
    seat.fill("desk.script.answers", &[("hooks", &words.join(seat.say("desk.and")))])
}

/// Where a script stands.
pub(super) fn badges(seat: &Seat, script: &Script, now_ms: u64) -> Markup {
    let numbered = |code, number: u32| seat.fill(code, &[("version", &number.to_string())]);
    let open = script.health.breakers.keys().any(|hook| script.health.is_open(*hook, now_ms));
    html! {
        @match (script.live, script.health.quarantined) {
            (Some(live), _) => (badge(Tone::Good, &numbered("desk.script.is_live", live))),
            (None, Some(version)) => (badge(Tone::Bad, &numbered("desk.script.is_quarantined", version))),
            (None, None) => (badge(Tone::Plain, seat.say("desk.script.is_off"))),
        }
        @if let Some(shadow) = script.shadow {
            (badge(Tone::Plain, &numbered("desk.script.is_shadow", shadow)))
        }
        @if open { (badge(Tone::Bad, seat.say("desk.script.breaker_open"))) }
        @if script.health.capped { (badge(Tone::Warning, seat.say("desk.script.capped"))) }
    }
}

fn mover(seat: &Seat, name: &str, (place, of): (usize, usize)) -> Markup {
    let buttons = html! {
        input type="hidden" name="name" value=(name);
        @if place > 0 { (press(Look::Quiet, ("move", "up"), seat.say("desk.move_up"))) }
        @if place + 1 < of { (press(Look::Quiet, ("move", "down"), seat.say("desk.move_down"))) }
    };
    form(&seat.page, &seat.path("/script-order"), buttons)
}

/// Moves a script one place.
async fn order(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let names = seat.room.look(|sight| {
        Ok(sight.community.scripts.rows.iter().map(|script| script.name.clone()).collect::<Vec<_>>())
    });
    let names = moved(names.await?, form.text("name"), form.text("move"));
    seat.room.ask(&form.input, |_| Command::Reorder { names }).await?;
    Ok(seat.page.done(&seat.path("/scripts"), Some("desk.done.order")))
}

/// Names in an order in which one of them is a place further up or down.
pub(in crate::pages::desk) fn moved(mut names: Vec<String>, name: &str, way: &str) -> Vec<String> {
    let Some(place) = names.iter().position(|found| found == name) else { return names };
    let other =
        if way == "up" { place.checked_sub(1) } else { Some(place + 1).filter(|it| *it < names.len()) };
    if let Some(other) = other {
        names.swap(place, other);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_moves_one_place_and_stays_in_the_list() {
        let names = || ["a", "b", "c"].map(str::to_owned).to_vec();
        for (name, way, expected) in [
            ("b", "up", "b a c"),
            ("b", "down", "a c b"),
            ("a", "up", "a b c"),
            ("c", "down", "a b c"),
            ("x", "up", "a b c"),
        ] {
            assert_eq!(moved(names(), name, way).join(" "), expected, "{name} {way}");
        }
    }
}
