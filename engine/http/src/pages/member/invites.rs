//! Invites: making one, showing it as a link and a QR code, ending it.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use kith_core::gate::{Command, Event, invite_link, mint_code};
use kith_core::ids::InviteId;
use kith_core::moment::DAY_MS;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use maud::{Markup, html};
use qrcode::{Color, QrCode};

use super::visit::Visit;
use crate::api::id;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Presence, Tone, badge, banner, card, empty, fact, row, submit};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

/// Light modules round a QR code, so that cameras find it (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/invites", get(list).post(create))
        .route("/c/{community}/invites/{invite}", get(show).post(revoke))
}

/// One invite as its maker sees it.
struct Line {
    id: InviteId,
    code: String,
    taken: u32,
    uses_max: u32,
    expires_at_ms: Option<u64>,
    source: String,
    is_over: bool,
}

/// The invites that the visitor made, or all for whoever minds the gate; newest first.
async fn lines(visit: &Visit) -> Result<Vec<Line>, Problem> {
    let now_ms = visit.page.caller.place.now_ms();
    let lines = visit.room.look(move |sight| {
        let sees_all = sight.may(Permission::ManageGate);
        let mine = |by| sees_all || sight.me.is_some_and(|me| by == Some(me.id));
        let invites = sight.community.gate.invites.iter().rev().filter(|(_, it)| mine(it.by));
        Ok(invites
            .map(|(id, it)| Line {
                id: *id,
                code: it.code.clone(),
                taken: it.taken(),
                uses_max: it.uses_max,
                expires_at_ms: it.expires_at_ms,
                source: it.source.clone(),
                is_over: it.revoked_ms.is_some()
                    || it.used >= it.uses_max
                    || it.expires_at_ms.is_some_and(|end_ms| end_ms <= now_ms),
            })
            .collect::<Vec<_>>())
    });
    lines.await
}

async fn list(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let visit = Visit::with(page, &community, Permission::Invite).await?;
    let lines = lines(&visit).await?;
    Ok(shown(&visit, &lines, (&Wish::default(), &Mistakes::none())))
}

/// An invite as somebody wishes for it.
struct Wish {
    uses: String,
    days: String,
    source: String,
}

impl Default for Wish {
    fn default() -> Self {
        Self { uses: "10".to_owned(), days: "14".to_owned(), source: String::new() }
    }
}

fn shown(visit: &Visit, lines: &[Line], (wish, mistakes): (&Wish, &Mistakes)) -> Response {
    let title = visit.say("page.invites.title");
    let body = html! {
        h1 { (title) }
        (wish_form(visit, wish, mistakes))
        @if lines.is_empty() {
            (empty(visit.say("page.invites.none"), html! {}))
        } @else {
            ul.rows.card { @for it in lines {
                (row(
                    html! {},
                    html! {
                        a.cover.code href=(visit.path(&format!("/invites/{}", it.id))) { (it.code) }
                        p.quiet { (used(visit, it)) @if !it.source.is_empty() { " · " (it.source) } }
                    },
                    html! { @if it.is_over { (badge(Tone::Plain, visit.say("page.invites.over"))) } },
                ))
            } }
        }
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.show_as(status, (title, "/invites", Shape::Column), body)
}

fn used(visit: &Visit, it: &Line) -> String {
    visit.fill("page.invites.used", &[("used", &it.taken.to_string()), ("of", &it.uses_max.to_string())])
}

fn wish_form(visit: &Visit, wish: &Wish, mistakes: &Mistakes) -> Markup {
    let number = |name, label, value| {
        Field { kind: Kind::Number, value, mistake: mistakes.of(name), ..Field::line(name, label) }.show()
    };
    let source = Field {
        presence: Presence::Optional,
        help: Some(visit.say("page.invites.source_help")),
        value: &wish.source,
        mistake: mistakes.of("source"),
        ..Field::line("source", visit.say("page.invites.source"))
    };
    card(
        visit.say("page.invites.new"),
        html! {
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&visit.page, &visit.path("/invites"), html! {
                div.pair {
                    (number("uses", visit.say("page.invites.uses"), &wish.uses))
                    (number("days", visit.say("page.invites.days"), &wish.days))
                }
                (source.show())
                (submit(Look::Main, visit.say("page.invites.make")))
            }))
        },
    )
}

