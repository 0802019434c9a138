//! Notices: what the engine has to tell somebody, and why things were decided about them.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::member::Command;
use kith_core::notice::{Arg, Text};
use kith_core::queue::Verdict;
use kith_runtime::texts::Reader;
use maud::html;

use super::receipts::verdict;
use super::visit::Visit;
use crate::pages::form::{Filled, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Look, card, empty, submit, time};
use crate::place::Place;
use crate::sent::Path;

/// Decisions that are listed.
const DECISIONS_MAX: usize = 30;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/notices", get(show).post(read))
}

/// One notice.
struct Line {
    at_ms: u64,
    text: String,
    to: Option<(String, &'static str)>,
}

/// One decision about the reader.
struct Decision {
    id: String,
    at_ms: u64,
    verdict: Verdict,
    reason: String,
}

async fn show(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let (visit, _) = Visit::known(page, &community).await?;
    let language = visit.page.words().language;
    let seen = visit.room.look(move |sight| {
        let reader = Reader { language, stream: Some(sight.stream) };
        let me = sight.me.ok_or(kith_core::refusal::Refusal::NotAMember)?;
        let notices = me.notices.iter().rev();
        let lines: Vec<Line> = notices
            .map(|it| Line { at_ms: it.at_ms, text: without_ids(&reader, &it.text), to: way_to(&it.text) })
            .collect();
        let receipts = sight.community.queue.receipts.values().rev();
        let against = receipts.filter(|it| it.member == me.id && it.objects()).take(DECISIONS_MAX);
        let decisions: Vec<Decision> = against
            .map(|it| Decision {
                id: it.id.to_string(),
                at_ms: it.at_ms,
                verdict: it.verdict,
                reason: reader.render(&it.reason),
            })
            .collect();
        Ok((lines, decisions))
    });
    let (lines, decisions) = seen.await?;
    let title = visit.say("page.notices.title");
    let body = html! {
        h1 { (title) }
        @if lines.is_empty() {
            (empty(visit.say("page.notices.none"), html! {}))
        } @else {
            ul.rows.card { @for line in &lines {
                li.row { div.body {
                    p.full { (line.text) }
                    p.quiet.small {
                        (time(line.at_ms, &visit.zoned.full(line.at_ms)))
                        @if let Some((to, code)) = &line.to {
                            " · " a href=(visit.path(to)) { (visit.say(code)) }
                        }
                    }
                } }
            } }
            (form(&visit.page, &visit.path("/notices"), html! {
                input type="hidden" name="until" value=(lines.first().map_or(0, |line| line.at_ms));
                (submit(Look::Quiet, visit.say("page.notices.read")))
            }))
        }
        @if !decisions.is_empty() {
            (card(visit.say("page.notices.decisions"), html! {
                ul.list { @for it in &decisions {
                    li {
                        (verdict(&visit, it.verdict)) " "
                        a href=(visit.path(&format!("/receipts/{}", it.id))) { (it.reason) }
                        p.quiet.small { (time(it.at_ms, &visit.zoned.full(it.at_ms))) }
                    }
                } }
            }))
        }
    };
    Ok(visit.show((title, "/notices", Shape::Column), body))
}

/// A notice for people: what a link leads to is not spelled out as an id.
fn without_ids(reader: &Reader<'_>, text: &Text) -> String {
    let mut text = text.clone();
    for arg in text.args.values_mut() {
        if matches!(arg, Arg::Receipt(_) | Arg::Message(_)) {
            *arg = Arg::Name(String::new());
        }
    }
    reader
        .render(&text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" .", ".")
        .replace(" ,", ",")
        .replace(" :", ":")
}

/// Where a notice leads.
fn way_to(text: &Text) -> Option<(String, &'static str)> {
    let args = || text.args.values();
    let receipt = args().find_map(|arg| match arg {
        Arg::Receipt(id) => Some((format!("/receipts/{id}"), "page.receipt.why")),
        _ => None,
    });
    receipt.or_else(|| {
        let channel = args().find_map(|arg| if let Arg::Channel(id) = arg { Some(id) } else { None })?;
        let message = args().find_map(|arg| if let Arg::Message(id) = arg { Some(id) } else { None });
        let anchor = message.map(|id| format!("#{id}")).unwrap_or_default();
        Some((format!("/ch/{channel}{anchor}"), "page.notices.go"))
    })
}

async fn read(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let (visit, _) = Visit::known(form.page.clone(), &community).await?;
    let until_ms = form.text("until").parse().unwrap_or(0);
    visit.room.ask(&form.input, |_| Command::ReadNotices { until_ms }).await?;
    Ok(visit.page.done(&visit.path("/notices"), Some("page.done.read")))
}
