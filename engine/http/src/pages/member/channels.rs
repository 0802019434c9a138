//! The channels of a community, with what is new in each: a member's start.

use axum::response::Response;
use kith_core::channel::{Kind, Status, may_read};
use kith_core::ids::ChannelId;
use maud::html;

use super::seen::Seen;
use super::visit::Visit;
use crate::pages::layout::Shape;
use crate::pages::page::Turn;
use crate::pages::parts::{Tone, badge, empty, row, time};
use crate::room::Sight;

/// More new messages than this are not counted.
const NEW_MAX: usize = 99;

/// One channel in the list.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) id: ChannelId,
    pub(super) name: String,
    topic: String,
    kind: Option<&'static str>,
    last_ms: Option<u64>,
    /// Messages that the visitor has not seen.
    pub(super) new: usize,
}

impl Line {
    /// Those that the visitor may read, in the operator's order.
    pub(super) fn all(sight: &Sight<'_>, seen: &Seen) -> Vec<Self> {
        let Some(me) = sight.inside() else { return Vec::new() };
        let readable = |row: &&&kith_core::channel::Channel| may_read(sight.community, me, row);
        let mut lines: Vec<Self> = sight
            .community
            .channels
            .listed()
            .iter()
            .filter(readable)
            .map(|channel| Self {
                id: channel.id,
                name: channel.name.clone(),
                topic: channel.topic.clone(),
                kind: match (channel.status, channel.kind) {
                    (Status::Closed { .. }, _) => Some("page.channels.closed"),
                    (_, Kind::Broadcast) => Some("page.channels.broadcast"),
                    _ => None,
                },
                last_ms: None,
                new: 0,
            })
            .collect();
        // One walk over the window, newest first, counts for all channels.
        for header in sight.community.messages.recent().rev().filter(|it| it.deleted.is_none()) {
            let Some(line) = lines.iter_mut().find(|line| line.id == header.channel) else { continue };
            line.last_ms.get_or_insert(header.at_ms);
            let is_new = seen.until(header.channel).is_some_and(|until_ms| header.at_ms > until_ms);
            if is_new && header.author != me.id && line.new < NEW_MAX {
                line.new += 1;
            }
        }
        lines
    }
}

/// The page.
pub(super) async fn show(visit: &Visit) -> Result<Response, Turn> {
    let lines = &visit.channels;
    let about = visit.room.look(|sight| Ok(sight.community.profile.about.clone())).await?;
    let shown = |line: &Line| {
        let body = html! {
            a.cover href=(visit.path(&format!("/ch/{}", line.id))) {
                strong { span.quiet { "# " } (line.name) }
            }
            @if !line.topic.is_empty() { p.quiet { (line.topic) } }
        };
        let after = html! {
            @if let Some(code) = line.kind { (badge(Tone::Plain, visit.say(code))) }
            @if line.new > 0 {
                @let count = line.new.to_string();
                span.count { (count) }
                span.unseen { (visit.fill("page.channels.new", &[("count", &count)])) }
            } @else if let Some(at_ms) = line.last_ms {
                span.quiet.small { (time(at_ms, &visit.zoned.short(at_ms))) }
            }
        };
        row(html! {}, body, after)
    };
    let body = html! {
        div.head {
            h1 { (visit.name) }
            @if !about.is_empty() { p.quiet { (about) } }
        }
        @if lines.is_empty() {
            (empty(visit.say("page.channels.none"), html! {}))
        } @else {
            ul.rows.card { @for line in lines { (shown(line)) } }
        }
    };
    Ok(visit.show((visit.say("page.channels.title"), "", Shape::Column), body))
}
