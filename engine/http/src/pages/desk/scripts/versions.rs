//! The versions of a script: what each did and when it stood where; two of them beside each other; and the
//! way back to an earlier one.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::MemberId;
use kith_core::script::Script;
use kith_runtime::scripting::{Doing, History, Stand};
use maud::{Markup, html};
use serde::Deserialize;
use similar::{ChangeTag, TextDiff};

use super::super::seat::{Seat, called, grouped};
use super::list::figure;
use super::state::button;
use super::{head, path, take};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Look, Tone, badge, banner, link, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query};

/// Unchanged lines around a change.
const AROUND: usize = 3;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/scripts/{name}/versions", get(list))
        .route("/c/{community}/desk/scripts/{name}/diff", get(diff))
}

async fn list(page: Page, Path((community, name)): Path<(String, String)>) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    let history = seat.room.history_of(&name).await?.unwrap_or_default();
    let by = names(&seat, &history).await?;
    let rows = history.versions.iter().zip(&by).rev();
    let body = html! {
        (head(&seat, &name, "/versions"))
        @if history.versions.len() > 1 { (compare(&seat, &script, &history)) }
        ol.stack {
            @for (doing, by) in rows { (shown(&seat, &script, doing, by)) }
        }
        @if history.begins_late { p.quiet { (seat.say("desk.versions.begins_late")) } }
    };
    Ok(seat.show((&name, "/scripts"), body))
}

/// Who put each version in.
async fn names(seat: &Seat, history: &History) -> Result<Vec<String>, Turn> {
    let who: Vec<Option<MemberId>> = history.versions.iter().map(|doing| doing.by).collect();
    let host = seat.say("desk.host");
    let named = seat.room.look(move |sight| {
        let name = |member: &Option<MemberId>| match member {
            Some(member) => called(&sight, *member),
            None => host.to_owned(),
        };
        Ok(who.iter().map(name).collect::<Vec<_>>())
    });
    Ok(named.await?)
}

fn shown(seat: &Seat, script: &Script, doing: &Doing, by: &str) -> Markup {
    let number = doing.version.to_string();
    let is_live = script.live == Some(doing.version);
    let is_shadow = script.shadow == Some(doing.version);
    let is_kept = script.version(doing.version).is_some();
    html! {
        li.card {
            div.line {
                h2 { (seat.fill("desk.version", &[("version", &number)])) }
                @if is_live { (badge(Tone::Good, seat.say("desk.version.live"))) }
                @if is_shadow { (badge(Tone::Plain, seat.say("desk.version.shadow"))) }
                @if doing.quarantined_at_ms.is_some() {
                    (badge(Tone::Bad, seat.say("desk.version.quarantined")))
                }
            }
            p.quiet {
                (time(doing.put_at_ms, &seat.zoned.full(doing.put_at_ms))) " · " (by)
                @if let Some(stand) = doing.live.last() { " · " (stood(seat, stand)) }
            }
            div.figures {
                (figure(seat.say("desk.script.runs"), &grouped(doing.runs)))
                (figure(seat.say("desk.script.held"), &grouped(doing.held)))
                (figure(seat.say("desk.script.denied"), &grouped(doing.denied + doing.breaches)))
                (figure(seat.say("desk.script.faults"), &grouped(doing.faults)))
            }
            div.line {
                @if is_kept {
                    (link(
                        Look::Quiet,
                        &path(seat, &script.name, &format!("/edit?version={number}")),
                        seat.say("desk.version.open"),
                    ))
                    @if !is_live {
                        (button(seat, script, ("activate", &number), (Look::Quiet, "desk.version.activate")))
                    }
                    @if !is_live && !is_shadow {
                        (button(seat, script, ("shadow", &number), (Look::Quiet, "desk.version.to_shadow")))
                    }
                } @else {
                    span.quiet { (seat.say("desk.version.not_kept")) }
                }
                @if doing.runs > 0 {
                    (link(
                        Look::Quiet,
                        &path(seat, &script.name, &format!("/undo?version={number}")),
                        seat.say("desk.version.undo"),
                    ))
                }
            }
        }
    }
}

fn stood(seat: &Seat, stand: &Stand) -> String {
    let from = seat.zoned.full(stand.from_ms);
    match stand.until_ms {
        None => seat.fill("desk.version.since", &[("from", &from)]),
        Some(until_ms) => {
            seat.fill("desk.version.stood", &[("from", &from), ("until", &seat.zoned.full(until_ms))])
        }
    }
}

/// Two versions to be compared: the newest and the one before, unless somebody chooses.
fn compare(seat: &Seat, script: &Script, history: &History) -> Markup {
    let newest = history.versions.last().map_or(0, |doing| doing.version);
    let before = history.versions.iter().rev().nth(1).map_or(0, |doing| doing.version);
    html! {
        form.card.pair method="get" action=(path(seat, &script.name, "/diff")) {
            @for (field, code, chosen) in
                [("from", "desk.diff.from", before), ("to", "desk.diff.to", newest)] {
                div.field {
                    label for=(field) { (seat.say(code)) }
                    select id=(field) name=(field) {
                        @for doing in history.versions.iter().rev() {
                            option value=(doing.version) selected[doing.version == chosen] {
                                (seat.fill("desk.version", &[("version", &doing.version.to_string())]))
                            }
                        }
                    }
                }
            }
            button.button type="submit" { (seat.say("desk.diff.show")) }
        }
    }
}

#[derive(Debug, Deserialize)]
struct Between {
    from: u32,
    to: u32,
}

async fn diff(
    page: Page,
    Path((community, name)): Path<(String, String)>,
    Query(between): Query<Between>,
) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    let history = seat.room.history_of(&name).await?.unwrap_or_default();
    let source = |number| history.version(number).map(|it| it.source.as_str()).ok_or_else(Problem::not_found);
    let (from, to) = (source(between.from)?, source(between.to)?);
    let pair = [("from", between.from.to_string()), ("to", between.to.to_string())];
    let pair: Vec<(&str, &str)> = pair.iter().map(|(name, number)| (*name, number.as_str())).collect();
    let body = html! {
        (head(&seat, &name, "/versions"))
        (compare(&seat, &script, &history))
        section.card {
            h2 { (seat.fill("desk.diff.title", &pair)) }
            @if from == to {
                (banner(Tone::Plain, html! { p { (seat.say("desk.diff.same")) } }))
            } @else { (difference(&seat, from, to)) }
        }
    };
    Ok(seat.show((&name, "/scripts"), body))
}

/// What changed, with the numbers of the lines in both; the mark in front says it without colour.
fn difference(seat: &Seat, from: &str, to: &str) -> Markup {
    let compared = TextDiff::from_lines(from, to);
    let line = |index: Option<usize>| index.map(|index| (index + 1).to_string()).unwrap_or_default();
    html! {
        div.table tabindex="0" {
            table.diff {
                caption.unseen { (seat.say("desk.diff.caption")) }
                @for (place, group) in compared.grouped_ops(AROUND).iter().enumerate() {
                    @if place > 0 { tr.gap { td colspan="4" { "⋯" } } }
                    @for change in group.iter().flat_map(|op| compared.iter_changes(op)) {
                        @let (class, mark) = match change.tag() {
                            ChangeTag::Delete => ("gone", "−"),
                            ChangeTag::Insert => ("new", "+"),
                            ChangeTag::Equal => ("same", " "),
                        };
                        tr class=(class) {
                            td.number { (line(change.old_index())) }
                            td.number { (line(change.new_index())) }
                            td.mark { (mark) }
                            td.text { (change.value().trim_end_matches('\n')) }
                        }
                    }
                }
            }
        }
    }
}
