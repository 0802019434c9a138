//! A replay at the desk: which version over which time, how far it is, what it tells; and a shadow's
//! agreement, which is the same over what was recorded since.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use kith_core::script::Script;
use kith_runtime::replay::{Cascade, Draft, Plan};
use kith_runtime::scripting::{Checked, Written};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::seat::{Seat, grouped};
use super::{head, path, report, take};
use crate::jobs::{Job, State, Wish};
use crate::pages::assets;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{
    Field, Kind, Look, Presence, Tick, Tone, banner, card, check, choice, press, submit,
};
use crate::place::Place;
use crate::problem::Problem;
use crate::scripted::draft_of;
use crate::sent::{Path, Query};

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/scripts/{name}/replay", get(ask).post(begin))
        .route("/c/{community}/desk/scripts/{name}/shadow", get(shadow))
        .route("/c/{community}/desk/replays/{id}", get(shown).post(stop))
}

/// What somebody asked to be replayed.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    version: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    against: String,
    #[serde(default)]
    cascade: String,
}

async fn ask(
    page: Page,
    Path((community, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    Ok(asking(&seat, &script, &asked, &Mistakes::none()))
}

fn asking(seat: &Seat, script: &Script, asked: &Asked, mistakes: &Mistakes) -> Response {
    let versions: Vec<(String, String)> = script
        .versions
        .iter()
        .rev()
        .map(|it| {
            let number = it.number.to_string();
            let named = seat.fill("desk.version", &[("version", &number)]);
            let is_live = script.live == Some(it.number);
            let mark = if is_live { format!(" ({})", seat.say("desk.version.live")) } else { String::new() };
            (number, named + &mark)
        })
        .collect();
    let options: Vec<(&str, &str)> = versions.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let against =
        [("live", seat.say("desk.replay.against_live")), ("none", seat.say("desk.replay.against_none"))];
    let date = |name, code, value| {
        let kind = Kind::Date;
        let mistake = mistakes.of(name);
        Field { kind, presence: Presence::Optional, value, mistake, ..Field::line(name, seat.say(code)) }
            .show()
    };
    let inside = html! {
        (choice(
            &Field { value: &asked.version, ..Field::line("version", seat.say("desk.replay.version")) },
            &options,
        ))
        div.pair {
            (date("since", "desk.replay.since", &asked.since))
            (date("until", "desk.replay.until", &asked.until))
        }
        (choice(
            &Field { value: &asked.against, ..Field::line("against", seat.say("desk.replay.against")) },
            &against,
        ))
        (check(
            ("cascade", "1"),
            seat.say("desk.replay.cascade"),
            if asked.cascade.is_empty() { Tick::Off } else { Tick::On },
        ))
        div.line { (submit(Look::Main, seat.say("desk.replay.begin"))) }
    };
    let body = html! {
        (head(seat, &script.name, "/replay"))
        (card("", html! {
            p { (seat.say("desk.replay.what")) }
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&seat.page, &path(seat, &script.name, "/replay"), inside))
        }))
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    seat.show_as(status, (&script.name, "/scripts"), body)
}

async fn begin(Path((community, name)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let script = seat.room.script(&name).await?;
    let text = |name| form.text(name).to_owned();
    let asked = Asked {
        version: text("version"),
        since: text("since"),
        until: text("until"),
        against: text("against"),
        cascade: text("cascade"),
    };
    let number = asked.version.parse().map_err(|_| Problem::not_found())?;
    let version = script.version(number).ok_or_else(Problem::not_found)?;
    let mut mistakes = Mistakes::none();
    let mut moment = |name: &str, text: &str| {
        let read = day(&seat, text);
        if read.is_none() && !text.is_empty() {
            mistakes.note(name, seat.say("desk.replay.no_date"));
        }
        read
    };
    let (since_ms, until_ms) = (moment("since", &asked.since), moment("until", &asked.until));
    if !mistakes.is_empty() {
        return Ok(asking(&seat, &script, &asked, &mistakes));
    }
    let live = script.live().filter(|_| asked.against != "none");
    let plan = Plan {
        against: live.map(|live| Draft::of(&script, live)),
        since_ms,
        until_ms,
        cascade: if asked.cascade.is_empty() { Cascade::Counted } else { Cascade::Followed },
        ..Plan::new(seat.room.id, Draft::of(&script, version))
    };
    started(&seat, Wish { plan, version: Some(number) })
}

/// The beginning of a day in the community's zone.
fn day(seat: &Seat, text: &str) -> Option<u64> {
    let at = text.parse::<Date>().ok()?.to_zoned(seat.zone.rules()).ok()?.timestamp();
    u64::try_from(at.as_millisecond()).ok()
}

/// To the page of a replay that begins.
fn started(seat: &Seat, wish: Wish) -> Result<Response, Turn> {
    let place = &seat.page.caller.place;
    let job = place.jobs.begin(place, wish)?;
    Ok(seat.page.done(&seat.path(&format!("/replays/{}", job.id)), None))
}

/// Replays what stands in the editor, which passed the checks.
pub(super) async fn of_draft(seat: &Seat, written: &Written, checked: &Checked) -> Result<Response, Turn> {
    let wanted = written.name.clone();
    let script = seat.room.look(move |sight| Ok(sight.community.scripts.get(&wanted).cloned())).await?;
    let draft = draft_of(written, checked, script.as_ref());
    started(seat, Wish::of_draft(seat.room.id, draft, script.as_ref()))
}

/// What the shadow would have done since it was put there.
async fn shadow(page: Page, Path((community, name)): Path<(String, String)>) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    started(&seat, Wish::of_shadow(&seat.room, &script).await?)
}

async fn shown(page: Page, Path((community, id)): Path<(String, String)>) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let Some(job) = seat.page.caller.place.jobs.get(seat.room.id, &id) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "desk.replay.gone").into());
    };
    let name = job.draft.name.clone();
    let known = seat.room.script(&name).await.is_ok();
    let body = html! {
        @if known { (head(&seat, &name, "/replay")) } @else { div.heading { h1 { (name) } } }
        div.stack #replay {
            @match job.state() {
                State::Running => (under_way(&seat, &job)),
                State::Failed(problem) => (banner(Tone::Bad, html! {
                    p { (problem.title(seat.page.words())) }
                })),
                State::Done(told) => (report::shown(&seat, &job, &told)),
            }
        }
        script src=(assets::address("editor.js")) defer {}
    };
    Ok(seat.show((&name, "/scripts"), body))
}

/// How far it is. Without JavaScript the page comes again by itself.
fn under_way(seat: &Seat, job: &Job) -> Markup {
    let (done, total) = (grouped(job.done()), grouped(job.total));
    let action = seat.path(&format!("/replays/{}", job.id));
    html! {
        noscript { meta http-equiv="refresh" content="2"; }
        section.card data-under-way="" {
            h2 { (seat.say("desk.replay.under_way")) }
            progress max=(job.total.max(1))
            value=(job.done())
            aria-label=(seat.say("desk.replay.under_way")) {}
            p.quiet role="status" { (seat.fill("desk.replay.read", &[("done", &done), ("total", &total)])) }
            (form(&seat.page, &action, html! {
                div.line { (press(Look::Quiet, ("do", "stop"), seat.say("desk.replay.stop"))) }
            }))
        }
    }
}

async fn stop(Path((community, id)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let job = seat.page.caller.place.jobs.get(seat.room.id, &id).ok_or_else(Problem::not_found)?;
    job.stop();
    Ok(seat.page.done(&seat.path(&format!("/replays/{id}")), None))
}