async fn create(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let visit = Visit::with(form.page.clone(), &community, Permission::Invite).await?;
    let wish = Wish {
        uses: form.text("uses").to_owned(),
        days: form.text("days").to_owned(),
        source: form.text("source").to_owned(),
    };
    let mut mistakes = Mistakes::none();
    let uses: Option<u32> = wish.uses.parse().ok().filter(|uses| *uses > 0);
    let days: Option<u64> = wish.days.parse().ok().filter(|days| (1..=3_650).contains(days));
    for (name, is_wrong) in [("uses", uses.is_none()), ("days", days.is_none())] {
        if is_wrong {
            mistakes.note(name, visit.say("page.invites.number"));
        }
    }
    let (Some(uses), Some(days)) = (uses, days) else {
        let lines = lines(&visit).await?;
        return Ok(shown(&visit, &lines, (&wish, &mistakes)));
    };
    let place = &visit.page.caller.place;
    let mut random = [0; 10];
    random.copy_from_slice(&place.mint.random_bytes()[..10]);
    let (code, source) = (mint_code(random), wish.source.clone());
    let expires_at_ms = Some(place.now_ms().saturating_add(days * DAY_MS));
    let asked = visit.room.ask(&form.input, |_| Command::CreateInvite {
        code,
        uses,
        expires_at_ms,
        source,
        for_person: None,
    });
    match asked.await {
        Ok(reply) => {
            let made = reply.events.iter().find_map(|event| match event {
                kith_core::event::Event::Gate(Event::InviteCreated { id, .. }) => Some(*id),
                _ => None,
            });
            let to = made.map_or_else(|| "/invites".to_owned(), |id| format!("/invites/{id}"));
            Ok(visit.page.done(&visit.path(&to), None))
        }
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, visit.page.words(), &["uses", "days", "source"])?;
            let lines = lines(&visit).await?;
            Ok(shown(&visit, &lines, (&wish, &mistakes)))
        }
    }
}

async fn one(visit: &Visit, invite: &str) -> Result<Line, Turn> {
    let invite: InviteId = id(invite)?;
    let found = lines(visit).await?.into_iter().find(|line| line.id == invite);
    Ok(found.ok_or_else(|| Refusal::NotFound { what: invite.to_string() })?)
}

async fn show(
    page: Page,
    Path((community, invite)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Turn> {
    let visit = Visit::with(page, &community, Permission::Invite).await?;
    let line = one(&visit, &invite).await?;
    let link = invite_link(&format!("{}{}", outside(&visit, &headers), visit.path("")), &line.code);
    let title = visit.say("page.invites.one");
    let body = html! {
        section.card.center {
            h1 { (visit.fill("page.invites.to", &[("community", &visit.name)])) }
            @if line.is_over {
                (banner(Tone::Warning, html! { p { (visit.say("page.invites.is_over")) } }))
            } @else {
                (qr(&link, visit.say("page.invites.qr"))?)
            }
            p { a href=(link) { (link) } }
            dl {
                (fact(visit.say("page.invites.code"), html! { code { (line.code) } }))
                (fact(visit.say("page.invites.uses"), html! { (used(&visit, &line)) }))
                @if let Some(end_ms) = line.expires_at_ms {
                    (fact(visit.say("page.invites.until"), html! { (visit.zoned.full(end_ms)) }))
                }
            }
            @if !line.is_over {
                (form(&visit.page, &visit.path(&format!("/invites/{}", line.id)), html! {
                    (submit(Look::Danger, visit.say("page.invites.revoke")))
                }))
            }
        }
    };
    Ok(visit.show((title, "/invites", Shape::Column), body))
}

/// Where the outside finds this server; as this very browser found it where nobody said.
fn outside(visit: &Visit, headers: &HeaderMap) -> String {
    let said = visit.page.caller.place.settings.public_url.clone();
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    said.unwrap_or_else(|| format!("http://{host}"))
}

/// A QR code as one path: dark on white in both themes, since cameras expect it so.
fn qr(link: &str, label: &str) -> Result<Markup, Turn> {
    let code = QrCode::new(link.as_bytes()).map_err(|_| Problem::failed())?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (place, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (x, y) = (place % width + QUIET_ZONE, place / width + QUIET_ZONE);
        path.push_str(&format!("M{x} {y}h1v1h-1z"));
    }
    let side = width + 2 * QUIET_ZONE;
    Ok(html! {
        svg.qr viewBox={ "0 0 " (side) " " (side) } width="264" height="264" role="img" aria-label=(label)
            shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}

async fn revoke(Path((community, invite)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let visit = Visit::with(form.page.clone(), &community, Permission::Invite).await?;
    let invite = one(&visit, &invite).await?.id;
    visit.room.ask(&form.input, |_| Command::RevokeInvite { invite }).await?;
    Ok(visit.page.done(&visit.path("/invites"), Some("page.done.revoked")))
}
