//! Searching: a line to ask in, and what was found, newest first, with what was asked for marked.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use serde::Deserialize;

use super::visit::Visit;
use crate::finding::{self, Wanted};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn, escaped};
use crate::pages::parts::{avatar, empty, pager, time};
use crate::place::Place;
use crate::sent::{Path, Query};

/// Hits of one page.
const HITS_PER_PAGE: usize = 30;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/search", get(search))
}

/// What is asked.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

async fn search(
    page: Page,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let words = asked.q.trim().to_owned();
    let after = asked.after.as_deref().and_then(finding::read);
    let (found, next) = if words.is_empty() {
        (Vec::new(), None)
    } else {
        let wanted = Wanted { words: words.clone(), after, limit: HITS_PER_PAGE, ..Wanted::default() };
        visit.room.find(wanted).await?
    };
    let title = visit.say("page.search.title");
    let here = visit.path("/search");
    let more = next.map(|next| format!("{here}?q={}&after={}", escaped(&words), finding::written(next)));
    let body = html! {
        div.head { h1 { (title) } }
        form.find method="get" action=(here) role="search" {
            label.unseen for="q" { (visit.say("page.search.words")) }
            input #q name="q" type="search" value=(words) placeholder=(visit.say("page.search.words"))
                maxlength="256" autofocus[words.is_empty()];
            button.button type="submit" { (visit.say("page.find")) }
        }
        @if words.is_empty() {
            p.quiet { (visit.say("page.search.how")) }
        } @else if found.is_empty() {
            (empty(visit.say("page.search.nothing"), html! { p { (visit.say("page.search.how")) } }))
        } @else {
            ul.rows.card.hits { @for it in &found {
                @let hit = &it.finding.hit;
                li.row {
                    (avatar(&hit.author.to_string(), &it.author))
                    div {
                        p.quiet {
                            (it.author) " · # " (it.channel) " · "
                            a.cover href={ (visit.path(&format!("/ch/{}", hit.channel))) "#" (hit.message) } {
                                (time(hit.at_ms, &visit.zoned.full(hit.at_ms)))
                            }
                        }
                        p.said { @for (piece, is_asked) in it.pieces() {
                            @if is_asked { mark { (piece) } } @else { (piece) }
                        } }
                    }
                }
            } }
            (pager(None, more.as_deref().map(|href| (href, visit.say("page.more")))))
        }
    };
    Ok(visit.show((title, "/search", Shape::Column), body))
}
