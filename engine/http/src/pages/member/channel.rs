//! A channel: its newest messages, older pages of them, and where to write.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use kith_core::channel::{Kind, Status};
use kith_core::ids::{ChannelId, MessageId};
use kith_core::message::channel_page;
use kith_core::role::Permission;
use maud::{Markup, html};
use serde::Deserialize;

use super::said::{Follows, Found, Hand, Told, day, follows, tell};
use super::seen::Seen;
use super::speech;
use super::visit::Visit;
use crate::api::id;
use crate::older::{Edge, by_id};
use crate::pages::cookie::{self, Keep};
use crate::pages::form::Mistakes;
use crate::pages::layout::Shape;
use crate::pages::page::{Page, SEEN_COOKIE, Turn};
use crate::pages::parts::{Tone, banner};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::{Path, Query};
use crate::talk::readable;

/// Messages of one page.
const MESSAGES_PER_PAGE: usize = 50;
/// What was seen is remembered for a year.
const SEEN_S: u64 = 365 * 24 * 3_600;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/ch/{channel}", get(show).post(speech::post))
}

/// Which page, and what is replied to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct View {
    before: Option<String>,
    reply: Option<String>,
}

/// What one look at a channel says.
pub(super) struct Seat {
    pub(super) id: ChannelId,
    pub(super) name: String,
    topic: String,
    /// Why nothing can be written here, if so.
    pub(super) silent: Option<&'static str>,
    seq: u64,
    found: Vec<Found>,
    /// Before which message the next page is.
    next: Option<MessageId>,
    edge: Edge,
    pins: Vec<Found>,
    replied: Option<Found>,
}

async fn show(
    page: Page,
    Path((community, channel)): Path<(String, String)>,
    Query(view): Query<View>,
) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let channel: ChannelId = id(&channel)?;
    shown(&visit, channel, &view, ("", &Mistakes::none())).await
}

/// What a channel's page says, read and not yet written down.
struct Loaded {
    seat: Seat,
    told: Vec<Told>,
    pins: Vec<Told>,
    replied: Option<Told>,
    is_past: bool,
}

/// The page of a channel; `text` stands in the form, which has `mistakes`.
pub(super) async fn shown(
    visit: &Visit,
    channel: ChannelId,
    view: &View,
    form: (&str, &Mistakes),
) -> Result<Response, Turn> {
    let loaded = load(visit, channel, view).await?;
    Ok(written(visit, &loaded, form))
}

async fn load(visit: &Visit, channel: ChannelId, view: &View) -> Result<Loaded, Turn> {
    let before = view.before.as_deref().map(id::<MessageId>).transpose()?;
    let reply = view.reply.as_deref().map(id::<MessageId>).transpose()?;
    let mut seat = look(visit, channel, before, reply).await?;
    let told = tell(&visit.room, std::mem::take(&mut seat.found)).await?;
    let pins = tell(&visit.room, std::mem::take(&mut seat.pins)).await?;
    let replied = tell(&visit.room, seat.replied.take().into_iter().collect()).await?.into_iter().next();
    Ok(Loaded { seat, told, pins, replied, is_past: before.is_some() })
}

