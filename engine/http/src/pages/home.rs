//! The start: a person's communities, or a word of welcome.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::{CommunityId, PersonId};
use kith_core::member::Standing;
use maud::{Markup, html};

use super::layout::{Around, Shape};
use super::page::{Page, Turn};
use super::parts::{Look, Tone, avatar, badge, empty, link, row};
use crate::place::Place;

/// Communities that are shown: somebody in more finds the others by their addresses.
const COMMUNITIES_MAX: usize = 100;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/", get(start))
}

/// One community as its member sees it from outside.
pub(super) struct Mine {
    name: String,
    about: String,
    members: u64,
    standing: Option<&'static str>,
}

async fn start(page: Page) -> Result<Response, Turn> {
    if !page.is_signed_in() {
        return Ok(welcome(&page));
    }
    let person = page.person()?;
    let mine = communities(&page, person).await?;
    let title = page.say("page.home.title");
    let body = html! {
        h1 { (title) }
        (list(&page, &mine))
    };
    Ok(page.show(&Around::plain(title, Shape::Column), body))
}

fn list(page: &Page, mine: &[Mine]) -> Markup {
    html! {
        @if mine.is_empty() {
            (empty(page.say("page.home.none"), html! {}))
        } @else {
            ul.rows.card {
                @for it in mine { (shown(page, it)) }
            }
        }
    }
}

fn shown(page: &Page, it: &Mine) -> Markup {
    let body = html! {
        a.cover href={ "/c/" (it.name) } { strong { (it.name) } }
        @if !it.about.is_empty() { p.quiet { (it.about) } }
        @if it.standing.is_none() {
            p.quiet.small { (page.words().fill("page.members.count", &[("count", &it.members.to_string())])) }
        }
    };
    let after = html! {
        @if let Some(code) = it.standing { (badge(Tone::Warning, page.say(code))) }
    };
    row(avatar(&it.name, &it.name), body, after)
}

/// The communities in which a person has a row.
pub(super) async fn communities(page: &Page, person: PersonId) -> Result<Vec<Mine>, Turn> {
    let engine = &page.caller.place.engine;
    let ids: Vec<CommunityId> = engine
        .view(CommunityId::HOST, move |stream| {
            let row = stream.host().and_then(|host| host.persons.get(person));
            row.map(|row| row.links.keys().copied().take(COMMUNITIES_MAX).collect()).unwrap_or_default()
        })
        .await?;
    let mut mine = Vec::new();
    for id in ids {
        let seen = engine.view(id, move |stream| {
            let community = stream.community()?;
            let me = community.members.of_person(person)?;
            let standing = match me.standing {
                Standing::Active | Standing::Bot => None,
                Standing::Applicant => Some("page.home.applied"),
                _ => return None,
            };
            Some(Mine {
                name: community.profile.name.clone(),
                about: community.profile.about.clone(),
                members: community.members.active_count(),
                standing,
            })
        });
        // One that is damaged or gone must not hide the others.
        mine.extend(seen.await.ok().flatten());
    }
    Ok(mine)
}

fn welcome(page: &Page) -> Response {
    let title = page.say("page.welcome.title");
    let body = html! {
        section.card.hero {
            h1 { (title) }
            p { (page.say("page.welcome.what")) }
            p { (link(Look::Main, "/sign-in", page.say("page.sign_in.title"))) }
            p.quiet { (page.say("page.welcome.how")) }
        }
    };
    page.show(&Around::plain(title, Shape::Small), body)
}
