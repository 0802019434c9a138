//! The landing: a community as somebody before its gate sees it. What is asked and why, in words; how many
//! seats there are; where their own application stands. Whoever is inside finds the channels here.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::gate::{Condition, Stage, config::Mode, place};
use kith_core::member::Standing;
use maud::{Markup, html};
use serde::Deserialize;

use super::visit::{Presence, Visit};
use super::{channels, join};
use crate::pages::form::{Mistakes, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn, escaped, see_other};
use crate::pages::parts::{Look, Tone, avatar, banner, link, submit, time};
use crate::place::Place;
use crate::room::Sight;
use crate::sent::{Path, Query};

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}", get(landing)).route("/c/{community}/join/{code}", get(by_code))
}

/// How somebody came.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Way {
    #[serde(default)]
    pub(super) invite: String,
    #[serde(default)]
    pub(super) source: String,
}

/// `GET /c/{community}/join/{code}`: what QR codes and invites lead to.
async fn by_code(Path((community, code)): Path<(String, String)>) -> Response {
    see_other(&format!("/c/{}?invite={}", escaped(&community), escaped(&code)))
}

async fn landing(
    page: Page,
    Path(community): Path<String>,
    Query(way): Query<Way>,
) -> Result<Response, Turn> {
    let visit = Visit::open(page, &community).await?;
    match visit.presence {
        Presence::Inside => channels::show(&visit).await,
        Presence::Applicant => waiting(&visit).await,
        Presence::Outside => {
            let asked = join::Asked::of(&visit).await?;
            let filled = join::Typed::by(&way);
            Ok(gate(&visit, &asked, &filled, &Mistakes::none()).await?)
        }
    }
}

/// The gate in words.
pub(super) struct Gate {
    about: String,
    members: u64,
    capacity: Option<u64>,
    waiting: usize,
    mode: Mode,
    conditions: Vec<&'static str>,
    before: Option<&'static str>,
}

impl Gate {
    fn of(sight: &Sight<'_>) -> Self {
        let community = sight.community;
        let config = &community.gate.config;
        let mut conditions: Vec<&'static str> = config.conditions.iter().map(code_of).collect();
        if kith_core::rule::raid_on(community) {
            conditions.push("page.landing.raid");
        }
        let waits = |stage: &Stage| matches!(stage, Stage::Waiting { .. } | Stage::Moving { .. });
        Self {
            about: community.profile.about.clone(),
            members: community.members.active_count(),
            capacity: config.capacity,
            waiting: community.gate.applications.values().filter(|it| waits(&it.stage)).count(),
            mode: config.mode,
            conditions,
            before: sight.me.and_then(|me| match me.standing {
                Standing::Left { .. } => Some("page.landing.left"),
                Standing::Removed { .. } => Some("page.landing.removed"),
                Standing::Banned { .. } => Some("page.landing.banned"),
                Standing::TurnedAway { .. } => Some("page.landing.turned_away"),
                _ => None,
            }),
        }
    }
}

const fn code_of(condition: &Condition) -> &'static str {
    match condition {
        Condition::Open => "page.landing.open",
        Condition::Invite(_) => "page.landing.invite",
        Condition::Questions(_) => "page.landing.questions",
        Condition::Card => "page.landing.card",
        Condition::Approval => "page.landing.approval",
    }
}

/// The page before the gate, with the form to ask to be let in.
pub(super) async fn gate(
    visit: &Visit,
    asked: &join::Asked,
    typed: &join::Typed,
    mistakes: &Mistakes,
) -> Result<Response, Turn> {
    let gate = visit.room.look(|sight| Ok(Gate::of(&sight))).await?;
    let status = if mistakes.is_empty() { 200 } else { 422 };
    let status = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    let body = html! {
        (head(visit, &gate))
        @if let Some(code) = gate.before.filter(|_| mistakes.is_empty()) {
            (banner(Tone::Warning, html! { p { (visit.say(code)) } }))
        }
        (terms(visit, &gate))
        (join::shown(visit, asked, typed, mistakes))
        @if !visit.page.is_signed_in() {
            p.quiet.center {
                (visit.say("page.landing.member_already")) " "
                a href={ "/sign-in?next=" (escaped(&visit.path(""))) } { (visit.say("page.sign_in.title")) }
            }
        }
    };
    Ok(visit.show_as(status, (&visit.name, "", Shape::Column), body))
}

fn head(visit: &Visit, gate: &Gate) -> Markup {
    html! {
        header.face {
            (avatar(&visit.name, &visit.name))
            div {
                h1 { (visit.name) }
                @if !gate.about.is_empty() { p { (gate.about) } }
                p.quiet { (seats(visit, gate)) }
            }
        }
    }
}