fn written(visit: &Visit, loaded: &Loaded, (text, mistakes): (&str, &Mistakes)) -> Response {
    let Loaded { seat, told, pins, replied, is_past } = loaded;
    let here = format!("/ch/{}", seat.id);
    let form = speech::Form { seat, replied: replied.as_ref(), text, mistakes };
    let body = html! {
        (head(visit, seat, pins))
        (log(visit, seat, told, *is_past))
        (speech::shown(visit, &form))
        (act(visit, &here))
        template #menu { (visit.hand().menu("-")) }
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = visit.show_as(status, (&format!("#{}", seat.name), &here, Shape::Room), body);
    if let (false, Some(newest)) = (is_past, told.last()) {
        let mut seen = Seen::of_cookie(&visit.page.seen);
        seen.note(seat.id, newest.at_ms);
        let (value, path) = (seen.value(), visit.path(""));
        let place = &visit.page.caller.place;
        let keep = Keep::For(SEEN_S, &value);
        cookie::set_under(place, response.headers_mut(), (SEEN_COOKIE, &path), &keep);
    }
    response
}

/// A channel's page, read once to be written down again and again.
pub(crate) async fn alone(
    page: Page,
    (community, channel): (&str, ChannelId),
) -> Result<impl Fn() -> Response + Send + Sync + use<>, Turn> {
    let visit = Visit::inside(page, community).await?;
    let loaded = load(&visit, channel, &View::default()).await?;
    Ok(move || written(&visit, &loaded, ("", &Mistakes::none())))
}

async fn look(
    visit: &Visit,
    channel: ChannelId,
    before: Option<MessageId>,
    reply: Option<MessageId>,
) -> Result<Seat, Problem> {
    let seat = visit.room.look(move |sight| {
        let row = readable(&sight, channel)?;
        let speaks = match row.kind {
            Kind::Broadcast => sight.may(Permission::Broadcast),
            Kind::Group => sight.may(Permission::Post),
            Kind::Feed { member } => sight.me.is_some_and(|me| me.id == member),
        };
        let silent = match row.status {
            Status::Closed { .. } => Some("page.channel.closed"),
            Status::Open if !speaks => Some("page.channel.read_only"),
            Status::Open => None,
        };
        let page = channel_page(sight.community, channel, before, MESSAGES_PER_PAGE);
        let found = |id: &MessageId| Found::of(&sight, *id);
        let in_here = |id: &MessageId| {
            sight.community.messages.get(*id).is_some_and(|header| header.channel == channel)
        };
        Ok(Seat {
            id: channel,
            name: row.name.clone(),
            topic: row.topic.clone(),
            silent,
            seq: sight.stream.seq,
            found: page.iter().rev().filter_map(|header| found(&header.id)).collect(),
            next: page.last().filter(|_| page.len() == MESSAGES_PER_PAGE).map(|first| first.id),
            edge: Edge::of(&sight, before),
            pins: sight.community.messages.pins(channel).iter().filter_map(found).collect(),
            replied: reply.filter(in_here).as_ref().and_then(found),
        })
    });
    let mut seat = seat.await?;
    if seat.found.len() < MESSAGES_PER_PAGE {
        let older = visit.room.older(channel, seat.edge, MESSAGES_PER_PAGE - seat.found.len()).await?;
        seat.next = older.next;
        let past = visit.room.look(move |sight| {
            let others = by_id(&older.headers);
            Ok(older.headers.iter().map(|it| Found::written(&sight, it, &others)).collect::<Vec<_>>())
        });
        seat.found.splice(..0, past.await?);
    }
    Ok(seat)
}

impl Visit {
    /// Who writes messages down for this visitor.
    pub(super) fn hand(&self) -> Hand {
        Hand { words: self.page.words(), zoned: self.zoned.clone(), base: self.path("") }
    }
}

fn head(visit: &Visit, seat: &Seat, pins: &[Told]) -> Markup {
    html! {
        header.top {
            a.back href=(visit.path("")) aria-label=(visit.say("page.channels.title")) { "‹" }
            div {
                h1 { span.quiet { "# " } (seat.name) }
                @if !seat.topic.is_empty() { p.quiet { (seat.topic) } }
            }
            @if !pins.is_empty() {
                details.pins {
                    summary { (visit.fill("page.channel.pins", &[("count", &pins.len().to_string())])) }
                    ul.sheet {
                        @for pin in pins {
                            li { a href={ "#" (pin.message.id) } {
                                b { (pin.message.author.nickname) } " " (pin.message.text())
                            } }
                        }
                    }
                }
            }
        }
    }
}

fn log(visit: &Visit, seat: &Seat, told: &[Told], is_past: bool) -> Markup {
    let (hand, me) = (visit.hand(), visit.me.map(|me| me.to_string()));
    let mut last_day = String::new();
    let mut before: Option<&Told> = None;
    let moderates = if visit.may(Permission::Moderate) { "log moderates" } else { "log" };
    let here = visit.path(&format!("/ch/{}", seat.id));
    html! {
        div class=(moderates) #log tabindex="0" role="region" aria-label=(visit.say("page.channel.log"))
            data-me=[me.as_deref()]
            data-live=[(!is_past).then(|| format!("{here}/live?after={}", seat.seq))] {
            div.inner role="log" {
                @if let Some(next) = seat.next {
                    p.center {
                        a.button href={ (here) "?before=" (next) } rel="prev" {
                            (visit.say("page.channel.older"))
                        }
                    }
                }
                @if told.is_empty() { p.quiet.center #nothing { (visit.say("page.channel.empty")) } }
                ol.talk #talk {
                    @for it in told {
                        @let today = hand.zoned.day(it.at_ms);
                        @let is_new_day = today != last_day;
                        @if is_new_day { (day(&today)) }
                        @let follows = if is_new_day { Follows::Afresh } else { follows(before, it) };
                        (hand.message(it, (follows, &today), me.as_deref()))
                        @let () = { last_day = today; before = Some(it); };
                    }
                }
                @if is_past {
                    p.center { a.button href=(here) { (visit.say("page.channel.newest")) } }
                }
            }
        }
        div.offline #offline hidden role="status" {
            (banner(Tone::Warning, html! { p { (visit.say("page.channel.offline")) } }))
        }
    }
}

/// The one form that all buttons under messages belong to.
pub(super) fn act(visit: &Visit, back: &str) -> Markup {
    html! {
        form #act method="post" action=(visit.path("/act")) hidden {
            (crate::pages::form::carried(&visit.page))
            input type="hidden" name="back" value=(back);
        }
    }
}
