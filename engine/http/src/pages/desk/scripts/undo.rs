//! Undo at the desk: what one version did, what of it comes back and what cannot; then doing it.
//!
//! The plan and the deed are the runtime's, and who may ask for them is the core's to say.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use kith_core::notice::{Arg, Text};
use kith_core::script::Script;
use kith_runtime::texts::Reader;
use kith_runtime::undo::{Line, Mode, Report, Shown};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::seat::{Seat, called, grouped};
use super::{head, path, take};
use crate::pages::form::{Filled, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Presence, Tone, banner, card, choice, press, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query};

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/scripts/{name}/undo", get(plan).post(carry))
}

#[derive(Debug, Default, Deserialize)]
struct Which {
    version: Option<u32>,
    #[serde(default)]
    since: String,
}

async fn plan(
    page: Page,
    Path((community, name)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    let found = match which.version {
        Some(version) => Some(look(&seat, (&name, version), &which.since, Mode::Plan).await?),
        None => None,
    };
    let body = html! {
        (head(&seat, &name, "/undo"))
        (asking(&seat, &script, &which))
        @if let Some((report, names)) = &found { (told(&seat, report, names)) (deed(&seat, &which, report)) }
    };
    Ok(seat.show((&name, "/scripts"), body))
}

async fn carry(Path((community, name)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let version = form.text("version").parse().map_err(|_| Problem::not_found())?;
    let (report, names) = look(&seat, (&name, version), form.text("since"), Mode::Carry).await?;
    let body = html! { (head(&seat, &name, "/undo")) (told(&seat, &report, &names)) };
    Ok(seat.show_as(StatusCode::OK, (&name, "/scripts"), body))
}

/// Reads what the version did, and takes it back where that is asked; with the names of whom it concerns.
async fn look(
    seat: &Seat,
    (name, version): (&str, u32),
    since: &str,
    mode: Mode,
) -> Result<(Report, BTreeMap<String, String>), Turn> {
    let report = seat.room.undo((name.to_owned(), version), since_ms(seat, since), mode).await?;
    let members: Vec<_> =
        report.texts.iter().map(|it| it.member).chain(report.members.iter().copied()).collect();
    let names = seat.room.look(move |sight| {
        Ok(members.iter().map(|member| (member.to_string(), called(&sight, *member))).collect())
    });
    Ok((report, names.await?))
}

/// The beginning of a day in the community's zone; what is none is no limit.
fn since_ms(seat: &Seat, text: &str) -> Option<u64> {
    let at = text.parse::<Date>().ok()?.to_zoned(seat.zone.rules()).ok()?.timestamp();
    u64::try_from(at.as_millisecond()).ok()
}

fn asking(seat: &Seat, script: &Script, which: &Which) -> Markup {
    let chosen = which.version.or(script.live).unwrap_or(script.newest).to_string();
    let versions: Vec<(String, String)> = (1..=script.newest)
        .rev()
        .map(|number| (number.to_string(), seat.fill("desk.version", &[("version", &number.to_string())])))
        .collect();
    let versions: Vec<(&str, &str)> = versions.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let since = Field {
        kind: Kind::Date,
        presence: Presence::Optional,
        value: &which.since,
        ..Field::line("since", seat.say("desk.undo.since"))
    };
    card(
        "",
        html! {
            p { (seat.say("desk.undo.what")) }
            form.pair method="get" action=(path(seat, &script.name, "/undo")) {
                (choice(
                    &Field { value: &chosen, ..Field::line("version", seat.say("desk.replay.version")) },
                    &versions,
                ))
                (since.show())
                button.button type="submit" { (seat.say("desk.undo.plan")) }
            }
        },
    )
}

/// What somebody presses who has read the plan.
fn deed(seat: &Seat, which: &Which, report: &Report) -> Markup {
    if report.is_nothing() {
        return html! {};
    }
    let label = seat.fill("desk.undo.carry", &[("n", &grouped(report.undone))]);
    form(
        &seat.page,
        &path(seat, &report.script, "/undo"),
        html! {
            input type="hidden" name="version" value=(report.version);
            input type="hidden" name="since" value=(which.since);
            div.line { (press(Look::Danger, ("do", "carry"), &label)) }
        },
    )
}

fn told(seat: &Seat, report: &Report, names: &BTreeMap<String, String>) -> Markup {
    let reader = Reader { language: seat.language(), stream: None };
    let say = |code: &str| {
        let text = Text::new(code).with("script", report.script.as_str()).with("version", report.version);
        let text = text.with("n", Arg::Name(grouped(report.undone))).with("members", report.members.len());
        reader.render(&text.with("runs", report.runs).with("records", report.records))
    };
    let (head, tone) = match report.mode {
        _ if report.is_nothing() => ("cli.undo.again", Tone::Plain),
        Mode::Plan => ("cli.undo.plan", Tone::Warning),
        Mode::Carry => ("cli.undo.carried", Tone::Good),
    };
    html! {
        (banner(tone, html! { p { strong { (say(head)) } } p { (say("cli.undo.read")) } }))
        @if let Some(cut_ms) = report.cut_ms {
            p.quiet { (seat.fill("desk.undo.cut", &[("at", &seat.zoned.full(cut_ms))])) }
        }
        @if report.undone + report.over > 0 { (comes_back(seat, report, &say)) }
        @if !report.texts.is_empty() { (texts(seat, report, names)) }
        @if report.left > 0 { (stays(seat, report, &say)) }
    }
}

fn comes_back(seat: &Seat, report: &Report, say: &dyn Fn(&str) -> String) -> Markup {
    let lines = report.kinds.iter().filter(|(_, line)| line.undone > 0 || line.over > 0);
    card(
        seat.say("desk.undo.back"),
        html! {
            div.table tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { (seat.say("desk.undo.kind")) }
                        th.number scope="col" { (seat.say("desk.undo.count")) }
                        th.number scope="col" { (seat.say("desk.undo.over")) }
                    } }
                    tbody {
                        @for (what, Line { undone, over, .. }) in lines {
                            tr {
                                th scope="row" { (say(&format!("cli.undo.what.{}", what.name()))) }
                                td.number { (grouped(*undone)) }
                                td.number { (grouped(*over)) }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn texts(seat: &Seat, report: &Report, names: &BTreeMap<String, String>) -> Markup {
    let code = if report.mode == Mode::Plan { "desk.undo.texts_plan" } else { "desk.undo.texts" };
    card(
        seat.say(code),
        html! {
            ul.said {
                @for Shown { member, at_ms, text, .. } in &report.texts {
                    li {
                        p.quiet.small { (time(*at_ms, &seat.zoned.full(*at_ms))) }
                        blockquote {
                            strong { (names.get(&member.to_string()).map_or("", String::as_str)) }
                            " " (text)
                        }
                    }
                }
            }
        },
    )
}

fn stays(seat: &Seat, report: &Report, say: &dyn Fn(&str) -> String) -> Markup {
    let mut rows: Vec<(u64, String, String)> = Vec::new();
    for (what, line) in &report.kinds {
        for (left, count) in &line.left {
            let what = say(&format!("cli.undo.what.{}", what.name()));
            rows.push((*count, what, say(&format!("cli.undo.why.{}", left.name()))));
        }
    }
    rows.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    card(
        &seat.fill("desk.undo.stays", &[("n", &grouped(report.left))]),
        html! {
            ul.plain {
                @for (count, what, why) in rows {
                    li { strong.number { (grouped(count)) } " " (what) ": " span.quiet { (why) } }
                }
            }
        },
    )
}
