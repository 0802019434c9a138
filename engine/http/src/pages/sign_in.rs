//! Signing in and out: by name and password, or by a link that somebody was given.
//!
//! A link shows a button first and is used up by pressing it: programs that look at links for a preview
//! must not sign in instead of whoever was meant.

use axum::Router;
use axum::extract::Extension;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::host::noun::SessionCommand;
use kith_core::moment::DAY_MS;
use kith_core::refusal::Refusal;
use kith_runtime::draft::AskError;
use kith_runtime::host::{Operator, SessionWish};
use kith_runtime::secret::Secret;
use maud::html;
use serde::Deserialize;

use super::cookie::{self, Keep};
use super::form::{Filled, Mistakes, form};
use super::layout::{Around, Shape};
use super::page::{Page, Turn, own_path, see_other};
use super::parts::{Field, Kind, Look, Tone, banner, submit};
use crate::caller::{Identity, SESSION_COOKIE};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Query;
use crate::server::Peer;

/// How long somebody stays signed in.
const SESSION_MS: u64 = 90 * DAY_MS;
/// What a session is called of which nothing is known.
pub(super) const SOME_BROWSER: &str = "browser";

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/sign-in", get(ask).post(enter))
        .route("/sign-in/link", get(offer).post(redeem))
        .route("/sign-out", post(leave))
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn ask(page: Page, Query(next): Query<Next>) -> Response {
    if page.is_signed_in() {
        return see_other(own_path(&next.next));
    }
    shown(&page, ("", &next.next), StatusCode::OK, &Mistakes::none())
}

fn shown(page: &Page, (name, next): (&str, &str), status: StatusCode, mistakes: &Mistakes) -> Response {
    let title = page.say("page.sign_in.title");
    let name = Field {
        kind: Kind::Line { autocomplete: "username" },
        value: name,
        mistake: mistakes.of("name"),
        ..Field::line("name", page.say("page.sign_in.name"))
    };
    let password = Field {
        kind: Kind::Password { autocomplete: "current-password" },
        ..Field::line("password", page.say("page.sign_in.password"))
    };
    let fields = html! {
        input type="hidden" name="next" value=(next);
        (name.show())
        (password.show())
        (submit(Look::Main, title))
    };
    let body = html! {
        section.card {
            h1 { (title) }
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(page, "/sign-in", fields))
            p.quiet { (page.say("page.sign_in.how_to_get_one")) }
        }
    };
    page.show_as(status, &Around::plain(title, Shape::Small), body)
}

async fn enter(
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    form: Filled,
) -> Result<Response, Turn> {
    let (page, name) = (&form.page, form.text("name"));
    let again = |status: StatusCode, code: &'static str| {
        let mistakes = Mistakes::of_whole(page.say(code));
        Ok(shown(page, (name, form.text("next")), status, &mistakes))
    };
    let place = &page.caller.place;
    let now_ms = place.engine.ports().clock.monotonic_ms();
    if !place.limits.may_try(name, peer.ip(), now_ms) {
        return again(StatusCode::TOO_MANY_REQUESTS, "page.sign_in.too_often");
    }
    let operator = Operator::of(&place.engine, &place.mint);
    let Some(person) = operator.proven(name, form.raw("password")).await? else {
        return again(StatusCode::UNAUTHORIZED, "page.sign_in.wrong");
    };
    place.limits.was_right(name, peer.ip());
    let signed_in = operator.sign_in(person, wish(&headers)).await;
    let (_, secret) = signed_in?;
    Ok(let_in(page, &secret, own_path(form.text("next"))))
}

/// To a page with a session's cookie.
fn let_in(page: &Page, secret: &Secret, to: &str) -> Response {
    with_session(page, secret, see_other(to))
}

/// An answer that signs a browser in besides.
pub(super) fn with_session(page: &Page, secret: &Secret, mut response: Response) -> Response {
    let keep = Keep::For(SESSION_MS / 1_000, secret.text());
    cookie::set(&page.caller.place, response.headers_mut(), SESSION_COOKIE, &keep);
    response
}

/// The session that a browser is given.
pub(super) fn wish(headers: &HeaderMap) -> SessionWish {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    SessionWish { label: label_of(agent), lasts_ms: SESSION_MS }
}

/// Browser and system, no more: it stays in the log.
fn label_of(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("MicroMessenger/", "WeChat"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    let known: Vec<&str> = [browser, system].into_iter().flatten().collect();
    if known.is_empty() { SOME_BROWSER.to_owned() } else { known.join(" · ") }
}

/// A link's secret.
#[derive(Debug, Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

async fn offer(page: Page, Query(code): Query<Code>) -> Response {
    let title = page.say("page.sign_in.title");
    let fields = html! {
        input type="hidden" name="code" value=(code.code);
        input type="hidden" name="next" value=(code.next);
        (submit(Look::Main, page.say("page.sign_in.by_link")))
    };
    let body = html! {
        section.card {
            h1 { (title) }
            p { (page.say("page.sign_in.link_once")) }
            (form(&page, "/sign-in/link", fields))
        }
    };
    page.show(&Around::plain(title, Shape::Small), body)
}

async fn redeem(headers: HeaderMap, form: Filled) -> Result<Response, Turn> {
    let place = &form.page.caller.place;
    let redeemed = Operator::of(&place.engine, &place.mint).redeem(form.text("code"), wish(&headers)).await;
    let (_, secret) = match redeemed {
        Err(AskError::Refused(Refusal::NotFound { .. })) => {
            return Err(Problem::new(StatusCode::NOT_FOUND, "page.sign_in.no_such_link").into());
        }
        other => other?,
    };
    Ok(let_in(&form.page, &secret, own_path(form.text("next"))))
}

async fn leave(form: Filled) -> Result<Response, Turn> {
    let page = &form.page;
    if let Identity::Session { session, .. } = page.caller.identity {
        match page.caller.ask_host(SessionCommand::SignOut { session }).await {
            Err(problem) if problem.status.is_server_error() => return Err(problem.into()),
            // It may have ended meanwhile: that is what was wanted.
            _ => {}
        }
    }
    let mut response = page.done("/", Some("page.done.signed_out"));
    cookie::set(&page.caller.place, response.headers_mut(), SESSION_COOKIE, &Keep::Gone);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_called_by_browser_and_system_only() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let phone =
            "Mozilla/5.0 (Linux; Android 14; PKX110) AppleWebKit/537.36 Chrome/130 MicroMessenger/8.0";
        assert_eq!(label_of(firefox), "Firefox · Linux");
        assert_eq!(label_of(phone), "WeChat · Android");
        assert_eq!(label_of("curl/8"), SOME_BROWSER);
    }
}