fn seats(visit: &Visit, gate: &Gate) -> String {
    let members = gate.members.to_string();
    match gate.capacity {
        None => visit.fill("page.members.count", &[("count", &members)]),
        Some(capacity) => {
            let (capacity, waiting) = (capacity.to_string(), gate.waiting.to_string());
            let args = [("count", members.as_str()), ("capacity", &capacity), ("waiting", &waiting)];
            let code = if gate.waiting > 0 { "page.landing.seats_waiting" } else { "page.landing.seats" };
            visit.fill(code, &args)
        }
    }
}

fn terms(visit: &Visit, gate: &Gate) -> Markup {
    html! {
        section.card {
            h2 { (visit.say("page.landing.what_is_asked")) }
            @if gate.conditions.is_empty() {
                p { (visit.say("page.landing.open")) }
            } @else {
                @if gate.conditions.len() > 1 {
                    p.quiet {
                        @match gate.mode {
                            Mode::All => (visit.say("page.landing.all")),
                            Mode::Any => (visit.say("page.landing.any")),
                        }
                    }
                }
                ul.dots { @for code in &gate.conditions { li { (visit.say(code)) } } }
            }
        }
    }
}

/// Where an application stands.
struct Waiting {
    sentence: String,
    place: Option<(u64, u64)>,
    offered: bool,
    next: Option<String>,
    said: Vec<(u64, String)>,
}

async fn waiting(visit: &Visit) -> Result<Response, Turn> {
    let reader_language = visit.page.words().language;
    let standing = visit.room.look(move |sight| {
        let reader = kith_runtime::texts::Reader { language: reader_language, stream: Some(sight.stream) };
        let me = sight.me.ok_or(kith_core::refusal::Refusal::NotAMember)?;
        let gate = &sight.community.gate;
        let stage = gate.applications.get(&me.id).map(|it| it.stage.clone());
        let next = gate.config.overflow.as_ref().map(|overflow| overflow.community.clone());
        let may_move = matches!(stage, Some(Stage::Waiting { .. } | Stage::Full { .. }));
        let mut said: Vec<_> =
            me.notices.iter().map(|notice| (notice.at_ms, reader.render(&notice.text))).collect();
        let sentence = said.pop().map(|(_, text)| text).unwrap_or_default();
        Ok(Waiting {
            sentence,
            place: place(sight.community, me.id),
            offered: matches!(stage, Some(Stage::Offered { .. })),
            next: next.filter(|_| may_move),
            said,
        })
    });
    let it = standing.await?;
    let gate = visit.room.look(|sight| Ok(Gate::of(&sight))).await?;
    let body = html! {
        (head(visit, &gate))
        section.card {
            h2 { (visit.say("page.landing.where_you_stand")) }
            @if let Some((place, of)) = it.place {
                p.figure {
                    strong { (place) } " "
                    span.quiet { (visit.fill("page.landing.of_waiting", &[("of", &of.to_string())])) }
                }
            }
            p { (if it.sentence.is_empty() { visit.say("page.landing.waits") } else { &it.sentence }) }
            div.line { (choices(visit, &it)) }
        }
        @if !it.said.is_empty() {
            section.card {
                h2 { (visit.say("page.landing.said_before")) }
                ul.stack { @for (at_ms, text) in it.said.iter().rev() {
                    li { p { (text) } p.quiet.small { (time(*at_ms, &visit.zoned.full(*at_ms))) } }
                } }
            }
        }
        p { (link(Look::Quiet, &visit.path(""), visit.say("page.landing.look_again"))) }
    };
    Ok(visit.show((&visit.name, "", Shape::Column), body))
}

fn choices(visit: &Visit, it: &Waiting) -> Markup {
    let choose = |choice: &str, look: Look, label: &str| {
        let fields = html! { input type="hidden" name="choice" value=(choice); (submit(look, label)) };
        form(&visit.page, &visit.path("/seat"), fields)
    };
    html! {
        @if it.offered {
            (choose("accept", Look::Main, visit.say("page.landing.accept")))
            (choose("decline", Look::Quiet, visit.say("page.landing.decline")))
        }
        @if let Some(next) = &it.next {
            (choose("overflow", Look::Main, &visit.fill("page.landing.go_to", &[("community", next)])))
        }
        @if !it.offered { (choose("withdraw", Look::Quiet, visit.say("page.landing.withdraw"))) }
    }
}
