//! Webhooks: which servers are told, how each answers, and its secret, which is shown once.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::WebhookId;
use kith_core::role::Permission;
use kith_core::webhook::Command;
use maud::{Markup, html};

use super::seat::Seat;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Look, Tick, Tone, badge, banner, check, empty, press, row};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;
use crate::webhook::{Condition, KINDS, NewWebhook, Shown, Told};

const WHO: &[Permission] = &[Permission::ManageSettings];

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/webhooks", get(open).post(act))
}

/// What stands above the list, or in the form again.
#[derive(Default)]
struct Again {
    secret: Option<String>,
    typed: NewWebhook,
    mistakes: Mistakes,
}

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    shown(&seat, &Again::default()).await
}

async fn shown(seat: &Seat, again: &Again) -> Result<Response, Turn> {
    let rows = seat.room.webhooks().await?;
    let title = seat.say("desk.webhooks.title");
    let body = html! {
        div.heading { h1 { (title) } p.quiet { (seat.say("desk.webhooks.what")) } }
        @if let Some(secret) = &again.secret {
            (banner(Tone::Good, html! {
                p { (seat.say("desk.webhooks.secret")) }
                p { code { (secret) } }
            }))
        }
        @if rows.is_empty() { (empty(seat.say("desk.webhooks.none"), html! {})) } @else {
            ul.rows.card { @for it in &rows { (one(seat, it)) } }
        }
        (new(seat, again))
    };
    let status = if again.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(seat.show_as(status, (title, "/webhooks"), body))
}

fn one(seat: &Seat, it: &Shown) -> Markup {
    let (tone, state) = match it.state {
        Condition::On => (Tone::Good, "desk.webhooks.on"),
        Condition::Failing => (Tone::Warning, "desk.webhooks.failing"),
        Condition::Paused => (Tone::Plain, "desk.webhooks.paused"),
        Condition::GivenUp => (Tone::Bad, "desk.webhooks.given_up"),
    };
    let kinds = it.kinds.as_ref().map(|kinds| kinds.iter().cloned().collect::<Vec<_>>().join(", "));
    let (toggle, toggled) = match it.state {
        Condition::On | Condition::Failing => ("pause", seat.say("desk.webhooks.pause")),
        Condition::Paused | Condition::GivenUp => ("resume", seat.say("desk.webhooks.resume")),
    };
    let body = html! {
        span.line { b { (it.label) } (badge(tone, seat.say(state))) }
        p { code { (it.url) } }
        p.quiet { (kinds.as_deref().unwrap_or_else(|| seat.say("desk.webhooks.all"))) }
    };
    let after = form(
        &seat.page,
        &seat.path("/webhooks"),
        html! {
            input type="hidden" name="webhook" value=(it.id);
            div.line {
                (press(Look::Quiet, ("do", toggle), toggled))
                (press(Look::Quiet, ("do", "renew"), seat.say("desk.webhooks.renew")))
                (press(Look::Danger, ("do", "remove"), seat.say("desk.webhooks.remove")))
            }
        },
    );
    row(html! {}, body, after)
}

fn new(seat: &Seat, again: &Again) -> Markup {
    let (typed, mistakes) = (&again.typed, &again.mistakes);
    let line = |name: &'static str, value: &str, label: &'static str| {
        Field { value, mistake: mistakes.of(name), ..Field::line(name, seat.say(label)) }.show()
    };
    let inside = html! {
        @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
        (line("label", &typed.label, "desk.webhooks.label"))
        (line("url", &typed.url, "desk.webhooks.url"))
        details {
            summary { (seat.say("desk.webhooks.kinds")) }
            div.boxes {
                @for kind in KINDS {
                    @let tick = if typed.kinds.contains(*kind) { Tick::On } else { Tick::Off };
                    (check(("kind", kind), kind, tick))
                }
            }
        }
        div.line { (press(Look::Main, ("do", "add"), seat.say("desk.webhooks.add"))) }
    };
    html! {
        section.card {
            h2 { (seat.say("desk.webhooks.new")) }
            (form(&seat.page, &seat.path("/webhooks"), inside))
        }
    }
}

async fn act(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    if form.text("do") == "add" {
        return add(&seat, &form).await;
    }
    let webhook: WebhookId = form.text("webhook").parse().map_err(|_| Problem::not_found())?;
    let (command, done) = match form.text("do") {
        "renew" => {
            let Told { secret, .. } = seat.room.renew_webhook(webhook, &form.input).await?;
            return shown(&seat, &Again { secret: Some(secret), ..Again::default() }).await;
        }
        "pause" => (Command::Pause { webhook }, "desk.done.saved"),
        "resume" => (Command::Resume { webhook }, "desk.done.saved"),
        "remove" => (Command::Remove { webhook }, "desk.done.ended"),
        _ => return Err(Problem::not_found().into()),
    };
    seat.room.ask_webhook(&form.input, |_| command).await?;
    Ok(seat.page.done(&seat.path("/webhooks"), Some(done)))
}

/// Adds one; the page says its secret, which no other page will.
async fn add(seat: &Seat, form: &Filled) -> Result<Response, Turn> {
    let kinds: BTreeSet<String> = form.all("kind").map(str::to_owned).collect();
    let typed = NewWebhook { label: form.text("label").to_owned(), url: form.text("url").to_owned(), kinds };
    let again = match seat.room.add_webhook(typed.clone(), &form.input).await {
        Ok(told) => Again { secret: Some(told.secret), ..Again::default() },
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, seat.page.words(), &["label", "url"])?;
            Again { typed, mistakes, secret: None }
        }
    };
    shown(seat, &again).await
}
