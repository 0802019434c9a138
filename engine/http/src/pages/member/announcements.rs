//! Announcements: the last ones with what each asks, and who has not confirmed for those who announce.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::message::{Ack, acknowledged};
use kith_core::role::Permission;
use maud::{Markup, html};

use super::said::{Found, Told, tell};
use super::visit::{Visit, is_missing, name_of};
use crate::pages::form::form;
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Look, Tone, avatar, badge, empty, submit, time};
use crate::place::Place;
use crate::sent::Path;

/// Names of those who have not confirmed that are shown.
const MISSING_MAX: usize = 200;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/announcements", get(show))
}

/// One announcement.
struct Line {
    told: Told,
    channel: String,
    count: usize,
    missing: usize,
    names: Vec<String>,
    asks_me: bool,
}

async fn show(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let lines = lines(&visit).await?;
    let title = visit.say("page.announcements.title");
    let body = html! {
        h1 { (title) }
        @if lines.is_empty() {
            (empty(visit.say("page.announcements.none"), html! {}))
        }
        @for line in &lines { (shown(&visit, line)) }
    };
    Ok(visit.show((title, "/announcements", Shape::Column), body))
}

async fn lines(visit: &Visit) -> Result<Vec<Line>, Turn> {
    let sees_names = visit.may(Permission::Announce);
    let gone = visit.say("page.members.gone");
    let rows = visit.room.look(move |sight| {
        let messages = &sight.community.messages;
        let Some(me) = sight.inside() else { return Ok(Vec::new()) };
        let shown = messages.announcements().filter_map(|row| {
            let header = messages.get(row.message).filter(|header| header.deleted.is_none())?;
            let channel = sight.community.channels.get(header.channel)?;
            if !kith_core::channel::may_read(sight.community, me, channel) {
                return None;
            }
            let read = acknowledged(sight.community, row.message)?;
            let named = if sees_names { read.missing.as_slice() } else { &[] };
            let names: Vec<String> =
                named.iter().take(MISSING_MAX).map(|id| name_of(&sight, *id, gone)).collect();
            let asks_me = is_missing(&sight, row.message, me.id);
            Some((
                Found::of(&sight, row.message)?,
                channel.name.clone(),
                read.count,
                read.missing.len(),
                names,
                asks_me,
            ))
        });
        Ok(shown.collect::<Vec<_>>())
    });
    let rows = rows.await?;
    let told = tell(&visit.room, rows.iter().map(|row| row.0.clone()).collect()).await?;
    let lines = told.into_iter().zip(rows).rev();
    Ok(lines
        .map(|(told, (_, channel, count, missing, names, asks_me))| Line {
            told,
            channel,
            count,
            missing,
            names,
            asks_me,
        })
        .collect())
}

fn shown(visit: &Visit, line: &Line) -> Markup {
    let message = &line.told.message;
    let counts = [("count", line.count.to_string()), ("missing", line.missing.to_string())];
    let counts = counts.each_ref().map(|(name, value)| (*name, value.as_str()));
    let is_asked = line.told.announcement == Some(Ack::Required);
    html! {
        article.card id=(message.id) {
            header.line {
                (avatar(&message.author.id, &message.author.nickname))
                div.grow {
                    strong { (message.author.nickname) }
                    p.quiet.small {
                        "# " (line.channel) " · " (time(line.told.at_ms, &visit.zoned.full(line.told.at_ms)))
                    }
                }
                @if line.asks_me {
                    (badge(Tone::Warning, visit.say("page.announcements.asks_you")))
                } @else if line.told.confirmed_by_me {
                    (badge(Tone::Good, visit.say("page.announcements.confirmed")))
                }
            }
            p.words { (message.text()) }
            @if is_asked { p.quiet { (visit.fill("page.announcements.counts", &counts)) } }
            @if !line.names.is_empty() && is_asked {
                details { summary { (visit.say("page.announcements.who_has_not")) }
                    ul.names { @for name in &line.names { li { (name) } } }
                }
            }
            @if !line.told.confirmed_by_me && line.asks_me {
                (form(&visit.page, &visit.path("/act"), html! {
                    input type="hidden" name="back" value="/announcements";
                    input type="hidden" name="do" value={ "confirm " (message.id) };
                    (submit(Look::Main, visit.say("page.announcements.confirm")))
                }))
            }
        }
    }
}
